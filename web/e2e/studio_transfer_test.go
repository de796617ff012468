package e2e

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"lyceum/internal/sharedtest"
)

// TestTransfer walks through what brings courses in, takes them out, runs them again and deletes them.
func TestTransfer(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	w := newWalker(t, s.studio, 10*time.Minute)
	w.size(1280)
	w.toStudio(s.demo.Author.Email, s.demo.Author.Password)
	for _, part := range []struct {
		name string
		run  func(*walker, *site)
	}{
		{"import", (*walker).importNew},
		{"broken", (*walker).importBroken},
		{"cut off", (*walker).importCutOff},
		{"over a course", (*walker).importOver},
		{"export", (*walker).exportCourse},
		{"run again", (*walker).runAgain},
		{"delete", (*walker).deleteCourse},
		{"without scripts", (*walker).transferPlainly},
	} {
		if !t.Run(part.name, func(t *testing.T) {
			defer func(before *testing.T) { w.t = before }(w.t)
			w.t = t
			w.size(1280)
			part.run(w, s)
		}) {
			return // what follows stands on it
		}
	}
}

const movedKey = "course-v1:Walks+Moved+2026"

// movedCourse is a course that comes in an archive: a page, a question that is no XML, a subsection with dates. film makes it large.
func movedCourse(film int) map[string]string {
	files := map[string]string{
		"course.xml": `<course org="Walks" course="Moved" url_name="2026"/>`,
		"course/2026.xml": `<course display_name="Moving house" start="2026-01-05T09:00:00Z"><chapter url_name="c" display_name="Week one">
			<sequential url_name="s" display_name="Lesson one" due="2026-01-12T09:00:00Z" format="Homework" graded="true"><vertical url_name="u" display_name="First steps">
			<html url_name="words"/><problem url_name="broken"/></vertical></sequential></chapter></course>`,
		"html/words.xml":                    `<html filename="words" display_name="Words"/>`,
		"html/words.html":                   `<p>Boxes and boxes.</p><p><a href="/static/film.mp4">The film</a></p>`,
		"problem/broken.xml":                `<problem display_name="Broken"><p>one<b></problem>`,
		"policies/2026/policy.json":         `{"course/2026": {"display_name": "Moving house"}}`,
		"policies/2026/grading_policy.json": `{"GRADER": [{"type": "Homework", "min_count": 1, "drop_count": 0, "short_label": "HW", "weight": 1}], "GRADE_CUTOFFS": {"Pass": 0.5}}`,
	}
	if film > 0 {
		content := make([]byte, film)
		_, _ = rand.NewChaCha8([32]byte{3}).Read(content)
		files["static/film.mp4"] = string(content)
	}
	return files
}

// packed writes files as an archive, as exports have it.
func packed(t *testing.T, path string, files map[string]string) string {
	t.Helper()
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	archive := tar.NewWriter(zip)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := archive.WriteHeader(&tar.Header{Name: "course/" + name, Mode: 0o644, Size: int64(len(files[name]))}); err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Write([]byte(files[name])); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(archive.Close(), zip.Close()); err != nil {
		t.Fatal(err)
	}
	put(t, path, out.Bytes())
	return path
}

// unpacked reads an archive: its files by name, without the directory all of them are in.
func unpacked(t *testing.T, path string) map[string]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	zip, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for archive := tar.NewReader(zip); ; {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		text, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		_, name, _ := strings.Cut(strings.TrimPrefix(h.Name, "./"), "/")
		files[name] = string(text)
	}
}

// bring chooses an archive in the form that is open.
func (w *walker) bring(path string) {
	w.t.Helper()
	w.do("choose "+filepath.Base(path), chromedp.SetUploadFiles(chromedp.CSS("#course-data"), []string{path}))
}

// line makes the browser's connections slow or dead; without conditions they are as they were.
func (w *walker) line(conditions ...*network.Conditions) {
	w.t.Helper()
	w.do("change the line", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{MatchedNetworkConditions: conditions})
		return err
	}))
}

// slow is a line that takes so many bytes a second.
func slow(bytes float64) *network.Conditions {
	return &network.Conditions{DownloadThroughput: -1, UploadThroughput: bytes}
}

