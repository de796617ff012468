package studio

import (
	"cmp"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"
	"github.com/jackc/pgx/v5"

	"lyceum/authoring/draft"
	"lyceum/course"
	"lyceum/course/team"
	"lyceum/internal/audit"
	"lyceum/internal/fault"
	"lyceum/internal/pg"
	"lyceum/learner"
	"lyceum/learner/account"
	"lyceum/web/i18n"
	"lyceum/web/page"
	"lyceum/web/ui"
)

// The team of a course: admins change it, everybody on it sees it and may leave, and the last admin stays.

func teamRoutes(s *Server, rt routes) {
	rt.get("/course_team/{course}", forBoth(s.showTeam))
	rt.post("/course_team/{course}", forBoth(s.changeTeam))
	rt.get("/course_team/{course}/{who}", forPrograms(s.showMember))
	rt.on("/course_team/{course}/{who}", forPrograms(s.putMember), http.MethodPost, http.MethodPut)
	rt.on("/course_team/{course}/{who}", forPrograms(s.removeMember), http.MethodDelete)
}

// member is one person on the team, as programs read it.
type member struct {
	ID       int64  `json:"id"`
	Username string `json:"username"`
	Email    string `json:"email"`
	Name     string `json:"name"`
	Active   bool   `json:"active"`
	// Role is instructor for admins, staff for others; null for somebody who is not on the team.
	Role *string `json:"role"`
}

// teamProps is the page of a course's team.
type teamProps struct {
	framed
	Action  string
	Manage  bool
	Me      int64
	Members []memberProps
	Add     ui.FieldProps
	Role    ui.FieldProps
	Problem string
	Lead    string
	None    string
	Others  string // what who may not change it reads
}

type memberProps struct {
	ID                    int64
	Name, Username, Email string
	Role                  string // in words
	Last                  bool   // the only admin
	Others                []roleAct
}

// roleAct makes somebody something else.
type roleAct struct{ Role, Label, Full string }

// teamOf lists who is on the team of a course, admins first, then by name.
func (s *Server) teamOf(r *http.Request, key course.Key) ([]member, error) {
	grants, err := team.Members(r.Context(), s.DB, team.In(key))
	if err != nil {
		return nil, err
	}
	roles := map[learner.ID]string{}
	for _, g := range grants {
		id := learner.ID(g.User)
		if at := slices.Index(rolesOf(key), g.Role); at >= 0 && (roles[id] == "" || at < slices.Index(rolesOf(key), team.Role(roles[id]))) {
			roles[id] = string(g.Role)
		}
	}
	var ids []learner.ID
	for id := range roles {
		ids = append(ids, id)
	}
	people, err := s.Accounts.ByIDs(r.Context(), ids)
	if err != nil {
		return nil, err
	}
	out := []member{}
	for _, a := range people {
		out = append(out, newMember(a, roles[a.ID]))
	}
	slices.SortFunc(out, func(a, b member) int {
		rank := func(m member) int { return slices.Index(rolesOf(key), team.Role(*m.Role)) }
		return cmp.Or(cmp.Compare(rank(a), rank(b)), strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), cmp.Compare(a.ID, b.ID))
	})
	return out, nil
}

// rolesOf are the roles of a team, the most powerful first; each person has one. Users of a library see what is in it, and courses of theirs
// may take from it.
func rolesOf(key course.Key) []team.Role {
	if key.Form == course.FormLibrary {
		return []team.Role{team.Instructor, team.Staff, team.LibraryUser}
	}
	return []team.Role{team.Instructor, team.Staff}
}

// roleWord ends the ids of the words of a role.
var roleWord = map[team.Role]string{team.Instructor: "admin", team.Staff: "staff", team.LibraryUser: "user"}

func newMember(a account.Account, role string) member {
	m := member{ID: int64(a.ID), Username: a.Username, Email: a.Email, Name: cmp.Or(a.Name, a.Username), Active: a.Active && !a.Disabled}
	if role != "" {
		m.Role = &role
	}
	return m
}

