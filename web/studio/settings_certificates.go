package studio

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"

	"lyceum/authoring/draft"
	"lyceum/authoring/files"
	"lyceum/component"
	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/web/i18n"
	"lyceum/web/page"
	"lyceum/web/ui"
)

const (
	certificateVersion = 1   // of the form certificates are kept in
	leastCertificateID = 100 // ids of certificates and signatories are from here up to the greatest of 31 bits
)

// certificateRoutes are the set-up of a course's certificates.
func certificateRoutes(s *Server, rt routes) {
	rt.get("/certificates/{course}", forBoth(s.showCertificates))
	rt.post("/certificates/{course}", formOr(s.saveCertificates, s.putCertificate))
	rt.on("/certificates/{course}/{n}", forPrograms(s.putCertificate), http.MethodPost, http.MethodPut)
	rt.on("/certificates/{course}/{n}", forPrograms(s.deleteCertificate), http.MethodDelete)
	rt.on("/certificates/{course}/{n}/signatories/{sig}", forPrograms(s.deleteSignatory), http.MethodDelete)
	rt.post("/certificates/activation/{course}", forPrograms(s.activateCertificate))
}

// certificate is the set-up of one certificate, or a signatory of it, with whatever else it came with.
type certificate map[string]json.RawMessage

func (c certificate) text(name string) string {
	s, _ := compact(c[name]).Text()
	return s
}

func (c certificate) id() int {
	n, _ := compact(c["id"]).Int()
	return n
}

func (c certificate) active() bool {
	b, _ := compact(c["is_active"]).Bool()
	return b
}

func (c certificate) set(name string, v course.Value) { c[name] = json.RawMessage(v) }

func (c certificate) signatories() []certificate {
	var list []certificate
	compact(c["signatories"]).Decode(&list)
	return slices.DeleteFunc(list, func(s certificate) bool { return s == nil })
}

// certificatesOf are the certificates of a course; around is what the setting has beside them.
func certificatesOf(root *course.Block) (around map[string]json.RawMessage, list []certificate) {
	root.Fields["certificates"].Decode(&around)
	if around == nil {
		around = map[string]json.RawMessage{}
	}
	compact(around["certificates"]).Decode(&list)
	return around, slices.DeleteFunc(list, func(c certificate) bool { return c == nil })
}

func findCertificate(list []certificate, id int) int {
	return slices.IndexFunc(list, func(c certificate) bool { return c.id() == id })
}

// setCertificates changes the list as it is now. A program's change is made anew when another author was faster; a form's is refused.
func (s *Server) setCertificates(r *http.Request, e *courseEdit, words string, f func([]certificate) ([]certificate, error)) (draft.Done, error) {
	form := e.seen != ""
	for try := 0; ; try++ {
		around, list := certificatesOf(e.now.Root)
		list, err := f(list)
		if err != nil {
			return draft.Done{}, err
		}
		if list == nil {
			list = []certificate{}
		}
		around["certificates"] = json.RawMessage(course.JSON(list))
		want := newWished()
		want.fields["certificates"] = course.JSON(around)
		if !form {
			e.seen = e.head.Draft
		}
		done, err := s.change(r, e, words, want.ops(s.courseSchema(), e.now)...)
		if err == nil || form || try == 3 || !fault.Is(err, fault.Conflict) {
			return done, err
		}
		if e, err = s.open(r); err != nil {
			return done, err
		}
	}
}

// mayChange refuses to change a certificate learners get, unless the staff of the site does.
func (e *courseEdit) mayChange(c certificate) error {
	if c.active() && !e.by.Everywhere {
		return fault.Forbiddenf("certificate %d of %s is active", c.id(), e.key).Say("studio.certificates.active_now")
	}
	return nil
}

