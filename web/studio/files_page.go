package studio

import (
	"archive/zip"
	"context"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"lyceum/authoring/draft"
	"lyceum/authoring/files"
	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/web/i18n"
	"lyceum/web/page"
	"lyceum/web/ui"
)

// filesProps is the page of a course's files.
type filesProps struct {
	framed
	URL     string
	Search  ui.FieldProps
	Kind    ui.FieldProps
	Sort    ui.FieldProps
	Rows    []fileRow
	Total   int
	Found   int
	Asked   bool // the list is searched or filtered
	Pager   ui.PagerProps
	Problem string // why an upload was refused
	Undo    string
	Words   map[string]string // for the page's script
}

// fileRow is a file in the list.
type fileRow struct {
	Name, Display  string
	URL            string
	Thumbnail      string // "" where it has none
	Icon           string
	Kind, Size     string
	Uploaded       time.Time
	Locked         bool
	Uses           int
	NoAlt          int
	Same           []string
	Notes          []string
	Portable, Link string
	Digest         string
}

// kindIcons are what stands for files without a picture.
var kindIcons = map[files.Kind]string{
	files.Images: "image", files.Documents: "file-text", files.Audio: "volume-2", files.Video: "video", files.Code: "code", files.Other: "paperclip",
}

func kindName(ctx context.Context, k files.Kind) string {
	switch k {
	case files.Images:
		return i18n.T(ctx, "files.kind.images")
	case files.Documents:
		return i18n.T(ctx, "files.kind.documents")
	case files.Audio:
		return i18n.T(ctx, "files.kind.audio")
	case files.Video:
		return i18n.T(ctx, "files.kind.video")
	case files.Code:
		return i18n.T(ctx, "files.kind.code")
	default:
		return i18n.T(ctx, "files.kind.other")
	}
}

// size says how large something is, for people.
func size(ctx context.Context, n int64) string {
	switch {
	case n < 1000:
		return i18n.T(ctx, "files.bytes", int(n))
	case n < 1_000_000:
		return i18n.T(ctx, "files.kilobytes", round(float64(n)/1000, 10))
	default:
		return i18n.T(ctx, "files.megabytes", round(float64(n)/1_000_000, 100))
	}
}

// round gives a number one digit behind the point while it is below most, none from there on.
func round(x, most float64) float64 {
	if x >= most {
		return math.Round(x)
	}
	return math.Round(x*10) / 10
}

func (s *Server) newFileRow(r *http.Request, key course.Key, all files.Library, f course.File, places []files.Place) fileRow {
	ctx, info := r.Context(), s.newAssetInfo(r, key, f)
	row := fileRow{
		Name: f.Name, Display: f.DisplayName, URL: fileURL(key, f.Name), Icon: kindIcons[files.KindOf(f)], Kind: kindName(ctx, files.KindOf(f)),
		Size: size(ctx, f.Size), Uploaded: f.Uploaded, Locked: f.Locked, Uses: len(places), Same: all.Same(f), Portable: info.Portable, Link: info.External,
		Digest: f.Digest,
	}
	if info.Thumbnail != nil {
		row.Thumbnail = *info.Thumbnail
	}
	for _, p := range places {
		if p.NoAlt {
			row.NoAlt++
		}
	}
	for _, n := range s.Files.Notes(ctx, f) {
		row.Notes = append(row.Notes, noteWords(r, n))
	}
	return row
}

// root is the course's own block, which the bar of its pages names.
func (s *Server) root(ctx context.Context, key course.Key) (*course.Block, error) {
	_, b, err := s.Editor.Read(ctx, key)
	if err != nil {
		return nil, err
	}
	return b.Draft.Root, nil
}

