package access

import (
	"time"

	"lyceum/course"
)

// Dates are the dates of one block for one learner.
type Dates struct {
	Due   *time.Time // UTC; nil means never. What pages show
	Close *time.Time // UTC; due, or else the end of the course, plus grace. Answers after it are refused
}

// DatesOf returns the dates of n for v. A personal extension of n or a block above it replaces the due date. In
// self-paced courses authored due dates are only data: a block is due some weeks after the personal schedule starts, where
// it says so, and otherwise never.
func DatesOf(c *course.Compiled, n *course.Node, v *Viewer) Dates {
	var d Dates
	switch extension, ok := extensionOf(c, n, v); {
	case ok:
		d.Due = &extension
	case !c.Root().Settings.SelfPaced:
		d.Due = n.Settings.Due
	case n.Settings.RelativeWeeksDue != nil && v.Since != nil:
		due := ScheduleStart(c, v).AddDate(0, 0, 7**n.Settings.RelativeWeeksDue)
		d.Due = &due
	}
	end := d.Due
	if end == nil {
		end = c.Summary.End
	}
	if end != nil {
		at := *end
		if n.Settings.Grace != nil {
			at = at.Add(*n.Settings.Grace)
		}
		d.Close = &at
	}
	return d
}

// ScheduleStart is where the personal schedule of v begins: the enrollment, but not before the course.
func ScheduleStart(c *course.Compiled, v *Viewer) time.Time {
	start := c.Root().Settings.Start
	if v.Since != nil && v.Since.After(start) {
		return *v.Since
	}
	return start
}

func extensionOf(c *course.Compiled, n *course.Node, v *Viewer) (time.Time, bool) {
	if len(v.Extensions) == 0 {
		return time.Time{}, false
	}
	for p := n; p != nil; p = c.ParentOf(p) {
		if t, ok := v.Extensions[p.Key]; ok {
			return t, true
		}
	}
	return time.Time{}, false
}

// HiddenAfterDue reports whether the content of subsection n is withheld from v because it is over: from the due date,
// in self-paced courses from the end of the course.
func HiddenAfterDue(c *course.Compiled, n *course.Node, v *Viewer, now time.Time) bool {
	if !n.Settings.HideAfterDue || v.Roles.IsStaff() {
		return false
	}
	end := DatesOf(c, n, v).Due
	if c.Root().Settings.SelfPaced {
		end = c.Summary.End
	}
	return end != nil && now.After(*end)
}

// CorrectnessShown reports whether right and wrong may be shown for n. "never" holds for staff too. due is the date that
// counts: problems pass their close date, grade pages the due date.
func CorrectnessShown(n *course.Node, staff bool, due *time.Time, now time.Time) bool {
	switch n.Settings.ShowCorrectness {
	case "never":
		return false
	case "past_due":
		return staff || due == nil || now.After(*due)
	default:
		return true
	}
}
