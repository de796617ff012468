package e2e

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/a-h/templ"
	"github.com/chromedp/chromedp"

	"lyceum/internal/fault"
	"lyceum/static"
	"lyceum/web/i18n"
	"lyceum/web/middleware"
	"lyceum/web/page"
	"lyceum/web/ui"
)

const formulas = `<h1>Formulas</h1><p>\(e^{i\pi}+1=0\), ` + "`sum_(i=1)^n i`" + `, [mathjaxinline]\alpha[/mathjaxinline], \(\ce{H2O}+\cancel{x}\),
	\(\href{javascript:alert(1)}{x}\class{reach}{y}\cssId{out}{z}\require{html}\)</p>`

// gallery serves the parts, an error and formulas behind the whole stack.
func gallery(t *testing.T) string {
	t.Helper()
	catalog, err := i18n.New()
	if err != nil {
		t.Fatal(err)
	}
	site := &page.Site{
		Name: "Lyceum", Catalog: catalog, SignIn: "/login", Register: "/register", SignOut: "/logout",
		Nav:    func(*http.Request) []ui.Link { return []ui.Link{{Label: "Catalog", URL: "/courses", Current: "page"}} },
		Footer: func(*http.Request) []ui.Link { return []ui.Link{{Label: "About", URL: "/about"}} },
	}
	mux := http.NewServeMux()
	mux.Handle("/ui", page.Handler(func(w http.ResponseWriter, r *http.Request) error {
		if r.URL.Query().Has("in") {
			r = page.Enter(r, page.Person{ID: 3, Username: "hypatia", Name: "Hypatia of Alexandria"})
		}
		p := page.Layout(w, r, "Gallery")
		p.Theme = r.URL.Query().Get("theme")
		return page.Render(w, r, ui.Gallery(p))
	}))
	mux.Handle("/formulas", page.Handler(func(w http.ResponseWriter, r *http.Request) error {
		p := page.Layout(w, r, "Formulas")
		return page.Render(w, r, templ.ComponentFunc(func(ctx context.Context, out io.Writer) error {
			return ui.Layout(p).Render(templ.WithChildren(ctx, templ.Raw(formulas)), out)
		}))
	}))
	mux.Handle("/", page.Handler(func(http.ResponseWriter, *http.Request) error { return fault.NotFoundf("no such page") }))
	srv := httptest.NewServer(static.Handler(middleware.Stack(middleware.Config{Site: site}, mux)))
	t.Cleanup(srv.Close)
	return srv.URL
}

func TestGallery(t *testing.T) {
	t.Parallel()
	home, ctx := gallery(t), open(t)
	for _, theme := range []string{"light", "dark"} {
		for _, width := range []int64{360, 390, 1280, 1600} {
			t.Run(fmt.Sprintf("%s %d", theme, width), func(t *testing.T) {
				visit(ctx, t, width, home+"/ui?theme="+theme)
				noSideways(ctx, t)
				if theme == "light" && width == 390 || theme == "dark" && width == 1280 {
					noBarriers(ctx, t)
				}
			})
		}
	}
	visit(ctx, t, 390, home+"/ui?in=1")
	noBarriers(ctx, t)
	visit(ctx, t, 390, home+"/nowhere")
	noBarriers(ctx, t)
	noSideways(ctx, t)
}