// settled gives a certificate what every one has, and ids to it and its signatories that no other of the list has. id is its own where it
// has one.
func (c certificate) settled(id int, list []certificate) {
	used := map[int]bool{0: true}
	for _, other := range list {
		used[other.id()] = true
		for _, s := range other.signatories() {
			used[s.id()] = true
		}
	}
	free := func() int {
		n := 0
		for used[n] {
			n = leastCertificateID + rand.IntN(1<<31-leastCertificateID) //nolint:gosec // an id, no secret
		}
		used[n] = true
		return n
	}
	if id == 0 {
		id = free()
	}
	c.set("id", course.JSON(id))
	c.set("version", course.JSON(certificateVersion))
	c.set("editing", "false")
	c.set("is_active", course.JSON(c.active()))
	signatories := c.signatories()
	for _, s := range signatories {
		if s.id() <= 0 {
			s.set("id", course.JSON(free()))
		}
	}
	if signatories == nil {
		signatories = []certificate{}
	}
	c.set("signatories", course.JSON(signatories))
}

// checkSent reads a certificate as programs send it.
func (c certificate) checkSent() error {
	bad := fault.Invalidf("a certificate")
	for _, name := range []string{"name", "description", "course_title"} {
		raw, sent := c[name]
		v := compact(raw)
		none := !sent || name == "course_title" && v.IsNull()
		if !none && !strings.HasPrefix(string(v), `"`) {
			bad.Field(name, "draft.bad_value")
		}
	}
	if strings.TrimSpace(c.text("name")) == "" {
		bad.Field("name", "studio.certificates.no_name")
	}
	if _, sent := c["description"]; !sent {
		c.set("description", `""`)
	}
	if v, sent := c["version"]; sent && string(compact(v)) != strconv.Itoa(certificateVersion) {
		bad.Field("version", "draft.bad_value")
	}
	if v, sent := c["is_active"]; sent {
		if _, ok := compact(v).Bool(); !ok {
			bad.Field("is_active", "draft.bad_value")
		}
	}
	if v := compact(c["signatories"]); v.IsSet() && !v.IsNull() {
		var list []certificate
		if !v.Decode(&list) || slices.ContainsFunc(list, func(s certificate) bool { return s == nil }) {
			bad.Field("signatories", "draft.bad_value")
		}
	}
	if len(bad.Fields) > 0 {
		return bad
	}
	return nil
}

// numberIn is a positive number in the path, 0 where the path has none.
func numberIn(r *http.Request, name string) (int, error) {
	text := chi.URLParam(r, name)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n >= 1<<31 {
		return 0, fault.NotFoundf("certificate %q", text).Say("studio.certificates.none")
	}
	return n, nil
}

// putCertificate serves POST /certificates/KEY, which makes a certificate, and POST and PUT …/N, which replace one or make it with that id.
// The answer is the certificate as it is kept.
func (s *Server) putCertificate(w http.ResponseWriter, r *http.Request) error {
	var made certificate
	e, err := s.readWish(r, &made)
	if err != nil {
		return err
	}
	id, err := numberIn(r, "n")
	if err != nil {
		return err
	}
	if made == nil {
		return fault.Invalidf("no certificate").Field("name", "studio.certificates.no_name")
	}
	if err := made.checkSent(); err != nil {
		return err
	}
	words := "Set up a certificate"
	if id > 0 {
		words = "Edit a certificate"
	}
	_, err = s.setCertificates(r, e, words, func(list []certificate) ([]certificate, error) {
		if id == 0 && made.id() > 0 && findCertificate(list, made.id()) >= 0 {
			delete(made, "id") // a new one never takes the place of another
		}
		i := -1
		if id > 0 {
			i = findCertificate(list, id)
		}
		if i < 0 {
			made.settled(max(id, made.id()), list)
			return append(list, made), nil
		}
		if err := e.mayChange(list[i]); err != nil {
			return nil, err
		}
		made.settled(id, slices.Delete(slices.Clone(list), i, i+1))
		list[i] = made
		return list, nil
	})
	if err != nil {
		return err
	}
	if id == 0 {
		w.Header().Set("Location", "/certificates/"+e.key.String()+"/"+strconv.Itoa(made.id()))
	}
	return page.JSON(w, r, http.StatusCreated, made)
}