// enterTeam is enter for the team of the course in the path; manage says whether the person may change it.
func (s *Server) enterTeam(r *http.Request) (key course.Key, manage bool, err error) {
	if key, err = course.ParseURLKey(chi.URLParam(r, "course")); err != nil {
		return key, false, notFound(r, err)
	}
	by, err := s.author(r)
	if err != nil {
		return key, false, err
	}
	if err := by.MayRead(key); err != nil {
		return key, false, fault.Errorf(fault.Forbidden, "%w", err).Say("studio.forbidden")
	}
	if _, err := s.Editor.Courses.Head(r.Context(), key); err != nil {
		return key, false, err
	}
	return key, mayManage(by, key), nil
}

func mayManage(by draft.Author, key course.Key) bool {
	return by.Everywhere || by.Roles.In(key).MayManage()
}

// showTeam serves GET /course_team/KEY.
func (s *Server) showTeam(w http.ResponseWriter, r *http.Request) error {
	key, manage, err := s.enterTeam(r)
	if err != nil {
		return err
	}
	if page.WantsJSON(r) {
		list, err := s.teamOf(r, key)
		if err != nil {
			return err
		}
		return page.JSON(w, r, http.StatusOK, map[string]any{"users": list, "allow_actions": manage, "show_transfer_ownership_hint": manage && len(list) == 1})
	}
	return s.renderTeam(w, r, key, manage, http.StatusOK, "", nil)
}

func (s *Server) renderTeam(w http.ResponseWriter, r *http.Request, key course.Key, manage bool, status int, typed string, f *fault.Error) error {
	ctx := r.Context()
	_, b, err := s.Editor.Read(ctx, key)
	if err != nil {
		return err
	}
	list, err := s.teamOf(r, key)
	if err != nil {
		return err
	}
	p := teamProps{
		framed: s.frame(w, r, key, b.Draft.Root, "team", i18n.T(ctx, "studio.page.team")), Action: teamURL(key), Manage: manage, Me: int64(page.Viewer(r).ID),
		Add:  ui.FieldProps{Name: "who", Label: i18n.T(ctx, "studio.team.who"), Help: i18n.T(ctx, "studio.team.who_help"), Value: typed, Required: true, MaxLength: 254},
		Role: ui.FieldProps{Name: "role", Label: i18n.T(ctx, "studio.team.role")}, Lead: i18n.T(ctx, "studio.team.lead"+ofLibrary(key)),
		None: i18n.T(ctx, "studio.team.none"+ofLibrary(key)), Others: i18n.T(ctx, "studio.team.admins_only"+ofLibrary(key)),
	}
	roles := rolesOf(key)
	for _, role := range slices.Backward(roles) {
		p.Role.Options = append(p.Role.Options, ui.Option{
			Value: string(role), Label: i18n.T(ctx, "studio.team."+roleWord[role]+"_long"+ofLibrary(key)), Selected: role == roles[len(roles)-1],
		})
	}
	admins := 0
	for _, m := range list {
		if *m.Role == string(team.Instructor) {
			admins++
		}
	}
	for _, m := range list {
		one := memberProps{
			ID: m.ID, Name: m.Name, Username: m.Username, Email: m.Email, Role: i18n.T(ctx, "studio.team."+roleWord[team.Role(*m.Role)]),
			Last: *m.Role == string(team.Instructor) && admins == 1,
		}
		for _, role := range roles {
			if string(role) != *m.Role {
				word := "studio.team.make_" + roleWord[role]
				one.Others = append(one.Others, roleAct{string(role), i18n.T(ctx, word), i18n.T(ctx, word+"_of", m.Name)})
			}
		}
		p.Members = append(p.Members, one)
	}
	if f != nil {
		words := i18n.T(ctx, f.Message, f.Args...)
		if typed != "" {
			p.Add.Error = words
		} else {
			p.Problem = words
		}
	}
	return page.RenderStatus(w, r, status, teamPage(p))
}

func teamURL(key course.Key) string {
	if key.Form == course.FormLibrary {
		return libraryTeamURL(key)
	}
	return "/course_team/" + key.String()
}

// showLibraryTeam serves GET /library/KEY/team/, and changeLibraryTeam the forms of that page.
func (s *Server) showLibraryTeam(w http.ResponseWriter, r *http.Request) error {
	if _, _, _, err := s.enterLibrary(r); err != nil {
		return err
	}
	return s.showTeam(w, r)
}

