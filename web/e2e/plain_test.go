package e2e

import (
	"context"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// withoutScripts joins the course and answers in a browser that runs no script: links and forms do.
func withoutScripts(t *testing.T, s *site) {
	w := newWalker(t, s.url, 2*time.Minute)
	w.size(1280)
	w.register("plain")
	w.scriptsOff()
	w.open(sampleHome + "/about")
	w.follow("enroll", chromedp.Click(chromedp.CSS("form[action='/change_enrollment'] button"), chromedp.NodeVisible))
	w.open(sampleHome + "/course/")
	w.follow("start", chromedp.Click(chromedp.CSS("a[data-resume]"), chromedp.NodeVisible))
	w.follow("next", chromedp.Click(chromedp.CSS("a[data-turn=next][data-placement=bottom]"), chromedp.NodeVisible))
	if got := w.path(); got != sampleHome+"/courseware/setting-out/a-page/2/" {
		t.Errorf("the next unit is at %s", got)
	}
	w.open(sampleHome + "/jump_to_id/stadion")
	w.do("answer", chromedp.SendKeys(chromedp.CSS(problem("stadion")+" input[type=text]"), "35.2", chromedp.NodeVisible))
	w.follow("submit", chromedp.Click(chromedp.CSS(problem("stadion")+" [type=submit]"), chromedp.NodeVisible))
	if got := w.path(); got != sampleHome+"/courseware/answering/homework-writing/1/" {
		t.Fatalf("the form leads to %s\n%s", got, w.where())
	}
	w.check("the verdict", `document.querySelector(`+quote(problem("stadion")+" .verdict--correct")+`)`)
	w.check("a receipt", `document.querySelector(`+quote(problem("stadion")+" .verdict__receipt")+`)`)
}

// scriptsOff keeps the browser from running the scripts of pages.
func (w *walker) scriptsOff() {
	w.t.Helper()
	w.do("turn scripts off", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	}))
}
