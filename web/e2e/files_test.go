package e2e

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

var sampleFiles = "/assets/" + strings.TrimPrefix(sampleHome, "/courses/") + "/"

// TestFiles walks through an author's files: many uploaded at once, found, locked, replaced, deleted and back; a large one over a server
// that is killed; a textbook that a learner reads.
func TestFiles(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	w := newWalker(t, s.studio, 8*time.Minute)
	w.size(1280)
	w.toStudio(s.demo.Author.Email, s.demo.Author.Password)
	dir := t.TempDir()
	keep := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	choose := func(paths ...string) {
		t.Helper()
		w.do("choose files", chromedp.SetUploadFiles(chromedp.CSS("[data-drop] input[type=file]"), paths))
	}
	line := func(name string) string {
		return `[...document.querySelectorAll(".files-sent__item")].find(l => l.querySelector(".files-sent__name").textContent === ` + quote(name) + `)`
	}
	file := func(name string) string {
		return `[...document.querySelectorAll(".files-list__item")].find(l => l.querySelector(".files-list__name").textContent.trim() === ` + quote(name) + `)`
	}
	done := func(name string) {
		t.Helper()
		w.wait(name+" has arrived", line(name)+`?.classList.contains("is-done") && `+file(name))
	}

	w.open(sampleFiles)
	w.look("studio files")
	w.size(1280)
	before := w.text("[data-list] > p")

	// Many at once, among them one that is not what its name says, one with scripts, and two that are the same.
	choose(
		keep("Blue square.png", square(t, 40, color.NRGBA{40, 90, 200, 255})), keep("no picture.png", []byte("nothing to see")),
		keep("active.svg", []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>parent.document.title = "taken"</script></svg>`)),
		keep("notes.txt", []byte("the same words")), keep("notes again.txt", []byte("the same words")), keep("empty.csv", nil),
	)
	for _, name := range []string{"Blue square.png", "no picture.png", "active.svg", "notes.txt", "notes again.txt", "empty.csv"} {
		done(name)
	}
	w.check("told of what is no picture", line("no picture.png")+`.textContent.includes("cannot be read as one")`)
	w.check("told of scripts", line("active.svg")+`.textContent.includes("carries scripts")`)
	w.check("told of the same file", `[`+line("notes.txt")+`, `+line("notes again.txt")+`].some(l => l.textContent.includes("which the course has already"))`)
	w.check("a small picture", file("Blue square.png")+`.querySelector("img").naturalWidth === 40`)
	w.look("studio files uploaded")
	w.size(1280)

	// Too large: said before anything is sent.
	large := keep("large.mp4", nil)
	if err := os.Truncate(large, 100<<20+1); err != nil {
		t.Fatal(err)
	}
	choose(large)
	w.wait("too large is said", line("large.mp4")+`?.textContent.includes("at most 100 MB")`)

	// The name is taken: asked, and replaced.
	choose(keep("Blue square.png", square(t, 60, color.NRGBA{200, 60, 40, 255})))
	lines := `[...document.querySelectorAll(".files-sent__item")]`
	last := lines + `.at(-1)`
	w.allow(`status of 409 .*/upload`)
	w.wait("asked", last+`.textContent.includes("already") && `+last+`.querySelector("button")`)
	w.lookAt("studio files taken", 390)
	w.size(1280)
	w.do("replace", chromedp.Click(chromedp.JSPath(last+`.querySelector("button")`), chromedp.NodeVisible))
	w.wait("replaced", last+`.classList.contains("is-done") && `+file("Blue square.png")+`.querySelector("img").naturalWidth === 60`)

	// Found, locked.
	w.fill("text_search", "square")
	w.follow("find", chromedp.Click(chromedp.CSS(".files-find button"), chromedp.NodeVisible))
	w.check("one is found", `document.querySelectorAll(".files-list__item").length === 1`)
	w.do("select", chromedp.Click(chromedp.CSS(".files-list__item input"), chromedp.NodeVisible))
	w.press(".files-bulk [value=lock]")
	w.wait("locked", file("Blue square.png")+`.textContent.includes("Locked")`)

	// Its page.
	w.followNamed("Blue square.png")
	w.look("studio file")
	w.size(1280)
	w.check("used nowhere", `document.querySelector("#uses").textContent.includes("No page")`)

	// Where a picture of the course is used.
	w.open(sampleFiles + "?asset_type=Images&page_size=100")
	used := eval[string](w.ctx, t, `[...document.querySelectorAll(".files-list__item")].find(l => l.querySelector(".files-badges a"))?.querySelector(".files-list__name").getAttribute("href") ?? ""`)
	if used == "" {
		t.Fatal("no picture of the course is used")
	}
	w.open(used)
	w.look("studio file used")
	w.size(1280)
	w.check("a place and its way", `document.querySelector("#uses li a[href^='/container/'], #uses li a[href^='/course/'], #uses li a[href^='/edit/']")`)

	// Deleted and back.
	w.open(sampleFiles)
	w.do("select", chromedp.Click(chromedp.JSPath(file("notes.txt")+`.querySelector("input")`), chromedp.NodeVisible),
		chromedp.Click(chromedp.JSPath(file("notes again.txt")+`.querySelector("input")`), chromedp.NodeVisible))
	w.press(".files-bulk [value=delete]")
	w.wait("gone", `!(`+file("notes.txt")+`) && !(`+file("notes again.txt")+`)`)
	w.followOrPress("Undo")
	w.wait("back", file("notes.txt")+` && `+file("notes again.txt"))

	// A large file, and the server is killed on the way: it goes on by itself, and nothing half is ever shown.
	content := make([]byte, 24<<20)
	_, _ = rand.NewChaCha8([32]byte{7}).Read(content)
	choose(keep("film.mp4", content))
	w.wait("on its way", line("film.mp4")+`?.querySelector("progress").value > 5e6`)
	s.kill()
	w.allow(`/assets/`)
	w.wait("the line is lost", line("film.mp4")+`.textContent.includes("Connection lost")`)
	s.start()
	w.waitFor("it has arrived", 2*time.Minute, func() bool {
		return eval[bool](w.ctx, t, `!!(`+line("film.mp4")+`?.classList.contains("is-done"))`)
	})
	w.wait("in the list", file("film.mp4"))
	w.check("whole", file("film.mp4")+`.textContent.includes("25.2 MB")`)
	if now := w.text("[data-list] > p"); now == before {
		t.Errorf("the list says %q before and after", now)
	}

	// Another window brings the same file while the first is cut off: it goes on from there, and each is told where the other has come.
	content[0]++
	again := keep("second film.mp4", content)
	w.allow(`status of 409.*second\+film`) // two tabs send the same file
	choose(again)
	w.wait("on its way", line("second film.mp4")+`?.querySelector("progress").value > 9e6`)
	other := w.tab()
	other.allow(`status of 409 .*/assets/`)
	w.allow(`status of 409 .*/assets/`)
	other.open(sampleFiles)
	eval[bool](w.ctx, t, `window.stop(), true`)
	other.do("choose again", chromedp.SetUploadFiles(chromedp.CSS("[data-drop] input[type=file]"), []string{again}))
	other.wait("arrived", line("second film.mp4")+`?.classList.contains("is-done")`)
	w = other // the first window asks before it is left, for what it still has to send

	// A textbook with a chapter uploaded on the spot, read by a learner; deleted and back.
	w.open("/textbooks/course-v1:Lyceum+TOUR+2026")
	w.look("studio textbooks")
	w.size(1280)
	w.followNamed("New textbook")
	w.do("upload", chromedp.SetUploadFiles(chromedp.CSS("#upload-0"), []string{keep("Chapter one.pdf", []byte("%PDF-1.4 one page"))}))
	w.follow("more chapters, without a name yet", chromedp.Click(chromedp.CSS("form.textbook [value=more]"), chromedp.NodeVisible))
	w.check("uploaded on the way", `document.querySelector("#url-0").value === "/static/Chapter_one.pdf"`)
	w.look("studio textbook")
	w.size(1280)
	w.fill("tab_title", "Field guide")
	w.follow("save", chromedp.Click(chromedp.CSS("form.textbook .button--primary"), chromedp.NodeVisible))
	w.wait("in the list", `location.pathname.startsWith("/textbooks/") && document.querySelector(".textbooks").textContent.includes("Field guide")`)
	learner := newWalker(t, s.url, 4*time.Minute)
	learner.size(390)
	learner.signIn(s.demo.Learner.Email, s.demo.Learner.Password)
	learner.open(sampleHome + "/course/")
	learner.wait("the tab", `[...document.querySelectorAll("a")].some(a => a.textContent.trim() === "Field guide")`)
	learner.open(sampleHome + "/pdfbook/1/")
	learner.check("its file", `document.querySelector("iframe").src.includes("Chapter_one.pdf")`)
	w.followNamed("Delete Field guide")
	w.check("gone", `!document.querySelector(".textbooks")?.textContent.includes("Field guide")`)
	w.followNamed("Undo")
	w.check("back", `document.querySelector(".textbooks").textContent.includes("Field guide")`)

	plainFiles(t, s, keep("plain.txt", []byte("without scripts")))
}

// followOrPress presses a button by its name; a page in place shows what came of it without another page.
func (w *walker) followOrPress(name string) {
	w.t.Helper()
	w.do("press "+name, chromedp.Click(named(name), chromedp.NodeVisible))
}

// plainFiles does the same as far as forms go.
func plainFiles(t *testing.T, s *site, path string) {
	w := newWalker(t, s.studio, 4*time.Minute)
	w.size(390)
	w.toStudio(s.demo.Author.Email, s.demo.Author.Password)
	w.scriptsOff()
	w.open(sampleFiles)
	w.do("choose", chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{path}))
	w.follow("upload", chromedp.Click(chromedp.CSS("[data-send]"), chromedp.NodeVisible))
	w.check("uploaded", `document.querySelector("[data-list]").textContent.includes("plain.txt") && document.body.textContent.includes("Files uploaded: 1")`)
	w.follow("its page", chromedp.Click(chromedp.JSPath(`[...document.querySelectorAll(".files-list__name")].find(a => a.textContent.trim() === "plain.txt")`), chromedp.NodeVisible))
	w.followNamed("Delete")
	w.check("gone, with a way back", `![...document.querySelectorAll(".files-list__name")].some(a => a.textContent.trim() === "plain.txt")`)
	w.followNamed("Undo")
	w.check("back", `[...document.querySelectorAll(".files-list__name")].some(a => a.textContent.trim() === "plain.txt")`)
}

// square is a PNG of one color.
func square(t *testing.T, side int, c color.NRGBA) []byte {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, side, side))
	for i := range img.Pix {
		img.Pix[i] = []uint8{c.R, c.G, c.B, c.A}[i%4]
	}
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