func (s *Server) changeLibraryTeam(w http.ResponseWriter, r *http.Request) error {
	if _, _, _, err := s.enterLibrary(r); err != nil {
		return err
	}
	return s.changeTeam(w, r)
}

// changeTeam serves POST /course_team/KEY, a form: act=add (who, role), or role or remove of a person (who).
func (s *Server) changeTeam(w http.ResponseWriter, r *http.Request) error {
	key, manage, err := s.enterTeam(r)
	if err != nil {
		return err
	}
	if err := page.ParseForm(r, 0); err != nil {
		return err
	}
	act, typed := r.PostForm.Get("act"), strings.TrimSpace(r.PostForm.Get("who"))
	who, err := s.findFor(r, key, manage, typed)
	given := page.Notice{Kind: "success", ID: "studio.team.given", Args: []string{cmp.Or(who.Name, who.Username)}}
	if err == nil {
		switch act {
		case "add", "role":
			var enrolled bool
			if enrolled, err = s.giveRole(r, key, manage, who, r.PostForm.Get("role")); err == nil && !enrolled {
				given.Kind, given.ID = "warning", "studio.team.given_only"
			}
		case "remove":
			err = s.takeRoles(r, key, manage, who)
		default:
			err = fault.Invalidf("act %q on a team", act)
		}
	}
	f, known := fault.As(err)
	switch {
	case err == nil && act == "remove" && who.ID == page.Viewer(r).ID && !page.Viewer(r).Staff && !page.Viewer(r).Superuser:
		return page.Redirect(w, r, homeURL(key), page.Notice{Kind: "success", ID: "studio.team.left"})
	case err == nil && act == "remove":
		return page.Redirect(w, r, teamURL(key), page.Notice{Kind: "success", ID: "studio.team.removed", Args: []string{cmp.Or(who.Name, who.Username)}})
	case err == nil:
		return page.Redirect(w, r, teamURL(key), given)
	case !known || f.Message == "" || fault.KindOf(err) == fault.Internal:
		return err
	case act != "add":
		typed = ""
	}
	status := page.Status(err)
	if status == http.StatusNotFound { // it is a person who was not found, no page
		status = http.StatusUnprocessableEntity
	}
	return s.renderTeam(w, r, key, manage, status, typed, f)
}

// find finds a person by e-mail address or username.
func (s *Server) find(r *http.Request, text string) (account.Account, error) {
	if text == "" {
		return account.Account{}, fault.Invalidf("nobody named").Say("studio.team.nobody")
	}
	a, err := s.Accounts.ByLogin(r.Context(), text)
	if fault.Is(err, fault.NotFound) {
		return a, fault.Errorf(fault.NotFound, "%w", err).Say("studio.team.no_account", text)
	}
	return a, err
}

// findFor is find for somebody who would change a team: who may not, finds nobody but themselves, so that nobody learns who has an account.
func (s *Server) findFor(r *http.Request, key course.Key, manage bool, text string) (account.Account, error) {
	me, err := s.Accounts.ByIDs(r.Context(), []learner.ID{page.Viewer(r).ID})
	if err != nil {
		return account.Account{}, err
	}
	self := me[page.Viewer(r).ID]
	if !manage && !strings.EqualFold(text, self.Username) && !strings.EqualFold(text, self.Email) {
		return self, fault.Forbiddenf("%q may not change the team of %s", self.Username, key).Say("studio.team.admins_only")
	}
	return s.find(r, text)
}

