package studio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"lyceum/authoring/draft"
	"lyceum/authoring/files"
	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/web/i18n"
	"lyceum/web/page"
	"lyceum/web/ui"
)

// textbookRoutes lists the addresses of a course's textbooks.
func textbookRoutes(s *Server, rt routes) {
	rt.get("/textbooks/{course}", forBoth(s.showTextbooks))
	rt.post("/textbooks/{course}", forBoth(s.addTextbook))
	rt.on("/textbooks/{course}", forPrograms(s.replaceTextbooks), http.MethodPut)
	rt.get("/textbooks/{course}/{book}", forBoth(s.showTextbook))
	rt.on("/textbooks/{course}/{book}", forBoth(s.putTextbook), http.MethodPost, http.MethodPut)
	rt.on("/textbooks/{course}/{book}", forPrograms(s.deleteTextbook), http.MethodDelete)
}

func textbooksURL(key course.Key) string { return "/textbooks/" + key.String() }

func textbookURL(key course.Key, id string) string {
	return textbooksURL(key) + "/" + url.PathEscape(id)
}

// bookID is the textbook a path names.
func bookID(r *http.Request) string { return param(r, "book") }

// changeTextbooks makes an act on the list of textbooks and notes it.
func (s *Server) changeTextbooks(r *http.Request, by draft.Author, key course.Key, words string, change func([]draft.Textbook) ([]draft.Textbook, error)) (draft.Done, error) {
	done, err := s.Editor.Apply(r.Context(), draft.Edit{Key: key, By: by, Ops: []draft.Op{draft.Textbooks{Change: change, Words: words}}})
	if err == nil {
		s.note(r, "course.textbooks_changed", course.UsageKey{Course: key}, words)
	}
	return done, err
}

// readTextbooks lists the textbooks of a course as they are.
func (s *Server) readTextbooks(ctx context.Context, key course.Key) (root *course.Block, list []draft.Textbook, err error) {
	_, b, err := s.Editor.Read(ctx, key)
	if err != nil {
		return nil, nil, err
	}
	return b.Draft.Root, draft.TextbooksOf(b.Draft), nil
}

func findBook(list []draft.Textbook, id string) int {
	return slices.IndexFunc(list, func(t draft.Textbook) bool { return t.ID() == id })
}

// noTextbook says that a course has no such textbook.
func noTextbook(id string) error {
	return fault.NotFoundf("no textbook %q", id).Say("textbooks.none")
}

// showTextbooks serves GET /textbooks/KEY: the page, or the list as the course's settings have it.
func (s *Server) showTextbooks(w http.ResponseWriter, r *http.Request) error {
	_, key, err := s.enterFiles(r)
	if err != nil {
		return err
	}
	root, list, err := s.readTextbooks(r.Context(), key)
	if err != nil {
		return err
	}
	if page.WantsJSON(r) {
		return page.JSON(w, r, http.StatusOK, list)
	}
	p := textbooksProps{framed: s.frame(w, r, key, root, "textbooks", i18n.T(r.Context(), "studio.page.textbooks")), URL: textbooksURL(key)}
	if q := r.URL.Query(); q.Get("was") != "" {
		p.Was, p.Gone = q.Get("was"), q.Get("book")
	}
	for i, t := range list {
		p.Books = append(p.Books, bookProps{
			ID: t.ID(), Title: t.Title(), Chapters: t.Chapters(), URL: textbookURL(key, t.ID()), First: i == 0, Last: i == len(list)-1,
			Live: s.LMS(r) + "/courses/" + key.String() + "/pdfbook/" + strconv.Itoa(i) + "/",
		})
	}
	return page.Render(w, r, textbooksPage(p))
}

