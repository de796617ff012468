package account

import (
	"context"
	"net/http"
	"net/url"

	"lyceum/course"
	"lyceum/learner/account"
	"lyceum/web/i18n"
	"lyceum/web/page"
	"lyceum/web/session"
)

// onward is where somebody was headed who has to sign in first. It goes through every form and letter on the way as it came, and is judged
// when it is used.
type onward struct {
	next   string // address to go on at
	course string // key of a course to be enrolled in, "" for none
}

// longestCourse is longer than any key of a course.
const longestCourse = 255

// onwardOf reads it from a query or a form, by the names in use.
func onwardOf(v url.Values) onward {
	var o onward
	for _, name := range []string{"next", "redirect_url", "redirect_to"} {
		if o.next = v.Get(name); o.next != "" {
			break
		}
	}
	if id := v.Get("course_id"); v.Get("enrollment_action") == "enroll" && len(id) <= longestCourse {
		o.course = id
	}
	return o
}

// fields are the values that say it in a query or a form.
func (o onward) fields() map[string]string {
	out := map[string]string{}
	if o.next != "" {
		out["next"] = o.next
	}
	if o.course != "" {
		out["course_id"], out["enrollment_action"] = o.course, "enroll"
	}
	return out
}

// query is it as a query, "" when there is nothing to say.
func (o onward) query() string {
	v := url.Values{}
	for name, value := range o.fields() {
		v.Set(name, value)
	}
	return v.Encode()
}

// link adds it to a path.
func (o onward) link(path string) string {
	if q := o.query(); q != "" {
		return path + "?" + q
	}
	return path
}

// goal is where it leads somebody who is signed in already: being enrolled takes a press of a button there.
func (s *server) goal(o onward) string {
	if o.next == "" && o.course != "" {
		if key, err := course.ParseURLKey(o.course); err == nil {
			return "/courses/" + key.String() + "/about"
		}
	}
	return s.Next.Or(o.next)
}

// lead says before a sign-in what comes after it, "" for nothing in particular.
func (s *server) lead(ctx context.Context, o onward) string {
	if o.course != "" && s.CourseName != nil {
		if name := s.CourseName(ctx, o.course); name != "" {
			return i18n.T(ctx, "account.then_enroll", name)
		}
	}
	if o.next != "" {
		return i18n.T(ctx, "account.signin.next")
	}
	return ""
}

// arrive does for a new session what somebody had to sign in for, and returns where to go on and what to say there.
func (s *server) arrive(r *http.Request, in account.SignedIn, o onward) (to string, said []page.Notice) {
	if o.course == "" || s.Enroll == nil {
		return s.Next.Or(o.next), nil
	}
	r, err := session.As(r, s.Accounts, account.LMS, in.ID)
	if err != nil { // the course is a press of a button away
		return s.goal(onward{course: o.course}), nil
	}
	to, notice, enrolled := s.Enroll(r, o.course)
	if to == "" {
		return s.Next.Or(o.next), nil
	}
	if enrolled && o.next != "" {
		to = s.Next.Or(o.next)
	}
	return to, []page.Notice{notice}
}

// from is what account's flows want to know of a request of somebody headed somewhere. Only what leads to this site goes into letters.
func (s *server) from(r *http.Request, o onward) account.From {
	from := session.From(r)
	if s.Next.Or(o.next) != o.next {
		o.next = ""
	}
	from.Onward = o.query()
	return from
}
