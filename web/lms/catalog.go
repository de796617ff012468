package lms

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"
	"golang.org/x/text/cases"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"lyceum/component"
	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/learner/access"
	"lyceum/learner/enrollment"
	"lyceum/web/i18n"
	"lyceum/web/page"
	"lyceum/web/ui"
)

// showFront serves /: the front page to visitors, the dashboard to learners.
func (s *Server) showFront(w http.ResponseWriter, r *http.Request) error {
	if page.Viewer(r).SignedIn() {
		err := s.showDashboard(w, r)
		if !fault.Is(err, fault.Busy) {
			return err
		}
		page.Unsure(r, err) // what is open to strangers can still be shown
	}
	list, err := s.listed(r)
	if err != nil {
		return err
	}
	l := page.Layout(w, r, "")
	l.Styles, l.Main = append(l.Styles, "css/course.css"), "flush"
	return page.Render(w, r, frontPage(l, frontProps{Site: s.Name, Cards: cards(r, s.Clock(), list[:min(len(list), 6)]), More: len(list) > 6}))
}

type frontProps struct {
	Site  string
	Cards []ui.MediaCardProps
	More  bool
}

// showCatalog serves /courses: every listed course, by search and filters.
func (s *Server) showCatalog(w http.ResponseWriter, r *http.Request) error {
	list, err := s.listed(r)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	f := catalogFilter{
		Text: strings.TrimSpace(cmp.Or(q.Get("search_query"), q.Get("q"))), Org: q.Get("org"), Language: q.Get("language"), State: q.Get("state"), now: s.Clock(),
	}
	p := catalogProps{
		Filter: f, All: len(list), Orgs: options(list, f.Org, func(c course.Summary) string { return c.Org }, func(org string) string { return org }),
		Languages: options(list, f.Language, func(c course.Summary) string { return c.Language }, languageName),
	}
	found := slices.DeleteFunc(slices.Clone(list), func(c course.Summary) bool { return !f.matches(c) })
	p.Found = len(found)
	const perPage = 24
	p.Pager = ui.PagerProps{Page: 1, Pages: max(1, (len(found)+perPage-1)/perPage), URL: func(n int) string {
		v := url.Values{"page": {itoa(n)}}
		for _, k := range []string{"search_query", "org", "language", "state"} {
			if x := q.Get(k); x != "" {
				v.Set(k, x)
			}
		}
		return "/courses?" + v.Encode()
	}}
	if n := atoi(q.Get("page")); n > 1 && n <= p.Pager.Pages {
		p.Pager.Page = n
	}
	from := (p.Pager.Page - 1) * perPage
	p.Cards = cards(r, s.Clock(), found[from:min(from+perPage, len(found))])
	l := page.Layout(w, r, i18n.T(r.Context(), "catalog.title"))
	l.Styles = append(l.Styles, "css/course.css")
	return page.Render(w, r, catalogPage(l, p))
}

type catalogProps struct {
	Filter     catalogFilter
	Orgs       []ui.Option
	Languages  []ui.Option
	Cards      []ui.MediaCardProps
	Found, All int
	Pager      ui.PagerProps
}

type catalogFilter struct {
	Text, Org, Language string
	State               string // open, soon, past
	now                 time.Time
}

var fold = cases.Fold()

func (f catalogFilter) matches(c course.Summary) bool {
	if f.Org != "" && c.Org != f.Org || f.Language != "" && c.Language != f.Language {
		return false
	}
	switch f.State {
	case "open":
		if !started(c, f.now) || ended(c, f.now) {
			return false
		}
	case "soon":
		if started(c, f.now) {
			return false
		}
	case "past":
		if !ended(c, f.now) {
			return false
		}
	}
	hay := fold.String(strings.Join([]string{c.Name, c.Org, c.Number, c.ShortDescription}, " "))
	for word := range strings.FieldsSeq(fold.String(f.Text)) {
		if !strings.Contains(hay, word) {
			return false
		}
	}
	return true
}

func started(c course.Summary, now time.Time) bool { return c.Start != nil && !c.Start.After(now) }
func ended(c course.Summary, now time.Time) bool   { return c.End != nil && c.End.Before(now) }

// listed returns the courses this person's catalog shows, open ones first, then by start, the newest first.
func (s *Server) listed(r *http.Request) ([]course.Summary, error) {
	list, err := s.Courses.List(r.Context())
	if err != nil {
		return nil, err
	}
	who := page.Viewer(r)
	now := s.Clock()
	out := slices.DeleteFunc(slices.Clone(list), func(c course.Summary) bool {
		return c.Version == "" || !access.Listed(&c, who.Staff || who.Superuser)
	})
	slices.SortStableFunc(out, func(a, b course.Summary) int {
		return cmp.Or(
			compareBool(ended(a, now), ended(b, now)),
			compareBool(!started(a, now), !started(b, now)),
			-timeOf(a.Start).Compare(timeOf(b.Start)),
			strings.Compare(a.Name, b.Name),
		)
	})
	return out, nil
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	default:
		return 1
	}
}

