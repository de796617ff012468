package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// learner is the person of TestLearner: an hour in the sample course.
const learner = "aspasia"

// TestLearner takes the sample course: watching, answering in all ways, being interrupted by a crash of the server, and finding
// everything again. What the walk leaves in the tracking log is checked at its end.
func TestLearner(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	w := newWalker(t, s.url, 6*time.Minute)
	w.size(1280)
	// While the server is away and comes back the page may complain; it must go on.
	w.allow(`net::ERR_CONNECTION_REFUSED|net::ERR_CONNECTION_RESET|net::ERR_EMPTY_RESPONSE|net::ERR_SOCKET_NOT_CONNECTED`)
	// The slower of two tabs is refused.
	w.allow(`status of 409 .*@teacher/handler/xmodule_handler/problem_check`)
	w.register(learner)
	w.enroll()

	w.watch()
	w.answer()
	w.help()
	w.atOnce()
	w.keepTyped()
	w.crash(s)
	w.grades()
	w.bookmarks()
	w.around(s)

	w.open("/dashboard")
	w.followNamed("Continue")
	w.wait("back where the last answer was given", `document.querySelector("[data-unit] h1")?.textContent.trim() === "Four questions"`)
	w.do("leave", chromedp.Navigate("about:blank")) // the page's last events are sent as it goes
	checkTracking(t, s)
}

// enroll joins the sample course from its about page.
func (w *walker) enroll() {
	w.t.Helper()
	w.open(sampleHome + "/about")
	w.followNamed("Enroll now")
	w.open(sampleHome + "/course/")
	w.wait("enrolled", `document.querySelector("[data-resume]")`)
}

// unit opens the unit a block stands in.
func (w *walker) unit(block string) {
	w.t.Helper()
	w.open(sampleHome + "/jump_to_id/" + block)
	w.wait("the unit of "+block, `document.querySelector("[data-unit]") && document.readyState === "complete"`)
}

// watch plays the film, follows its transcript, jumps by it, searches it and changes its language.
func (w *walker) watch() {
	w.t.Helper()
	w.unit("grade-film")
	w.wait("the player", `document.querySelector("[data-player][data-ready]") && document.querySelector("video").readyState >= 2`)
	w.press("[data-do=play]")
	w.wait("it plays", `!document.querySelector("video").paused && document.querySelector("video").currentTime > 0.5`)
	w.wait("the transcript follows", `document.querySelector(".video__line[aria-current=true]")`)
	w.press("[data-do=play]")
	w.wait("it pauses", `document.querySelector("video").paused`)
	w.press("[data-line='4']")
	w.wait("the line chosen is heard", `!document.querySelector("video").paused && Math.abs(document.querySelector("video").currentTime - 16) < 1 &&
		document.querySelector("[data-line='4'][aria-current=true]")`)
	w.press("[data-do=play]")
	w.wait("it pauses", `document.querySelector("video").paused`)
	w.do("search the transcript", chromedp.SendKeys(chromedp.CSS("[data-transcript] [data-search]"), "weight", chromedp.NodeVisible))
	w.wait("a line is found", `document.querySelector(".video__line.is-found mark")?.textContent === "weight" && document.querySelector("[data-found]").textContent.startsWith("1 of ")`)
	before := w.text("[data-line='0']")
	w.do("choose Spanish", chromedp.Focus(chromedp.CSS("[data-language]")), chromedp.KeyEvent("e"), chromedp.KeyEvent("s"))
	w.wait("the Spanish transcript", `document.querySelector("[data-lines]").lang === "es" && document.querySelector("[data-line='0']").textContent.trim() !== `+quote(before))
	w.do("faster", chromedp.Focus(chromedp.CSS("[data-do=play]")), chromedp.KeyEvent(">"))
	w.wait("it is faster", `document.querySelector("video").playbackRate === 1.25`)
	at := eval[float64](w.ctx, w.t, `document.querySelector("video").currentTime`) - 10
	w.do("skip back", chromedp.KeyEvent("j"))
	w.wait("ten seconds back", fmt.Sprintf(`Math.abs(document.querySelector("video").currentTime - %f) < 0.2`, at))

	// The place is kept.
	w.open(sampleHome + "/progress")
	w.unit("grade-film")
	w.wait("the film goes on where it was left", fmt.Sprintf(`document.querySelector("video").readyState >= 1 && Math.abs(document.querySelector("video").currentTime - %f) < 1.1`, at))
	w.check("the language is kept", `document.querySelector("[data-language]").value === "es"`)
	w.check("the speed is kept", `document.querySelector("[data-speed]").value === "1.25"`)
}

// problem is the CSS selector of a problem.
func problem(id string) string { return `[data-problem][data-usage$="@` + id + `"]` }

