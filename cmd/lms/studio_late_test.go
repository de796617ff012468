package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"lyceum/course"
	"lyceum/course/team"
)

// holdTransfers keeps what is asked for about a course from being worked until the function it returns is called.
func (s *testSite) holdTransfers(key course.Key) (release func()) {
	s.t.Helper()
	var id int64
	const begin = `INSERT INTO transfer_task (kind, course_key, user_id, username, state) VALUES ('import', $1, 1, 'other', 'running') RETURNING id`
	if err := s.stores.pool.QueryRow(s.t.Context(), begin, key.String()).Scan(&id); err != nil {
		s.t.Fatal(err)
	}
	return func() {
		s.t.Helper()
		if _, err := s.stores.pool.Exec(s.t.Context(), `DELETE FROM transfer_task WHERE id = $1`, id); err != nil {
			s.t.Fatal(err)
		}
	}
}

// TestTransferOfWhoLeft: what somebody asked for is not done once they may not ask for it any more.
func TestTransferOfWhoLeft(t *testing.T) {
	t.Parallel()
	s := newTestSite(t)
	c := s.teach(ownCourse("Own"))
	ann, bob := s.person("ann", nil), s.person("bob", nil)
	s.grant(ann, team.Staff, c.Key)
	s.grantSite(ann, team.CourseCreator)
	s.grant(bob, team.Staff, c.Key)
	st, other := s.toStudio(ann), s.toStudio(bob)
	before, err := s.stores.courses.Head(t.Context(), c.Key)
	if err != nil {
		t.Fatal(err)
	}
	again := c.Key
	again.Run = "2"
	release, releaseAgain := s.holdTransfers(c.Key), s.holdTransfers(again)
	got := st.sendArchive("/import/"+c.Key.String(), "new.tar.gz", pack(t, ownCourse("New")))
	if got.status != http.StatusOK {
		t.Fatalf("import: %d %s", got.status, got.body)
	}
	imported := decode[importNews](t, got).Task
	if got := st.json("POST", "/course/", map[string]any{"source_course_key": c.Key.String(), "org": again.Org, "number": again.Number, "run": again.Run, "display_name": "Again"}); got.status != http.StatusOK {
		t.Fatalf("re-run: %d %s", got.status, got.body)
	}
	if _, err := s.stores.pool.Exec(t.Context(), `DELETE FROM team_role WHERE course_key = $1 AND user_id = (SELECT user_id FROM transfer_task WHERE id = $2)`, c.Key.String(), imported); err != nil {
		t.Fatal(err)
	}
	release()
	releaseAgain()
	if done := other.await(fmt.Sprintf("/import_status/%s/new.tar.gz?task=%d", c.Key, imported)); done.State != "failed" {
		t.Errorf("an import of somebody who left: %+v", done)
	}
	if after, err := s.stores.courses.Head(t.Context(), c.Key); err != nil || after != before {
		t.Errorf("the course has changed: %+v, before %+v, %v", after, before, err)
	}
	s.idle()
	if _, err := s.stores.courses.Head(t.Context(), again); err == nil {
		t.Error("somebody who left the team took a copy of the course")
	}
}

// TestImportIntoDeleted: an import that waits while its course is deleted does not take the deleted one's place.
func TestImportIntoDeleted(t *testing.T) {
	t.Parallel()
	s := newTestSite(t)
	c := s.teach(ownCourse("Own"))
	ann := s.person("ann", nil)
	s.grant(ann, team.Instructor, c.Key)
	st := s.toStudio(ann)
	path := "/course/" + c.Key.String()
	before := must(t, s.vars, "course", "export", c.Key.String())
	release := s.holdTransfers(c.Key)
	got := st.sendArchive("/import/"+c.Key.String(), "new.tar.gz", pack(t, ownCourse("New")))
	if got.status != http.StatusOK {
		t.Fatalf("import: %d %s", got.status, got.body)
	}
	if got := st.post(path+"/delete", "name", "Own"); got.status != http.StatusSeeOther {
		t.Fatalf("delete: %d %s", got.status, got.body)
	}
	release()
	done := st.await(fmt.Sprintf("/import_status/%s/new.tar.gz?task=%d", c.Key, decode[importNews](t, got).Task))
	if done.State != "failed" || !strings.Contains(done.Message, "deleted") {
		t.Errorf("an import into a deleted course: %+v", done)
	}
	if got := st.post(path + "/restore"); got.status != http.StatusSeeOther {
		t.Fatalf("restore: %d %s", got.status, got.body)
	}
	if after := must(t, s.vars, "course", "export", c.Key.String()); after != before {
		t.Error("it came back as another")
	}
}

// TestTransferLeftBehind: a task whose job ended without a word does not keep others of its course waiting for ever.
func TestTransferLeftBehind(t *testing.T) {
	t.Parallel()
	s := newTestSite(t)
	key := s.creator("ann").makeCourse("T", "Left", "1", "Left")
	s.holdTransfers(key)
	state := func() (state string) {
		t.Helper()
		if err := s.stores.pool.QueryRow(t.Context(), `SELECT state FROM transfer_task WHERE course_key = $1`, key.String()).Scan(&state); err != nil {
			t.Fatal(err)
		}
		return state
	}
	if err := s.transfers.Sweep(t.Context()); err != nil || state() != "running" {
		t.Errorf("one that is at work: %s, %v", state(), err)
	}
	if _, err := s.stores.pool.Exec(t.Context(), `UPDATE transfer_task SET changed_at = now() - interval '25 hours' WHERE course_key = $1`, key.String()); err != nil {
		t.Fatal(err)
	}
	if err := s.transfers.Sweep(t.Context()); err != nil || state() != "failed" {
		t.Errorf("one left behind: %s, %v", state(), err)
	}
}

// TestImportsOfADay: what is refused because there were too many in a day is refused before its bytes are kept.
func TestImportsOfADay(t *testing.T) {
	t.Parallel()
	s := newTestSite(t)
	ann := s.creator("ann")
	key := ann.makeCourse("T", "Many", "1", "Many")
	const past = `INSERT INTO transfer_task (kind, course_key, user_id, username, state) SELECT 'import', $1, 1, 'other', 'done' FROM generate_series(1, 20)`
	if _, err := s.stores.pool.Exec(t.Context(), past, key.String()); err != nil {
		t.Fatal(err)
	}
	data := pack(t, ownCourse("Own"))
	if got := ann.sendArchive("/import/"+key.String(), "own.tar.gz", data); got.status != http.StatusTooManyRequests {
		t.Fatalf("the 21st import of a day: %d %s", got.status, got.body)
	}
	sum := sha256.Sum256(data)
	if body, _, err := s.stores.files.Open(t.Context(), hex.EncodeToString(sum[:])); err == nil {
		body.Close()
		t.Error("its bytes are kept")
	}
}