func timeOf(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// options lists the distinct values of a fact for a filter, with the chosen one marked.
func options(list []course.Summary, chosen string, fact func(course.Summary) string, name func(string) string) []ui.Option {
	var values []string
	for _, c := range list {
		if v := fact(c); v != "" && !slices.Contains(values, v) {
			values = append(values, v)
		}
	}
	slices.Sort(values)
	out := make([]ui.Option, len(values))
	for i, v := range values {
		out[i] = ui.Option{Value: v, Label: name(v), Selected: v == chosen}
	}
	return out
}

func cards(r *http.Request, now time.Time, list []course.Summary) []ui.MediaCardProps {
	out := make([]ui.MediaCardProps, 0, len(list))
	for _, c := range list {
		out = append(out, card(r, now, c))
	}
	return out
}

// card is a course in the catalog and on the dashboard.
func card(r *http.Request, now time.Time, c course.Summary) ui.MediaCardProps {
	ctx := r.Context()
	p := ui.MediaCardProps{
		URL: component.CoursePath(c.Key, "about"), Title: c.Name, Kicker: c.Org + " · " + c.Number, Text: c.ShortDescription, Seed: c.Key.String(),
	}
	if c.HasImage {
		p.Picture = component.Links{}.Asset(c.Key, c.Image)
	}
	switch {
	case ended(c, now):
		p.Badge = &ui.BadgeProps{Label: i18n.T(ctx, "catalog.ended")}
	case c.Start == nil || isUnscheduled(c.Start):
		p.Badge = &ui.BadgeProps{Label: i18n.T(ctx, "catalog.unscheduled")}
	case !started(c, now):
		p.Badge = &ui.BadgeProps{Label: i18n.T(ctx, "catalog.starts", i18n.Date(ctx, *c.Start)), Kind: "info"}
	case c.SelfPaced:
		p.Badge = &ui.BadgeProps{Label: i18n.T(ctx, "catalog.self_paced"), Kind: "success"}
	}
	if c.AdvertisedStart != "" && !started(c, now) {
		p.Badge = &ui.BadgeProps{Label: i18n.T(ctx, "catalog.starts", c.AdvertisedStart), Kind: "info"}
	}
	if c.Effort != "" {
		p.Meta = append(p.Meta, ui.MetaItem{Icon: "clock", Text: c.Effort})
	}
	if c.Language != "" {
		p.Meta = append(p.Meta, ui.MetaItem{Icon: "languages", Text: languageName(c.Language)})
	}
	return p
}

func isUnscheduled(t *time.Time) bool { return course.FormatTime(*t) == course.UnscheduledStart }

// showAbout serves the page that presents a course: /courses/KEY/about and /courses/KEY/.
func (s *Server) showAbout(w http.ResponseWriter, r *http.Request) error {
	c, err := s.compiled(r)
	if err != nil {
		return err
	}
	v, err := s.visit(r, c, nil)
	if fault.Is(err, fault.Busy) {
		page.Unsure(r, err)
		v, err = s.visit(r, c, nil)
	}
	if err != nil {
		return err
	}
	if !access.About(&c.Summary, v.Viewer.Roles.IsStaff()) && !v.Viewer.Enrolled {
		return fault.NotFoundf("about page of %s: not shown", c.Key)
	}
	taken := 0
	if c.Summary.MaxEnrollments > 0 {
		// While it is not known how many seats are taken the page goes on without; joining asks again.
		if taken, err = enrollment.Taken(r.Context(), s.DB, c.Key); fault.Is(err, fault.Busy) {
			page.Unsure(r, err)
		} else if err != nil {
			return err
		}
	}
	email, allowed := "", false
	if v.Viewer.SignedIn() {
		if email, err = s.EmailOf(r.Context(), v.Viewer.User); err != nil {
			return err
		}
		if allowed, err = enrollment.Allowed(r.Context(), s.DB, email, c.Key); err != nil {
			return err
		}
	}
	page.AllowContent(w, r)
	l := page.Layout(w, r, c.Root().Name)
	l.Styles, l.Main = append(l.Styles, "css/course.css"), "flush"
	l.Entries = append(l.Entries, "js/course.js")
	return page.Render(w, r, aboutPage(l, newAboutProps(r, v, email, allowed, taken)))
}

// aboutProps is the about page, ready to print.
type aboutProps struct {
	Key, Name, Org, Number string
	Lead                   string
	Picture                string
	Overview               templ.Component
	Facts                  []aboutFact
	Enrolled               bool
	Enter                  string // address of the course, when it may be entered
	MayEnroll              bool
	Why                    string // why not, in words
	SignIn, Register       string
	SignedIn               bool
	Prerequisites          []ui.Link
	Progress               bool
}

type aboutFact struct{ Icon, Label, Value string }

func newAboutProps(r *http.Request, v *visit, email string, allowed bool, taken int) aboutProps {
	ctx := r.Context()
	sum := v.Summary
	p := aboutProps{
		Key: v.Key.String(), Name: v.Root().Name, Org: sum.Org, Number: sum.Number, Lead: sum.ShortDescription,
		Enrolled: v.Viewer.Enrolled, SignedIn: v.Viewer.SignedIn(),
	}
	if sum.HasImage {
		p.Picture = component.Links{}.Asset(v.Key, sum.Image)
	}
	src := pageSource(v)
	if o := v.Page("about", "overview"); o != nil {
		p.Overview = component.Authored(src.HTML(string(o.Body)))
	}
	fact := func(icon, label, value string) {
		if value != "" {
			p.Facts = append(p.Facts, aboutFact{icon, i18n.T(ctx, label), value})
		}
	}
	date := func(t *time.Time) string {
		if t == nil || isUnscheduled(t) {
			return ""
		}
		return i18n.Date(ctx, *t)
	}
	start := date(sum.Start)
	if sum.AdvertisedStart != "" {
		start = sum.AdvertisedStart
	}
	fact("calendar", "about.start", start)
	fact("flag", "about.end", date(sum.End))
	fact("clock", "about.effort", sum.Effort)
	if d := v.Page("about", "duration"); d != nil {
		fact("history", "about.duration", course.PlainText(d.Body))
	}
	fact("languages", "about.language", languageName(sum.Language))
	pace := "about.instructor_paced"
	if sum.SelfPaced {
		pace = "about.self_paced"
	}
	fact("gauge", "about.pace", i18n.T(ctx, pace))
	for _, k := range access.Prerequisites(v.Compiled) {
		p.Prerequisites = append(p.Prerequisites, ui.Link{Label: k.String(), URL: component.CoursePath(k, "about")})
	}
	if access.Enter(v.Compiled, &v.Viewer, access.Outline, v.now).OK() {
		p.Enter = component.CoursePath(v.Key, "course/")
	}
	why := access.Enroll(v.Compiled, &v.Viewer, email, allowed, taken, v.now)
	if why == access.WrongDomain && email == "" { // decided when the address is known, on joining
		why = access.MayEnroll
	}
	p.MayEnroll = why == access.MayEnroll
	p.Why = map[access.EnrollReason]string{
		access.InvitationOnly: i18n.T(ctx, "enroll.invitation_only"), access.NotOpenYet: i18n.T(ctx, "enroll.not_open_yet"),
		access.WindowClosed: i18n.T(ctx, "enroll.closed"), access.Full: i18n.T(ctx, "enroll.full"),
		access.WrongDomain: i18n.T(ctx, "enroll.wrong_domain"),
	}[why]
	return p
}

// changeEnrollment serves POST /change_enrollment: course_id and enrollment_action, answered with the address to go on at as
// text to programs and with a redirect to browsers without scripts.
func (s *Server) changeEnrollment(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return fault.Invalidf("form: %w", err)
	}
	if r.PostForm.Get("form") == "" {
		return page.ForPrograms(s.enrollOrLeave)(w, r)
	}
	return s.enrollOrLeave(w, r)
}