// showFilesPage draws the list; problem is why an upload was refused.
func (s *Server) showFilesPage(w http.ResponseWriter, r *http.Request, by draft.Author, key course.Key, all files.Library, found files.Page, problem error) error {
	ctx := r.Context()
	root, err := s.root(ctx, key)
	if err != nil {
		return err
	}
	uses, err := s.Files.Usage(ctx, by, key)
	if err != nil {
		return err
	}
	p := filesProps{
		framed: s.frame(w, r, key, root, "files", i18n.T(ctx, "studio.page.files")), URL: filesURL(key), Total: len(all.Files), Found: found.Total,
		Asked: found.Text != "" || len(found.Kinds) > 0, Undo: r.URL.Query().Get("was"),
	}
	p.Search = ui.FieldProps{Name: "text_search", Label: i18n.T(ctx, "files.search"), Value: found.Text, Attrs: map[string]any{"placeholder": i18n.T(ctx, "files.search")}}
	p.Kind = ui.FieldProps{Name: "asset_type", Label: i18n.T(ctx, "files.kind"), Quiet: true, Options: []ui.Option{{Value: "", Label: i18n.T(ctx, "files.kind.all")}}}
	for _, k := range files.Kinds {
		p.Kind.Options = append(p.Kind.Options, ui.Option{Value: string(k), Label: kindName(ctx, k), Selected: slices.Contains(found.Kinds, k)})
	}
	p.Sort = ui.FieldProps{Name: "sort", Label: i18n.T(ctx, "files.sort"), Quiet: true}
	order := orderOf(found.Query)
	for _, o := range []struct{ value, id string }{
		{"newest", "files.sort.newest"},
		{"oldest", "files.sort.oldest"},
		{"a-z", "files.sort.name"},
		{"largest", "files.sort.largest"},
		{"smallest", "files.sort.smallest"},
		{"kind", "files.sort.kind"},
	} {
		p.Sort.Options = append(p.Sort.Options, ui.Option{Value: o.value, Label: i18n.T(ctx, o.id), Selected: o.value == order})
	}
	for _, f := range found.Files {
		p.Rows = append(p.Rows, s.newFileRow(r, key, all, f, uses[f.Name]))
	}
	query := r.URL.Query()
	query.Del("was")
	p.Pager = ui.PagerProps{Page: found.Page + 1, Pages: (found.Total + found.PageSize - 1) / found.PageSize, URL: func(n int) string {
		query.Set("page", strconv.Itoa(n-1))
		return filesURL(key) + "/?" + query.Encode()
	}}
	p.Words = filesWords(ctx)
	if problem == nil {
		return page.Render(w, r, filesPage(p))
	}
	f, _ := fault.As(problem)
	p.Problem = newRefusal(r, f).Message
	return page.RenderStatus(w, r, page.Status(problem), filesPage(p))
}

// pageOrders are the orders a page offers.
var pageOrders = map[string]files.Query{
	"newest": {Sort: files.ByDate}, "oldest": {Sort: files.ByDate, Rising: true}, "a-z": {Sort: files.ByName, Rising: true},
	"largest": {Sort: files.BySize}, "smallest": {Sort: files.BySize, Rising: true}, "kind": {Sort: files.ByType, Rising: true},
}

func orderOf(q files.Query) string {
	for name, o := range pageOrders {
		if o.Sort == q.Sort && o.Rising == q.Rising {
			return name
		}
	}
	return ""
}

// filesWords are the texts of the page's script.
func filesWords(ctx context.Context) map[string]string {
	t := func(id string) string { return i18n.T(ctx, id) }
	return map[string]string{
		"waiting": t("files.up.waiting"), "sending": t("files.up.sending"), "done": t("files.up.done"), "replaced": t("files.up.replaced"),
		"lost": t("files.up.lost"), "failed": t("files.up.failed"), "too-large": i18n.T(ctx, "files.up.too_large", files.MaxSize>>20), "taken": t("files.up.taken"), "replace": t("files.up.replace"),
		"skip": t("files.up.skip"), "skipped": t("files.up.skipped"), "cancel": t("files.up.cancel"), "again": t("files.up.again"), "goes-on": t("files.up.goes_on"),
		"same": t("files.up.same"), "dismiss": t("files.up.dismiss"), "copied": t("files.copied"), "selected": t("files.selected"), "undo": t("files.undo"), "leave": t("files.up.leave"),
	}
}

// wordAttrs are texts as data attributes.
func wordAttrs(words map[string]string) templ.Attributes {
	out := templ.Attributes{}
	for name, text := range words {
		out["data-"+name] = text
	}
	return out
}