// replaceTextbooks serves PUT /textbooks/KEY: the whole list.
func (s *Server) replaceTextbooks(w http.ResponseWriter, r *http.Request) error {
	by, key, err := s.enterFiles(r)
	if err != nil {
		return err
	}
	var list []draft.Textbook
	if err := readTextbookJSON(r, &list); err != nil {
		return err
	}
	list = draft.WithIDs(list)
	_, err = s.changeTextbooks(r, by, key, "Replace the textbooks", func([]draft.Textbook) ([]draft.Textbook, error) { return list, nil })
	if err != nil {
		return err
	}
	return page.JSON(w, r, http.StatusOK, list)
}

// readTextbookJSON reads textbooks as clients send them, whatever type they say.
func readTextbookJSON(r *http.Request, v any) error {
	d := json.NewDecoder(r.Body)
	if err := d.Decode(v); err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return err
		}
		return fault.Invalidf("textbooks as JSON: %w", err).Say("textbooks.bad_json")
	}
	return nil
}

// addTextbook serves POST /textbooks/KEY: a textbook as JSON, or an act of the page.
func (s *Server) addTextbook(w http.ResponseWriter, r *http.Request) error {
	by, key, err := s.enterFiles(r)
	if err != nil {
		return err
	}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		return s.actOnTextbooks(w, r, by, key)
	}
	var book draft.Textbook
	if err := readTextbookJSON(r, &book); err != nil {
		return err
	}
	if err := book.Check(); err != nil {
		return err
	}
	_, err = s.changeTextbooks(r, by, key, "Add textbook "+book.Title(), func(list []draft.Textbook) ([]draft.Textbook, error) {
		list = draft.WithIDs(append(list, book))
		book = list[len(list)-1]
		return list, nil
	})
	if err != nil {
		return err
	}
	w.Header().Set("Location", textbookURL(key, book.ID()))
	return page.JSON(w, r, http.StatusCreated, book)
}

// actOnTextbooks moves a textbook up or down, deletes it, or puts it back.
func (s *Server) actOnTextbooks(w http.ResponseWriter, r *http.Request, by draft.Author, key course.Key) error {
	if err := page.ParseForm(r, 0); err != nil {
		return err
	}
	ctx, id := r.Context(), r.PostForm.Get("book")
	title := ""
	// on changes the book where it stands.
	on := func(words string, change func(list []draft.Textbook, at int) []draft.Textbook) (draft.Done, error) {
		return s.changeTextbooks(r, by, key, words, func(list []draft.Textbook) ([]draft.Textbook, error) {
			at := findBook(list, id)
			if at < 0 {
				return nil, noTextbook(id)
			}
			title = list[at].Title()
			return change(list, at), nil
		})
	}
	switch act := r.PostForm.Get("act"); act {
	case "up", "down":
		_, err := on("Move a textbook", func(list []draft.Textbook, at int) []draft.Textbook {
			to := at - 1
			if act == "down" {
				to = at + 1
			}
			if to >= 0 && to < len(list) {
				list[at], list[to] = list[to], list[at]
			}
			return list
		})
		if err != nil {
			return err
		}
		return page.Redirect(w, r, textbooksURL(key), page.Notice{Kind: "success", ID: "textbooks.did.moved", Args: []string{title}})
	case "delete":
		done, err := on("Delete a textbook", func(list []draft.Textbook, at int) []draft.Textbook { return slices.Delete(list, at, at+1) })
		if err != nil {
			return err
		}
		to := textbooksURL(key) + "?" + url.Values{"was": {string(done.Before.Draft)}, "book": {id}}.Encode()
		return page.Redirect(w, r, to, page.Notice{Kind: "success", ID: "textbooks.did.deleted", Args: []string{title}})
	case "undo":
		old, err := s.Editor.Version(ctx, by, key, course.VersionID(r.PostForm.Get("was")))
		if err != nil {
			return err
		}
		before := draft.TextbooksOf(old)
		at := findBook(before, id)
		if at < 0 {
			return noTextbook(id)
		}
		_, err = s.changeTextbooks(r, by, key, "Put back textbook "+before[at].Title(), func(list []draft.Textbook) ([]draft.Textbook, error) {
			if findBook(list, id) >= 0 {
				return list, nil // somebody was faster
			}
			return slices.Insert(list, min(at, len(list)), before[at]), nil
		})
		if err != nil {
			return err
		}
		return page.Redirect(w, r, textbooksURL(key), page.Notice{Kind: "success", ID: "textbooks.did.undone", Args: []string{before[at].Title()}})
	default:
		return fault.Invalidf("act %q on textbooks", act)
	}
}

