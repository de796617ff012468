package studio

import (
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"lyceum/authoring/draft"
	"lyceum/authoring/files"
	"lyceum/component"
	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/web/i18n"
	"lyceum/web/page"
)

// filesRoutes lists the addresses of a course's files.
func filesRoutes(s *Server, rt routes) {
	rt.get("/assets/{course}", forBoth(s.showFiles))
	rt.on("/assets/{course}", forBoth(s.putFiles), http.MethodPost, http.MethodPut)
	rt.post("/assets/{course}/act", forBoth(s.actOnFiles))
	rt.get("/assets/{course}/upload", forPrograms(s.showProgress))
	rt.on("/assets/{course}/upload", forPrograms(s.cancelUpload), http.MethodDelete)
	rt.get("/assets/{course}/*", forBoth(s.showFile))
	rt.on("/assets/{course}/*", forBoth(s.changeFile), http.MethodPost, http.MethodPut)
	rt.on("/assets/{course}/*", forBoth(s.deleteFile), http.MethodDelete)
}

// FilesBody is how many bytes a request to the addresses of course files may bring, 0 where it is none of them. A form of a page may bring
// several files.
func FilesBody(r *http.Request) int64 {
	path := strings.TrimSuffix(r.URL.Path, "/")
	switch {
	case strings.HasPrefix(r.URL.Path, "/textbooks/") && strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data"):
		return 10*files.MaxSize + 1<<20
	case !strings.HasPrefix(path, "/assets/") || r.Method == http.MethodGet || strings.HasSuffix(path, "/act"):
		return 0
	case strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") && r.Header.Get("Content-Range") == "":
		return 0 // a change of settings
	case page.WantsJSON(r):
		return files.MaxSize + 1<<20
	default:
		return 10*files.MaxSize + 1<<20
	}
}

// enterFiles is enter for the files of the course in the path.
func (s *Server) enterFiles(r *http.Request) (draft.Author, course.Key, error) {
	key, err := course.ParseURLKey(chi.URLParam(r, "course"))
	if err != nil {
		return draft.Author{}, key, notFound(r, err)
	}
	by, err := s.enter(r, key)
	return by, key, err
}

// assetInfo is a file as JSON, under the names clients of the reference know, and more.
type assetInfo struct {
	Name        string    `json:"display_name"`
	ContentType string    `json:"content_type"`
	Added       string    `json:"date_added"`
	URL         string    `json:"url"`
	External    string    `json:"external_url"`
	Portable    string    `json:"portable_url"`
	Static      string    `json:"static_full_url"`
	Thumbnail   *string   `json:"thumbnail"`
	Locked      bool      `json:"locked"`
	ID          string    `json:"id"`
	Size        int64     `json:"file_size"`
	Normalized  string    `json:"name"`
	Kind        string    `json:"kind"`
	Digest      string    `json:"digest"`
	Uploaded    time.Time `json:"uploaded"`
}

func (s *Server) newAssetInfo(r *http.Request, key course.Key, f course.File) assetInfo {
	address := component.Links{}.Asset(key, f.Name)
	out := assetInfo{
		Name: f.DisplayName, ContentType: f.ContentType, Added: f.Uploaded.UTC().Format("Jan 02, 2006 at 15:04 UTC"), URL: address,
		External: s.LMS(r) + address, Portable: portableURL(f), Static: address, Locked: f.Locked, ID: key.Asset(f.Name).String(), Size: f.Size,
		Normalized: f.Name, Kind: string(files.KindOf(f)), Digest: f.Digest, Uploaded: f.Uploaded.UTC(),
	}
	if f.ThumbnailDigest != "" {
		out.Thumbnail = new(fileURL(key, f.Name) + "/thumbnail?of=" + f.ThumbnailDigest[:8]) // another picture is another address
	}
	return out
}

// portableURL is how content of the course names a file; it holds in every run of it.
func portableURL(f course.File) string { return "/static/" + component.EscapeKey(f.Name) }

// filesURL is the address of the list of a course's files, fileURL of one of them.
func filesURL(key course.Key) string { return "/assets/" + key.String() }

func fileURL(key course.Key, name string) string {
	return filesURL(key) + "/" + component.EscapeKey(key.Asset(name).String())
}

// assetList is a page of a course's files as JSON.
type assetList struct {
	Start     int         `json:"start"`
	End       int         `json:"end"`
	Page      int         `json:"page"`
	PageSize  int         `json:"pageSize"`
	Total     int         `json:"totalCount"`
	Assets    []assetInfo `json:"assets"`
	Sort      string      `json:"sort"`
	Direction string      `json:"direction"`
	Types     []string    `json:"assetTypes"`
	Text      string      `json:"textSearch"`
}

