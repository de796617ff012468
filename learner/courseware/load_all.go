package courseware

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"lyceum/learner/access"
)

// LoadAll is Load for several courses of one person or several, all in one round trip. Results are in the order of asks.
func (l *Loader) LoadAll(ctx context.Context, asks []Ask) ([]*Learner, error) {
	out := make([]*Learner, len(asks))
	var b pgx.Batch
	for i, a := range asks {
		out[i] = &Learner{Viewer: access.Viewer{User: a.User, Roles: access.Roles{GlobalStaff: a.GlobalStaff}}}
		if a.User == 0 {
			out[i].gate(a.Course, nil, nil, l.Clock.Now())
			continue
		}
		l.queue(&b, a, out[i])
	}
	if b.Len() == 0 {
		return out, nil
	}
	if err := l.read(ctx, &b); err != nil {
		return nil, fmt.Errorf("load learners in %d courses: %w", len(asks), err)
	}
	for _, one := range out {
		one.settled()
	}
	return out, nil
}