func TestBehavior(t *testing.T) {
	t.Parallel()
	home, ctx := gallery(t), open(t)
	visit(ctx, t, 1280, home+"/ui?in=1")
	if got := eval[string](ctx, t, "document.activeElement.id"); got != "email" {
		t.Errorf("focus is on %q, want the refused field", got)
	}
	steps := []struct{ name, do, check string }{
		{"menu opens", `document.querySelector("details[data-menu] summary").click()`, `document.querySelector("details[data-menu]").open`},
		{"theme is chosen", `document.querySelector("[data-theme-switch] button[value=dark]").click()`, `document.documentElement.dataset.theme === "dark" && document.cookie.includes("theme=dark")`},
		{"theme is the system's again", `document.querySelector("[data-theme-switch] button[value='']").click()`, `document.documentElement.dataset.theme === undefined && !document.cookie.includes("theme=")`},
		{"menu closes by Escape", `document.querySelector("details[data-menu]").dispatchEvent(new KeyboardEvent("keydown", {key: "Escape", bubbles: true}))`, `!document.querySelector("details[data-menu]").open`},
		{"dialog opens", `document.querySelector("[data-opens=gallery-dialog]").click()`, `document.getElementById("gallery-dialog").matches(":modal")`},
		{"dialog closes", `document.querySelector("#gallery-dialog [data-closes]").click()`, `!document.getElementById("gallery-dialog").open`},
		{"drawer opens", `document.querySelector("[data-opens=gallery-drawer]").click()`, `document.getElementById("gallery-drawer").open`},
		{"drawer closes by its cross", `document.querySelector("#gallery-drawer form[method=dialog] button").click()`, `!document.getElementById("gallery-drawer").open`},
		{"toast is shown", `document.querySelector("[data-toast]").click()`, `document.querySelector("#toasts .toast").textContent === "Answer saved."`},
		{"losing the line is said", `window.dispatchEvent(new Event("offline"))`, `document.querySelectorAll("#toasts .toast").length === 2`},
		{"and having it back", `window.dispatchEvent(new Event("online"))`, `document.querySelectorAll("#toasts .toast").length === 1`},
		{"zone is remembered", ``, `document.cookie.includes("zone=")`},
	}
	for _, s := range steps {
		if !eval[bool](ctx, t, s.do+";"+s.check) {
			t.Errorf("%s: not so", s.name)
		}
	}
	eval[bool](ctx, t, `document.querySelector("[data-toast]").click(), true`)
	if said := eval[string](ctx, t, `new Promise(r => setTimeout(() => r(document.getElementById("live").textContent), 200))`); said != "Answer saved." {
		t.Errorf("the live region says %q, want the toast", said)
	}
	// The first stop of the keyboard is the skip link, and it can be seen there.
	if err := chromedp.Do(ctx, chromedp.Navigate(home+"/nowhere"), chromedp.KeyEvent("\t")); err != nil {
		t.Fatal(err)
	}
	if !eval[bool](ctx, t, `document.activeElement.matches(".skip") && document.activeElement.getBoundingClientRect().top >= 0`) {
		t.Error("the first stop is not a skip link in view")
	}
}

// TestFormulas checks that mathematics is set under our own content policy and that what authors write stays a formula.
func TestFormulas(t *testing.T) {
	t.Parallel()
	home, ctx := gallery(t), open(t)
	visit(ctx, t, 390, home+"/formulas")
	set := eval[int](ctx, t, `new Promise(resolve => {
		const count = () => document.querySelectorAll("mjx-container").length;
		const look = () => count() === 5 ? setTimeout(() => resolve(count()), 300) : setTimeout(look, 50);
		setTimeout(() => resolve(count()), 20000);
		look();
	})`)
	if set != 5 {
		t.Errorf("%d formulas are set, want 5", set)
	}
	for name, script := range map[string]string{
		"links":            `document.querySelectorAll("mjx-container a, mjx-container [href]").length`,
		"classes and ids":  `document.querySelectorAll(".reach, #out").length`,
		"failed fetches":   `document.querySelectorAll("mjx-merror").length`,
		"without MathML":   `document.querySelectorAll("mjx-container:not(:has(mjx-assistive-mml math))").length`,
		"foreign requests": `performance.getEntriesByType("resource").filter(e => !e.name.startsWith(location.origin)).length`,
	} {
		if n := eval[int](ctx, t, script); n != 0 {
			t.Errorf("%s: %d, want none", name, n)
		}
	}
	noBarriers(ctx, t)
}