// choose ticks the choice of a problem that begins with some words.
func (w *walker) choose(id, words string) {
	w.t.Helper()
	w.do("choose "+words, chromedp.Click(chromedp.JSPath(`[...document.querySelectorAll(`+quote(problem(id)+" label.option")+`)].find(e =>
		e.querySelector(".option__text").textContent.trim().startsWith(`+quote(words)+`))`), chromedp.NodeVisible))
}

// typeAnswer types into the nth text field of a problem.
func (w *walker) typeAnswer(id string, n int, text string) {
	w.t.Helper()
	field := chromedp.JSPath(`document.querySelectorAll(` + quote(problem(id)+" input[type=text]") + `)[` + itoa(n) + `]`)
	w.do("type "+text, chromedp.Clear(field, chromedp.NodeVisible), chromedp.SendKeys(field, text))
}

// submit presses Submit and waits for the verdict.
func (w *walker) submit(id, verdict string) {
	w.t.Helper()
	eval[bool](w.ctx, w.t, `document.querySelector(`+quote(problem(id)+" .verdict")+`)?.setAttribute("data-old", ""), true`)
	w.press(problem(id) + " [data-act=problem_check]")
	w.wait("the verdict of "+id, `document.querySelector(`+quote(problem(id)+" .verdict:not([data-old])")+`)`)
	if got := w.text(problem(id) + " .verdict"); !eval[bool](w.ctx, w.t, `document.querySelector(`+quote(problem(id)+" .verdict")+`).classList.contains("verdict--`+verdict+`")`) {
		w.t.Errorf("verdict of %s: %q, want %s", id, got, verdict)
	}
	if w.text(problem(id)+" .verdict__receipt") == "" {
		w.t.Errorf("no receipt for the answer to %s", id)
	}
}

// answer answers wrong, right, partly right.
func (w *walker) answer() {
	w.t.Helper()
	w.unit("first-answer")
	w.choose("first-answer", "A ship")
	w.submit("first-answer", "incorrect")
	w.check("the feedback of the wrong choice", `document.querySelector(`+quote(problem("first-answer"))+`).textContent.includes("No ship went that slowly")`)
	w.choose("first-answer", "A grove outside Athens")
	w.submit("first-answer", "correct")

	w.unit("peripatetics")
	w.choose("peripatetics", "Theophrastus")
	w.submit("peripatetics", "correct")
	w.unit("saved")
	w.choose("saved", "Submitting a wrong answer")
	w.submit("saved", "partially-correct")
	w.unit("quiz-outline")
	w.choose("quiz-outline", "That everything on the page was seen")
	w.submit("quiz-outline", "correct")
}

// help uses hints, show answer, reset and save.
func (w *walker) help() {
	w.t.Helper()
	w.unit("hints-on-demand")
	hints := problem("hints-on-demand") + " [data-hints]"
	w.press(problem("hints-on-demand") + " [data-act=hint_button]")
	w.wait("the first hint", `document.querySelector(`+quote(hints)+`).textContent.includes("peripatos")`)
	w.press(problem("hints-on-demand") + " [data-act=hint_button]")
	w.wait("the second hint, a link that leads to its page", `document.querySelector(`+quote(hints+` a[href*="/jump_to_id/welcome"]`)+`)`)
	w.typeAnswer("hints-on-demand", 0, "pedestrian")
	w.submit("hints-on-demand", "incorrect")
	w.check("the feedback of that word", `document.querySelector(`+quote(problem("hints-on-demand"))+`).textContent.includes("Everybody who walks is that")`)
	w.press(problem("hints-on-demand") + " [data-act=problem_show]")
	w.wait("the answer is shown", `document.querySelector(`+quote(problem("hints-on-demand"))+`).textContent.includes("Answer: peripatetic")`)

	w.unit("first-answer")
	w.press(problem("first-answer") + " [data-act=problem_reset]")
	w.wait("reset", `!document.querySelector(`+quote(problem("first-answer")+" input:checked")+`) && !document.querySelector(`+quote(problem("first-answer")+" .verdict")+`)`)

	w.unit("cafe")
	w.typeAnswer("cafe", 0, "café")
	w.press(problem("cafe") + " [data-act=problem_save]")
	w.wait("saved", `document.querySelector(`+quote(problem("cafe")+" [data-result]")+`).textContent.includes("saved but not graded")`)
}

