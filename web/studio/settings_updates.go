package studio

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"lyceum/authoring/draft"
	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/web/i18n"
	"lyceum/web/page"
	"lyceum/web/ui"
)

// courseUpdate is one piece of news of a course, as it is kept: deleted ones stay, marked as such. The date is what the author wrote.
type courseUpdate struct {
	ID      int    `json:"id"`
	Date    string `json:"date"`
	Content string `json:"content"`
	Status  string `json:"status"`
}

const (
	updateVisible = "visible"
	updateDeleted = "deleted"
)

// courseUpdatesOf are the updates of a course, the oldest first, with what else each was kept with. Older courses keep them as one page of
// HTML, a list of dates and texts.
func courseUpdatesOf(c *course.Content) (list []map[string]json.RawMessage, updates []courseUpdate) {
	b := c.Page("course_info", "updates")
	if b == nil {
		return nil, nil
	}
	if !b.Fields["items"].Decode(&list) || len(list) == 0 {
		updates = updatesInPage(string(b.Body))
		for _, u := range updates {
			list = append(list, u.raw(nil))
		}
		return list, updates
	}
	for _, raw := range list {
		u := courseUpdate{Status: updateVisible}
		u.ID, _ = compact(raw["id"]).Int()
		u.Date, _ = compact(raw["date"]).Text()
		u.Content, _ = compact(raw["content"]).Text()
		if s, ok := compact(raw["status"]).Text(); ok && s != "" {
			u.Status = s
		}
		updates = append(updates, u)
	}
	return list, updates
}

// raw is an update as it is kept; what else an older one was kept with stays.
func (u courseUpdate) raw(old map[string]json.RawMessage) map[string]json.RawMessage {
	out := map[string]json.RawMessage{}
	maps.Copy(out, old)
	out["id"], out["date"] = json.RawMessage(course.JSON(u.ID)), json.RawMessage(course.Text(u.Date))
	out["content"], out["status"] = json.RawMessage(course.Text(u.Content)), json.RawMessage(course.Text(u.Status))
	return out
}

// updatesInPage reads the page of HTML older courses keep their updates in: a list, each with its date as a heading. A page of another
// form is one update.
func updatesInPage(text string) []courseUpdate {
	if strings.TrimSpace(text) == "" {
		return nil
	}
	var out []courseUpdate
	nodes, err := html.ParseFragment(strings.NewReader(text), &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body})
	if err == nil {
		for _, n := range nodes {
			if n.Type == html.ElementNode && (n.Data == "ol" || n.Data == "section") {
				for item := n.FirstChild; item != nil; item = item.NextSibling {
					if item.Type == html.ElementNode {
						out = append(out, updateIn(item))
					}
				}
			} else if n.Type == html.ElementNode || strings.TrimSpace(n.Data) != "" && n.Type == html.TextNode {
				out = nil // something stands beside the list
				break
			}
		}
	}
	if len(out) == 0 {
		return []courseUpdate{{ID: 1, Content: text, Status: updateVisible}}
	}
	slices.Reverse(out) // the newest stands first there
	for i := range out {
		out[i].ID = i + 1
	}
	return out
}

func updateIn(item *html.Node) courseUpdate {
	u := courseUpdate{Status: updateVisible}
	var b strings.Builder
	for n := item.FirstChild; n != nil; n = n.NextSibling {
		if n.Type == html.ElementNode && n.Data == "h2" && u.Date == "" && b.Len() == 0 {
			u.Date = nodeText(n)
			continue
		}
		if b.Len() == 0 && n.Type == html.TextNode && strings.TrimSpace(n.Data) == "" {
			continue
		}
		_ = html.Render(&b, n) // a builder takes everything
	}
	u.Content = b.String()
	return u
}

func nodeText(n *html.Node) string {
	if n.Type == html.TextNode {
		return n.Data
	}
	var out strings.Builder
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		out.WriteString(nodeText(c))
	}
	return strings.TrimSpace(out.String())
}

