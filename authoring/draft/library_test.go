package draft

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lyceum/course"
	"lyceum/course/team"
	"lyceum/internal/fault"
)

var (
	bank   = course.Key{Org: "Org", Number: "Bank", Form: course.FormLibrary}
	inBank = course.UsageKey{Course: testKey, Type: "library_content", ID: "pick"}
)

// bankHouse has a library of three blocks, and a course whose unit u takes from it. Ada is on both teams.
func bankHouse(t *testing.T) (*house, Author) {
	t.Helper()
	c := small()
	c.Root.Children[0].Children[0].Children[0].Children = append(c.Root.Children[0].Children[0].Children[0].Children,
		&course.Block{Type: "library_content", ID: "pick", Fields: course.Fields{"display_name": `"Pick"`, "max_count": "1"}})
	h := newHouse(t, c)
	h.Answers = func(b *course.Block) []string {
		if b.ID == "p2" {
			return []string{"choiceresponse"}
		}
		return []string{"stringresponse"}
	}
	problem := func(id string) *course.Block {
		return &course.Block{Type: "problem", ID: id, Fields: course.Fields{"display_name": course.Text("Library " + id), "max_attempts": "3", "markdown": course.Text("m " + id)}, Body: []byte("<p>" + id + "</p>\n")}
	}
	lib := &course.Content{Key: bank, Root: &course.Block{Type: "library", ID: "library", Fields: course.Fields{"display_name": `"Bank"`}, Children: []*course.Block{
		problem("p1"), problem("p2"),
		{Type: "html", ID: "t1", Body: []byte(`<img src="/asset-v1:Org+Bank+type@asset+block@a.png"><a href="/jump_to_id/p1">x</a>`)},
	}}}
	h.take(&course.Content{Key: bank, Root: lib.Root})
	author := Author{Name: "ada", Roles: team.Roles{Grants: []team.Grant{
		{Role: team.Staff, Scope: team.In(testKey)}, {Role: team.Staff, Scope: team.In(bank)},
	}}}
	return h, author
}

func (h *house) apply(by Author, key course.Key, ops ...Op) (Done, error) {
	h.t.Helper()
	h.clock.Advance(time.Minute)
	return h.Apply(h.t.Context(), Edit{Key: key, By: by, Ops: ops})
}

func (h *house) must(by Author, key course.Key, ops ...Op) Done {
	h.t.Helper()
	done, err := h.apply(by, key, ops...)
	if err != nil {
		h.t.Fatal(err)
	}
	return done
}

func choose(lib course.Key) Update {
	return Update{Block: inBank, Set: course.Fields{"source_library_id": course.Text(lib.String())}}
}

func (h *house) picked() *course.Block {
	h.t.Helper()
	return Block(h.now().Draft, inBank)
}

// The ids are those of the platform we match: SHA-1 of the library on its branch, the block and what holds the copy.
func TestDerivedIDs(t *testing.T) {
	t.Parallel()
	// printf "b'library-v1:Org+Bank+branch@library':p1:pick" | sha1sum
	if got, want := derivedID(bank, "p1", "pick"), "0f5221835ba359739d07"; got != want {
		t.Errorf("id %s, want %s", got, want)
	}
}

