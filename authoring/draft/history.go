package draft

import (
	"context"

	"lyceum/course"
)

// History lists up to limit versions of one branch of a course, newest first. It goes on from a version ("" for the newest), which
// is the first of the list.
func (e *Editor) History(ctx context.Context, by Author, key course.Key, branch course.Branch, from course.VersionID, limit int) ([]course.Version, error) {
	if err := by.May(key); err != nil {
		return nil, err
	}
	return e.Courses.Line(ctx, key, branch, from, limit)
}

// Step is one version in which a block changed.
type Step struct {
	course.Version
	Block *course.Block // as that version has it, nil where the version removed it; shared, not to be changed
}

// BlockHistory lists the versions in which a block, or anything below it, changed, newest first. It looks through up to limit
// versions of the branch; next is where to go on, "" when there are no more.
func (e *Editor) BlockHistory(ctx context.Context, by Author, u course.UsageKey, branch course.Branch, from course.VersionID, limit int) (steps []Step, next course.VersionID, err error) {
	line, err := e.History(ctx, by, u.Course.Bare(), branch, from, limit+1)
	if err != nil {
		return nil, "", err
	}
	blocks := make([]*course.Block, len(line))
	if err := e.Courses.Look(ctx, line, func(i int, c *course.Content) { blocks[i] = Block(c, u) }); err != nil {
		return nil, "", err
	}
	for i, v := range line[:min(limit, len(line))] {
		switch {
		case i+1 < len(line) && !Same(blocks[i], blocks[i+1]), i+1 == len(line) && blocks[i] != nil:
			steps = append(steps, Step{v, blocks[i]})
		}
	}
	if len(line) > limit {
		next = line[limit].ID
	}
	return steps, next, nil
}

// Version reads a version of a course for an author to look at; it is shared and must not be changed.
func (e *Editor) Version(ctx context.Context, by Author, key course.Key, id course.VersionID) (*course.Content, error) {
	if err := by.May(key); err != nil {
		return nil, err
	}
	return e.at(ctx, key, id)
}