// visibleUpdates are those learners see, the newest first.
func visibleUpdates(updates []courseUpdate) []courseUpdate {
	out := []courseUpdate{}
	for _, u := range slices.Backward(updates) {
		if u.Status != updateDeleted {
			out = append(out, u)
		}
	}
	return out
}

// maxDate is how long the date of an update may be, in bytes.
const maxDate = 255

// setUpdates changes the list of updates as it is now; f gets it as it is kept. When another author was faster, it is changed anew.
func (s *Server) setUpdates(r *http.Request, e *courseEdit, words string, f func(list []map[string]json.RawMessage, updates []courseUpdate) ([]map[string]json.RawMessage, error)) error {
	seen := e.seen
	for try := 0; ; try++ {
		list, err := f(courseUpdatesOf(e.now))
		if err != nil {
			return err
		}
		op := draft.WritePage{Page: e.key.Usage("course_info", "updates"), Set: course.Fields{"items": course.JSON(list)}}
		if b := e.now.Page("course_info", "updates"); b != nil && len(b.Body) > 0 {
			op.Body = &[]byte{} // what older courses kept there has moved into the list
		}
		e.seen = e.head.Draft
		_, err = s.change(r, e, words, op)
		if err == nil || try == 3 || !fault.Is(err, fault.Conflict) {
			e.seen = seen
			return err
		}
		if e, err = s.open(r); err != nil {
			return err
		}
	}
}

// putUpdate makes an update, or changes the one with an id.
func (s *Server) putOneUpdate(r *http.Request, e *courseEdit, id int, date, content string, base *courseUpdate) (courseUpdate, error) {
	made := courseUpdate{ID: id, Date: date, Content: content, Status: updateVisible}
	if len(date) > maxDate {
		return made, fault.Invalidf("date of %d bytes", len(date)).Field("date", "draft.too_long")
	}
	words := "Post an update"
	if id > 0 {
		words = "Edit an update"
	}
	err := s.setUpdates(r, e, words, func(list []map[string]json.RawMessage, updates []courseUpdate) ([]map[string]json.RawMessage, error) {
		if id == 0 {
			made.ID = 1
			for _, u := range updates {
				made.ID = max(made.ID, u.ID+1)
			}
			return append(list, made.raw(nil)), nil
		}
		i := slices.IndexFunc(updates, func(u courseUpdate) bool { return u.ID == id && u.Status != updateDeleted })
		if i < 0 {
			return nil, fault.NotFoundf("update %d of %s", id, e.key).Say("studio.updates.none")
		}
		if base != nil && *base != updates[i] {
			return nil, fault.Conflictf("update %d changed", id).Field("content", "studio.updates.changed").Say("studio.updates.changed")
		}
		made.Status = updates[i].Status
		list[i] = made.raw(list[i])
		return list, nil
	})
	return made, err
}

// updateID reads the id in the path, 0 where there is none.
func updateID(r *http.Request) (int, error) {
	text := chi.URLParam(r, "n")
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, fault.NotFoundf("update %q", text).Say("studio.updates.none")
	}
	return n, nil
}

// showUpdateList serves GET /course_info_update/KEY and …/N.
func (s *Server) showUpdateList(w http.ResponseWriter, r *http.Request) error {
	e, err := s.open(r)
	if err != nil {
		return err
	}
	id, err := updateID(r)
	if err != nil {
		return err
	}
	_, updates := courseUpdatesOf(e.now)
	list := visibleUpdates(updates)
	if id == 0 {
		return page.JSON(w, r, http.StatusOK, list)
	}
	for _, u := range list {
		if u.ID == id {
			return page.JSON(w, r, http.StatusOK, u)
		}
	}
	return fault.NotFoundf("update %d of %s", id, e.key).Say("studio.updates.none")
}

// putUpdate serves POST /course_info_update/KEY, which makes an update, and PUT and POST …/N.
func (s *Server) putUpdate(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Date    string `json:"date"`
		Content string `json:"content"`
	}
	e, err := s.readWish(r, &body)
	if err != nil {
		return err
	}
	id, err := updateID(r)
	if err != nil {
		return err
	}
	made, err := s.putOneUpdate(r, e, id, body.Date, body.Content, nil)
	if err != nil {
		return err
	}
	return page.JSON(w, r, http.StatusOK, made)
}