// filesQuery reads what a request asks of a list: page (counted from 0), page_size, sort, direction, asset_type, text_search.
func filesQuery(v url.Values) (files.Query, error) {
	q := files.Query{Rising: strings.EqualFold(v.Get("direction"), "asc"), Text: v.Get("text_search")}
	for _, n := range []struct {
		name string
		at   *int
	}{{"page", &q.Page}, {"page_size", &q.PageSize}} {
		if text := v.Get(n.name); text != "" {
			number, err := strconv.Atoi(text)
			if err != nil || number < 0 {
				return q, fault.Invalidf("%s of files %q", n.name, text).Say("files.bad_page")
			}
			*n.at = number
		}
	}
	sort := v.Get("sort")
	if o, ok := pageOrders[sort]; ok {
		q.Sort, q.Rising = o.Sort, o.Rising
		sort = o.Sort
	}
	switch sort {
	case "name", "displayname":
		q.Sort = files.ByName
	case "date", "uploadDate":
		q.Sort = files.ByDate
	case "file_size", "length":
		q.Sort = files.BySize
	case "content_type", "contentType":
		q.Sort = files.ByType
	default:
		q.Sort = sort
	}
	for kind := range strings.SplitSeq(v.Get("asset_type"), ",") {
		if kind != "" {
			q.Kinds = append(q.Kinds, files.Kind(kind))
		}
	}
	return q, nil
}

// showFiles serves GET /assets/KEY/: the page of a course's files, or some of them as JSON.
func (s *Server) showFiles(w http.ResponseWriter, r *http.Request) error {
	by, key, err := s.enterFiles(r)
	if err != nil {
		return err
	}
	all, err := s.Files.Read(r.Context(), by, key)
	if err != nil {
		return err
	}
	q, err := filesQuery(r.URL.Query())
	if err != nil {
		return err
	}
	found, err := all.Find(q)
	if err != nil {
		return err
	}
	if page.WantsJSON(r) {
		return page.JSON(w, r, http.StatusOK, s.newAssetList(r, key, found))
	}
	return s.showFilesPage(w, r, by, key, all, found, nil)
}

func (s *Server) newAssetList(r *http.Request, key course.Key, found files.Page) assetList {
	out := assetList{
		Start: found.Start, End: found.Start + len(found.Files), Page: found.Page, PageSize: found.PageSize, Total: found.Total,
		Assets: []assetInfo{}, Sort: found.Sort, Direction: "desc", Types: []string{}, Text: found.Text,
	}
	if found.Rising {
		out.Direction = "asc"
	}
	for _, k := range found.Kinds {
		out.Types = append(out.Types, string(k))
	}
	for _, f := range found.Files {
		out.Assets = append(out.Assets, s.newAssetInfo(r, key, f))
	}
	return out
}

// fileOf reads which file of the course a path names; what follows its key ("usage", "thumbnail") is rest.
func fileOf(r *http.Request, key course.Key) (name, rest string, err error) {
	text := strings.Trim(chi.URLParam(r, "*"), "/")
	if d, err := url.PathUnescape(text); err == nil && strings.Contains(r.URL.EscapedPath(), text) {
		text = d
	}
	for _, suffix := range []string{"/usage", "/thumbnail"} {
		if before, ok := strings.CutSuffix(text, suffix); ok {
			text, rest = before, suffix[1:]
		}
	}
	a, err := course.ParseAssetKey(text)
	if err == nil && a.In(key).Course != key.Bare() {
		err = fmt.Errorf("file %s is not of %s", a, key)
	}
	if err != nil {
		return "", "", &fault.Error{Kind: fault.NotFound, Err: err}
	}
	return a.Name, rest, nil
}

// showFile serves GET /assets/KEY/ASSETKEY and, behind it, /usage and /thumbnail.
func (s *Server) showFile(w http.ResponseWriter, r *http.Request) error {
	by, key, err := s.enterFiles(r)
	if err != nil {
		return err
	}
	name, rest, err := fileOf(r, key)
	if err != nil {
		return err
	}
	all, err := s.Files.Read(r.Context(), by, key)
	if err != nil {
		return err
	}
	f, ok := all.Files[name]
	if !ok {
		return fault.NotFoundf("no file %q in %s", name, key).Say("files.none", name)
	}
	if rest == "thumbnail" {
		return s.showThumbnail(w, r, f)
	}
	places, err := s.Files.Usage(r.Context(), by, key)
	if err != nil {
		return err
	}
	if page.WantsJSON(r) {
		return page.JSON(w, r, http.StatusOK, newUsage(s.newAssetInfo(r, key, f), places[name]))
	}
	return s.showFilePage(w, r, key, all, f, places[name])
}

