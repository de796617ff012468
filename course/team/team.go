package team

import (
	"context"
	"errors"

	"lyceum/course"
	"lyceum/internal/pg"
)

// Role is a named power.
type Role string

// The roles of a course; Staff, Instructor and LibraryUser exist for an organization too, CourseCreator for an
// organization or the whole site, Support for the whole site.
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
	CourseCreator  Role = "course_creator_group"
	Support        Role = "support"
)

// Scope is where a role holds: in a course, in an organization, or, when both are zero, in the whole site.
type Scope struct {
	Course course.Key
	Org    string
}

// Grant is one role of one person.
type Grant struct {
	User int64
	Role Role
	Scope
}

// Roles are the grants of one person.
type Roles struct {
	GlobalStaff bool // staff or superuser of the whole site
	Grants      []Grant
}

// Of loads the roles of a person in one query; user 0 has none.
func Of(ctx context.Context, q pg.Querier, user int64) (Roles, error) {
	return Roles{}, errors.New("team is not finished")
}

// In says which roles hold in a course, those of its organization included.
func (r Roles) In(key course.Key) CourseRoles { return CourseRoles{} }

// CourseRoles are a person's powers in one course, organization included.
type CourseRoles struct {
	GlobalStaff, Instructor, Staff, Limited, Beta, DataResearcher, LibraryUser, CCXCoach bool
}