// dropUpdate serves DELETE /course_info_update/KEY/N; the answer is what is left.
func (s *Server) dropUpdate(w http.ResponseWriter, r *http.Request) error {
	e, err := s.open(r)
	if err != nil {
		return err
	}
	id, err := updateID(r)
	if err == nil {
		err = s.markUpdate(r, e, id, updateDeleted)
	}
	if err != nil {
		return err
	}
	if e, err = s.open(r); err != nil {
		return err
	}
	_, updates := courseUpdatesOf(e.now)
	return page.JSON(w, r, http.StatusOK, visibleUpdates(updates))
}

// markUpdate deletes an update, or brings it back: it is kept either way.
func (s *Server) markUpdate(r *http.Request, e *courseEdit, id int, status string) error {
	words := map[string]string{updateDeleted: "Delete an update", updateVisible: "Bring an update back"}[status]
	err := s.setUpdates(r, e, words, func(list []map[string]json.RawMessage, updates []courseUpdate) ([]map[string]json.RawMessage, error) {
		i := slices.IndexFunc(updates, func(u courseUpdate) bool { return u.ID == id && u.Status != status })
		if i < 0 {
			return nil, fault.NotFoundf("update %d of %s", id, e.key).Say("studio.updates.none")
		}
		updates[i].Status = status
		list[i] = updates[i].raw(list[i])
		return list, nil
	})
	return err
}

// updatesProps is the page of updates and handouts.
type updatesProps struct {
	framed
	Action, Seen, Live string
	New                updateForm
	Updates            []updateRow
	Handouts           ui.FieldProps
	Undo               string // id of what was just deleted
}

type updateForm struct {
	ID            string
	Was           courseUpdate
	Date, Content ui.FieldProps
	Theirs        string // what another author has made of it since, "" where nobody has
}

type updateRow struct {
	courseUpdate
	Open bool
	Form updateForm
}

// showUpdates serves GET /course_info/KEY.
func (s *Server) showUpdates(w http.ResponseWriter, r *http.Request) error {
	e, err := s.open(r)
	if err != nil {
		return err
	}
	if page.WantsJSON(r) {
		return page.JSON(w, r, http.StatusOK, map[string]any{
			"updates_url": "/course_info_update/" + e.key.String() + "/", "handouts_locator": e.key.Usage("course_info", "handouts").String(),
			"base_asset_url": s.LMS(r) + "/asset-v1/", "push_notification_enabled": false,
		})
	}
	return page.Render(w, r, updatesPage(s.newUpdates(w, r, e, nil, nil)))
}

// newUpdates fills the page; typed is a form that was refused.
func (s *Server) newUpdates(w http.ResponseWriter, r *http.Request, e *courseEdit, typed url.Values, bad map[string]string) updatesProps {
	ctx := r.Context()
	_, updates := courseUpdatesOf(e.now)
	p := updatesProps{
		framed: s.frame(w, r, e.key, e.now.Root, "updates", i18n.T(ctx, "studio.page.updates")), Action: r.URL.Path, Seen: string(e.head.Draft),
		Live: s.LMS(r) + "/courses/" + e.key.String() + "/course/", Undo: r.URL.Query().Get("deleted"),
	}
	form := func(u courseUpdate) updateForm {
		id := "new"
		if u.ID > 0 {
			id = strconv.Itoa(u.ID)
		}
		f := updateForm{
			ID: strconv.Itoa(u.ID), Was: u,
			Date:    ui.FieldProps{Name: "date", ID: "date-" + id, Label: i18n.T(ctx, "studio.updates.date"), Value: u.Date, Quiet: true, MaxLength: maxDate},
			Content: ui.FieldProps{Name: "content", ID: "content-" + id, Label: i18n.T(ctx, "studio.settings.text"), Value: u.Content, Quiet: true, Type: "textarea", Rows: 6, Attrs: map[string]any{"data-richtext": "", "data-course": e.key.String()}},
		}
		if typed != nil && typed.Get("id") == f.ID && typed.Get("act") == "post" {
			f.Date.Value, f.Content.Value, f.Date.Error, f.Content.Error = typed.Get("date"), typed.Get("content"), bad["date"], bad["content"]
			if u.ID > 0 && bad["content"] != "" && strings.TrimSpace(f.Content.Value) != "" {
				f.Theirs = u.Date + "\n" + u.Content
			}
		}
		return f
	}
	p.New = form(courseUpdate{})
	if typed == nil {
		p.New.Date.Value = s.Clock().In(i18n.From(ctx).Zone()).Format("January 2, 2006")
	}
	for _, u := range visibleUpdates(updates) {
		p.Updates = append(p.Updates, updateRow{u, typed != nil && typed.Get("id") == strconv.Itoa(u.ID), form(u)})
	}
	handouts := ""
	if b := e.now.Page("course_info", "handouts"); b != nil {
		handouts = string(b.Body)
	}
	p.Handouts = ui.FieldProps{Name: "handouts", Label: i18n.T(ctx, "studio.updates.handouts_text"), Value: handouts, Quiet: true, Type: "textarea", Rows: 8, Attrs: map[string]any{"data-richtext": "", "data-course": e.key.String()}}
	return p
}

