package access

import (
	"strings"
	"time"

	"lyceum/course"
)

// EnrollReason says why somebody may not enroll.
type EnrollReason uint8

// The reasons. MayEnroll is the zero value.
const (
	MayEnroll EnrollReason = iota
	InvitationOnly
	WrongDomain // of the e-mail address
	NotOpenYet
	WindowClosed
	Full
)

// Enroll decides whether a signed-in person may enroll now. allowed says that the e-mail address is on the course's
// list; taken is the number of active enrollments that are not staff's.
func Enroll(c *course.Compiled, v *Viewer, email string, allowed bool, taken int, now time.Time) EnrollReason {
	s := c.Summary
	switch {
	case allowed, v.Roles.IsStaff():
	case s.InvitationOnly:
		return InvitationOnly
	case !domainMatches(c, email):
		return WrongDomain
	case s.EnrollmentStart != nil && !now.After(*s.EnrollmentStart):
		return NotOpenYet
	case s.EnrollmentEnd != nil && !now.Before(*s.EnrollmentEnd):
		return WindowClosed
	}
	if s.MaxEnrollments > 0 && taken >= s.MaxEnrollments && !v.Roles.IsStaff() {
		return Full
	}
	return MayEnroll
}

func domainMatches(c *course.Compiled, email string) bool {
	domain, _ := c.Root().Block.Fields["enrollment_domain"].Text()
	if domain == "" {
		return true
	}
	_, host, _ := strings.Cut(email, "@")
	return strings.EqualFold(host, domain)
}

// Listed reports whether the catalog shows the course to v; About whether its about page opens.
func Listed(c *course.Summary, staff bool) bool {
	return staff || c.CatalogVisibility == "both" || c.CatalogVisibility == ""
}

// About reports whether the about page of the course opens.
func About(c *course.Summary, staff bool) bool {
	return Listed(c, staff) || c.CatalogVisibility == "about"
}