// atOnce presses twice, and in two tabs.
func (w *walker) atOnce() {
	w.t.Helper()
	w.unit("stadion")
	w.typeAnswer("stadion", 0, "11*3.2")
	w.do("press Submit twice", chromedp.DoubleClick(chromedp.CSS(problem("stadion")+" [data-act=problem_check]"), chromedp.NodeVisible))
	w.wait("a verdict", `document.querySelector(`+quote(problem("stadion")+" .verdict--correct")+`)`)
	w.unit("stadion")
	if got := w.text(problem("stadion") + " .problem__attempts"); got != "You have used 1 of 4 attempts" {
		w.t.Errorf("after a double click: %q", got)
	}

	other := w.tab()
	other.allow(`status of 409 .*@teacher/handler/xmodule_handler/problem_check`)
	for _, tab := range []*walker{w, other} {
		tab.unit("teacher")
	}
	w.typeAnswer("teacher", 0, "Plato")
	other.typeAnswer("teacher", 0, "Aristoteles")
	var both sync.WaitGroup
	for _, tab := range []*walker{w, other} {
		both.Go(func() {
			if err := chromedp.Do(tab.ctx, chromedp.Click(chromedp.CSS(problem("teacher")+" [data-act=problem_check]"), chromedp.NodeVisible)); err != nil {
				tab.t.Error(err)
			}
		})
	}
	both.Wait()
	// Each is told its own verdict, or that the other one was first.
	for _, tab := range []*walker{w, other} {
		tab.wait("an answer in each tab", `!document.querySelector(`+quote(problem("teacher")+"[data-busy]")+`) &&
			(document.querySelector(`+quote(problem("teacher")+" .verdict")+`) || document.querySelector(`+quote(problem("teacher")+" [data-trouble]")+`).textContent !== "")`)
	}
	w.unit("teacher")
	if got := w.text(problem("teacher") + " .problem__attempts"); got != "You have used 1 of 4 attempts" && got != "You have used 2 of 4 attempts" {
		w.t.Errorf("after two tabs at once: %q", got)
	}
	other.do("leave", chromedp.Navigate("about:blank"))
}

// keepTyped types and leaves without submitting: once after it was kept by the server, once at once.
func (w *walker) keepTyped() {
	w.t.Helper()
	const field = ` input[type=text]`
	w.unit("morning-range")
	w.typeAnswer("morning-range", 0, "2*pi*sqrt(1/9.81)")
	w.wait("kept", `document.querySelector(`+quote(problem("morning-range")+" [data-save-state]")+`).dataset.state === "saved"`)
	eval[bool](w.ctx, w.t, `localStorage.clear(), true`) // as on another device
	w.unit("morning-range")
	w.wait("the server has kept it", `document.querySelector(`+quote(problem("morning-range")+field)+`).value === "2*pi*sqrt(1/9.81)"`)
	w.typeAnswer("morning-range", 0, "1.99")
	w.follow("reload at once", chromedp.Reload())
	w.wait("the browser has kept it", `document.querySelector(`+quote(problem("morning-range")+field)+`).value === "1.99"`)
}

// crash kills the server in the middle of it all and starts it again on the same data.
func (w *walker) crash(s *site) {
	w.t.Helper()
	w.unit("quiz-word")
	w.typeAnswer("quiz-word", 0, "cutoff")
	w.typeAnswer("quiz-grade", 0, "1")
	w.wait("kept", `document.querySelector(`+quote(problem("quiz-grade")+" [data-save-state]")+`).dataset.state === "saved"`)
	s.kill()
	// The line is down: the answer waits, and is counted when the server is back.
	w.press(problem("quiz-word") + " [data-act=problem_check]")
	w.wait("the page says that it waits", `document.querySelector(`+quote(problem("quiz-word")+" [data-trouble]")+`).textContent.includes("Not submitted yet")`)
	s.start()
	w.wait("the answer has arrived", `document.querySelector(`+quote(problem("quiz-word")+" .verdict--correct")+`)`)
	receipt := w.text(problem("quiz-word") + " .verdict__receipt")
	w.unit("quiz-word")
	if got := w.text(problem("quiz-word") + " .verdict__receipt"); got != receipt || receipt == "" {
		w.t.Errorf("receipt %q after a reload, want %q", got, receipt)
	}
	w.check("signed in still", `document.querySelector("[data-unit]")`)
	w.check("the answer before the crash", `document.querySelector(`+quote(problem("quiz-outline")+" .verdict--correct")+`)`)
	w.check("one attempt", `document.querySelector(`+quote(problem("quiz-word")+" .problem__attempts")+`).textContent.includes("1 of 2")`)
	w.check("what was typed before the crash", `document.querySelector(`+quote(problem("quiz-grade")+" input[type=text]")+`).value === "1"`)
}