func TestChoosingALibraryCopiesIt(t *testing.T) {
	t.Parallel()
	h, by := bankHouse(t)
	files := fakeFiles{}
	h.Files = files
	theirs, _ := files.Change(t.Context(), "", []course.File{{Name: "a.png", Digest: "1"}, {Name: "unused.png", Digest: "2"}}, nil)
	h.keepFiles(bank, theirs)
	done := h.must(by, testKey, choose(bank))
	b := h.picked()
	if len(b.Children) != 3 {
		t.Fatalf("%d copies", len(b.Children))
	}
	head, err := h.Courses.Head(t.Context(), bank)
	if err != nil {
		t.Fatal(err)
	}
	if got := SourceVersion(b); got != head.Draft {
		t.Errorf("version %s, want %s", got, head.Draft)
	}
	for i, id := range []string{"p1", "p2", "t1"} {
		child := b.Children[i]
		if child.ID != derivedID(bank, id, "pick") {
			t.Errorf("copy of %s is %s", id, child.ID)
		}
		if u, ok := CopiedFrom(child); !ok || u != bank.Usage(child.Type, id) {
			t.Errorf("copy of %s says it comes from %s", id, u)
		}
	}
	if got, want := string(b.Children[2].Body), `<img src="/static/a.png"><a href="/jump_to_id/`+b.Children[0].ID+`">x</a>`; got != want {
		t.Errorf("text %s, want %s", got, want)
	}
	if done.Head.Files != "a.png=1" || !slices.Equal(done.Brought, []string{"a.png"}) {
		t.Errorf("brought %v; the course has the files %q", done.Brought, done.Head.Files)
	}
	if p := h.now().Published; len(Block(p, key("vertical", "u")).Children) != 3 || len(Block(p, inBank).Children) != 0 {
		t.Errorf("learners have %s", show(p))
	}
	again := h.must(by, testKey, Sync{Block: inBank})
	if again.Head.Draft != again.Before.Draft {
		t.Errorf("an update without anything new made version %s", again.Head.Draft)
	}
	ours, _ := files.Change(t.Context(), "", []course.File{{Name: "a.png", Digest: "other"}}, nil)
	h.keepFiles(testKey, ours)
	if again := h.must(by, testKey, Sync{Block: inBank}); !slices.Equal(again.Clashing, []string{"a.png"}) || again.Head.Files != ours {
		t.Errorf("a name that is taken: %v, files %q", again.Clashing, again.Head.Files)
	}
	none, _ := files.Change(t.Context(), "", nil, nil)
	h.keepFiles(testKey, none)
	if again := h.must(by, testKey, Sync{Block: inBank}); again.Head.Files != "a.png=1" {
		t.Errorf("what was missing came to %q", again.Head.Files)
	}
}

func TestUpdateKeepsWhatTheCourseSets(t *testing.T) {
	t.Parallel()
	h, by := bankHouse(t)
	h.must(by, testKey, choose(bank))
	first := h.picked().Children
	mine := testKey.Usage("problem", first[0].ID)
	h.must(by, testKey, Update{Block: mine, Set: course.Fields{"display_name": `"Mine"`, "weight": "5", "markdown": `"mine"`}})
	p1 := bank.Usage("problem", "p1")
	body := []byte("<p>new</p>\n")
	h.must(by, bank,
		Update{Block: p1, Set: course.Fields{"display_name": `"Better"`, "max_attempts": "9", "markdown": `"theirs"`}, Body: &body},
		Delete{bank.Usage("problem", "p2")},
		Create{Parent: bank.Usage("library", "library"), Type: "html", ID: "t2", Name: "Added"})
	h.must(by, testKey, Sync{Block: inBank})
	b := h.picked()
	var ids []string
	for _, c := range b.Children {
		u, _ := CopiedFrom(c)
		ids = append(ids, u.ID)
	}
	if diff := cmp.Diff(ids, []string{"p1", "t1", "t2"}); diff != "" {
		t.Error(diff)
	}
	got := b.Children[0]
	if got.ID != first[0].ID || string(got.Body) != string(body) {
		t.Errorf("the copy is %s with %s", got.ID, got.Body)
	}
	want := course.Fields{"display_name": `"Mine"`, "weight": "5", "max_attempts": "9", "markdown": `"theirs"`, "copied_from_block": course.Text(p1.String())}
	if diff := cmp.Diff(got.Fields, want); diff != "" {
		t.Error(diff)
	}
	// A setting that is taken off is the library's.
	h.must(by, testKey, Update{Block: mine, Unset: []string{"display_name", "weight"}})
	got = h.picked().Children[0]
	want["display_name"] = `"Better"`
	delete(want, "weight")
	if diff := cmp.Diff(got.Fields, want); diff != "" {
		t.Error(diff)
	}
}

func TestLibraryFilter(t *testing.T) {
	t.Parallel()
	h, by := bankHouse(t)
	h.must(by, testKey, choose(bank))
	was := h.picked().Children[1].ID
	h.must(by, testKey, Update{Block: inBank, Set: course.Fields{"capa_type": `"choiceresponse"`}})
	if b := h.picked(); len(b.Children) != 1 || b.Children[0].ID != was {
		t.Errorf("%d blocks after the choice", len(b.Children))
	}
	h.must(by, testKey, Update{Block: inBank, Unset: []string{"capa_type"}})
	if b := h.picked(); len(b.Children) != 3 || b.Children[1].ID != was {
		t.Errorf("%d blocks without the choice", len(b.Children))
	}
}

