package main

import (
	"net/http"
	"strings"
	"testing"

	"lyceum/course/team"
)

// TestStudioTeam: an admin adds people by address or name, makes and unmakes admins, and cannot leave as the last one; staff sees the team, may
// leave, and learns of nobody else whether there is an account.
func TestStudioTeam(t *testing.T) {
	t.Parallel()
	s := newTestSite(t, "LMS_RATE_LIMITS=no")
	own := s.teach(ownCourse("Own"))
	admin, helper, stranger := s.person("admin", nil), s.person("helper", nil), s.person("stranger", nil)
	s.grant(admin, team.Instructor, own.Key)
	admin.signIn()
	helper.signIn()
	stranger.signIn()
	a, h := s.toStudio(admin), s.toStudio(helper)
	base := "/course_team/" + own.Key.String()
	put := func(b *browser, who, role string) int {
		return b.do(http.MethodPut, base+"/"+who, `{"role": "`+role+`"}`, "Content-Type", "application/json", "Accept", "application/json").status
	}
	if got := put(h, "helper", "staff"); got != http.StatusForbidden {
		t.Errorf("somebody adds themselves: %d", got)
	}
	if got := put(a, "helper@example.com", "staff"); got != http.StatusNoContent {
		t.Fatalf("staff added by address: %d", got)
	}
	if roles, err := team.Load(t.Context(), s.stores.pool, int64(helper.account.ID)); err != nil || !roles.In(own.Key).Staff || roles.In(own.Key).Instructor {
		t.Errorf("roles of the helper: %+v, %v", roles, err)
	}
	for _, who := range []string{"stranger", "nobody-at-all"} { // the same answer, whether there is an account or not
		if got := put(h, who, "staff"); got != http.StatusForbidden {
			t.Errorf("staff adds %s: %d", who, got)
		}
		if got := h.do(http.MethodGet, base+"/"+who, "", "Accept", "application/json").status; got != http.StatusForbidden {
			t.Errorf("staff asks for %s: %d", who, got)
		}
	}
	if got := put(h, "helper", "instructor"); got != http.StatusForbidden {
		t.Errorf("staff makes itself admin: %d", got)
	}
	if got := h.do(http.MethodGet, base, "", "Accept", "text/html"); got.status != http.StatusOK || !strings.Contains(got.body, "admin@example.com") || strings.Contains(got.body, `value="add"`) {
		t.Errorf("the page of staff: %d %.300s", got.status, got.body)
	}
	if got := put(a, "admin", ""); got != http.StatusConflict {
		t.Errorf("the last admin leaves: %d", got)
	}
	if got := put(a, "admin", "staff"); got != http.StatusConflict {
		t.Errorf("the last admin becomes staff: %d", got)
	}
	if roles, _ := team.Load(t.Context(), s.stores.pool, int64(admin.account.ID)); !roles.In(own.Key).Instructor {
		t.Error("the last admin is none any more")
	}
	if got := put(a, "helper", "instructor"); got != http.StatusNoContent {
		t.Errorf("another admin: %d", got)
	}
	if got := put(a, "admin", "staff"); got != http.StatusNoContent {
		t.Errorf("an admin of two becomes staff: %d", got)
	}
	if got := a.do(http.MethodDelete, base+"/admin", "", "Accept", "application/json").status; got != http.StatusNoContent {
		t.Errorf("staff leaves: %d", got)
	}
	if got := a.do(http.MethodGet, base, "", "Accept", "text/html").status; got != http.StatusForbidden {
		t.Errorf("who has left still enters: %d", got)
	}
	got := h.do(http.MethodPost, base, "act=add&who=nobody-here&role=staff", "Content-Type", "application/x-www-form-urlencoded", "Accept", "text/html")
	if got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, "nobody-here") {
		t.Errorf("a form that names nobody: %d %.300s", got.status, got.body)
	}
	// A role that is stored counts as given, also where enrolling does not work.
	if _, err := s.stores.pool.Exec(t.Context(), `ALTER TABLE enrollment ADD CONSTRAINT none CHECK (false) NOT VALID`); err != nil {
		t.Fatal(err)
	}
	if got := put(h, "stranger", "staff"); got != http.StatusNoContent {
		t.Errorf("a role without an enrollment: %d", got)
	}
	if roles, err := team.Load(t.Context(), s.stores.pool, int64(stranger.account.ID)); err != nil || !roles.In(own.Key).Staff {
		t.Errorf("roles: %+v, %v", roles, err)
	}
	if got := h.post(base, "act", "role", "who", "stranger", "role", "instructor"); got.status != http.StatusSeeOther {
		t.Errorf("by form: %d %.300s", got.status, got.body)
	}
	if got := h.get(base, asPage...); !strings.Contains(got.body, "Enrolling them in the course did not work") {
		t.Error("the page does not say that nobody was enrolled")
	}
}
