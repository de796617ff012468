package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"time"

	"lyceum/authoring/draft"
	"lyceum/authoring/publish"
	"lyceum/authoring/transfer"
	"lyceum/course"
	"lyceum/course/olx"
	"lyceum/grading"
	"lyceum/internal/fault"
)

// courseCommand is what can be done with courses.
type courseCommand struct {
	Import  courseImport  `cmd:"" help:"Bring in an archive (.tar.gz) or directory of OLX and print the report."`
	Export  courseExport  `cmd:"" help:"Write a course as .tar.gz into FILE, or to standard output where none is named."`
	Inspect courseInspect `cmd:"" help:"Say what an archive, a directory or a course holds, without changing anything."`
	Publish coursePublish `cmd:"" help:"Show learners what of a course is a draft."`
	List    courseList    `cmd:"" help:"List the courses."`
	Delete  courseDelete  `cmd:"" help:"Remove a course. Learners' states and grades are kept, and it can be restored for a while."`
	Restore courseRestore `cmd:"" help:"Bring back a course that was deleted."`
}

type courseImport struct {
	Path    string `arg:"" help:"Archive, directory, or a directory inside an archive: courses.tar.gz/physics."`
	Key     string `help:"Import to this key instead of the one in the files." placeholder:"KEY"`
	Publish bool   `help:"Put the published tree in force for learners."`
	JSON    bool   `help:"Print the result as JSON." name:"json"`
}

// Run imports. It ends well even with defects; only what is no course is refused.
func (c *courseImport) Run(env *environment) error {
	var key course.Key
	if c.Key != "" {
		var err error
		if key, err = courseKey(c.Key); err != nil {
			return err
		}
	}
	s, err := openStores(env, toMake)
	if err != nil {
		return err
	}
	defer s.close(env)
	if s.embedded != nil {
		if err := roomFor("import", env.data); err != nil {
			return err
		}
	}
	if err := s.prepare(env, s.config.PostgresURL == ""); err != nil {
		return err
	}
	res, err := s.importer().Import(env.ctx, transfer.Request{Path: c.Path, Key: key, Publish: c.Publish})
	if err != nil {
		return oneOfSeveral(err, "import", c.Path)
	}
	if c.JSON {
		return printJSON(env.out, res)
	}
	printReport(env.out, res, c.Publish)
	return nil
}

type coursePublish struct {
	Key   string `arg:"" help:"Course key."`
	Check bool   `help:"Publish nothing; list what learners would stumble over."`
}

// Run publishes every unit that learners do not have as it is and that loads, or lists what is wrong with the draft.
func (c *coursePublish) Run(env *environment) error {
	key, err := courseKey(c.Key)
	if err != nil {
		return err
	}
	s, err := openStores(env, toUse)
	if err != nil {
		return err
	}
	defer s.close(env)
	if err := s.prepare(env, s.config.PostgresURL == ""); err != nil {
		return err
	}
	editor := &draft.Editor{Courses: s.courses, Schemas: schemas(s.kinds), Loads: loads}
	if c.Check {
		return checkDraft(env, s, editor, key)
	}
	_, now, err := editor.Read(env.ctx, key)
	if err != nil {
		return noCourse(err)
	}
	res, err := (&publish.Publisher{Editor: editor}).Publish(env.ctx, publish.Request{
		Block: key.Usage(now.Draft.Root.Type, now.Draft.Root.ID), By: draft.Author{Everywhere: true}, Words: "lms course publish",
	})
	if refused, ok := errors.AsType[*publish.Refused](err); ok {
		printFindings(env.out, refused.Findings)
		return fmt.Errorf("%s: nothing else is to be published, and these units stay drafts: %w", key, refused)
	}
	if err != nil {
		return noCourse(err)
	}
	printFindings(env.out, res.Refused)
	if len(res.Refused) > 0 {
		fmt.Fprintln(env.out, "  ! units with what does not load stay drafts")
	}
	if len(res.Units) == 0 {
		fmt.Fprintf(env.out, "%s: learners have everything as it is in the draft\n", key)
		return nil
	}
	fmt.Fprintf(env.out, "%s: %d units are new or changed for learners\n", key, len(res.Units))
	return nil
}

// checkDraft lists what is wrong with the draft of a course.
func checkDraft(env *environment, s *stores, editor *draft.Editor, key course.Key) error {
	head, branches, err := editor.Read(env.ctx, key)
	if err != nil {
		return noCourse(err)
	}
	manifest, err := s.files.Manifest(env.ctx, head.Files)
	if err != nil {
		return err
	}
	checker := publish.Checker{Loads: editor.Loads, Policy: grading.DefaultPolicy, HasFile: func(name string) bool { _, ok := manifest[name]; return ok }}
	found, _ := checker.Check(branches.Draft, course.UsageKey{})
	found = slices.DeleteFunc(found, func(f publish.Finding) bool { return f.Severity() == publish.Note }) // the checklist has those
	printFindings(env.out, found)
	if len(found) == 0 {
		fmt.Fprintf(env.out, "%s: nothing that learners would stumble over was found\n", key)
	}
	return nil
}