// giveRole gives somebody a role of a team; the other ones go. Nobody but admins of the course and staff of the site
// gives roles. Who has the role and could not be enrolled is on the team all the same: enrolled is false then, and the log says why.
func (s *Server) giveRole(r *http.Request, key course.Key, manage bool, who account.Account, role string) (enrolled bool, err error) {
	if !manage {
		return false, fault.Forbiddenf("%q may not change the team of %s", page.Viewer(r).Username, key).Say("studio.team.admins_only")
	}
	give := team.Role(role)
	if !slices.Contains(rolesOf(key), give) {
		return false, fault.Invalidf("role %q", role).Field("role", "studio.team.no_role").Say("studio.team.no_role")
	}
	if who.Disabled || !who.Active {
		return false, fault.Invalidf("account %d is not active", who.ID).Say("studio.team.inactive", cmp.Or(who.Name, who.Username))
	}
	ctx, by := r.Context(), s.source(r)
	err = pg.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		grant := team.Grant{User: int64(who.ID), Role: give, Scope: team.In(key)}
		if err := team.AddTx(ctx, tx, grant, by); err != nil {
			return err
		}
		for _, other := range rolesOf(key) {
			if grant.Role = other; other == give {
				continue
			}
			if err := team.RemoveTx(ctx, tx, grant, by); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return false, err
	}
	if key.Form == course.FormLibrary {
		return true, nil
	}
	// Like the platform we match: the team learns what learners see. A course without a published version has no learners yet.
	if err := s.Welcome(ctx, who.ID, who.Username, key, s.Track(r)); err != nil && !fault.Is(err, fault.NotFound) {
		page.Note(r, slog.Any("enroll", err))
		return false, nil
	}
	return true, nil
}

// takeRoles takes somebody off the team: admins anybody, others themselves.
func (s *Server) takeRoles(r *http.Request, key course.Key, manage bool, who account.Account) error {
	if !manage && who.ID != page.Viewer(r).ID {
		return fault.Forbiddenf("%q may not change the team of %s", page.Viewer(r).Username, key).Say("studio.team.admins_only")
	}
	ctx, by := r.Context(), s.source(r)
	return pg.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		var errs []error
		for _, role := range rolesOf(key) {
			errs = append(errs, team.RemoveTx(ctx, tx, team.Grant{User: int64(who.ID), Role: role, Scope: team.In(key)}, by))
		}
		return errors.Join(errs...)
	})
}

// source is who acts, for audit rows that are written with what they tell of.
func (s *Server) source(r *http.Request) audit.Source {
	known := page.Known(r)
	out := audit.Source{Actor: int64(page.Viewer(r).ID), RequestID: known.ID}
	if known.Client.IsValid() {
		out.Address = known.Client.String()
	}
	return out
}

// inPath is the e-mail address or username that ends the path.
func inPath(r *http.Request) string { return param(r, "who") }

// showMember serves GET /course_team/KEY/EMAIL.
func (s *Server) showMember(w http.ResponseWriter, r *http.Request) error {
	key, manage, err := s.enterTeam(r)
	if err != nil {
		return err
	}
	list, err := s.teamOf(r, key)
	if err != nil {
		return err
	}
	asked := inPath(r)
	if i := slices.IndexFunc(list, func(m member) bool { return strings.EqualFold(m.Email, asked) || strings.EqualFold(m.Username, asked) }); i >= 0 {
		return page.JSON(w, r, http.StatusOK, list[i])
	}
	who, err := s.findFor(r, key, manage, asked)
	if err != nil {
		return err
	}
	// Of people who are not on the team nothing is told but that they are not.
	return page.JSON(w, r, http.StatusOK, member{ID: int64(who.ID), Email: asked, Active: who.Active && !who.Disabled})
}

// putMember serves POST and PUT /course_team/KEY/EMAIL {role}; an empty role takes the person off the team.
func (s *Server) putMember(w http.ResponseWriter, r *http.Request) error {
	key, manage, err := s.enterTeam(r)
	if err != nil {
		return err
	}
	var ask struct {
		Role *string `json:"role"`
	}
	if err := s.readJSON(r, &ask); err != nil {
		return err
	}
	who, err := s.findFor(r, key, manage, inPath(r))
	if err != nil {
		return err
	}
	if ask.Role == nil || *ask.Role == "" {
		err = s.takeRoles(r, key, manage, who)
	} else {
		_, err = s.giveRole(r, key, manage, who, *ask.Role)
	}
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// removeMember serves DELETE /course_team/KEY/EMAIL.
func (s *Server) removeMember(w http.ResponseWriter, r *http.Request) error {
	key, manage, err := s.enterTeam(r)
	if err != nil {
		return err
	}
	who, err := s.findFor(r, key, manage, inPath(r))
	if err != nil {
		return err
	}
	if err := s.takeRoles(r, key, manage, who); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
