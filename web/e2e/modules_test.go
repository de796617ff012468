package e2e

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/evanw/esbuild/pkg/api"
	"github.com/google/go-cmp/cmp"

	"lyceum/web/middleware"
	"lyceum/web/page"
)

// modules bundles browser modules of static/ts into one script that puts them into window.m.
func modules(t *testing.T, names ...string) string {
	t.Helper()
	var source strings.Builder
	for _, name := range names {
		source.WriteString(`export * from "./` + name + `";` + "\n")
	}
	got := api.Build(api.BuildOptions{
		Stdin:  &api.StdinOptions{Contents: source.String(), ResolveDir: "../../static/ts", Loader: api.LoaderTS},
		Bundle: true, Format: api.FormatIIFE, GlobalName: "m", Target: api.ES2022,
	})
	if len(got.Errors) > 0 {
		t.Fatalf("bundle: %v", got.Errors)
	}
	return string(got.OutputFiles[0].Contents) + "; window.m = m; true"
}

// arrival is one request the intake got.
type arrival struct {
	Body   string
	Token  string
	Status int
}

// intake answers POSTs with the statuses given, then with 200, behind the whole stack.
type intake struct {
	mu       sync.Mutex
	statuses []int
	got      []arrival
}

func (in *intake) serve(w http.ResponseWriter, r *http.Request) error {
	if r.Method == http.MethodGet {
		w.Header().Set("Content-Type", "text/html")
		_, err := w.Write([]byte(`<!DOCTYPE html><html lang="en"><title>x</title><form data-draft="f"><input name="a"><textarea name="b"></textarea><input type="password" name="p"></form><span id="s" data-saving="Saving" data-saved="Saved %s" data-retrying="Trying" data-refused="Refused"></span>`))
		return err
	}
	body := new(strings.Builder)
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		var v any
		if err := page.ReadJSON(r, &v); err != nil {
			return err
		}
		text, err := json.Marshal(v)
		if err != nil {
			return err
		}
		body.Write(text)
	} else {
		if err := page.ParseForm(r, 1<<10); err != nil {
			return err
		}
		body.WriteString(r.PostForm.Encode())
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	status := http.StatusOK
	if len(in.statuses) > 0 {
		status, in.statuses = in.statuses[0], in.statuses[1:]
	}
	in.got = append(in.got, arrival{Body: body.String(), Token: r.Header.Get("Idempotency-Key"), Status: status})
	return page.JSON(w, r, status, map[string]string{"error": "busy", "message": "Sentence."})
}

func (in *intake) arrivals() []arrival {
	in.mu.Lock()
	defer in.mu.Unlock()
	return append([]arrival(nil), in.got...)
}

func start(t *testing.T, statuses ...int) (*intake, context.Context, string) {
	t.Helper()
	in := &intake{statuses: statuses}
	srv := httptest.NewServer(middleware.Stack(middleware.Config{Site: &page.Site{Name: "Lyceum"}}, page.Handler(in.serve)))
	t.Cleanup(srv.Close)
	ctx := open(t)
	visit(ctx, t, 800, srv.URL)
	return in, ctx, srv.URL
}

func TestSaver(t *testing.T) {
	t.Parallel()
	in, ctx, _ := start(t, 503, 500)
	eval[bool](ctx, t, modules(t, "save"))
	states := eval[[]string](ctx, t, `(async () => {
		const status = document.getElementById("s"), seen = [];
		new MutationObserver(() => { const s = status.dataset.state; if (seen.at(-1) !== s) seen.push(s); }).observe(status, {attributes: true});
		window.saver = new m.Saver({url: "/save", status, draftKey: "answer", delay: 10});
		saver.change({a: "first"}); saver.change({a: "second"});
		await new Promise(r => setTimeout(r, 450));
		const kept = localStorage.getItem("draft:answer");
		await saver.flush();
		while (saver.state !== "saved") { window.dispatchEvent(new Event("online")); await new Promise(r => setTimeout(r, 20)); }
		await new Promise(r => setTimeout(r, 20));
		return [...seen, kept !== null ? "kept" : "not kept", localStorage.getItem("draft:answer") === null ? "cleared" : "left", status.textContent.replace(/\d\d:\d\d/, "TIME")];
	})()`)
	want := []string{"waiting", "saving", "retrying", "saved", "kept", "cleared", "Saved TIME"}
	if diff := cmp.Diff(states, want); diff != "" {
		t.Errorf("states (-got +want)\n%s", diff)
	}
	got := in.arrivals()
	if len(got) != 3 || got[0].Token == "" || got[0].Token != got[1].Token || got[1].Token != got[2].Token || got[2].Body != `{"a":"second"}` {
		t.Errorf("arrivals %+v, want the newest value three times under one token", got)
	}
	if eval[string](ctx, t, `(async () => { saver.change({a: "third"}); await saver.flush(); return saver.state; })()`) != "saved" {
		t.Error("a later change is not saved")
	}
	if last := in.arrivals()[3]; last.Token == got[0].Token {
		t.Error("another value came under the same token")
	}
}