// grades looks at the progress page. Homework 1: 2 of 2, 0 of 2 and 3.2 of 4 are 5.2 of 8 points, 65 %; homework 2, with 2 of 12 points or
// 3 of 12, is the lower one and dropped; the quiz is 2 of 6. 0.4 * 65 % + 0.6 * 33.33 % = 46 %.
func (w *walker) grades() {
	w.t.Helper()
	w.open(sampleHome + "/progress")
	if got := w.text("[data-grade]"); got != "46%" {
		w.t.Errorf("grade %s, want 46%%\n%s", got, w.where())
	}
	w.press(".type summary")
	w.check("the lower homework is dropped", `[...document.querySelectorAll(".type__entries .is-dropped")].some(e => e.textContent.includes("Homework 2"))`)
	w.check("down to the question", `document.querySelector(".scores__blocks a")`)
}

// bookmarks sets a bookmark, finds it, and takes it back.
func (w *walker) bookmarks() {
	w.t.Helper()
	w.unit("mathematics")
	w.press("[data-bookmark]")
	w.wait("marked", `document.querySelector("[data-bookmark]").getAttribute("aria-pressed") === "true"`)
	w.wait("kept", `performance.getEntriesByType("resource").some(e => e.name.includes("/bookmarks/") && e.responseEnd > 0)`)
	w.open(sampleHome + "/course/")
	w.followNamed("Bookmarks")
	w.check("the bookmark is listed", `document.querySelector(".bookmark-list").textContent.includes("Mathematics")`)
	w.follow("back by the bookmark", chromedp.Click(chromedp.CSS(".bookmark-list a"), chromedp.NodeVisible))
	w.wait("the unit", `document.querySelector("[data-bookmark]")?.getAttribute("aria-pressed") === "true"`)
	w.do("take it back by its key", chromedp.KeyEvent("b"))
	w.wait("taken back", `document.querySelector("[data-bookmark]").getAttribute("aria-pressed") === "false" &&
		performance.getEntriesByType("resource").some(e => e.name.includes("/bookmarks/") && e.responseEnd > 0)`)
	w.open(sampleHome + "/bookmarks/")
	w.check("no bookmark is left", `!document.querySelector(".bookmark-list")`)
}

// around visits what stands beside the course, and takes files home.
func (w *walker) around(s *site) {
	w.t.Helper()
	w.open(sampleHome + "/dates")
	w.check("dates", `document.querySelector(".timeline")`)
	w.open(sampleHome + "/glossary/")
	w.check("the glossary", `document.querySelector("main").textContent.toLowerCase().includes("cutoff")`)
	w.open(sampleHome + "/pdfbook/0/")
	book := eval[string](w.ctx, w.t, `document.querySelector(".book iframe").src`)
	if got := w.fetch(book); !strings.HasPrefix(got, "200 application/pdf %PDF") {
		w.t.Errorf("the textbook: %.60q", got)
	}
	// The book is locked: nobody else gets it.
	if status, body := s.get(strings.TrimPrefix(book, s.url)); status < 300 || bytes.Contains(body, []byte("%PDF")) {
		w.t.Errorf("a stranger gets the locked book: status %d", status)
	}
	w.unit("how-to-walk")
	file := eval[string](w.ctx, w.t, `document.querySelector("a[href*='lyceum-on-one-page.pdf']").href`)
	if got := w.fetch(file); !strings.HasPrefix(got, "200 application/pdf %PDF") {
		w.t.Errorf("the file: %.60q", got)
	}
	if status, body := s.get(strings.TrimPrefix(file, s.url)); status != http.StatusOK || !bytes.HasPrefix(body, []byte("%PDF")) {
		w.t.Errorf("a stranger does not get the open file: status %d", status)
	}
	// Turn the page with the bar, its next button and the keys.
	w.follow("next", chromedp.Click(chromedp.CSS("a[data-turn=next][data-placement=bottom]"), chromedp.NodeVisible))
	w.wait("the second unit", `document.querySelector("[data-unit]")?.dataset.position === "2"`)
	w.follow("previous by key", chromedp.KeyEvent("p"))
	w.wait("the first unit", `document.querySelector("[data-unit]")?.dataset.position === "1"`)
	w.follow("the bar", chromedp.Click(chromedp.CSS("a[data-tab='3']"), chromedp.NodeVisible))
	w.wait("the third unit", `document.querySelector("[data-unit]")?.dataset.position === "3"`)
	w.follow("leave the subsection", chromedp.KeyEvent("n"))
	w.wait("the next subsection", `document.querySelector("[data-unit]")?.dataset.position === "1"`)
	w.unit("first-answer")
	w.do("scroll", chromedp.KeyEvent(kb.End))
}

// fetch gets an address with the page's cookies: status, type and the first bytes.
func (w *walker) fetch(address string) string {
	w.t.Helper()
	return eval[string](w.ctx, w.t, `fetch(`+quote(address)+`).then(async r => r.status + " " + r.headers.get("Content-Type") + " " + (await r.text()).slice(0, 20))`)
}