// deleteCertificate serves DELETE /certificates/KEY/N. Pictures of signatures stay among the files: other places may show them.
func (s *Server) deleteCertificate(w http.ResponseWriter, r *http.Request) error {
	e, err := s.open(r)
	if err != nil {
		return err
	}
	id, err := numberIn(r, "n")
	if err == nil {
		_, err = s.dropCertificate(r, e, id)
	}
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *Server) dropCertificate(r *http.Request, e *courseEdit, id int) (draft.Done, error) {
	return s.setCertificates(r, e, "Delete a certificate", func(list []certificate) ([]certificate, error) {
		i := findCertificate(list, id)
		if i < 0 {
			return nil, fault.NotFoundf("certificate %d of %s", id, e.key).Say("studio.certificates.none")
		}
		if err := e.mayChange(list[i]); err != nil {
			return nil, err
		}
		return slices.Delete(list, i, i+1), nil
	})
}

// deleteSignatory serves DELETE /certificates/KEY/N/signatories/M; a signatory that is gone already is no error.
func (s *Server) deleteSignatory(w http.ResponseWriter, r *http.Request) error {
	e, err := s.open(r)
	if err != nil {
		return err
	}
	id, err := numberIn(r, "n")
	if err != nil {
		return err
	}
	sig, err := numberIn(r, "sig")
	if err != nil {
		return err
	}
	_, err = s.setCertificates(r, e, "Delete a signatory", func(list []certificate) ([]certificate, error) {
		i := findCertificate(list, id)
		if i < 0 {
			return nil, fault.NotFoundf("certificate %d of %s", id, e.key).Say("studio.certificates.none")
		}
		if err := e.mayChange(list[i]); err != nil {
			return nil, err
		}
		left := slices.DeleteFunc(list[i].signatories(), func(s certificate) bool { return s.id() == sig })
		list[i].set("signatories", course.JSON(left))
		return list, nil
	})
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// activateCertificate serves POST /certificates/activation/KEY: {"is_active": …} of the first certificate, the one learners get.
func (s *Server) activateCertificate(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Active bool `json:"is_active"`
	}
	e, err := s.readWish(r, &body)
	if err != nil {
		return err
	}
	if _, list := certificatesOf(e.now.Root); len(list) > 0 {
		if _, err := s.turnCertificate(r, e, body.Active); err != nil {
			return err
		}
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

func (s *Server) turnCertificate(r *http.Request, e *courseEdit, active bool) (draft.Done, error) {
	words := map[bool]string{true: "Activate certificates", false: "Deactivate certificates"}[active]
	return s.setCertificates(r, e, words, func(list []certificate) ([]certificate, error) {
		if len(list) == 0 {
			return nil, fault.NotFoundf("certificates of %s", e.key).Say("studio.certificates.none")
		}
		list[0].set("is_active", course.JSON(active))
		return list, nil
	})
}

// certificatesProps is the page of certificates.
type certificatesProps struct {
	framed
	Action, Seen, Base string
	Forms              []certificateForm
	Pictures           []string // names of the course's pictures
	Undo, UndoOf       string   // the version before a deletion, and the id of what was deleted
}

type certificateForm struct {
	ID                       string // "0" for a new one
	Heading                  string
	Active, Locked, First    bool
	Name, Description, Title ui.FieldProps
	Signatories              []signatoryForm
}

type signatoryForm struct {
	ID, Legend, Certificate, Drop string
	Picture                       string // address of the signature, "" for none
	Fields                        []ui.FieldProps
}

// showCertificates serves GET /certificates/KEY.
func (s *Server) showCertificates(w http.ResponseWriter, r *http.Request) error {
	e, err := s.open(r)
	if err != nil {
		return err
	}
	if page.WantsJSON(r) {
		_, list := certificatesOf(e.now.Root)
		if list == nil {
			list = []certificate{}
		}
		return page.JSON(w, r, http.StatusOK, list)
	}
	return s.renderCertificates(w, r, e, http.StatusOK, nil, nil)
}

// renderCertificates draws the page; typed is a form that was not taken, or that shall be longer.
func (s *Server) renderCertificates(w http.ResponseWriter, r *http.Request, e *courseEdit, status int, typed certificate, bad map[string]string) error {
	ctx := r.Context()
	p := certificatesProps{
		framed: s.frame(w, r, e.key, e.now.Root, "certificates", i18n.T(ctx, "studio.page.certificates")), Action: "/certificates/" + e.key.String(), Seen: string(e.head.Draft),
		Undo: r.URL.Query().Get("was"), UndoOf: r.URL.Query().Get("deleted"),
	}
	if typed != nil {
		p.Seen, p.Base, p.Undo = r.PostForm.Get("seen"), r.PostForm.Get("base"), ""
	}
	all, err := s.Files.Read(ctx, e.by, e.key)
	if err != nil {
		return err
	}
	for _, name := range sortedKeys(all.Files) {
		if strings.HasPrefix(course.ContentType(name), "image/") {
			p.Pictures = append(p.Pictures, name)
		}
	}
	_, list := certificatesOf(e.now.Root)
	if len(list) == 0 {
		list = []certificate{{"name": json.RawMessage(course.Text(i18n.T(ctx, "studio.certificates.of", nameOf(e.now.Root)))), "signatories": json.RawMessage(`[{}]`)}}
	}
	for i, c := range list {
		active := c.active()
		var faults map[string]string
		if typed != nil && typed.id() == c.id() {
			c, faults = typed, bad
		}
		f := s.newCertificateForm(r, e, all, c, faults)
		f.Active, f.Locked, f.First = active, active && !e.by.Everywhere, i == 0
		if f.Locked {
			lockFields(&f)
		}
		for _, sig := range f.Signatories {
			if sig.Picture != "" {
				page.AllowContent(w, r)
			}
		}
		p.Forms = append(p.Forms, f)
	}
	return page.RenderStatus(w, r, status, certificatesPage(p))
}

func lockFields(f *certificateForm) {
	f.Name.Disabled, f.Description.Disabled, f.Title.Disabled = true, true, true
	for _, sig := range f.Signatories {
		for i := range sig.Fields {
			sig.Fields[i].Disabled = true
		}
	}
}

// signatoryFields are the fields of a signatory by the names of the form and of the setting.
var signatoryFields = [][2]string{{"sig_name", "name"}, {"sig_title", "title"}, {"sig_organization", "organization"}, {"sig_picture", "signature_image_path"}}

func (s *Server) newCertificateForm(r *http.Request, e *courseEdit, all files.Library, c certificate, bad map[string]string) certificateForm {
	ctx := r.Context()
	id := strconv.Itoa(c.id())
	text := func(name, label string) ui.FieldProps {
		return ui.FieldProps{Name: name, ID: name + "-" + id, Label: i18n.T(ctx, label), Value: c.text(name), Quiet: true, MaxLength: 1000, Error: bad[name]}
	}
	f := certificateForm{ID: id, Heading: i18n.T(ctx, "studio.certificates.new"), Name: text("name", "studio.certificates.name"), Description: text("description", "studio.certificates.description"), Title: text("course_title", "studio.certificates.course_title")}
	if c.id() > 0 {
		f.Heading = c.text("name")
	}
	f.Name.Required, f.Name.MaxLength = true, 255
	f.Title.Help = i18n.T(ctx, "studio.certificates.course_title_help", nameOf(e.now.Root))
	f.Description.Help = i18n.T(ctx, "studio.certificates.description_help")
	for i, sig := range c.signatories() {
		n := strconv.Itoa(i)
		row := signatoryForm{ID: strconv.Itoa(sig.id()), Legend: i18n.T(ctx, "studio.certificates.signatory", i+1), Drop: i18n.T(ctx, "studio.certificates.drop", i+1), Certificate: sig.text("certificate")}
		for _, pair := range signatoryFields {
			field := ui.FieldProps{Name: pair[0], ID: pair[0] + "-" + id + "-" + n, Label: i18n.T(ctx, "studio.certificates."+pair[0]), Value: sig.text(pair[1]), Quiet: true, MaxLength: 255, Error: bad[pair[0]+"."+n]}
			if pair[0] == "sig_picture" {
				field.Help, field.MaxLength = i18n.T(ctx, "studio.certificates.picture_help"), 1000
				field.Attrs = pictureAttrs(ctx, e.key)
				if name, ok := pictureIn(e.key, field.Value); ok {
					field.Value = name
					if _, there := all.Files[name]; there {
						row.Picture = s.LMS(r) + component.Links{}.Asset(e.key, name)
					} else if field.Error == "" {
						field.Help = i18n.T(ctx, "studio.details.no_such_file", name)
					}
				}
			}
			row.Fields = append(row.Fields, field)
		}
		f.Signatories = append(f.Signatories, row)
	}
	return f
}

// pictureAttrs are those of a field that names a picture of the course: a list to choose from, and what scripts need to upload one.
func pictureAttrs(ctx context.Context, key course.Key) map[string]any {
	return map[string]any{
		"list": "pictures", "data-file-picker": "image", "data-course": key.String(), "data-upload": i18n.T(ctx, "studio.settings.upload_picture"),
		"data-uploaded": i18n.T(ctx, "studio.settings.uploaded"), "data-failed": i18n.T(ctx, "studio.settings.upload_failed"),
	}
}

// pictureIn is the name of the course file that a path names.
func pictureIn(key course.Key, path string) (name string, ok bool) {
	a, err := course.ParseAssetKey(strings.TrimPrefix(path, "/"))
	return a.Name, err == nil && a.Course.String() == key.String()
}

// saveCertificates serves the forms of the page.
func (s *Server) saveCertificates(w http.ResponseWriter, r *http.Request) error {
	e, err := s.openForm(r)
	if err != nil {
		return err
	}
	form := r.PostForm
	id, _ := strconv.Atoi(form.Get("id"))
	act, at, _ := strings.Cut(form.Get("act"), ".")
	back := "/certificates/" + e.key.String()
	refuse := func(err error) error {
		return s.refuseSettings(w, r, e, "certificates", err, func(map[string]string) error { return err })
	}
	switch act {
	case "more", "less":
		typed, _ := s.typedCertificate(r, e, id, true)
		list := typed.signatories()
		if act == "more" {
			list = append(list, certificate{})
		} else if i, err := strconv.Atoi(at); err == nil && i >= 0 && i < len(list) {
			list = slices.Delete(list, i, i+1)
		}
		typed.set("signatories", course.JSON(list))
		return s.renderCertificates(w, r, e, http.StatusOK, typed, nil)
	case "save":
		typed, bad := s.typedCertificate(r, e, id, false)
		if len(bad.Fields) > 0 {
			all, _ := s.typedCertificate(r, e, id, true)
			return s.renderCertificates(w, r, e, http.StatusUnprocessableEntity, all, page.FieldErrors(r.Context(), bad))
		}
		done, err := s.setCertificates(r, e, "Edit a certificate", func(list []certificate) ([]certificate, error) {
			i := -1
			if id > 0 {
				i = findCertificate(list, id)
			}
			if i < 0 {
				typed.settled(id, list)
				return append(list, typed), nil
			}
			if err := e.mayChange(list[i]); err != nil {
				return nil, err
			}
			typed.settled(id, slices.Delete(slices.Clone(list), i, i+1))
			list[i] = typed
			return list, nil
		})
		if err != nil {
			return refuse(err)
		}
		did := "studio.certificates.did.saved"
		if done.Head.Draft == done.Before.Draft {
			did = "studio.settings.nothing"
		}
		return page.Redirect(w, r, back, page.Notice{Kind: "success", ID: did})
	case "activate", "deactivate":
		if _, err := s.turnCertificate(r, e, act == "activate"); err != nil {
			return refuse(err)
		}
		return page.Redirect(w, r, back, page.Notice{Kind: "success", ID: "studio.certificates.did." + act})
	case "delete":
		done, err := s.dropCertificate(r, e, id)
		if err != nil {
			return refuse(err)
		}
		return page.Redirect(w, r, back+"?"+url.Values{"deleted": {strconv.Itoa(id)}, "was": {string(done.Before.Draft)}}.Encode())
	case "undo":
		return s.undoCertificate(w, r, e, id, course.VersionID(form.Get("was")))
	default:
		return fault.Invalidf("act %q", act)
	}
}

// undoCertificate brings a deleted certificate back, where it stood.
func (s *Server) undoCertificate(w http.ResponseWriter, r *http.Request, e *courseEdit, id int, was course.VersionID) error {
	old, err := s.Editor.Version(r.Context(), e.by, e.key, was)
	if err != nil {
		return err
	}
	_, before := certificatesOf(old.Root)
	i := findCertificate(before, id)
	if i < 0 {
		return fault.NotFoundf("certificate %d in %s", id, was).Say("studio.certificates.none")
	}
	e.seen = ""
	_, err = s.setCertificates(r, e, "Bring a certificate back", func(list []certificate) ([]certificate, error) {
		if findCertificate(list, id) >= 0 {
			return list, nil
		}
		return slices.Insert(list, min(i, len(list)), before[i]), nil
	})
	if err != nil {
		return err
	}
	return page.Redirect(w, r, "/certificates/"+e.key.String(), page.Notice{Kind: "success", ID: "studio.did.undone"})
}

// typedCertificate reads a form over the certificate it was filled from; what the form does not have stays. Signatories of whom nothing is
// said are left out, unless blank ones are wanted too.
func (s *Server) typedCertificate(r *http.Request, e *courseEdit, id int, blank bool) (certificate, *fault.Error) {
	form := r.PostForm
	bad := fault.Invalidf("certificate %d of %s", id, e.key)
	_, list := certificatesOf(e.base.Root)
	out := certificate{}
	if i := findCertificate(list, id); i >= 0 && id > 0 {
		out = list[i]
	}
	old := map[int]certificate{}
	for _, sig := range out.signatories() {
		old[sig.id()] = sig
	}
	for _, name := range []string{"name", "description", "course_title"} {
		v := strings.TrimSpace(form.Get(name))
		if _, had := out[name]; had || v != "" || name == "description" {
			out.set(name, course.Text(v))
		}
	}
	if out.text("name") == "" {
		bad.Field("name", "studio.certificates.no_name")
	}
	all, err := s.Files.Read(r.Context(), e.by, e.key)
	if err != nil {
		all = files.Library{}
	}
	var sigs []certificate
	for i, text := range form["sig_id"] {
		n, _ := strconv.Atoi(text)
		sig := old[n]
		if sig == nil || n == 0 {
			sig = certificate{}
		}
		said := false
		for _, pair := range signatoryFields {
			v := ""
			if i < len(form[pair[0]]) {
				v = strings.TrimSpace(form[pair[0]][i])
			}
			said = said || v != ""
			if name := course.AssetName(v); pair[0] == "sig_picture" && v != "" && sig.text(pair[1]) != v {
				if _, there := all.Files[name]; there {
					v = component.Links{}.Asset(e.key, name)
				} else if was, ok := pictureIn(e.key, sig.text(pair[1])); ok && was == v {
					v = sig.text(pair[1]) // its file is gone, and it was left as it is
				} else {
					bad.Field(pair[0]+"."+strconv.Itoa(i), "studio.certificates.no_picture")
				}
			}
			sig.set(pair[1], course.Text(v))
		}
		if !said && !blank {
			continue
		}
		if sig.text("name") == "" {
			bad.Field("sig_name."+strconv.Itoa(i), "studio.certificates.no_signatory")
		}
		if _, had := sig["certificate"]; !had && id > 0 {
			sig.set("certificate", course.JSON(id))
		}
		sigs = append(sigs, sig)
	}
	out.set("signatories", course.JSON(append([]certificate{}, sigs...)))
	return out, bad
}
