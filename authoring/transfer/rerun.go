package transfer

import (
	"context"
	"errors"
	"time"

	"lyceum/course"
	"lyceum/course/modulestore"
	"lyceum/course/olx"
	"lyceum/internal/fault"
)

// runAgain does a re-run: draft, published version and files under a new key. Files are not copied: their list is the same.
func (t *Tasks) runAgain(ctx context.Context, task Task) error {
	ask, key := task.Ask, task.Course.Bare()
	words := "Re-run of " + ask.Source.String()
	step := func(n int) error { return t.step(ctx, task.ID, n, 0, 0) }
	if err := step(1); err != nil {
		return err
	}
	if made, err := t.madeBefore(ctx, task, words); err != nil || made != nil {
		if err == nil {
			err = t.made(ctx, task, StepWritten, *made, true, teamOf(ask))
		}
		return err
	}
	if err := errors.Join(t.May(ctx, task.User, ask.Source), t.MayCreate(ctx, task.User, key)); err != nil {
		return err
	}
	if err := t.Free(ctx, key); err != nil {
		return err
	}
	head, err := t.Courses.Head(ctx, ask.Source)
	if err != nil {
		return err
	}
	from, _, err := t.Courses.ContentAt(ctx, head.Draft)
	if err != nil {
		return err
	}
	shift := Shift(from.Root.Fields["start"], ask)
	draft, defects := olx.Rekey(from, key)
	t.renew(draft, ask, shift)
	req := modulestore.ImportRequest{Key: key, Draft: draft, Files: head.Files, Author: task.Username, Message: words, New: true}
	switch head.Published {
	case "":
	case head.Draft:
		req.Published = draft
	default:
		from, _, err := t.Courses.ContentAt(ctx, head.Published)
		if err != nil {
			return err
		}
		req.Published, _ = olx.Rekey(from, key)
		t.renew(req.Published, ask, shift)
	}
	if err := step(2); err != nil {
		return err
	}
	res, err := t.Courses.Import(ctx, req)
	if err != nil {
		return err
	}
	return t.made(ctx, task, StepWritten, Outcome{
		Key: key, Name: ask.Name, Draft: res.Draft, Published: res.Published, Files: head.Files, Shifted: shift, Report: &olx.Report{Defects: defects},
	}, true, teamOf(ask))
}

func teamOf(ask Ask) course.Key {
	if ask.Team {
		return ask.Source
	}
	return course.Key{}
}

// madeBefore finds what an earlier run of the task, ended before it could say so, has made.
func (t *Tasks) madeBefore(ctx context.Context, task Task, words string) (*Outcome, error) {
	head, err := t.Courses.Head(ctx, task.Course)
	if fault.Is(err, fault.NotFound) {
		return nil, nil //nolint:nilnil // nothing was made
	}
	if err != nil {
		return nil, err
	}
	line, err := t.Courses.Line(ctx, task.Course, course.Draft, head.Draft, 1)
	if err != nil {
		return nil, err
	}
	if v := line[0]; v.Parent != "" || v.Author != task.Username || v.Message != words || v.Time.Before(task.Created.Add(-time.Minute)) {
		return nil, fault.Conflictf("course %s exists", task.Course).Say("course.exists")
	}
	return &Outcome{Key: task.Course, Name: task.Ask.Name, Draft: head.Draft, Published: head.Published, Files: head.Files}, nil
}

// Shift is by how much a re-run moves dates, given when its source starts: 0 where it moves none, because nobody asked for it or because
// one of the two has no start.
func Shift(start course.Value, ask Ask) time.Duration {
	from, ok := start.Time()
	if !ok || !ask.Shift || ask.Start == nil || Unscheduled(from) {
		return 0
	}
	return ask.Start.Sub(from)
}

// Unscheduled reports whether a start means that there is none yet.
func Unscheduled(t time.Time) bool {
	never, _ := course.ParseTime(course.UnscheduledStart)
	return t.Equal(never)
}

// renew gives a copy its name and dates.
func (t *Tasks) renew(c *course.Content, ask Ask, shift time.Duration) {
	if shift != 0 {
		c.Root.Walk(func(b *course.Block) bool { t.shift(b, shift); return true })
	}
	if c.Root.Fields == nil {
		c.Root.Fields = course.Fields{}
	}
	c.Root.Fields["display_name"] = course.Text(ask.Name)
	c.Root.Fields["start"] = course.Text(course.UnscheduledStart)
	if ask.Start != nil {
		c.Root.Fields["start"] = course.Text(course.FormatTime(*ask.Start))
	}
}

// shift moves the dates of one block. What is no date, and "not scheduled", stays.
func (t *Tasks) shift(b *course.Block, by time.Duration) {
	schema := t.Schemas[b.Type]
	for name, v := range b.Fields {
		f, ok := schema.Field(name)
		if !ok || f.Type != course.TypeDate {
			continue
		}
		if at, ok := v.Time(); ok && (name != "start" || !Unscheduled(at)) {
			if moved := at.Add(by); moved.Year() >= 1900 && moved.Year() <= 9999 {
				b.Fields[name] = course.Text(course.FormatTime(moved))
			}
		}
	}
}