// newBook stands for the id of a textbook that is about to be made; ids begin with a digit.
const newBook = "new"

// showTextbook serves GET /textbooks/KEY/TID: its form, or the textbook as JSON.
func (s *Server) showTextbook(w http.ResponseWriter, r *http.Request) error {
	by, key, err := s.enterFiles(r)
	if err != nil {
		return err
	}
	_, list, err := s.readTextbooks(r.Context(), key)
	if err != nil {
		return err
	}
	var book draft.Textbook
	if at := findBook(list, bookID(r)); at >= 0 {
		book = list[at]
	} else if bookID(r) != newBook || page.WantsJSON(r) {
		return noTextbook(bookID(r))
	}
	if page.WantsJSON(r) {
		return page.JSON(w, r, http.StatusOK, book)
	}
	return s.showBookForm(w, r, by, key, http.StatusOK, bookForm{Title: book.Title(), Chapters: book.Chapters(), Was: wasOf(book)}, nil)
}

// wasOf is a textbook as its author saw it, "" for none.
func wasOf(book draft.Textbook) string {
	if book == nil {
		return ""
	}
	return string(course.JSON(book))
}

// deleteTextbook serves DELETE /textbooks/KEY/TID.
func (s *Server) deleteTextbook(w http.ResponseWriter, r *http.Request) error {
	by, key, err := s.enterFiles(r)
	if err != nil {
		return err
	}
	_, err = s.changeTextbooks(r, by, key, "Delete a textbook", func(list []draft.Textbook) ([]draft.Textbook, error) {
		at := findBook(list, bookID(r))
		if at < 0 {
			return nil, noTextbook(bookID(r))
		}
		return slices.Delete(list, at, at+1), nil
	})
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// putTextbook serves PUT and POST /textbooks/KEY/TID: a textbook as JSON, which is made where there is none of that id, or the form of a page.
func (s *Server) putTextbook(w http.ResponseWriter, r *http.Request) error {
	by, key, err := s.enterFiles(r)
	if err != nil {
		return err
	}
	id := bookID(r)
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
		return s.saveBookForm(w, r, by, key, id)
	}
	var book draft.Textbook
	if err := readTextbookJSON(r, &book); err != nil {
		return err
	}
	if book == nil {
		return fault.Invalidf("textbook null").Say("textbooks.bad_json")
	}
	book["id"] = course.Text(id)
	_, err = s.changeTextbooks(r, by, key, "Edit textbook "+book.Title(), func(list []draft.Textbook) ([]draft.Textbook, error) {
		if at := findBook(list, id); at >= 0 {
			list[at] = book
			return list, nil
		}
		return append(list, book), nil
	})
	if err != nil {
		return err
	}
	return page.JSON(w, r, http.StatusCreated, book)
}

// bookForm is what the form of a textbook says.
type bookForm struct {
	Title    string
	Chapters []draft.Chapter
	Was      string // the textbook as it was when the form was drawn
}

// mostChapters is how many chapters a textbook may have in the form.
const mostChapters = 200