// Copies of a copy are copies of the same blocks, and an update knows them.
func TestDuplicateOfChoice(t *testing.T) {
	t.Parallel()
	h, by := bankHouse(t)
	h.must(by, testKey, choose(bank))
	h.must(by, testKey, Update{Block: testKey.Usage("problem", h.picked().Children[0].ID), Set: course.Fields{"weight": "7"}})
	done := h.must(by, testKey, Duplicate{Block: inBank})
	twin := Block(h.now().Draft, done.Made[0])
	if got, want := twin.Children[0].ID, derivedID(bank, "p1", twin.ID); got != want {
		t.Errorf("id %s, want %s", got, want)
	}
	h.must(by, testKey, Sync{Block: done.Made[0]})
	after := Block(h.now().Draft, done.Made[0])
	if !slices.Equal(after.Children, twin.Children) && !Same(after, twin) {
		t.Error("an update changed what was copied")
	}
	if after.Children[0].Fields["weight"] != "7" {
		t.Errorf("fields %v", after.Children[0].Fields)
	}
}

func TestLibraryDoors(t *testing.T) {
	t.Parallel()
	h, by := bankHouse(t)
	stranger := ada
	reader := Author{Name: "rea", Roles: team.Roles{Grants: []team.Grant{{Role: team.Staff, Scope: team.In(testKey)}, {Role: team.LibraryUser, Scope: team.In(bank)}}}}
	if _, err := h.apply(stranger, testKey, choose(bank)); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a stranger to the library: %v", err)
	}
	if _, err := h.apply(reader, testKey, choose(bank)); err != nil {
		t.Errorf("a user of the library: %v", err)
	}
	if _, err := h.apply(reader, bank, Delete{bank.Usage("problem", "p1")}); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a user of the library deletes: %v", err)
	}
	if _, err := h.apply(stranger, testKey, Sync{Block: inBank}); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a stranger updates: %v", err)
	}
	// Nothing of the course is touched by what happens to the library.
	if err := h.Courses.Delete(t.Context(), bank, "ada"); err != nil {
		t.Fatal(err)
	}
	_, err := h.apply(reader, testKey, Sync{Block: inBank})
	if f, ok := fault.As(err); !ok || f.Kind != fault.NotFound || f.Message != "draft.library.gone" {
		t.Errorf("update from a library that is gone: %v", err)
	}
	h.must(reader, testKey, Update{Block: inBank, Set: course.Fields{"capa_type": `"choiceresponse"`}})
	if b := h.picked(); len(b.Children) != 3 {
		t.Errorf("%d copies stayed", len(b.Children))
	}
	none := bank
	none.Number = "None"
	_, err = h.apply(Author{Name: "root", Everywhere: true}, testKey, choose(none))
	if f, ok := fault.As(err); !ok || f.Fields["source_library_id"] != "draft.library.gone" {
		t.Errorf("a library that never was: %v", err)
	}
	_, err = h.apply(by, testKey, Update{Block: inBank, Set: course.Fields{"source_library_id": `"nonsense"`}})
	if f, ok := fault.As(err); !ok || f.Fields["source_library_id"] != "draft.library.bad_key" {
		t.Errorf("no key: %v", err)
	}
}

// Copies that came from another site have no version anybody knows: what they set stays theirs.
func TestUpdateOfImportedCopies(t *testing.T) {
	t.Parallel()
	h, by := bankHouse(t)
	h.must(by, testKey, choose(bank))
	h.must(by, testKey, Update{Block: inBank, Set: course.Fields{"source_library_version": `"5a1b2c3d4e5f6a7b8c9d0e1f"`}})
	h.must(by, bank, Update{Block: bank.Usage("problem", "p1"), Set: course.Fields{"max_attempts": "9", "weight": "2"}})
	h.must(by, testKey, Sync{Block: inBank})
	got := h.picked().Children[0].Fields
	if got["max_attempts"] != "3" || got["weight"] != "2" {
		t.Errorf("fields %v", got)
	}
}