// dead is a line that is cut for the addresses of a pattern.
func dead(pattern string) *network.Conditions {
	return &network.Conditions{URLPattern: pattern, DownloadThroughput: -1, UploadThroughput: -1, Offline: true}
}

// over waits until the task of an archive is over, and the page says how it ended.
func (w *walker) over(archive string) {
	w.t.Helper()
	w.within(2*time.Minute, archive+" is through", `document.readyState === "complete" && document.querySelector("#task-title")?.textContent.trim() === `+quote(archive)+` && !document.querySelector("[data-task]")`)
}

const uploadText = `document.querySelector("[data-upload-text]").textContent`

// importNew makes a course from an archive, on the second attempt each time something is wrong with the first.
func (w *walker) importNew(_ *site) {
	w.open("/home/")
	w.followNamed("Import a course")
	w.look("transfer new")
	w.size(1280)
	dir := w.t.TempDir()

	// No archive by its name: told before anything is sent.
	put(w.t, filepath.Join(dir, "course.zip"), []byte("PK"))
	w.bring(filepath.Join(dir, "course.zip"))
	w.followOrPress("Import")
	w.wait("the kind is refused", uploadText+`.includes("no course archive")`)
	// One by its name only.
	put(w.t, filepath.Join(dir, "words.tar.gz"), []byte("words"))
	w.bring(filepath.Join(dir, "words.tar.gz"))
	w.allow(`status of 415 .*/course/import`)
	w.followOrPress("Import")
	w.wait("refused by its content", uploadText+`.includes("no course archive") && !document.querySelector("form[data-upload] button[type=submit]").disabled`)
	w.look("transfer refused")
	w.size(1280)
	// One without a course in it.
	w.bring(packed(w.t, filepath.Join(dir, "nothing.tar.gz"), map[string]string{"readme.txt": "nothing"}))
	w.followOrPress("Import")
	w.over("nothing.tar.gz")
	w.check("in clear words", `/course\.xml/.test(document.querySelector(".notice--error").textContent) && document.querySelector(".notice--error").textContent.includes("Nothing was changed")`)
	w.look("transfer failed")
	w.size(1280)

	// A large one over a slow line: how far it is can be seen, it can be stopped, and goes on from where it was.
	archive := packed(w.t, filepath.Join(dir, "moved.tar.gz"), movedCourse(14<<20))
	w.line(slow(6 << 20))
	w.bring(archive)
	w.check("its name and size", `/moved\.tar\.gz \(14\.\d MB\)/.test(document.querySelector("[data-chosen]").textContent)`)
	w.followOrPress("Import")
	w.wait("progress", `/\d.* of 14\.\d MB sent/.test(`+uploadText+`) && document.querySelector("[data-upload-bar]").value > 0.4`)
	w.followOrPress("Stop")
	w.wait("stopped", uploadText+`.startsWith("Stopped.") && document.querySelector("[data-cancel]").hidden`)
	w.look("transfer stopped")
	w.size(1280)
	w.remember("[data-upload-text]")
	w.followOrPress("Import")
	w.wait("it goes on from there", `window.said.some(s => /^(4|8)\.\d MB of 14\.\d MB had arrived before/.test(s))`)
	w.over("moved.tar.gz")
	w.line()
	w.check("at the course that was made", `location.pathname === "/import/`+movedKey+`"`)
	w.check("done", `document.querySelector(".report__clean").textContent.includes("The course is in.")`)

	// What is wrong with it, with the way there.
	w.check("counted", `document.querySelector(".report__counts").textContent.includes("6 parts") && document.querySelector(".report__counts").textContent.includes("1 file")`)
	w.check("the broken question", `document.querySelector(".report__group").textContent.includes("problem/broken.xml")`)
	w.look("transfer report")
	w.size(1280)
	w.follow("the place", chromedp.Click(chromedp.CSS(".report__list a"), chromedp.NodeVisible))
	w.check("its editor", `location.pathname.startsWith("/edit/") && location.pathname.endsWith("+block@broken") && document.querySelector("[name=data], .cm-content")`)
	// Brought in once, it cannot be brought in as a new one again.
	w.open("/course/import")
	w.bring(packed(w.t, filepath.Join(dir, "again.tar.gz"), movedCourse(0)))
	w.followOrPress("Import")
	w.over("again.tar.gz")
	w.check("there is one of that key", `/already|exists|taken/i.test(document.querySelector(".notice--error").textContent)`)
	w.look("transfer taken")
}

