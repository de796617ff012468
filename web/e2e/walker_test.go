package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is how long a condition may take. Nothing on a page takes that long; a busy machine may.
const patience = time.Minute

// walker is a person with a browser. Everything that goes wrong in the pages it opens is noted, and fails the test at its
// end: exceptions, errors in the console (broken content policies are such), answers of 500 and above.
type walker struct {
	t    *testing.T
	ctx  context.Context //nolint:containedctx // chromedp keeps the browser in it
	home string

	mu       sync.Mutex
	troubles []string
	allowed  []*regexp.Regexp
}

// newWalker opens a browser of its own.
func newWalker(t *testing.T, home string, time time.Duration) *walker {
	t.Helper()
	w := &walker{t: t, home: home}
	w.ctx = openFor(t, time, chromedp.WithListener(w.listen))
	t.Cleanup(w.report)
	return w
}

// tab opens another tab of the same browser, with the same cookies.
func (w *walker) tab() *walker {
	w.t.Helper()
	w.mu.Lock()
	other := &walker{t: w.t, home: w.home, allowed: slices.Clone(w.allowed)}
	w.mu.Unlock()
	ctx, cancel := chromedp.NewContext(w.ctx, chromedp.WithListener(other.listen))
	w.t.Cleanup(cancel)
	other.ctx = ctx
	w.t.Cleanup(other.report)
	if err := chromedp.Do(ctx); err != nil {
		w.t.Fatalf("open a tab: %v", err)
	}
	return other
}

// allow names trouble that is part of the walk.
func (w *walker) allow(pattern string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.allowed = append(w.allowed, regexp.MustCompile(pattern))
}

func (w *walker) report() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, trouble := range w.troubles {
		if !slices.ContainsFunc(w.allowed, func(r *regexp.Regexp) bool { return r.MatchString(trouble) }) {
			w.t.Errorf("trouble in a page: %s", trouble)
		}
	}
}

func (w *walker) note(format string, arguments ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.troubles = append(w.troubles, fmt.Sprintf(format, arguments...))
}

func (w *walker) listen(event any) {
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			text += " " + e.ExceptionDetails.Exception.Description
		}
		w.note("exception: %s (%s:%d)", text, e.ExceptionDetails.URL, e.ExceptionDetails.LineNumber)
	case *runtime.EventConsoleAPICalled:
		if e.Type == "error" || e.Type == "assert" {
			var words []string
			for _, a := range e.Args {
				words = append(words, string(a.Value), a.Description)
			}
			w.note("console: %s", strings.Join(words, " "))
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == "error" && (e.Entry.Source != "network" || w.ours(e.Entry.URL)) {
			w.note("%s: %s (%s)", e.Entry.Source, e.Entry.Text, e.Entry.URL)
		}
	case *network.EventResponseReceived:
		if e.Response.Status >= 500 && w.ours(e.Response.URL) {
			w.note("status %d: %s", e.Response.Status, e.Response.URL)
		}
	}
}

// ours reports whether an address is of the site. What is elsewhere cannot be reached from here, on purpose.
func (w *walker) ours(address string) bool { return strings.HasPrefix(address, w.home+"/") }

// do runs steps and fails the test when one cannot be done.
func (w *walker) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		w.t.Fatalf("%s: %v\nat %s", what, err, w.where())
	}
}

