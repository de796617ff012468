package problem

import (
	"github.com/jackc/pgx/v5"

	"lyceum/course"
	"lyceum/grading/submission"
	"lyceum/learner"
)

// beginKey is where the page keeps what an act begins with.
const beginKey = "problem begins"

// Preload loads what an act begins with in the round trip that loads who asks: an answer costs two then, one to read and one to write.
func (k *Kind) Preload(user learner.ID, c *course.Compiled, n *course.Node, action, suffix string, more map[string]any) func(*pgx.Batch) {
	if action != "xmodule_handler" {
		return nil
	}
	return func(b *pgx.Batch) {
		more[beginKey] = k.service.QueueRead(b, user, c, n, suffix == "problem_check" || suffix == "problem_reset")
	}
}

// begin is what Preload loaded, nil where it did not.
func begin(more map[string]any) *submission.Read {
	r, _ := more[beginKey].(*submission.Read)
	return r
}