// Two authors at once: one updates from the library, the other sets something on a copy. Neither is lost.
func TestUpdateAndEditAtOnce(t *testing.T) {
	t.Parallel()
	h, by := bankHouse(t)
	h.must(by, testKey, choose(bank))
	h.must(by, bank, Update{Block: bank.Usage("problem", "p1"), Set: course.Fields{"max_attempts": "9"}})
	seen := h.must(by, testKey).Head.Draft
	copied := testKey.Usage("problem", h.picked().Children[0].ID)
	var wg sync.WaitGroup
	errs := make([]error, 2)
	for i, op := range []Op{Sync{Block: inBank}, Update{Block: copied, Set: course.Fields{"weight": "4"}}} {
		wg.Go(func() {
			_, errs[i] = h.Apply(t.Context(), Edit{Key: testKey, By: by, Seen: seen, Ops: []Op{op}})
		})
	}
	wg.Wait()
	if errs[0] != nil {
		t.Fatal(errs)
	}
	got := h.picked().Children[0].Fields
	if lost := (*Lost)(nil); errors.As(errs[1], &lost) { // the update was first, and changed the copy
		if got["max_attempts"] != "9" || got["weight"] != "" {
			t.Errorf("fields %v", got)
		}
	} else if errs[1] != nil || got["max_attempts"] != "9" || got["weight"] != "4" {
		t.Errorf("%v, fields %v", errs[1], got)
	}
}

func TestCreateLibrary(t *testing.T) {
	t.Parallel()
	h, _ := bankHouse(t)
	creator := Author{Name: "cy", Roles: team.Roles{Grants: []team.Grant{{Role: team.CourseCreator}}}}
	for _, tc := range []struct {
		name string
		n    NewLibrary
		kind fault.Kind
		bad  string
	}{
		{"on a team of the organization", NewLibrary{Org: "Org", Number: "L1", Name: "One", By: ada}, fault.Internal, ""},
		{"of another organization", NewLibrary{Org: "Zed", Number: "L1", Name: "One", By: ada}, fault.Forbidden, ""},
		{"creator", NewLibrary{Org: "Zed", Number: "Ünï", Name: "One", By: creator}, fault.Internal, ""},
		{"taken", NewLibrary{Org: "Org", Number: "Bank", Name: "One", By: ada}, fault.Conflict, ""},
		{"taken in other letters", NewLibrary{Org: "Org", Number: "bank", Name: "One", By: ada}, fault.Conflict, ""},
		{"letters", NewLibrary{Org: "Org", Number: "a b", Name: "One", By: ada}, fault.Invalid, "library"},
		{"no name", NewLibrary{Org: "Org", Number: "L2", Name: " ", By: ada}, fault.Invalid, "display_name"},
	} {
		head, err := h.CreateLibrary(t.Context(), tc.n)
		if tc.kind == fault.Internal {
			if err != nil || head.Published != "" || head.Key.Form != course.FormLibrary {
				t.Errorf("%s: %+v, %v", tc.name, head, err)
			}
			continue
		}
		f, ok := fault.As(err)
		if !ok || f.Kind != tc.kind || tc.bad != "" && f.Fields[tc.bad] == "" {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
}

// What a course has and a library has not, cannot be made in one.
func TestWhatALibraryHolds(t *testing.T) {
	t.Parallel()
	h, by := bankHouse(t)
	root := bank.Usage("library", "library")
	for _, kind := range []string{"problem", "html", "video", "poll", "vertical"} {
		h.must(by, bank, Create{Parent: root, Type: kind})
	}
	for _, kind := range []string{"discussion", "library_content", "chapter", "static_tab", "library"} {
		if _, err := h.apply(by, bank, Create{Parent: root, Type: kind}); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", kind, err)
		}
	}
	// Deleted, and back.
	done := h.must(by, bank, Delete{bank.Usage("problem", "p1")})
	h.must(by, bank, Restore{Version: done.Before.Draft, Block: bank.Usage("problem", "p1")})
	if _, b, err := h.Read(t.Context(), bank); err != nil || b.Draft.Root.Children[0].ID != "p1" {
		t.Errorf("%v", err)
	}
	h.must(by, bank, Restore{Version: done.Before.Draft})
}
