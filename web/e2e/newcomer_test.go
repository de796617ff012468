package e2e

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// sampleHome is the address of the sample course.
const sampleHome = "/courses/course-v1:Lyceum+TOUR+2026"

// newcomer walks from the front page into the first unit of the sample course: finding the course, enrolling, which takes registering,
// reading the mail.
func newcomer(t *testing.T, s *site, width int64) {
	w := newWalker(t, s.url, 2*time.Minute)
	w.size(width)
	name := "newcomer" + itoa(int(width))
	w.open("/")
	w.followNamed("Explore courses")
	w.fill("search_query", "walk")
	w.follow("search", chromedp.KeyEvent(kb.Enter))
	w.wait("the search found the course", `location.search.includes("walk") && document.querySelectorAll(".card-grid li").length === 1`)
	w.follow("the card", chromedp.Click(chromedp.CSS(".card-grid a"), chromedp.NodeVisible))
	w.wait("the about page", `location.pathname.endsWith("/about")`)
	w.followNamed("Enroll now")
	w.wait("what comes after registering", `location.pathname === "/register" && document.querySelector("main").textContent.includes("Then you are enrolled in A walk through Lyceum")`)
	w.fillRegistration(name)
	w.wait("in the course", `location.pathname.endsWith("/course/") && document.querySelector("main").textContent.includes("You are enrolled in A walk through Lyceum")`)
	w.confirm(name)
	w.open(sampleHome + "/course/")
	w.followNamed("Start learning")
	w.wait("the first unit", `document.querySelector("[data-unit] h1").textContent.includes("Welcome")`)
	noSideways(w.ctx, t)
	w.open("/dashboard")
	w.wait("the course is on the dashboard", `document.querySelector("main").textContent.includes("A walk through Lyceum")`)
}

// register makes an account from the front page and confirms its address by the letter in the outbox.
func (w *walker) register(name string) {
	w.t.Helper()
	w.open("/")
	w.followNamed("Create account")
	w.fillRegistration(name)
	w.confirm(name)
}

// fillRegistration fills the form of registering and sends it.
func (w *walker) fillRegistration(name string) {
	w.t.Helper()
	w.fill("email", name+"@example.com")
	w.fill("name", "Nora Comer")
	w.fill("username", name)
	w.fill("password", "a long walk to school")
	w.press("main [name=honor_code]")
	w.follow("register", chromedp.Click(chromedp.CSS("main form button:not([type=button])"), chromedp.NodeVisible))
	w.wait("welcomed", `document.querySelector("main").textContent.includes(`+quote(name+"@example.com")+`)`)
}

// confirm follows the link of the letter in the outbox, in the same browser.
func (w *walker) confirm(name string) {
	w.t.Helper()
	w.open("/outbox")
	link := eval[string](w.ctx, w.t, `[...document.querySelectorAll("main article")].find(a => a.textContent.includes(`+quote(name+"@example.com")+`))?.querySelector("a[href*='/activate/']")?.href ?? ""`)
	if link == "" {
		w.t.Fatalf("no letter with a link in the outbox\n%s", w.where())
	}
	w.follow("the letter's link", chromedp.Click(chromedp.CSS("main a[href="+quote(link)+"]"), chromedp.NodeVisible))
	w.wait("the address is confirmed", `document.querySelector(".notice--success, .notice") && location.pathname.startsWith("/dashboard")`)
}

// byKeyboard signs in and answers a question without a mouse.
func byKeyboard(t *testing.T, s *site) {
	w := newWalker(t, s.url, 2*time.Minute)
	w.size(1280)
	w.open("/login")
	w.tabTo(`document.activeElement.name === "email_or_username"`)
	w.do("type", chromedp.KeyEvent(s.demo.Learner.Email))
	w.tabTo(`document.activeElement.name === "password"`)
	w.follow("sign in", chromedp.KeyEvent(s.demo.Learner.Password+kb.Enter))
	w.wait("signed in", `location.pathname.startsWith("/dashboard")`)
	w.open(sampleHome + "/jump_to_id/first-answer")
	w.tabTo(`document.activeElement.type === "radio"`)
	w.do("choose", chromedp.KeyEvent(" "), chromedp.KeyEvent(kb.ArrowDown))
	w.check("an arrow moves the choice", `document.activeElement.checked`)
	w.tabTo(`document.activeElement.dataset.act === "problem_check"`)
	w.do("submit", chromedp.KeyEvent(kb.Enter))
	w.wait("a verdict", `document.querySelector("[data-problem] .verdict")`)
	w.check("the focus is at the verdict", `document.activeElement.matches("[data-result]")`)
	w.check("the receipt is shown", `document.querySelector(".verdict__receipt").textContent.trim() !== ""`)
}

// tabTo presses the tab key until a condition on the focus holds. Every stop must be seen.
func (w *walker) tabTo(condition string) {
	w.t.Helper()
	w.tabWithin(80, condition)
}

// tabWithin is tabTo on a page where more stops lie on the way.
func (w *walker) tabWithin(most int, condition string) {
	w.t.Helper()
	for range most {
		w.do("tab", chromedp.KeyEvent(kb.Tab))
		if hidden := eval[string](w.ctx, w.t, `(() => {
			const e = document.activeElement, r = e.getBoundingClientRect();
			return e === document.body || r.width > 0 && r.height > 0 ? "" : e.outerHTML.slice(0, 200);
		})()`); hidden != "" {
			w.t.Errorf("the tab key stops where nothing is seen: %s", hidden)
		}
		if eval[bool](w.ctx, w.t, condition) {
			return
		}
	}
	w.t.Fatalf("%d tabs do not lead to %s\nat %s", most, condition, w.where())
}