// saveBookForm takes the form of a textbook: its title, and for each chapter a title and an address or a file to be uploaded.
func (s *Server) saveBookForm(w http.ResponseWriter, r *http.Request, by draft.Author, key course.Key, id string) error {
	if err := page.ParseForm(r, 1<<20); err != nil {
		return err
	}
	ctx := r.Context()
	form, sent, bad := readBookForm(r)
	if act := r.PostForm.Get("act"); act == "more" || strings.HasPrefix(act, "without.") {
		more := 3
		if n, ok := strings.CutPrefix(act, "without."); ok {
			more = 0
			if at, err := strconv.Atoi(n); err == nil && at >= 0 && at < len(form.Chapters) {
				form.Chapters, sent = slices.Delete(form.Chapters, at, at+1), slices.Delete(sent, at, at+1)
				bad = map[string]string{} // of rows that have moved
			}
		}
		if _, err := s.putChapters(r, by, key, &form, sent, bad); err != nil {
			return err
		}
		if len(bad) > 0 {
			return s.showBookForm(w, r, by, key, http.StatusUnprocessableEntity, form, bad)
		}
		return s.showBookForm(w, r, by, key, http.StatusOK, form, nil, more)
	}
	checkBookForm(ctx, form, sent, bad)
	if len(bad) > 0 {
		return s.showBookForm(w, r, by, key, http.StatusUnprocessableEntity, form, askAgain(ctx, sent, bad))
	}
	// Files are put once nothing else is wrong with the form. What somebody else is faster with is told before, and once more when it is stored.
	_, list, err := s.readTextbooks(ctx, key)
	if err != nil {
		return err
	}
	moved := func(now draft.Textbook) error {
		form.Was = wasOf(now)
		return s.showBookForm(w, r, by, key, http.StatusConflict, form, askAgain(ctx, sent, map[string]string{"": i18n.T(ctx, "textbooks.changed")}))
	}
	var now draft.Textbook
	if at := findBook(list, id); at >= 0 {
		now = list[at]
	}
	if wasOf(now) != form.Was {
		return moved(now)
	}
	puts, err := s.putChapters(r, by, key, &form, sent, bad)
	if err == nil && len(bad) > 0 {
		return s.showBookForm(w, r, by, key, http.StatusUnprocessableEntity, form, bad)
	}
	if err != nil {
		return err
	}
	_, err = s.changeTextbooks(r, by, key, "Edit textbook "+form.Title, func(list []draft.Textbook) ([]draft.Textbook, error) {
		at := findBook(list, id)
		book := draft.Textbook{}
		if now = nil; at >= 0 {
			now = list[at]
			maps.Copy(book, now) // keys of others stay
		}
		if wasOf(now) != form.Was {
			return nil, fault.Conflictf("textbook %q has changed", id).Say("textbooks.changed")
		}
		book["tab_title"], book["chapters"] = course.Text(form.Title), course.JSON(form.Chapters)
		delete(book, "url")
		if at >= 0 {
			list[at] = book
			return list, nil
		}
		return append(list, book), nil
	})
	if err != nil {
		err = errors.Join(err, s.Files.TakeBack(context.WithoutCancel(ctx), by, key, puts))
	}
	if f, ok := fault.As(err); ok && f.Message == "textbooks.changed" {
		return moved(now)
	}
	if err != nil {
		return err
	}
	return page.Redirect(w, r, textbooksURL(key), page.Notice{Kind: "success", ID: "textbooks.did.saved", Args: []string{form.Title}})
}

// readBookForm reads the form of a textbook: its rows, and beside each the file that was sent for it, nil for none. Rows that were left empty
// go. bad holds what is wrong with files by their names alone.
func readBookForm(r *http.Request) (form bookForm, sent []*multipart.FileHeader, bad map[string]string) {
	form = bookForm{Title: strings.TrimSpace(r.PostForm.Get("tab_title")), Was: r.PostForm.Get("was")}
	bad = map[string]string{}
	for i := range min(len(r.PostForm["title"]), mostChapters) {
		c := draft.Chapter{Title: strings.TrimSpace(r.PostForm["title"][i])}
		if urls := r.PostForm["url"]; i < len(urls) {
			c.URL = strings.TrimSpace(urls[i])
		}
		file, wrong := sentFile(r, "upload."+strconv.Itoa(i)), false
		if file != nil && !strings.HasSuffix(strings.ToLower(file.Filename), ".pdf") {
			file, wrong = nil, true
		}
		if file != nil && c.Title == "" {
			c.Title = file.Filename
		}
		if c == (draft.Chapter{}) && !wrong {
			continue
		}
		if wrong {
			bad[uploadOf(len(form.Chapters))] = i18n.T(r.Context(), "textbooks.no_pdf")
		}
		form.Chapters, sent = append(form.Chapters, c), append(sent, file)
	}
	return form, sent, bad
}