// printFindings lists findings, a line each.
func printFindings(w io.Writer, found []publish.Finding) {
	for _, f := range found {
		where := f.Block.Type + "/" + f.Block.ID
		if f.Line > 0 {
			where += fmt.Sprintf(":%d", f.Line)
		}
		fmt.Fprintf(w, "  ! %s: %s\n", printable(where), printable(strings.TrimSuffix(findingWords[f.Kind]+": "+f.Detail, ": ")))
		if f.More {
			fmt.Fprintf(w, "  ! %s: this text has more to mend, which is not listed\n", printable(f.Block.Type+"/"+f.Block.ID))
		}
	}
}

// findingWords are the kinds of findings as sentences, notes apart.
var findingWords = map[publish.Kind]string{
	publish.DoesNotLoad: "learners would see a notice instead of this",
	publish.BrokenLink:  "a link leads to a block the course does not have",
	publish.MissingFile: "a file is not among the course's files",
	publish.MissingAlt:  "a picture has no text for those who cannot see it",
	publish.NoPolicy:    "this is graded, but the grading policy has no such assignment type, so it counts for nothing",
	publish.DateOrder:   "dates are in an odd order",
	publish.Unreachable: "no learner can ever open this",
	publish.Hidden:      "this is in no outline, and no link in the course leads to it",
}

func (s *stores) importer() *transfer.Importer {
	return &transfer.Importer{Courses: s.courses, Files: s.files, Clock: time.Now}
}

// noName stands where a course has none.
const noName = "(no name)"

func printReport(w io.Writer, res transfer.Result, published bool) {
	fmt.Fprintf(w, "%s: %s\n", res.Key, cmp.Or(printable(res.Name), noName))
	for _, t := range sortedKeys(res.Report.Blocks) {
		fmt.Fprintf(w, "  %6d %s\n", res.Report.Blocks[t], printable(t))
	}
	fmt.Fprintf(w, "  %6d files\n", res.Report.Files)
	if res.Report.Drafts > 0 {
		fmt.Fprintf(w, "  %6d blocks with unpublished changes\n", res.Report.Drafts)
	}
	for _, d := range res.Report.Defects {
		fmt.Fprintf(w, "  ! %s\n", printable(d.String()))
	}
	if published {
		fmt.Fprintf(w, "published in %.1f s\n", res.Took.Seconds())
	} else {
		fmt.Fprintf(w, "imported as a draft in %.1f s; lms course publish %s shows it to learners\n", res.Took.Seconds(), res.Key)
	}
}

type courseExport struct {
	Key  string `arg:"" help:"Course key."`
	File string `arg:"" optional:"" help:"Archive to write. Left out, it goes to standard output."`
}

// Run exports. A file is written beside its place and moved there when it is whole.
func (c *courseExport) Run(env *environment) error {
	key, err := courseKey(c.Key)
	if err != nil {
		return err
	}
	s, err := openStores(env, toUse)
	if err != nil {
		return err
	}
	defer s.close(env)
	if err := s.prepare(env, s.config.PostgresURL == ""); err != nil {
		return err
	}
	e := &transfer.Exporter{Courses: s.courses, Files: s.files}
	if c.File == "" {
		report, err := e.Export(env.ctx, key, env.out)
		if err == nil {
			noteDefects(env.err, report)
		}
		return noCourse(err)
	}
	tmp, err := os.CreateTemp(filepath.Dir(c.File), "."+filepath.Base(c.File)+"-*")
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		return fmt.Errorf("write %s: directory %s: %w", c.File, filepath.Dir(c.File), pe.Err)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", c.File, err)
	}
	report, err := e.Export(env.ctx, key, tmp)
	if err := errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return errors.Join(noCourse(err), os.Remove(tmp.Name()))
	}
	if err := os.Chmod(tmp.Name(), 0o644); err != nil { //nolint:gosec // an export is made to be handed on
		return err
	}
	if err := os.Rename(tmp.Name(), c.File); err != nil {
		return err
	}
	noteDefects(env.err, report)
	if info, err := os.Stat(c.File); err == nil {
		fmt.Fprintf(env.out, "%s is in %s (%.1f MB)\n", key, printable(c.File), float64(info.Size())/1e6)
	}
	return nil
}

func noteDefects(w io.Writer, report *olx.Report) {
	if report == nil {
		return
	}
	for _, d := range report.Defects {
		fmt.Fprintf(w, "! %s\n", printable(d.String()))
	}
}

type courseInspect struct {
	What string `arg:"" help:"Archive, directory, directory inside an archive (courses.tar.gz/physics), or course key."`
	JSON bool   `help:"Print everything as JSON." name:"json"`
}

