package submission

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"lyceum/course"
	"lyceum/grading/capa"
	"lyceum/internal/fault"
	"lyceum/internal/pg"
	"lyceum/learner"
)

// Draft is what a learner typed and has not sent, or what could not be taken.
type Draft struct {
	Answers  capa.Answers
	Version  int64 // of the state it was typed against
	Modified time.Time
}

// Current reports whether the draft still belongs to a state of the given version. One that was typed against an older state is not
// shown: the learner has answered, saved or reset since.
func (d Draft) Current(version int64) bool { return d.Version == version }

var upsertDraft = pg.ForUser(`
	INSERT INTO {answer_draft/4} (user_id, course_key, usage_key, answers, state_version, modified)
	VALUES ($1, $2, $3, $4, $5, $6)
	ON CONFLICT (user_id, course_key, usage_key) DO UPDATE
	SET    answers = excluded.answers, state_version = excluded.state_version, modified = excluded.modified`)

var selectDrafts = pg.ForUser(`
	SELECT usage_key, answers, state_version, modified
	FROM   {answer_draft/4}
	WHERE  user_id = $1 AND course_key = $2 AND usage_key = ANY ($3)`)

// KeepDraft keeps what a learner has typed so far. version is that of the state the page showed, 0 for a problem never touched.
func (s *Service) KeepDraft(ctx context.Context, a *Asked, version int64, answers capa.Answers) error {
	if err := a.signedIn(); err != nil {
		return err
	}
	text, err := json.Marshal(answers)
	if err != nil {
		return fault.Invalidf("draft of %s: %w", a.Node.Key, err)
	}
	if len(text) > maxAnswers {
		return fault.TooLargef("draft of %d bytes", len(text))
	}
	if _, err := s.DB.Exec(ctx, upsertDraft.Of(int64(a.User)), int64(a.User), a.Course.Key.String(), a.Node.Key.String(), string(text), version, s.now(a)); err != nil {
		return fmt.Errorf("keep draft of %s: %w", a.Node.Key, err)
	}
	return nil
}

var carryDraft = pg.ForUser(`
	UPDATE {answer_draft/4}
	SET    state_version = $4 + 1
	WHERE  user_id = $1 AND course_key = $2 AND usage_key = $3 AND state_version = $4`)

// queueKeepDraft carries what was typed against a state over to the one that follows, for changes the learner had no part in.
func queueKeepDraft(b *pgx.Batch, a *Asked, version int64) {
	b.Queue(carryDraft.Of(int64(a.User)), int64(a.User), a.Course.Key.String(), a.Node.Key.String(), version)
}

// QueueDrafts puts the query for the drafts of the given problems, named by their keys as text, into b.
func QueueDrafts(b *pgx.Batch, user learner.ID, c course.Key, usages []string, use func(map[course.UsageKey]Draft)) {
	b.Queue(selectDrafts.Of(int64(user)), int64(user), c.String(), usages).Query(func(rows pgx.Rows) error {
		defer rows.Close()
		got := map[course.UsageKey]Draft{}
		for rows.Next() {
			var key course.UsageKey
			var d Draft
			var text []byte
			if err := rows.Scan(&key, &text, &d.Version, &d.Modified); err != nil {
				return fmt.Errorf("load drafts: %w", err)
			}
			if err := json.Unmarshal(text, &d.Answers); err != nil {
				return fmt.Errorf("load draft of %s: %w", key, err)
			}
			d.Modified = d.Modified.UTC()
			got[key.In(c)] = d
		}
		use(got)
		return rows.Err()
	})
}
