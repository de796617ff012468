package team

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"

	"lyceum/course"
	"lyceum/internal/audit"
	"lyceum/internal/fault"
	"lyceum/internal/pg"
	"lyceum/internal/pgtest"
)

var (
	maths = course.Key{Org: "Uni", Number: "M1", Run: "2026"}
	music = course.Key{Org: "Arts", Number: "M1", Run: "2026"}
)

func TestRoles(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	by := audit.Source{Actor: 9, Address: "192.0.2.1"}
	for _, g := range []Grant{
		{User: 1, Role: Instructor, Scope: In(maths)},
		{User: 1, Role: Instructor, Scope: In(maths)},
		{User: 1, Role: BetaTester, Scope: In(music)},
		{User: 2, Role: Staff, Scope: Of("Arts")},
		{User: 2, Role: OrgCreator, Scope: Of("Arts")},
		{User: 3, Role: CourseCreator, Scope: Site},
		{User: 3, Role: LimitedStaff, Scope: In(music)},
	} {
		if err := Add(t.Context(), db, g, by); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		user         int64
		maths, music CourseRoles
		creates      map[string]bool
	}{
		{user: 0},
		{user: 1, maths: CourseRoles{Instructor: true}, music: CourseRoles{BetaTester: true}},
		{user: 2, music: CourseRoles{Staff: true}, creates: map[string]bool{"Arts": true}},
		{user: 3, music: CourseRoles{LimitedStaff: true}, creates: map[string]bool{"Arts": true, "Uni": true}},
	}
	for _, tt := range tests {
		r, err := Load(t.Context(), db, tt.user)
		if err != nil {
			t.Fatal(err)
		}
		var queued Roles
		var b pgx.Batch
		pg.Together(Small).Queue(&b, tt.user, "", func(row *pg.Row) error {
			g, err := ReadSmall(row)
			queued.Grants = append(queued.Grants, g)
			return err
		})
		if err := db.SendBatch(t.Context(), &b).Close(); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(r, queued, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(Grant{}, "User", "By", "At"),
			cmpopts.SortSlices(func(a, b Grant) bool { return fmt.Sprint(a.Role, a.Scope) < fmt.Sprint(b.Role, b.Scope) })); diff != "" {
			t.Errorf("user %d, queued (-loaded +queued):\n%s", tt.user, diff)
		}
		if got := r.In(maths); got != tt.maths {
			t.Errorf("user %d in maths: got %+v, want %+v", tt.user, got, tt.maths)
		}
		if got := r.In(music); got != tt.music {
			t.Errorf("user %d in music: got %+v, want %+v", tt.user, got, tt.music)
		}
		for _, org := range []string{"Arts", "Uni", ""} {
			if got := r.MayCreate(org); got != tt.creates[org] && org != "" {
				t.Errorf("user %d creates in %s: got %t", tt.user, org, got)
			}
		}
	}
	rows, err := audit.OfTarget(t.Context(), db, audit.User(1), 10)
	if err != nil || len(rows) != 2 || rows[1].Action != "team.role_given" || rows[1].CourseKey != maths.String() || *rows[1].Actor != 9 {
		t.Errorf("audit: got %+v, %v; want two rows, none for the repetition", rows, err)
	}
	members, err := Members(t.Context(), db, In(music))
	if err != nil || len(members) != 2 || members[0].Role != BetaTester || members[1].User != 3 {
		t.Errorf("members: got %+v, %v", members, err)
	}
	r, err := Load(t.Context(), db, 2)
	if err != nil {
		t.Fatal(err)
	}
	if keys, orgs := r.Authored(); len(keys) != 0 || !cmp.Equal(orgs, []string{"Arts"}) {
		t.Errorf("authored: got %v, %v", keys, orgs)
	}
}

func TestRefusedGrants(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	for _, g := range []Grant{
		{User: 0, Role: Staff, Scope: In(maths)},
		{User: 1, Role: "king", Scope: In(maths)},
		{User: 1, Role: Staff, Scope: Site},
		{User: 1, Role: Support, Scope: In(maths)},
		{User: 1, Role: BetaTester, Scope: Of("Uni")},
		{User: 1, Role: Staff, Scope: Scope{Course: maths, Org: "Uni"}},
	} {
		if err := Add(t.Context(), db, g, audit.Source{}); !fault.Is(err, fault.Invalid) {
			t.Errorf("add %+v: got %v, want invalid", g, err)
		}
		if err := Remove(t.Context(), db, g, audit.Source{}); !fault.Is(err, fault.Invalid) {
			t.Errorf("remove %+v: got %v, want invalid", g, err)
		}
	}
}

// Two admins who remove each other at once leave one.
func TestLastAdminStays(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	for range 10 {
		admins := []Grant{{User: 1, Role: Instructor, Scope: In(maths)}, {User: 2, Role: Instructor, Scope: In(maths)}}
		for _, g := range admins {
			if err := Add(t.Context(), db, g, audit.Source{}); err != nil {
				t.Fatal(err)
			}
		}
		var wg sync.WaitGroup
		errs := make([]error, 2)
		for i, g := range admins {
			wg.Go(func() { errs[i] = Remove(t.Context(), db, g, audit.Source{}) })
		}
		wg.Wait()
		if err := errors.Join(errs...); !fault.Is(err, fault.Conflict) || (errs[0] == nil) == (errs[1] == nil) {
			t.Fatalf("got %v and %v, want one conflict", errs[0], errs[1])
		}
		left, err := Members(t.Context(), db, In(maths))
		if err != nil || len(left) != 1 {
			t.Fatalf("left: %+v, %v", left, err)
		}
	}
	if err := Remove(t.Context(), db, Grant{User: 7, Role: Instructor, Scope: In(maths)}, audit.Source{}); err != nil {
		t.Errorf("remove what is not there: %v", err)
	}
}
