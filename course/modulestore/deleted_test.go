package modulestore

import (
	"testing"
	"time"

	"lyceum/course"
	"lyceum/internal/fault"
)

// TestDeletedComesBack: a deleted course is gone from the lists, comes back whole within its time, and not after it.
func TestDeletedComesBack(t *testing.T) {
	t.Parallel()
	s := openTest(t, Options{KeepDeleted: 30 * 24 * time.Hour})
	draft, published := generate(testKey, 2, 2, 2, 2), generate(testKey, 2, 2, 1, 2)
	must[Result](t)(s.Import(t.Context(), ImportRequest{Key: testKey, Draft: draft, Published: published, Files: ""}))
	before := must[Head](t)(s.Head(t.Context(), testKey))
	if err := s.Delete(t.Context(), testKey, "ada"); err != nil {
		t.Fatal(err)
	}
	if sums := must[[]course.Summary](t)(s.List(t.Context())); len(sums) != 0 {
		t.Errorf("list: %v", sums)
	}
	list := must[[]Deleted](t)(s.ListDeleted(t.Context()))
	if len(list) != 1 || list[0].Key != testKey || list[0].By != "ada" || list[0].Name == "" || list[0].Until.Sub(list[0].At) != 30*24*time.Hour {
		t.Fatalf("deleted: %+v", list)
	}
	// A sweep long after everything is old, but within the time, leaves it.
	must[Swept](t)(s.sweep(t.Context(), s.clock.Now().Add(time.Hour)))
	if err := s.Restore(t.Context(), testKey); err != nil {
		t.Fatal(err)
	}
	after := must[Head](t)(s.Head(t.Context(), testKey))
	if after.Draft != before.Draft || after.Published != before.Published {
		t.Errorf("restored %+v, was %+v", after, before)
	}
	got, _, err := second(t, s).ContentAt(t.Context(), after.Draft)
	if err != nil {
		t.Fatal(err)
	}
	if d := diff(draft, got); d != "" {
		t.Errorf("restored (-want +got):\n%s", d)
	}
	if err := s.Restore(t.Context(), testKey); !fault.Is(err, fault.Conflict) {
		t.Errorf("restore what is there: %v", err)
	}
	if err := s.Delete(t.Context(), testKey, ""); err != nil {
		t.Fatal(err)
	}
	s.keptFor = time.Nanosecond
	must[Swept](t)(s.sweep(t.Context(), s.clock.Now().Add(time.Hour)))
	if list := must[[]Deleted](t)(s.ListDeleted(t.Context())); len(list) != 0 {
		t.Errorf("after its time: %+v", list)
	}
	if err := s.Restore(t.Context(), testKey); !fault.Is(err, fault.NotFound) {
		t.Errorf("restore after its time: %v", err)
	}
}

// TestRevert puts back everything at once, or nothing.
func TestRevert(t *testing.T) {
	t.Parallel()
	s := openTest(t, Options{})
	one, two := generate(testKey, 1, 1, 1, 1), generate(testKey, 2, 2, 2, 2)
	must[Result](t)(s.Import(t.Context(), ImportRequest{Key: testKey, Draft: one}))
	was := must[Head](t)(s.Head(t.Context(), testKey))
	must[Result](t)(s.Import(t.Context(), ImportRequest{Key: testKey, Draft: two, Published: two, Seen: &was}))
	now := must[Head](t)(s.Head(t.Context(), testKey))
	if _, err := s.Import(t.Context(), ImportRequest{Key: testKey, Draft: one, Seen: &was}); !fault.Is(err, fault.Conflict) {
		t.Errorf("import over what was not seen: %v", err)
	}
	if _, err := s.Revert(t.Context(), testKey, was, was, "ada", "back"); !fault.Is(err, fault.Conflict) {
		t.Errorf("revert what was not seen: %v", err)
	}
	back := must[Head](t)(s.Revert(t.Context(), testKey, now, was, "ada", "back"))
	if back.Published != "" || back.Draft == was.Draft {
		t.Errorf("reverted to %+v", back)
	}
	v := must[course.Version](t)(s.Version(t.Context(), back.Draft))
	if v.Parent != now.Draft || v.Author != "ada" || v.Message != "back" {
		t.Errorf("its version: %+v", v)
	}
	got, _, err := second(t, s).ContentAt(t.Context(), back.Draft)
	if err != nil {
		t.Fatal(err)
	}
	if d := diff(one, got); d != "" {
		t.Errorf("reverted (-want +got):\n%s", d)
	}
}