// remember keeps all that an element says from now on in window.said.
func (w *walker) remember(selector string) {
	w.t.Helper()
	eval[bool](w.ctx, w.t, `(() => {
		const e = document.querySelector(`+quote(selector)+`);
		window.said = [];
		new MutationObserver(() => window.said.push(e.textContent)).observe(e, {childList: true, characterData: true, subtree: true});
		return true;
	})()`)
}

// names of what the outline shows.
const outlineNames = `[...document.querySelectorAll("[data-row] .row__name")].map(e => e.textContent.trim()).join()`

// importBroken sends what is no whole archive into a course, which stays as it was.
func (w *walker) importBroken(_ *site) {
	dir := w.t.TempDir()
	whole, err := os.ReadFile(packed(w.t, filepath.Join(dir, "whole.tar.gz"), movedCourse(1<<20)))
	if err != nil {
		w.t.Fatal(err)
	}
	put(w.t, filepath.Join(dir, "half.tar.gz"), whole[:len(whole)/2])
	bad := movedCourse(0)
	bad["course/2026.xml"] = `<course display_name="Other"><chapter url_name="c"`
	packed(w.t, filepath.Join(dir, "bad.tar.gz"), bad)
	far := movedCourse(0)
	far["../../outside.txt"] = "out"
	packed(w.t, filepath.Join(dir, "outside.tar.gz"), far)
	for _, name := range []string{"half.tar.gz", "bad.tar.gz", "outside.tar.gz"} {
		w.open("/import/" + movedKey)
		w.bring(filepath.Join(dir, name))
		w.followOrPress("Import")
		w.over(name)
		w.check(name+" is refused in words", `document.querySelector(".notice--error").textContent.includes("Nothing was changed") && !/our side/.test(document.querySelector(".notice--error").textContent)`)
		w.t.Logf("%s: %s", name, w.text(".notice--error"))
		if name == "half.tar.gz" {
			w.look("transfer half")
			w.size(1280)
		}
	}
	w.open("/course/" + movedKey)
	w.check("the course is as it was", outlineNames+` === "Week one,Lesson one,First steps"`)
}

// importCutOff closes the browser while an archive goes up, and goes on from another one.
func (w *walker) importCutOff(s *site) {
	archive := packed(w.t, filepath.Join(w.t.TempDir(), "large.tar.gz"), movedCourse(14<<20))
	first := newWalker(w.t, s.studio, 2*time.Minute)
	first.size(1280)
	first.toStudio(s.demo.Author.Email, s.demo.Author.Password)
	first.open("/import/" + movedKey)
	first.line(slow(6 << 20))
	first.bring(archive)
	first.followOrPress("Import")
	first.wait("a part has gone up", `document.querySelector("[data-upload-bar]").value > 0.5`)
	if err := chromedp.Cancel(first.ctx); err != nil {
		w.t.Fatalf("close the browser: %v", err)
	}

	w.open("/import/" + movedKey)
	w.check("what had arrived is told", `/large\.tar\.gz: [48]\.\d MB of 14\.\d MB arrived\. Choose the same file again/.test(document.querySelector("form[data-upload] .notice").textContent)`)
	w.look("transfer goes on")
	w.size(1280)
	w.remember("[data-upload-text]")
	w.line(slow(6 << 20))
	w.bring(archive)
	w.followOrPress("Import")
	w.wait("it goes on from there", `window.said.some(s => /had arrived before/.test(s))`)

	// The server's line is lost on the way, and it waits for it.
	w.line(dead(""))
	w.allow(`ERR_INTERNET_DISCONNECTED`)
	w.wait("the line is lost", uploadText+`.includes("The connection is lost.")`)
	w.line()
	w.over("large.tar.gz")
	w.check("it is in", `document.querySelector(".report__clean").textContent.includes("The course is in.")`)
}