func TestSaverRefused(t *testing.T) {
	t.Parallel()
	in, ctx, _ := start(t, 409)
	eval[bool](ctx, t, modules(t, "save"))
	got := eval[string](ctx, t, `(async () => {
		let said = "";
		const saver = new m.Saver({url: "/save", status: document.getElementById("s"), draftKey: "k", onRefused: e => { said = e.message; }});
		saver.change({a: 1}); await saver.flush();
		return [saver.state, said, document.getElementById("s").textContent].join();
	})()`)
	if got != "refused,Sentence.,Refused" || len(in.arrivals()) != 1 {
		t.Errorf("got %q after %d tries, want one refusal that is not repeated", got, len(in.arrivals()))
	}
}

func TestDrafts(t *testing.T) {
	t.Parallel()
	_, ctx, home := start(t)
	script := modules(t, "forms", "draft")
	eval[bool](ctx, t, script)
	eval[bool](ctx, t, `m.enhanceForms();
		for (const [name, value] of [["a", "one"], ["b", "two"], ["p", "secret"]]) {
			const e = document.querySelector("[name=" + name + "]"); e.value = value; e.dispatchEvent(new Event("input", {bubbles: true}));
		} true`)
	if err := chromedp.Do(ctx, chromedp.Navigate(home)); err != nil { // at once: the page going away keeps the draft
		t.Fatal(err)
	}
	eval[bool](ctx, t, script)
	got := eval[[]string](ctx, t, `m.enhanceForms(); [...document.querySelectorAll("form [name]")].map(e => e.value)`)
	if diff := cmp.Diff(got, []string{"one", "two", ""}); diff != "" {
		t.Errorf("fields after a reload (-got +want)\n%s", diff)
	}
	old := eval[bool](ctx, t, `localStorage.setItem("draft:old", JSON.stringify({at: Date.now() - 31 * 864e5, value: 1}));
		localStorage.setItem("draft:junk", "{"); m.sweepDrafts();
		localStorage.getItem("draft:old") === null && new m.DraftStore("junk").read() === undefined`)
	if !old {
		t.Error("an old draft stays or junk is not passed over")
	}
}

func TestTrack(t *testing.T) {
	t.Parallel()
	in, ctx, home := start(t, 503)
	eval[bool](ctx, t, modules(t, "track"))
	// The first try fails; a full queue is sent at once and in order, the failed one first.
	eval[bool](ctx, t, `for (let i = 0; i < 20; i++) m.track("e" + i, {i}); new Promise(r => setTimeout(() => r(true), 500))`)
	eval[bool](ctx, t, `for (let i = 20; i < 40; i++) m.track("e" + i, "{}"); new Promise(r => setTimeout(() => r(true), 1500))`)
	eval[bool](ctx, t, `m.track("page_close", "{}"); true`)
	if err := chromedp.Do(ctx, chromedp.Navigate(home)); err != nil { // before the pause is over
		t.Fatal(err)
	}
	eval[bool](ctx, t, `new Promise(r => setTimeout(() => r(true), 500))`)
	var got []string
	for _, a := range in.arrivals() {
		v, err := url.ParseQuery(a.Body)
		if err != nil {
			t.Fatal(err)
		}
		if v.Get("page") != home+"/" {
			t.Errorf("page %q, want %q", v.Get("page"), home+"/")
		}
		if v.Get("event_type") == "e7" && v.Get("event") != `{"i":7}` {
			t.Errorf("event %q of e7", v.Get("event"))
		}
		if a.Status == http.StatusOK {
			got = append(got, v.Get("event_type"))
		}
	}
	var want []string
	for i := range 40 {
		want = append(want, "e"+strconv.Itoa(i))
	}
	if diff := cmp.Diff(got, append(want, "page_close")); diff != "" {
		t.Errorf("events taken (-got +want)\n%s", diff)
	}
}

// TestTrackLarge checks that an event browsers would not keep alive is sent all the same, and holds up no other.
func TestTrackLarge(t *testing.T) {
	t.Parallel()
	in, ctx, _ := start(t)
	eval[bool](ctx, t, modules(t, "track"))
	eval[bool](ctx, t, `m.track("large", "<".repeat(30_000)); m.track("small", {}); new Promise(r => setTimeout(() => r(true), 1500))`)
	var got []string
	for _, a := range in.arrivals() {
		v, err := url.ParseQuery(a.Body)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, v.Get("event_type"))
	}
	if diff := cmp.Diff(got, []string{"large", "small"}); diff != "" {
		t.Errorf("events taken (-got +want)\n%s", diff)
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	_, ctx, _ := start(t)
	eval[bool](ctx, t, modules(t, "keys"))
	got := eval[[]int](ctx, t, `(() => {
		let n = 0; const remove = m.addShortcuts({key: "n", label: "Next", run: () => n++});
		const press = (on, more) => on.dispatchEvent(new KeyboardEvent("keydown", {key: "n", bubbles: true, cancelable: true, ...more}));
		const out = [];
		press(document.body); out.push(n);
		press(document.querySelector("textarea")); out.push(n);
		press(document.body, {ctrlKey: true}); out.push(n);
		m.enableShortcuts(false); press(document.body); out.push(n);
		m.enableShortcuts(true); press(document.body); out.push(n);
		remove(); press(document.body); out.push(n);
		return out;
	})()`)
	if diff := cmp.Diff(got, []int{1, 1, 1, 1, 2, 2}); diff != "" {
		t.Errorf("presses counted (-got +want)\n%s", diff)
	}
}