// saveUpdates serves the forms of the page.
func (s *Server) saveUpdates(w http.ResponseWriter, r *http.Request) error {
	e, err := s.openForm(r)
	if err != nil {
		return err
	}
	form := r.PostForm
	id, _ := strconv.Atoi(form.Get("id"))
	did := "studio.settings.saved"
	to := r.URL.Path
	switch form.Get("act") {
	case "post":
		var base *courseUpdate
		_, updates := courseUpdatesOf(e.base)
		if i := slices.IndexFunc(updates, func(u courseUpdate) bool { return u.ID == id }); i >= 0 && id > 0 {
			base = &updates[i]
		}
		content := strings.ReplaceAll(form.Get("content"), "\r\n", "\n")
		if base != nil {
			content = unixLines(content, base.Content)
		}
		bad := fault.Invalidf("an update")
		if strings.TrimSpace(content) == "" {
			bad.Field("content", "studio.updates.empty")
			err = bad
			break
		}
		_, err = s.putOneUpdate(r, e, id, strings.TrimSpace(form.Get("date")), content, base)
	case "delete":
		if err = s.markUpdate(r, e, id, updateDeleted); err == nil {
			return page.Redirect(w, r, to+"?"+url.Values{"deleted": {strconv.Itoa(id)}}.Encode())
		}
	case "undo":
		err, did = s.markUpdate(r, e, id, updateVisible), "studio.did.undone"
	case "handouts":
		u := e.key.Usage("course_info", "handouts")
		was := ""
		if b := e.base.Page("course_info", "handouts"); b != nil {
			was = string(b.Body)
		}
		text := []byte(unixLines(form.Get("handouts"), was))
		if string(text) == was {
			did = "studio.settings.nothing"
			break
		}
		if _, err = s.change(r, e, "Edit handouts", draft.WritePage{Page: u, Body: &text}); err != nil {
			return s.refuseSettings(w, r, e, "updates", err, func(map[string]string) error { return err })
		}
	default:
		return fault.Invalidf("act %q", form.Get("act"))
	}
	if f, ok := fault.As(err); ok && len(f.Fields) > 0 {
		return page.RenderStatus(w, r, page.Status(err), updatesPage(s.newUpdates(w, r, e, form, page.FieldErrors(r.Context(), f))))
	}
	if err != nil {
		return err
	}
	return page.Redirect(w, r, to, page.Notice{Kind: "success", ID: did})
}

// updateTitle is the date of an update, or else its number.
func updateTitle(ctx context.Context, u courseUpdate) string {
	if u.Date != "" {
		return u.Date
	}
	return i18n.T(ctx, "studio.updates.number", u.ID)
}

// newsStart is how an update begins, without markup.
func newsStart(content string) string {
	text := []rune(course.PlainText([]byte(content)))
	return string(text[:min(len(text), 120)])
}