// uploadOf names the file of a row.
func uploadOf(row int) string { return "upload." + strconv.Itoa(row) }

// checkBookForm says beside its fields what is wrong with a form.
func checkBookForm(ctx context.Context, form bookForm, sent []*multipart.FileHeader, bad map[string]string) {
	if form.Title == "" {
		bad["tab_title"] = i18n.T(ctx, "textbooks.no_title")
	}
	if len(form.Chapters) == 0 {
		bad["chapters"] = i18n.T(ctx, "textbooks.no_chapters")
	}
	for i, c := range form.Chapters {
		if c.Title == "" {
			bad[fmt.Sprintf("title.%d", i)] = i18n.T(ctx, "textbooks.no_chapter_title")
		}
		if !strings.HasPrefix(c.URL, "/static/") && !strings.HasPrefix(c.URL, "https://") && !strings.HasPrefix(c.URL, "http://") && sent[i] == nil && bad[uploadOf(i)] == "" {
			bad[fmt.Sprintf("url.%d", i)] = i18n.T(ctx, "textbooks.bad_url")
		}
	}
}

// askAgain says beside files that were sent with a refused form that they are to be chosen again: nothing was kept of them.
func askAgain(ctx context.Context, sent []*multipart.FileHeader, bad map[string]string) map[string]string {
	for i, file := range sent {
		if file != nil && bad[uploadOf(i)] == "" {
			bad[uploadOf(i)] = i18n.T(ctx, "textbooks.choose_again", file.Filename)
		}
	}
	return bad
}

// putChapters uploads the files of chapters and writes their addresses into the form. When one is refused, which bad says, or fails, none stays
// that this form has brought.
func (s *Server) putChapters(r *http.Request, by draft.Author, key course.Key, form *bookForm, sent []*multipart.FileHeader, bad map[string]string) ([]files.Put, error) {
	var puts []files.Put
	for i, header := range sent {
		if header == nil {
			continue
		}
		put, err := s.putChapter(r, by, key, header)
		if f, ok := fault.As(err); ok && f.Message != "" {
			bad[uploadOf(i)] = i18n.T(r.Context(), f.Message, f.Args...)
		}
		if err != nil && bad[uploadOf(i)] == "" || err != nil && fault.KindOf(err) == fault.Internal {
			return nil, errors.Join(err, s.Files.TakeBack(context.WithoutCancel(r.Context()), by, key, puts))
		}
		if err == nil {
			puts = append(puts, put)
		}
	}
	if len(bad) > 0 {
		askAgain(r.Context(), sent, bad)
		return nil, s.Files.TakeBack(r.Context(), by, key, puts)
	}
	for i, at := 0, 0; i < len(sent); i++ {
		if sent[i] != nil {
			form.Chapters[i].URL = portableURL(puts[at].File)
			at++
		}
	}
	return puts, nil
}

// putChapter uploads the file of a chapter. A name that another file has is refused.
func (s *Server) putChapter(r *http.Request, by draft.Author, key course.Key, header *multipart.FileHeader) (files.Put, error) {
	body, err := header.Open()
	if err != nil {
		return files.Put{}, err
	}
	defer body.Close()
	put, err := s.Files.Put(r.Context(), by, key, files.Upload{Name: header.Filename, Body: body, Replaces: new("")})
	if err == nil {
		s.noteFiles(r, key, putAction(put), put.Done)
	}
	return put, err
}