func (s *Server) enrollOrLeave(w http.ResponseWriter, r *http.Request) error {
	who := page.Viewer(r)
	if !who.SignedIn() {
		return fault.Forbiddenf("change enrollment: not signed in")
	}
	key, err := course.ParseURLKey(r.PostForm.Get("course_id"))
	if err != nil {
		return fault.Invalidf("change enrollment: %w", err).Say("enroll.bad_course")
	}
	c, err := s.Courses.Compiled(r.Context(), key)
	if err != nil {
		if fault.KindOf(err) == fault.NotFound {
			return fault.Invalidf("change enrollment: %w", err).Say("enroll.bad_course")
		}
		return err
	}
	var to string
	action := r.PostForm.Get("enrollment_action")
	switch action {
	case "enroll":
		to, err = s.join(r, c)
	case "unenroll":
		err = s.Enrollment.Leave(r.Context(), enrollment.LeaveRequest{Course: key, User: who.ID, Actor: who.ID, Request: s.Track(r)})
		to = "/dashboard"
		if fault.KindOf(err) == fault.Conflict {
			err = fault.Invalidf("%w", err).Say("enroll.not_enrolled")
		}
	default:
		err = fault.Invalidf("enrollment_action %q", action).Say("enroll.bad_action")
	}
	if err != nil {
		if fault.KindOf(err) == fault.Closed { // the contract answers 400 where enrollment is closed
			f, _ := fault.As(err)
			return fault.Invalidf("%w", err).Say(f.Message, f.Args...)
		}
		return err
	}
	if r.PostForm.Get("form") != "" { // sent by a page's form
		var notices []page.Notice
		switch {
		case r.PostForm.Get("enrollment_action") == "unenroll":
			notices = append(notices, page.Notice{Kind: "success", ID: "enroll.left"})
		case to == "/dashboard": // there is no going in yet
			notices = append(notices, page.Notice{Kind: "success", ID: "enroll.joined_early"})
		}
		return page.Redirect(w, r, to, notices...)
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err = w.Write([]byte(to))
	return err
}

// EnrollArrived takes whoever asks, who had to sign in for it, into the course of a key. It returns where to go on, "" where no course by this
// key is presented to people, and what to say there; enrolled is false where joining was refused or did not work now.
func (s *Server) EnrollArrived(r *http.Request, text string) (to string, said page.Notice, enrolled bool) {
	key, err := course.ParseURLKey(text)
	if err != nil {
		return "", said, false
	}
	c, err := s.Courses.Compiled(r.Context(), key)
	if err != nil || !access.About(&c.Summary, false) {
		return "", said, false
	}
	to, err = s.join(r, c)
	switch {
	case err == nil && to == "/dashboard": // there is no going in yet
		return to, page.Notice{Kind: "success", ID: "enroll.joined_early"}, true
	case err == nil:
		return to, page.Notice{Kind: "success", ID: "enroll.joined", Args: []string{c.Root().Name}}, true
	}
	said = page.Notice{Kind: "error", ID: "enroll.not_done"}
	if f, ok := fault.As(err); ok && f.Message != "" && f.Kind != fault.Busy {
		said = page.Notice{Kind: "warning", ID: f.Message}
		for _, a := range f.Args {
			said.Args = append(said.Args, fmt.Sprint(a))
		}
	} else {
		s.Log.Warn("enrolling after a sign-in", "course", key.String(), "err", err)
	}
	return component.CoursePath(key, "about"), said, false
}

// OpenName returns what a course that is presented to everybody is called, "" where no course by this key is.
func (s *Server) OpenName(ctx context.Context, text string) string {
	key, err := course.ParseURLKey(text)
	if err != nil {
		return ""
	}
	c, err := s.Courses.Compiled(ctx, key)
	if err != nil || !access.About(&c.Summary, false) {
		return ""
	}
	return c.Root().Name
}

func (s *Server) join(r *http.Request, c *course.Compiled) (string, error) {
	v, err := s.visit(r, c, nil)
	if err != nil {
		return "", err
	}
	email, err := s.EmailOf(r.Context(), v.Viewer.User)
	if err != nil {
		return "", err
	}
	if _, err := s.Enrollment.Join(r.Context(), enrollment.JoinRequest{
		Course: c, Viewer: &v.Viewer, Email: email, Actor: v.Viewer.User, Request: s.Track(r),
	}); err != nil {
		return "", err
	}
	v.Viewer.Enrolled = true
	if access.Enter(c, &v.Viewer, access.Content, v.now).OK() {
		return component.CoursePath(c.Key, "course/"), nil
	}
	return "/dashboard", nil
}

// languageName is a language's name in itself.
func languageName(code string) string {
	tag, err := language.Parse(code)
	if code == "" || err != nil {
		return code
	}
	return cmp.Or(display.Self.Name(tag), code)
}

func atoi(s string) int {
	n := 0
	for _, r := range s {
		if r < '0' || r > '9' || n > 1<<20 {
			return 0
		}
		n = n*10 + int(r-'0')
	}
	return n
}

func stateOptions(ctx context.Context, chosen string) []ui.Option {
	out := []ui.Option{{Value: "", Label: i18n.T(ctx, "catalog.state_any")}}
	for _, v := range []string{"open", "soon", "past"} {
		out = append(out, ui.Option{Value: v, Label: i18n.T(ctx, "catalog.state_"+v), Selected: v == chosen})
	}
	return out
}

func withAny(ctx context.Context, options []ui.Option) []ui.Option {
	return append([]ui.Option{{Value: "", Label: i18n.T(ctx, "catalog.any")}}, options...)
}

func withFoot(c ui.MediaCardProps, foot templ.Component) ui.MediaCardProps {
	c.Foot = foot
	return c
}

// registerURL leads through registration, or signing in, into the course.
func registerURL(key string) string {
	return "/register?" + url.Values{"course_id": {key}, "enrollment_action": {"enroll"}}.Encode()
}