// answerForm answers a form of a page that brought files. What was refused is said on the list; what came before it is in force.
func (s *Server) answerForm(w http.ResponseWriter, r *http.Request, by draft.Author, key course.Key, puts []files.Put, err error) error {
	if f, ok := fault.As(err); err != nil && (!ok || f.Kind == fault.Internal || f.Kind == fault.Forbidden || f.Kind == fault.NotFound) {
		return err
	}
	if err != nil {
		all, readErr := s.Files.Read(r.Context(), by, key)
		if readErr != nil {
			return readErr
		}
		found, findErr := all.Find(files.Query{})
		if findErr != nil {
			return findErr
		}
		return s.showFilesPage(w, r, by, key, all, found, err)
	}
	notices := []page.Notice{{Kind: "success", ID: "files.uploaded_some", Args: []string{strconv.Itoa(len(puts))}}}
	to := filesURL(key) + "/"
	for _, put := range puts {
		for _, n := range put.Notes {
			notices = append(notices, page.Notice{Kind: "warning", ID: noteID(n), Args: []string{put.File.DisplayName}})
		}
		if len(put.Same) > 0 {
			notices = append(notices, page.Notice{Kind: "info", ID: "files.same_as", Args: []string{put.File.DisplayName, put.Same[0]}})
		}
		if put.Replaced && len(puts) == 1 {
			to = filesURL(key) + "/?was=" + undoOfFiles(put.Done)
		}
	}
	return page.Redirect(w, r, to, notices[:min(len(notices), 4)]...)
}

func noteID(n files.Note) string {
	if n == files.NoImage {
		return "files.note_of.no_image"
	}
	return "files.note_of.scripts"
}

// undoOfFiles names an act on files for taking it back: the list before it and the list it made.
func undoOfFiles(d files.Done) string { return d.Before.Files + "." + d.Head.Files }

// actedOnFiles is what an act came to, for pages that do it in place.
type actedOnFiles struct {
	Words string `json:"words"`
	Undo  string `json:"undo,omitempty"`
	Count int    `json:"count"`
}

// actOnFiles serves POST /assets/KEY/act: lock, unlock, delete, download as a zip, or take back, for the files named by name.
func (s *Server) actOnFiles(w http.ResponseWriter, r *http.Request) error {
	by, key, err := s.enterFiles(r)
	if err != nil {
		return err
	}
	if err := page.ParseForm(r, 0); err != nil {
		return err
	}
	ctx, act, names := r.Context(), r.PostForm.Get("act"), r.PostForm["name"]
	if len(names) == 0 && act != "undo" {
		return fault.Invalidf("act on no file").Say("files.choose")
	}
	var done files.Done
	var out actedOnFiles
	var id string
	switch act {
	case "lock", "unlock":
		done, err = s.Files.Lock(ctx, by, key, names, act == "lock")
		id = "files.did." + act
		s.noteFiles(r, key, lockAction(act == "lock"), done)
	case "delete":
		done, err = s.Files.Delete(ctx, by, key, names)
		id, out.Undo = "files.did.delete", undoOfFiles(done)
		s.noteFiles(r, key, "course.files_deleted", done)
	case "undo":
		was, then, _ := strings.Cut(r.PostForm.Get("was"), ".")
		done, err = s.Files.PutBack(ctx, by, key, was, then)
		id = "files.did.undo"
		s.noteFiles(r, key, "course.files_restored", done)
	case "zip":
		return s.sendZip(w, r, by, key, names)
	default:
		return fault.Invalidf("act %q on files", act)
	}
	if err != nil {
		return err
	}
	out.Count = len(done.Files)
	if page.WantsJSON(r) {
		out.Words = i18n.T(ctx, id, out.Count)
		return page.JSON(w, r, http.StatusOK, out)
	}
	to := filesURL(key) + "/"
	if out.Undo != "" {
		to += "?was=" + out.Undo
	} else if len(names) == 1 && r.PostForm.Get("stay") != "" {
		to = fileURL(key, names[0])
	}
	return page.Redirect(w, r, to, page.Notice{Kind: "success", ID: id, Args: []string{strconv.Itoa(out.Count)}})
}

// sendZip answers with files in one archive, each under its display name.
func (s *Server) sendZip(w http.ResponseWriter, r *http.Request, by draft.Author, key course.Key, names []string) error {
	all, err := s.Files.Read(r.Context(), by, key)
	if err != nil {
		return err
	}
	var list []course.File
	for _, name := range slices.Compact(slices.Sorted(slices.Values(names))) {
		f, ok := all.Files[name]
		if !ok {
			return fault.NotFoundf("no file %q in %s", name, key).Say("files.none", name)
		}
		list = append(list, f)
	}
	h := w.Header()
	h.Set("Content-Type", "application/zip")
	h.Set("Content-Disposition", `attachment; filename="`+course.AssetName(key.Org+"-"+key.Number+"-"+key.Run)+`-files.zip"`)
	h.Set("Cache-Control", "no-store")
	archive := zip.NewWriter(w)
	used := map[string]bool{}
	for _, f := range list {
		name := zipName(f, used)
		if err := s.addToZip(r.Context(), archive, f, name); err != nil {
			return fmt.Errorf("archive of files: %s: %w", f.Name, err)
		}
	}
	return archive.Close()
}