// importOver replaces a course that learners are in with another archive, follows the steps, and undoes it.
func (w *walker) importOver(s *site) {
	s.command("enroll", s.demo.Learner.Username, movedKey)
	learner := newWalker(w.t, s.url, 5*time.Minute)
	learner.size(1280)
	learner.signIn(s.demo.Learner.Email, s.demo.Learner.Password)
	learner.allow(`status of 404 .*_slice\.png`) // pictures that course names and does not have
	home := "/courses/" + movedKey + "/course/"
	learner.open(home)
	learner.check("the learner has it", `document.querySelector("main").textContent.includes("Week one")`)

	// What the page shows while it is worked stays, as long as nobody can ask how far it is.
	w.open("/import/" + movedKey)
	w.line(dead(s.studio + "/import_status/*?task=*"))
	w.bring(sharedtest.File(w.t, "courses/harvardx-studio-advanced.tar.gz"))
	w.followOrPress("Import")
	w.wait("the page of the import", `location.search.startsWith("?task=") && document.querySelector("#task-title")?.textContent.includes("harvardx") && document.readyState === "complete"`)
	if eval[bool](w.ctx, w.t, `!!document.querySelector("[data-task]")`) {
		w.check("where it is", `/Waits|Unpacking|Reading|Putting/.test(document.querySelector("[data-task-text]").textContent)`)
		w.look("transfer running")
		w.size(1280)
	}
	w.line()
	w.over("harvardx-studio-advanced.tar.gz")
	w.check("what it replaced", `document.querySelector("main").textContent.includes("It replaced the version by author of")`)
	w.look("transfer replaced")
	w.size(1280)
	learner.open(home)
	learner.check("the learner has the new one", `!document.querySelector("main").textContent.includes("Week one")`)

	w.followNamed("Undo this import")
	w.look("transfer undo")
	w.size(1280)
	w.followNamed("Undo this import")
	w.check("undone", `document.querySelector(".notices").textContent.includes("The import is undone") && document.querySelector(".report__clean").textContent.includes("Undone")`)
	w.lookAt("transfer undone", 390)
	w.size(1280)
	w.open("/course/" + movedKey)
	w.check("the course is as it was", outlineNames+` === "Week one,Lesson one,First steps"`)
	learner.open(home)
	learner.check("for the learner, too", `document.querySelector("main").textContent.includes("Week one")`)
}

// download does what downloads a file, and returns where the file is.
func (w *walker) download(press chromedp.Action[chromedp.Void]) string {
	w.t.Helper()
	dir, events := w.t.TempDir(), true
	done := make(chan string, 1)
	if err := chromedp.Listen(w.ctx, func(event any) {
		if e, ok := event.(*browser.EventDownloadProgress); ok && e.State != browser.DownloadProgressStateInProgress {
			select {
			case done <- e.State.String():
			default:
			}
		}
	}); err != nil {
		w.t.Fatal(err)
	}
	w.do("let files be downloaded", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
			Behavior: browser.SetDownloadBehaviorBehaviorAllow, DownloadPath: dir, EventsEnabled: &events,
		})
		return err
	}))
	w.do("download", press)
	select {
	case state := <-done:
		if state != browser.DownloadProgressStateCompleted.String() {
			w.t.Fatalf("download: %s", state)
		}
	case <-time.After(patience):
		w.t.Fatal("download: not there")
	}
	found, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(found) != 1 {
		w.t.Fatalf("download: %v, %v", found, err)
	}
	return found[0]
}

// exportName is what the archive of a course is called.
func exportName(key string) string {
	return strings.ReplaceAll(strings.TrimPrefix(key, "course-v1:"), "+", "-") + ".tar.gz"
}

// export makes an archive of a course and downloads it.
func (w *walker) export(key string) string {
	w.t.Helper()
	w.open("/export/" + key)
	w.followNamed("Export")
	w.over(exportName(key))
	return w.download(chromedp.Click(chromedp.CSS("#task-title ~ p a[download]"), chromedp.NodeVisible))
}

