package team

import (
	"slices"
	"strings"
	"time"

	"lyceum/course"
	"lyceum/internal/fault"
)

// Role is a named power.
type Role string

// The roles. Where each may hold stands in places.
const (
	Instructor     Role = "instructor" // shown as Admin
	Staff          Role = "staff"
	LimitedStaff   Role = "limited_staff" // staff of the LMS without Studio
	BetaTester     Role = "beta_testers"
	DataResearcher Role = "data_researcher"
	LibraryUser    Role = "library_user"
	FinanceAdmin   Role = "finance_admin"
	SalesAdmin     Role = "sales_admin"
	CCXCoach       Role = "ccx_coach"
	OrgCreator     Role = "org_course_creator_group" // may make courses of one organization
	CourseCreator  Role = "course_creator_group"     // may make courses
	Support        Role = "support"
)

type place uint8

const (
	inCourse place = 1 << iota
	inOrg
	inSite
)

var places = map[Role]place{
	Instructor: inCourse | inOrg, Staff: inCourse | inOrg, LibraryUser: inCourse | inOrg,
	LimitedStaff: inCourse, BetaTester: inCourse, DataResearcher: inCourse, FinanceAdmin: inCourse, SalesAdmin: inCourse, CCXCoach: inCourse,
	OrgCreator: inOrg, CourseCreator: inSite, Support: inSite,
}

// Scope is where a role holds: in a course or library, in an organization, or, when both are zero, in the whole site.
type Scope struct {
	Course course.Key
	Org    string
}

// Site is the scope of roles that hold everywhere.
var Site = Scope{}

// In is the scope of one course.
func In(key course.Key) Scope { return Scope{Course: key.Bare()} }

// Of is the scope of one organization.
func Of(org string) Scope { return Scope{Org: org} }

func (s Scope) place() place {
	switch {
	case !s.Course.IsZero():
		return inCourse
	case s.Org != "":
		return inOrg
	default:
		return inSite
	}
}

// Grant is one role of one person.
type Grant struct {
	User int64
	Role Role
	Scope
	By int64     // who granted it, 0 for a command; set by Add
	At time.Time // UTC; set by Add
}

// check refuses roles nobody knows, and known ones where they mean nothing.
func (g Grant) check() error {
	switch {
	case g.User <= 0:
		return fault.Invalidf("role %s of user %d", g.Role, g.User)
	case !g.Course.IsZero() && g.Org != "":
		return fault.Invalidf("role %s in both a course and an organization", g.Role)
	case places[g.Role]&g.place() == 0:
		return fault.Invalidf("there is no role %q in this scope", g.Role)
	default:
		return nil
	}
}

// Roles are the roles of one person everywhere.
type Roles struct{ Grants []Grant }

// CourseRoles are a person's roles in one course, those of its organization included.
type CourseRoles struct {
	Instructor, Staff, LimitedStaff, BetaTester, DataResearcher, LibraryUser, FinanceAdmin, SalesAdmin, CCXCoach bool
}

// MayAuthor reports whether the roles open the course in Studio. Limited staff are staff of the LMS alone.
func (c CourseRoles) MayAuthor() bool { return c.Instructor || c.Staff }

// MayManage reports whether the roles let the person change the team.
func (c CourseRoles) MayManage() bool { return c.Instructor }

// In says which roles hold in a course. Being staff of the whole site is no role: the account knows it.
func (r Roles) In(key course.Key) CourseRoles {
	key = key.Bare()
	has := func(role Role) bool {
		return slices.ContainsFunc(r.Grants, func(g Grant) bool {
			return g.Role == role && (g.Course == key && g.Org == "" || g.Course.IsZero() && g.Org != "" && g.Org == key.Org)
		})
	}
	return CourseRoles{
		Instructor: has(Instructor), Staff: has(Staff), LimitedStaff: has(LimitedStaff), BetaTester: has(BetaTester),
		DataResearcher: has(DataResearcher), LibraryUser: has(LibraryUser), FinanceAdmin: has(FinanceAdmin), SalesAdmin: has(SalesAdmin),
		CCXCoach: has(CCXCoach),
	}
}

// MayCreate reports whether the roles let the person make courses of an organization.
func (r Roles) MayCreate(org string) bool {
	return slices.ContainsFunc(r.Grants, func(g Grant) bool {
		return g.Role == CourseCreator && g.Scope == Site || g.Role == OrgCreator && g.Org == org && org != ""
	})
}

// Is reports whether the person has a role of the whole site.
func (r Roles) Is(role Role) bool {
	return slices.ContainsFunc(r.Grants, func(g Grant) bool { return g.Role == role && g.Scope == Site })
}

// Authored lists the courses and organizations whose content the person may edit.
func (r Roles) Authored() (courses []course.Key, orgs []string) {
	for _, g := range r.Grants {
		switch {
		case g.Role != Instructor && g.Role != Staff:
		case !g.Course.IsZero():
			courses = append(courses, g.Course)
		case g.Org != "":
			orgs = append(orgs, g.Org)
		}
	}
	slices.SortFunc(courses, func(a, b course.Key) int { return strings.Compare(a.String(), b.String()) })
	slices.Sort(orgs)
	return slices.Compact(courses), slices.Compact(orgs)
}