// zipName is what a file is called in an archive, where no two may have one name.
func zipName(f course.File, used map[string]bool) string {
	name := strings.Map(func(r rune) rune {
		if r == '/' || r == '\\' || r < ' ' {
			return '_'
		}
		return r
	}, f.DisplayName)
	if strings.Trim(name, ".") == "" || used[strings.ToLower(name)] {
		name = f.Name
	}
	used[strings.ToLower(name)] = true
	return name
}

func (s *Server) addToZip(ctx context.Context, archive *zip.Writer, f course.File, name string) error {
	body, _, err := s.Files.Files.Open(ctx, f.Digest)
	if err != nil {
		return err
	}
	defer body.Close()
	method := zip.Deflate
	if k := files.KindOf(f); k == files.Images && f.ContentType != "image/svg+xml" || k == files.Audio || k == files.Video {
		method = zip.Store // compressed as they are
	}
	to, err := archive.CreateHeader(&zip.FileHeader{Name: name, Method: method, Modified: f.Uploaded})
	if err != nil {
		return err
	}
	_, err = io.Copy(to, body)
	return err
}

// fileProps is the page of one file.
type fileProps struct {
	framed
	Crumbs  []ui.Link
	Row     fileRow
	Type    string
	List    string // address of the list
	Replace string // address of the form that replaces it
	Uses    []useProps
	Twins   []ui.Link
	Words   map[string]string
}

// useProps is a place that shows a file.
type useProps struct {
	Where     []string
	URL       string
	NoAlt     bool
	DraftOnly bool
	LiveOnly  bool
}

// showFilePage draws the page of one file.
func (s *Server) showFilePage(w http.ResponseWriter, r *http.Request, key course.Key, all files.Library, f course.File, places []files.Place) error {
	ctx := r.Context()
	root, err := s.root(ctx, key)
	if err != nil {
		return err
	}
	p := fileProps{
		framed: s.frame(w, r, key, root, "files", f.DisplayName), Row: s.newFileRow(r, key, all, f, places), Type: f.ContentType, List: filesURL(key),
		Crumbs: []ui.Link{{Label: i18n.T(ctx, "studio.page.files"), URL: filesURL(key) + "/"}, {Label: f.DisplayName}}, Words: filesWords(ctx),
	}
	p.Replace = filesURL(key) + "/?" + url.Values{"as": {f.DisplayName}, "replaces": {f.Digest}}.Encode()
	if _, name, err := files.Name(f.DisplayName); err != nil || name != f.Name { // imported from a directory
		p.Replace = filesURL(key) + "/?" + url.Values{"as": {f.Name}, "replaces": {f.Digest}}.Encode()
	}
	for _, place := range places {
		p.Uses = append(p.Uses, useProps{
			Where: append(slices.Clone(place.Path), placeName(ctx, place)), URL: placeURL(place), NoAlt: place.NoAlt,
			DraftOnly: place.Draft && !place.Live, LiveOnly: place.Live && !place.Draft,
		})
	}
	for _, name := range p.Row.Same {
		p.Twins = append(p.Twins, ui.Link{Label: all.Files[name].DisplayName, URL: fileURL(key, name)})
	}
	return page.Render(w, r, filePage(p))
}

// placeName is what a place is called.
func placeName(ctx context.Context, p files.Place) string {
	switch {
	case p.Block.Type == "course":
		return i18n.T(ctx, "files.in_settings")
	case p.Name != "":
		return p.Name
	case p.Block.Type == "course_info" && p.Block.ID == "updates":
		return i18n.T(ctx, "files.in_updates")
	case p.Block.Type == "course_info" && p.Block.ID == "handouts":
		return i18n.T(ctx, "files.in_handouts")
	case p.Block.Type == "about":
		return i18n.T(ctx, "files.in_about", p.Block.ID)
	default:
		return p.Block.ID
	}
}