// exportCourse takes the course out and looks at what is in the archive.
func (w *walker) exportCourse(s *site) {
	w.open("/export/" + movedKey)
	w.look("transfer export")
	w.size(1280)
	w.line(dead(s.studio + "/export_status/*"))
	w.allow(`ERR_INTERNET_DISCONNECTED`)
	w.followNamed("Export")
	if eval[bool](w.ctx, w.t, `!!document.querySelector("[data-task]")`) {
		w.look("transfer export running")
		w.size(1280)
	}
	w.line()
	w.over(exportName(movedKey))
	w.check("its size", `/Download \(14\.\d MB\)/.test(document.querySelector("a[download]").textContent)`)
	w.check("the question that is no XML is told of, or whole", `document.querySelector(".report__clean, .report__group")`)
	w.look("transfer exported")
	w.size(1280)
	path := w.download(chromedp.Click(chromedp.CSS("#task-title ~ p a[download]"), chromedp.NodeVisible))
	if name := filepath.Base(path); name != exportName(movedKey) {
		w.t.Errorf("the archive is called %s", name)
	}
	files := unpacked(w.t, path)
	for name, text := range movedCourse(14 << 20) {
		if strings.HasPrefix(name, "static/") && files[name] != text {
			w.t.Errorf("%s: %d bytes, want %d", name, len(files[name]), len(text))
		}
	}
	if files["course.xml"] == "" || !strings.Contains(files["problem/broken.xml"], "one<b>") {
		w.t.Errorf("the archive holds %v", slices.Sorted(maps.Keys(files)))
	}
	again := unpacked(w.t, w.export(movedKey))
	if !maps.Equal(files, again) {
		w.t.Error("two exports of one course are not the same")
	}
	w.look("transfer exports")
}

// courseMenu chooses in the menu of a course in the list.
func (w *walker) courseMenu(name, item string) {
	w.t.Helper()
	row := `[...document.querySelectorAll(".course-list__item")].find(i => i.querySelector(".course-list__name").textContent.trim() === ` + quote(name) + `)`
	w.do("menu of "+name, chromedp.Click(chromedp.JSPath(row+`.querySelector("[data-menu] > summary")`), chromedp.NodeVisible))
	w.follow(item, chromedp.Click(chromedp.JSPath(`[...`+row+`.querySelectorAll(".menu__item")].find(a => a.textContent.trim() === `+quote(item)+`)`), chromedp.NodeVisible))
}

// runAgain copies the course into a new run with other dates.
func (w *walker) runAgain(s *site) {
	w.open("/home/")
	w.courseMenu("Moving house", "Run again")
	w.check("the next run is guessed", `document.querySelector("[name=run]").value === "2027"`)
	w.look("transfer rerun")
	w.size(1280)
	set := func(name, value string) {
		w.t.Helper()
		eval[bool](w.ctx, w.t, `(() => { const f = document.querySelector("[name=`+name+`]"); f.value = `+quote(value)+`; f.dispatchEvent(new Event("input", {bubbles: true})); return true })()`)
	}
	set("start", "2027-01-04T09:00")
	w.wait("by how much dates move", `document.querySelector("[data-shift]").textContent === "All dates move 364 days later."`)
	set("run", "2026")
	w.allow(`status of (409|422) .*/course/`)
	w.do("send", chromedp.Click(named("Run again"), chromedp.NodeVisible))
	w.wait("refused, as it was typed", `document.querySelector(".notice--error, .field__error") && document.querySelector("[name=run]").value === "2026" && document.querySelector("[name=start]").value === "2027-01-04T09:00"`)
	w.look("transfer rerun refused")
	w.size(1280)
	w.fill("run", "2027")
	w.fill("display_name", "Moving house again")
	w.line(dead(s.studio + "/home/making/*"))
	w.followNamed("Run again")
	w.wait("at home", `location.pathname === "/home/" && document.readyState === "complete"`)
	if eval[bool](w.ctx, w.t, `!!document.querySelector("[data-task]")`) {
		w.look("transfer making")
		w.size(1280)
	}
	w.line()
	there := `[...document.querySelectorAll(".course-list__name")].some(a => a.textContent.trim() === "Moving house again")`
	w.within(2*time.Minute, "made", `document.readyState === "complete" && !document.querySelector("[data-task]")`)
	w.open("/home/")
	w.check("in the list", there)
	const key = "course-v1:Walks+Moved+2027"
	w.open("/settings/details/" + key)
	w.check("its start", `document.querySelector("[name=start]").value === "2027-01-04T09:00"`)
	w.open("/part/block-v1:Walks+Moved+2027+type@sequential+block@s")
	w.check("its due date moved along", `document.querySelector("[name=due]").value === "2027-01-11T09:00"`)
	files := unpacked(w.t, w.export(key))
	if len(files["static/film.mp4"]) != 14<<20 {
		w.t.Errorf("the new run has %v", slices.Sorted(maps.Keys(files)))
	}
}