// where says what the walker sees, for messages.
func (w *walker) where() string {
	ctx, cancel := context.WithTimeout(w.ctx, 2*time.Second)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + "\n" + (document.querySelector("main") ?? document.body).innerText.slice(0, 600)`))
	if err != nil {
		return err.Error()
	}
	return text
}

// size sets the window: phone or desktop.
func (w *walker) size(width int64) {
	w.t.Helper()
	height := int64(900)
	if width < 600 {
		height = 844
	}
	w.do("resize", chromedp.EmulateViewport(width, height))
}

// scheme chooses light or dark as the system's wish.
func (w *walker) scheme(name string) {
	w.t.Helper()
	w.do("scheme "+name, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: name}, {Name: "prefers-reduced-motion", Value: "reduce"},
		}})
		return err
	}))
}

// open goes to an address of the site and expects a page there.
func (w *walker) open(path string) {
	w.t.Helper()
	if status := w.status(path); status >= 400 {
		w.t.Fatalf("open %s: status %d\n%s", path, status, w.where())
	}
}

// status goes to an address and returns the status it ended with.
func (w *walker) status(path string) int64 {
	w.t.Helper()
	if !strings.Contains(path, "://") {
		path = w.home + path
	}
	ctx, cancel := context.WithTimeout(w.ctx, patience)
	defer cancel()
	resp, err := chromedp.Run(ctx, chromedp.NavigateResponse(path))
	if err != nil {
		w.t.Fatalf("open %s: %v", path, err)
	}
	if resp == nil {
		return 0
	}
	return resp.Status
}

// follow does something that leads to another page and waits until that is there.
func (w *walker) follow(what string, steps ...chromedp.Action[chromedp.Void]) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, patience)
	defer cancel()
	resp, err := chromedp.RunResponse(ctx, steps...)
	if err != nil {
		w.t.Fatalf("%s: %v\nat %s", what, err, w.where())
	}
	if resp != nil && resp.Status >= 400 {
		w.t.Fatalf("%s leads to status %d\nat %s", what, resp.Status, w.where())
	}
}

// followNamed presses a link or button by its words.
func (w *walker) followNamed(name string) {
	w.t.Helper()
	w.follow("press "+name, chromedp.Click(named(name), chromedp.NodeVisible))
}

// press clicks the first element of a CSS selector.
func (w *walker) press(selector string) {
	w.t.Helper()
	w.do("scroll to "+selector, chromedp.ScrollIntoView(chromedp.CSS(selector), chromedp.NodeVisible))
	still(w.ctx, selector)
	w.do("press "+selector, chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
}

// still waits until an element has stood at one place for several pictures: where a press lands the browser decides by the picture it
// has drawn last. An element that goes away meanwhile, and a page that draws no pictures, are not waited for.
func still(ctx context.Context, selector string) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	// An error is a page that changes: the press that follows says whether its element is there.
	_, _ = chromedp.Run(ctx, chromedp.Evaluate[bool](`(async () => {
		const drawn = () => new Promise(done => { requestAnimationFrame(done); setTimeout(done, 200) });
		for (let still = 0, before = "", i = 0; still < 4 && i < 200; i++, await drawn()) {
			const box = document.querySelector(`+quote(selector)+`)?.getBoundingClientRect();
			if (!box) break;
			const now = [box.left, box.top, box.width, box.height].join();
			still = now === before ? still + 1 : 0;
			before = now;
		}
		return true;
	})()`, chromedp.EvalAwaitPromise))
}

// fill types into the field of a form.
func (w *walker) fill(name, text string) {
	w.t.Helper()
	selector := chromedp.CSS("main [name=" + quote(name) + "]")
	w.do("fill "+name, chromedp.Clear(selector, chromedp.NodeVisible), chromedp.SendKeys(selector, text))
}

// wait waits for a condition in the page.
func (w *walker) wait(what, condition string) {
	w.t.Helper()
	w.within(patience, what, condition)
}

// within is wait for what may take longer.
func (w *walker) within(most time.Duration, what, condition string) {
	w.t.Helper()
	w.waitFor(what, most, func() bool {
		ctx, cancel := context.WithTimeout(w.ctx, 5*time.Second)
		defer cancel()
		// The page may be changing: an error is a no.
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("!!("+condition+")"))
		return err == nil && ok
	})
}

func (w *walker) waitFor(what string, most time.Duration, ok func() bool) {
	w.t.Helper()
	deadline := time.Now().Add(most)
	for !ok() {
		if time.Now().After(deadline) {
			w.t.Fatalf("still not so after %v: %s\nat %s", most, what, w.where())
		}
		select {
		case <-w.ctx.Done():
			w.t.Fatalf("%s: %v", what, context.Cause(w.ctx))
		case <-time.After(40 * time.Millisecond):
		}
	}
}

// check fails the test, which goes on, when a condition does not hold in the page.
func (w *walker) check(what, condition string) {
	w.t.Helper()
	if !eval[bool](w.ctx, w.t, "!!("+condition+")") {
		w.t.Errorf("not so: %s\nat %s", what, w.where())
	}
}

// text is the words of the first element of a selector, white space folded.
func (w *walker) text(selector string) string {
	w.t.Helper()
	return eval[string](w.ctx, w.t, `(document.querySelector(`+quote(selector)+`)?.textContent ?? "").trim().replace(/\s+/g, " ")`)
}

// path is where the walker is.
func (w *walker) path() string {
	w.t.Helper()
	return eval[string](w.ctx, w.t, "location.pathname")
}

// signIn signs in with the form.
func (w *walker) signIn(login, password string) {
	w.t.Helper()
	w.open("/login")
	w.fill("email_or_username", login)
	w.fill("password", password)
	w.followNamed("Sign in")
	w.wait("signed in", `location.pathname.startsWith("/dashboard")`)
}

// named finds a link or a button by its words or its label, the first in the page's main part before those around it.
func named(name string) chromedp.JSPath {
	return chromedp.JSPath(`(() => {
		const name = ` + quote(name) + `, shown = e => e.checkVisibility({visibilityProperty: true}) && e.getClientRects().length > 0;
		const words = e => (e.getAttribute("aria-label") ?? e.textContent).trim().replace(/\s+/g, " ");
		const all = ["main a, main button, main summary", "a, button, summary"].flatMap(s => [...document.querySelectorAll(s)]).filter(shown);
		return all.find(e => words(e) === name) ?? all.find(e => words(e).startsWith(name)) ?? null;
	})()`)
}

func quote(text string) string {
	b, err := json.Marshal(text)
	if err != nil {
		panic(err) // a string has a JSON form
	}
	return string(b)
}

// look checks the page one is on for barriers at phone and desktop width, light and dark, and takes its picture when
// LYCEUM_SHOTS names a directory.
func (w *walker) look(name string) {
	w.t.Helper()
	w.lookAt(name, 390, 1280)
}

// lookAt is look at some widths only.
func (w *walker) lookAt(name string, widths ...int64) {
	w.t.Helper()
	for _, width := range widths {
		w.size(width)
		for _, scheme := range []string{"light", "dark"} {
			w.scheme(scheme)
			if w.t.Run(fmt.Sprintf("%s %d %s", name, width, scheme), func(t *testing.T) {
				noSideways(w.ctx, t)
				if scheme == "light" {
					noBarriers(w.ctx, t)
				} else {
					readableColors(w.ctx, t)
				}
			}); os.Getenv("LYCEUM_SHOTS") != "" {
				w.shoot(fmt.Sprintf("%s-%d-%s.png", strings.ReplaceAll(name, " ", "-"), width, scheme))
			}
		}
	}
	w.scheme("light")
}

// shoot takes a picture of the whole page.
func (w *walker) shoot(file string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, patience)
	defer cancel()
	eval[bool](w.ctx, w.t, `scrollTo(0, 0), true`) // a bar that sticks would lie in the middle of the picture
	picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		w.t.Fatalf("picture %s: %v", file, err)
	}
	dir := os.Getenv("LYCEUM_SHOTS")
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // pictures to look at
		w.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, file), picture, 0o644); err != nil { //nolint:gosec // pictures to look at
		w.t.Fatal(err)
	}
}