// Run inspects. A path needs no store; a key is exported and inspected.
func (c *courseInspect) Run(env *environment) error {
	src, err := c.source(env)
	if err != nil {
		return err
	}
	defer src.Close()
	report, err := olx.Inspect(src.FS, olx.Options{Name: src.Name})
	if err != nil {
		return oneOfSeveral(err, "inspect", c.What)
	}
	if c.JSON {
		return printJSON(env.out, report)
	}
	name := noName
	if report.DisplayName != nil {
		name = *report.DisplayName
	}
	fmt.Fprintf(env.out, "%s: %s\n", report.CourseKey, printable(name))
	for _, t := range sortedKeys(report.Blocks) {
		fmt.Fprintf(env.out, "  %6d %s\n", report.Blocks[t], printable(t))
	}
	for _, d := range append(slices.Clone(report.KnownDefects), report.Notes...) {
		fmt.Fprintf(env.out, "  ! %s\n", printable(d.String()))
	}
	return nil
}

func (c *courseInspect) source(env *environment) (*transfer.Source, error) {
	key, keyErr := course.ParseKey(c.What)
	if _, err := os.Stat(c.What); err == nil || keyErr != nil {
		return transfer.OpenSource(c.What, "")
	}
	s, err := openStores(env, toUse)
	if err != nil {
		return nil, err
	}
	defer s.close(env)
	if err := s.prepare(env, s.config.PostgresURL == ""); err != nil {
		return nil, err
	}
	r, w := io.Pipe()
	go func() {
		_, err := (&transfer.Exporter{Courses: s.courses, Files: s.files}).Export(env.ctx, key, w)
		w.CloseWithError(err)
	}()
	defer r.Close()
	src, err := transfer.ReadArchive(r, key.Run, "")
	return src, noCourse(err)
}

// courseKey reads a key somebody typed.
func courseKey(text string) (course.Key, error) {
	key, err := course.ParseKey(text)
	if err != nil {
		err = fmt.Errorf("%w: it looks like course-v1:Org+Number+Run; lms course list shows those there are", err)
	}
	return key, err
}

// noCourse says what to do where a key names no course, or none that is published.
func noCourse(err error) error {
	f, ok := fault.As(err)
	if !ok || f.Kind != fault.NotFound {
		return err
	}
	return fmt.Errorf("%w; lms course list shows those there are", f)
}

// oneOfSeveral says how to name one course where the files hold several.
func oneOfSeveral(err error, command, path string) error {
	refused, ok := errors.AsType[*olx.RefusedError](err)
	if !ok || len(refused.Several) == 0 {
		return err
	}
	one := filepath.Join(path, filepath.FromSlash(refused.Several[0]))
	return fmt.Errorf("%s holds %d courses: %s; name one of them: lms course %s %s",
		path, len(refused.Several), strings.Join(refused.Several, ", "), command, one)
}

type courseList struct {
	JSON bool `help:"Print as JSON." name:"json"`
}

// Run lists the courses by key.
func (c *courseList) Run(env *environment) error {
	s, err := openStores(env, toUse)
	if err != nil {
		return err
	}
	defer s.close(env)
	if err := s.prepare(env, s.config.PostgresURL == ""); err != nil {
		return err
	}
	list, err := s.courses.List(env.ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(env.out, list)
	}
	if len(list) == 0 {
		fmt.Fprintln(env.err, "no courses yet; lms course import PATH --publish brings one in")
	}
	for _, sum := range list {
		state := "draft"
		if sum.Version != "" {
			state = "published"
		}
		fmt.Fprintf(env.out, "%-48s %-9s %s\n", sum.Key, state, printable(sum.Name))
	}
	return nil
}

type courseDelete struct {
	Key string `arg:"" help:"Course key."`
}

// Run deletes a course.
func (c *courseDelete) Run(env *environment) error {
	return onCourse(env, c.Key, "is deleted", func(s *stores, key course.Key) error { return s.courses.Delete(env.ctx, key, "") })
}

type courseRestore struct {
	Key string `arg:"" help:"Course key."`
}

// Run restores a course.
func (c *courseRestore) Run(env *environment) error {
	return onCourse(env, c.Key, "is back as it was", func(s *stores, key course.Key) error { return s.courses.Restore(env.ctx, key) })
}

// onCourse acts on the course of a key somebody typed, and says what became of it.
func onCourse(env *environment, text, became string, act func(*stores, course.Key) error) error {
	key, err := courseKey(text)
	if err != nil {
		return err
	}
	s, err := openStores(env, toUse)
	if err != nil {
		return err
	}
	defer s.close(env)
	if err := s.prepare(env, s.config.PostgresURL == ""); err != nil {
		return err
	}
	if err := act(s, key); err != nil {
		return noCourse(err)
	}
	fmt.Fprintf(env.out, "%s %s\n", key, became)
	return nil
}

func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

func sortedKeys(m map[string]int) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