// showThumbnail answers with the small picture of a file, which we made ourselves.
func (s *Server) showThumbnail(w http.ResponseWriter, r *http.Request, f course.File) error {
	if f.ThumbnailDigest == "" {
		return fault.NotFoundf("file %q has no thumbnail", f.Name)
	}
	body, _, err := s.Files.Files.Open(r.Context(), f.ThumbnailDigest)
	if err != nil {
		return err
	}
	defer body.Close()
	h := w.Header()
	h.Set("Content-Type", "image/jpeg")
	h.Set("ETag", `"`+f.ThumbnailDigest[:32]+`"`)
	h.Set("Cache-Control", "private, no-cache")
	http.ServeContent(w, r, "", time.Time{}, body)
	return nil
}

// usageInfo tells of a file where it is used.
type usageInfo struct {
	assetInfo
	Locations []string    `json:"usage_locations"`
	Places    []placeInfo `json:"places"`
}

type placeInfo struct {
	Locator string   `json:"locator"`
	Name    string   `json:"display_name"`
	Path    []string `json:"path"`
	URL     string   `json:"url"`
	NoAlt   bool     `json:"missing_alt"`
	Draft   bool     `json:"draft"`
	Live    bool     `json:"live"`
}

func newUsage(f assetInfo, places []files.Place) usageInfo {
	out := usageInfo{assetInfo: f, Locations: []string{}, Places: []placeInfo{}}
	for _, p := range places {
		out.Places = append(out.Places, placeInfo{
			Locator: p.Block.String(), Name: p.Name, Path: p.Path, URL: placeURL(p), NoAlt: p.NoAlt, Draft: p.Draft, Live: p.Live,
		})
		out.Locations = append(out.Locations, location(p))
	}
	return out
}

// location is a place on one line, as clients of the reference show it: subsection - unit / component.
func location(p files.Place) string {
	if len(p.Path) < 3 {
		return strings.Join(append(slices.Clone(p.Path), p.Name), " - ")
	}
	return p.Path[1] + " - " + p.Path[2] + " / " + p.Name
}

// placeURL is where an author finds a place.
func placeURL(p files.Place) string {
	switch {
	case !p.Unit.IsZero():
		return "/container/" + p.Unit.String()
	case p.Block.Type == "course", p.Block.Type == "chapter", p.Block.Type == "sequential":
		return courseURL(p.Block.Course) + "?" + url.Values{"show": {p.Block.String()}}.Encode()
	default:
		return "/edit/" + p.Block.String()
	}
}

// uploaded is what became of a file somebody brought.
type uploaded struct {
	Asset    assetInfo `json:"asset"`
	Message  string    `json:"msg"`
	Replaced bool      `json:"replaced"`
	Same     []string  `json:"same"`  // other files with the same bytes
	Notes    []string  `json:"notes"` // what the author should know, in words
}

func (s *Server) newUploaded(r *http.Request, key course.Key, put files.Put) uploaded {
	ctx := r.Context()
	out := uploaded{Asset: s.newAssetInfo(r, key, put.File), Message: i18n.T(ctx, "files.uploaded"), Replaced: put.Replaced, Same: []string{}, Notes: []string{}}
	out.Same = append(out.Same, put.Same...)
	for _, n := range put.Notes {
		out.Notes = append(out.Notes, noteWords(r, n))
	}
	return out
}

func noteWords(r *http.Request, n files.Note) string {
	switch n {
	case files.NoImage:
		return i18n.T(r.Context(), "files.note.no_image")
	default:
		return i18n.T(r.Context(), "files.note.scripts")
	}
}

// putFiles serves POST /assets/KEY/: files in a form, each named "file". The last of a normalized name wins, unless the parameter
// "replaces" says which digest it replaces, or nothing for a name that is new.
func (s *Server) putFiles(w http.ResponseWriter, r *http.Request) error {
	by, key, err := s.enterFiles(r)
	if err != nil {
		return err
	}
	if r.Header.Get("Content-Range") != "" {
		return s.putPiece(w, r, by, key)
	}
	puts, err := s.readFiles(r, by, key)
	if !page.WantsJSON(r) {
		return s.answerForm(w, r, by, key, puts, err)
	}
	if err != nil {
		return s.forUploads(w, r, key, err)
	}
	return page.JSON(w, r, http.StatusOK, s.newUploaded(r, key, puts[len(puts)-1]))
}