// deleteCourse deletes the course, which is gone for everybody, and restores it, which is back for everybody.
func (w *walker) deleteCourse(s *site) {
	learner := newWalker(w.t, s.url, 3*time.Minute)
	learner.size(1280)
	learner.signIn(s.demo.Learner.Email, s.demo.Learner.Password)
	home := "/courses/" + movedKey + "/course/"
	learner.open(home)

	w.open("/home/")
	w.courseMenu("Moving house", "Delete")
	w.look("transfer delete")
	w.size(1280)
	w.fill("name", "Moving")
	w.allow(`status of 422 .*/delete`)
	w.do("send", chromedp.Click(named("Delete"), chromedp.NodeVisible))
	w.wait("another name deletes nothing", `document.querySelector("[name=name][aria-invalid=true]")?.value === "Moving"`)
	w.look("transfer delete refused")
	w.size(1280)
	w.fill("name", "moving house")
	w.followNamed("Delete")
	listed := `[...document.querySelectorAll(".course-list__name")].some(a => a.textContent.trim() === "Moving house")`
	w.check("gone from the list, and said", `location.pathname === "/home/" && !`+listed+` && document.querySelector(".notices").textContent.includes("Moving house is deleted.")`)
	w.open("/home/")
	w.do("the deleted ones", chromedp.Click(chromedp.CSS(".deleted > summary"), chromedp.NodeVisible))
	w.wait("open", `document.querySelector(".deleted form").checkVisibility()`)
	w.look("transfer deleted")
	w.size(1280)
	w.allow(`status of 404`)
	learner.allow(`status of 404`)
	if got := learner.status(home); got != 404 {
		w.t.Errorf("a learner in a deleted course: status %d", got)
	}
	if got := w.status("/course/" + movedKey); got != 404 {
		w.t.Errorf("an author in a deleted course: status %d", got)
	}
	w.look("transfer gone")
	w.size(1280)

	w.open("/home/")
	w.do("the deleted ones", chromedp.Click(chromedp.CSS(".deleted > summary"), chromedp.NodeVisible))
	w.followNamed("Restore Moving house")
	w.check("back", listed+` && document.querySelector(".notices").textContent.includes("Moving house is back as it was.")`)
	learner.open(home)
	learner.check("for the learner, too", `document.querySelector("main").textContent.includes("Week one")`)
	w.open("/course/" + movedKey)
	w.check("whole", outlineNames+` === "Week one,Lesson one,First steps"`)
}

// transferPlainly imports and exports by forms alone.
func (w *walker) transferPlainly(s *site) {
	plain := newWalker(w.t, s.studio, 2*time.Minute)
	plain.size(390)
	plain.toStudio(s.demo.Author.Email, s.demo.Author.Password)
	plain.scriptsOff()
	dir := plain.t.TempDir()
	changed := movedCourse(0)
	changed["course/2026.xml"] = strings.Replace(changed["course/2026.xml"], "Week one", "Week two", 1)
	put(plain.t, filepath.Join(dir, "words.tar.gz"), []byte("words"))
	plain.open("/import/" + movedKey)
	plain.bring(filepath.Join(dir, "words.tar.gz"))
	plain.allow(`status of 4\d\d .*/import/`)
	plain.do("send", chromedp.Click(named("Import"), chromedp.NodeVisible))
	plain.wait("refused in words", `document.querySelector("form[data-upload] .notice--error")?.textContent.includes("no course archive")`)
	plain.bring(packed(plain.t, filepath.Join(dir, "changed.tar.gz"), changed))
	plain.follow("send", chromedp.Click(chromedp.CSS("form[data-upload] button[type=submit], form[data-upload] .button--primary"), chromedp.NodeVisible))
	plain.waitFor("it is over", 2*time.Minute, func() bool {
		if eval[bool](plain.ctx, plain.t, `!document.querySelector(".task.is-waiting, .task.is-running")`) {
			return true
		}
		plain.followNamed("Look again")
		return false
	})
	plain.check("it is in", `document.querySelector(".report__clean").textContent.includes("The course is in.")`)
	plain.open("/course/" + movedKey)
	plain.check("changed", `document.querySelector("main").textContent.includes("Week two")`)
}