// showBookForm draws the form of a textbook, with what was typed and what is wrong with it.
func (s *Server) showBookForm(w http.ResponseWriter, r *http.Request, by draft.Author, key course.Key, status int, form bookForm, bad map[string]string, more ...int) error {
	ctx := r.Context()
	root, list, err := s.readTextbooks(ctx, key)
	if err != nil {
		return err
	}
	id := bookID(r)
	title := i18n.T(ctx, "textbooks.new")
	if at := findBook(list, id); at >= 0 {
		title = list[at].Title()
	}
	p := bookFormProps{
		framed: s.frame(w, r, key, root, "textbooks", title), Action: textbookURL(key, id), List: textbooksURL(key), Was: form.Was, Heading: title, Problem: bad[""],
		NoChapters: bad["chapters"],
		Title:      ui.FieldProps{Name: "tab_title", Label: i18n.T(ctx, "textbooks.title"), Help: i18n.T(ctx, "textbooks.title_help"), Value: form.Title, Error: bad["tab_title"], MaxLength: 255, Required: true},
		Crumbs:     []ui.Link{{Label: i18n.T(ctx, "studio.page.textbooks"), URL: textbooksURL(key)}, {Label: title}},
	}
	p.Layout.Main = "reading"
	if at := findBook(list, id); at >= 0 && bad[""] != "" {
		p.Now = list[at].Chapters()
	}
	rows := form.Chapters
	for range max(1-len(rows), 0) + append(more, 0)[0] {
		rows = append(slices.Clone(rows), draft.Chapter{})
	}
	for i, c := range rows {
		p.Chapters = append(p.Chapters, newChapterProps(ctx, i, c, bad, len(rows)))
	}
	all, err := s.Files.Read(ctx, by, key)
	if err != nil {
		return err
	}
	for _, f := range all.Files {
		if f.ContentType == "application/pdf" {
			p.PDFs = append(p.PDFs, portableURL(f))
		}
	}
	slices.Sort(p.PDFs)
	return page.RenderStatus(w, r, status, textbookPage(p))
}

// textbooksProps is the page of a course's textbooks.
type textbooksProps struct {
	framed
	URL       string
	Books     []bookProps
	Was, Gone string // version and id of a textbook that was deleted right before
}

type bookProps struct {
	ID, Title, URL, Live string
	Chapters             []draft.Chapter
	First, Last          bool
}

// bookFormProps is the form of one textbook.
type bookFormProps struct {
	framed
	Crumbs       []ui.Link
	Heading      string
	Action, List string
	Was          string
	Problem      string
	Now          []draft.Chapter // what another author made of it
	NoChapters   string
	Title        ui.FieldProps
	Chapters     []chapterProps
	PDFs         []string
}

type chapterProps struct {
	Label    string
	N        int
	Title    ui.FieldProps
	URL      ui.FieldProps
	Upload   string // name of its file
	Error    string // of the file
	MayGo    bool
	GoAway   string // words of the button that takes it away
	Uploaded string
}

func newChapterProps(ctx context.Context, i int, c draft.Chapter, bad map[string]string, all int) chapterProps {
	n := strconv.Itoa(i)
	return chapterProps{
		Label: i18n.T(ctx, "textbooks.chapter", i+1), N: i, Upload: "upload." + n, Error: bad["upload."+n], MayGo: all > 1, GoAway: i18n.T(ctx, "textbooks.remove_chapter", i+1),
		Title: ui.FieldProps{Name: "title", ID: "title-" + n, Label: i18n.T(ctx, "textbooks.chapter_title"), Value: c.Title, Error: bad["title."+n], Quiet: true, MaxLength: 255},
		URL: ui.FieldProps{
			Name: "url", ID: "url-" + n, Label: i18n.T(ctx, "textbooks.chapter_url"), Value: c.URL, Error: bad["url."+n], Quiet: true,
			Attrs: map[string]any{"list": "pdfs", "spellcheck": "false", "autocapitalize": "none"},
		},
	}
}