// readFiles stores the files of a multipart form one after the other, as they come. Those before one that is refused stay.
func (s *Server) readFiles(r *http.Request, by draft.Author, key course.Key) ([]files.Put, error) {
	form, err := r.MultipartReader()
	if err != nil {
		return nil, fmt.Errorf("read files: %w: %w", page.ErrContentType, err)
	}
	replaces := replacesOf(r.URL.Query())
	var puts []files.Put
	for {
		part, err := form.NextRawPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return puts, badUpload(err)
		}
		if part.FormName() != "file" || sentName(part) == "" {
			continue
		}
		name := r.URL.Query().Get("as") // what a page replaces keeps its name
		if name == "" {
			name = sentName(part)
		}
		put, err := s.Files.Put(r.Context(), by, key, files.Upload{Name: name, Body: part, Replaces: replaces})
		if err != nil {
			return puts, badUpload(err)
		}
		s.noteFiles(r, key, putAction(put), put.Done)
		puts = append(puts, put)
	}
	if len(puts) == 0 {
		return nil, fault.Invalidf("form without files").Field("file", "files.choose").Say("files.choose")
	}
	return puts, nil
}

func putAction(p files.Put) string {
	if p.Replaced {
		return "course.file_replaced"
	}
	return "course.file_uploaded"
}

// sentName is a part's file name as it was sent; [multipart.Part.FileName] cuts directories only where they are our system's.
func sentName(part *multipart.Part) string { return part.FileName() }

// replacesOf reads what an author knows of the file an upload replaces.
func replacesOf(v url.Values) *string {
	if !v.Has("replaces") {
		return nil
	}
	return new(v.Get("replaces"))
}

// badUpload tells a body that was cut off or is none from other errors.
func badUpload(err error) error {
	_, tooLarge := errors.AsType[*http.MaxBytesError](err)
	if _, known := fault.As(err); known || tooLarge {
		return err
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || strings.HasPrefix(err.Error(), "multipart: ") || strings.HasPrefix(err.Error(), "malformed ") {
		return fault.Invalidf("read files: %w", err).Say("files.cut_off")
	}
	return err
}

// noteFiles adds an act on files to the audit log.
func (s *Server) noteFiles(r *http.Request, key course.Key, action string, done files.Done) {
	if done.Head == done.Before {
		return
	}
	type entry struct {
		Name   string `json:"name"`
		Digest string `json:"digest"`
		Size   int64  `json:"size"`
		Locked bool   `json:"locked"`
	}
	var after []entry
	for _, f := range done.Files {
		after = append(after, entry{f.Name, f.Digest, f.Size, f.Locked})
	}
	s.note(r, action, course.UsageKey{Course: key}, after)
}

// changeFile serves PUT and POST /assets/KEY/ASSETKEY: {"locked": true}, or a file, as at the address of the list.
func (s *Server) changeFile(w http.ResponseWriter, r *http.Request) error {
	by, key, err := s.enterFiles(r)
	if err != nil {
		return err
	}
	name, _, err := fileOf(r, key)
	if err != nil {
		return err
	}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") {
		return s.putFiles(w, r)
	}
	var asked struct {
		Locked *bool `json:"locked"`
	}
	if err := page.ReadJSON(r, &asked); err != nil {
		return err
	}
	if asked.Locked == nil {
		return fault.Invalidf("change of a file without %q", "locked").Say("files.no_change")
	}
	done, err := s.Files.Lock(r.Context(), by, key, []string{name}, *asked.Locked)
	if err != nil {
		return err
	}
	s.noteFiles(r, key, lockAction(*asked.Locked), done)
	return page.JSON(w, r, http.StatusCreated, map[string]any{"id": key.Asset(name).String(), "locked": *asked.Locked})
}

func lockAction(locked bool) string {
	if locked {
		return "course.files_locked"
	}
	return "course.files_unlocked"
}

// deleteFile serves DELETE /assets/KEY/ASSETKEY.
func (s *Server) deleteFile(w http.ResponseWriter, r *http.Request) error {
	by, key, err := s.enterFiles(r)
	if err != nil {
		return err
	}
	name, _, err := fileOf(r, key)
	if err != nil {
		return err
	}
	done, err := s.Files.Delete(r.Context(), by, key, []string{name})
	if err != nil {
		return err
	}
	s.noteFiles(r, key, "course.files_deleted", done)
	w.WriteHeader(http.StatusNoContent)
	return nil
}
