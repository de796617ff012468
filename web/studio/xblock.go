package studio

import (
	"encoding/json"
	"net/http"
	"strings"

	"lyceum/authoring/draft"
	"lyceum/authoring/publish"
	"lyceum/component"
	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/web/page"
)

// The JSON door: what pages of ours and authoring scripts do with blocks. Names and answers are those of the platform we match; "seen",
// the version of the draft a client worked on, is ours and may be left out, and then the last one wins as it does there.

// newBlock is the body of POST /xblock/.
type newBlock struct {
	Parent   string `json:"parent_locator"`
	Category string `json:"category"`
	Type     string `json:"type"`
	Name     string `json:"display_name"`
	Boiler   string `json:"boilerplate"`
	Source   string `json:"duplicate_source_locator"`
	Staged   string `json:"staged_content"`
	Index    *int   `json:"target_index"` // counted from 0
	Seen     string `json:"seen"`
}

// made is the answer to a block that was made.
type made struct {
	Locator   string `json:"locator"`
	CourseKey string `json:"courseKey"`
	Seen      string `json:"seen"`
	// Notices say what became of the files of what was pasted.
	Notices *fileNotices `json:"static_file_notices,omitempty"`
}

// createBlock serves POST and PUT /xblock/: a new block, or a copy of one.
func (s *Server) createBlock(w http.ResponseWriter, r *http.Request) error {
	var ask newBlock
	if err := s.readJSON(r, &ask); err != nil {
		return err
	}
	by, parent, err := s.locator(r, "parent_locator", ask.Parent)
	if err != nil {
		return err
	}
	var op draft.Op
	var sent []component.TemplateFile
	switch {
	case ask.Staged != "":
		return s.paste(w, r, by, parent, ask)
	case ask.Source != "":
		_, source, err := s.locator(r, "duplicate_source_locator", ask.Source)
		if err != nil {
			return err
		}
		if source.Course == parent.Course {
			op = draft.Duplicate{Block: source, Parent: parent, Name: ask.Name}
		} else {
			op = draft.Paste{From: source, Parent: parent}
		}
	default:
		if ask.Category == "" {
			ask.Category = ask.Type
		}
		create := draft.Create{Parent: parent, Type: ask.Category, Name: ask.Name}
		if ask.Index != nil {
			create.At = *ask.Index + 1
		}
		if sent, err = s.begin(&create, ask.Boiler); err != nil {
			return err
		}
		op = create
	}
	done, err := s.Editor.Apply(r.Context(), draft.Edit{Key: parent.Course, By: by, Seen: course.VersionID(ask.Seen), Ops: []draft.Op{op}})
	if err != nil {
		return err
	}
	if err := s.addFiles(r.Context(), by, done.Made[0], sent); err != nil {
		return err
	}
	out := made{Locator: done.Made[0].String(), CourseKey: parent.Course.String(), Seen: string(done.Head.Draft)}
	if _, pasted := op.(draft.Paste); pasted {
		out.Notices = newFileNotices(done)
	}
	return page.JSON(w, r, http.StatusOK, out)
}

// moveBlock serves PATCH /xblock/.
func (s *Server) moveBlock(w http.ResponseWriter, r *http.Request) error {
	var ask struct {
		Block  string `json:"move_source_locator"`
		Parent string `json:"parent_locator"`
		Index  *int   `json:"target_index"` // counted from 0; the end when left out
		Seen   string `json:"seen"`
	}
	if err := s.readJSON(r, &ask); err != nil {
		return err
	}
	if ask.Block == "" {
		return fault.Invalidf("PATCH /xblock/ without move_source_locator").Say("studio.xblock.patch")
	}
	by, u, err := s.locator(r, "move_source_locator", ask.Block)
	if err != nil {
		return err
	}
	_, to, err := s.locator(r, "parent_locator", ask.Parent)
	if err != nil {
		return err
	}
	if to.Course != u.Course {
		return fault.Invalidf("move %s to another course", u).Say("studio.xblock.other_course")
	}
	_, b, err := s.Editor.Read(r.Context(), u.Course)
	if err != nil {
		return err
	}
	was := 0
	if above := draft.Above(b.Draft, u); above != nil {
		for i, c := range above.Children {
			if c.Type == u.Type && c.ID == u.ID {
				was = i
			}
		}
	}
	move := draft.Move{Block: u, To: to}
	if ask.Index != nil {
		move.At = *ask.Index + 1
	}
	done, err := s.Editor.Apply(r.Context(), draft.Edit{Key: u.Course, By: by, Seen: course.VersionID(ask.Seen), Ops: []draft.Op{move}})
	if err != nil {
		return err
	}
	return page.JSON(w, r, http.StatusOK, map[string]any{
		"move_source_locator": u.String(), "parent_locator": to.String(), "source_index": was, "seen": string(done.Head.Draft),
	})
}

// showBlock serves GET /xblock/KEY.
func (s *Server) showBlock(w http.ResponseWriter, r *http.Request) error {
	seen, u, b, block, err := s.read(r)
	if err != nil {
		return err
	}
	fields := strings.Split(r.URL.Query().Get("fields"), ",")
	in := s.newInfos(r, b)
	for _, f := range fields {
		switch f {
		case "graderType":
			return page.JSON(w, r, http.StatusOK, map[string]any{"graderType": graderOf(block), "location": u.String(), "id": u.String()})
		case "ancestorInfo":
			return page.JSON(w, r, http.StatusOK, ancestorInfo{in.ancestors(u)})
		}
	}
	out := in.block(u, block)
	out.Data, out.Metadata, out.Seen = new(dataOf(block)), metadataOf(s.Editor.Schemas, block), seen
	return page.JSON(w, r, http.StatusOK, out)
}

// read finds the block whose key is the rest of the path, for who may author it, and the version of the draft it stands in.
func (s *Server) read(r *http.Request) (seen string, u course.UsageKey, b draft.Branches, block *course.Block, err error) {
	if u, err = s.readBlock(r); err != nil {
		return "", u, b, nil, err
	}
	head, b, err := s.Editor.Read(r.Context(), u.Course)
	if err != nil {
		return "", u, b, nil, err
	}
	if block = draft.Block(b.Draft, u); block == nil {
		return "", u, b, nil, fault.NotFoundf("block %s is not in the draft", u).Say("draft.gone")
	}
	return string(head.Draft), u, b, block, nil
}

// showTree serves GET /xblock/outline/KEY: a section, a subsection or the course with everything below it down to units.
func (s *Server) showTree(w http.ResponseWriter, r *http.Request) error {
	seen, u, b, block, err := s.read(r)
	if err != nil {
		return err
	}
	in := s.newInfos(r, b)
	out := in.block(u, block)
	if n := in.nodes[u.Course.Usage(block.Type, block.ID)]; n != nil {
		out = in.tree(n)
	}
	out.Seen = seen
	return page.JSON(w, r, http.StatusOK, out)
}

// showContainer serves GET /xblock/container/KEY: a block with what holds it.
func (s *Server) showContainer(w http.ResponseWriter, r *http.Request) error {
	seen, u, b, block, err := s.read(r)
	if err != nil {
		return err
	}
	in := s.newInfos(r, b)
	out := in.block(u, block)
	out.Above, out.Seen = &ancestorInfo{in.ancestors(u)}, seen
	return page.JSON(w, r, http.StatusOK, out)
}

// change is the body of a request that changes a block.
type change struct {
	Data     *json.RawMessage           `json:"data"`
	Metadata map[string]json.RawMessage `json:"metadata"`
	Fields   map[string]json.RawMessage `json:"fields"`
	Nullout  []string                   `json:"nullout"`
	Children *[]string                  `json:"children"`
	Publish  string                     `json:"publish"`
	Grader   *string                    `json:"graderType"`
	Seen     string                     `json:"seen"`

	IsPrereq   *bool           `json:"isPrereq"`
	Prereq     *string         `json:"prereqUsageKey"`      // "" for none
	Score      json.RawMessage `json:"prereqMinScore"`      // a number, or one as text
	Completion json.RawMessage `json:"prereqMinCompletion"` // the same
}

// changed is the answer to a change.
type changed struct {
	ID       string    `json:"id"`
	Data     string    `json:"data"`
	Metadata metadata  `json:"metadata"`
	Grader   string    `json:"graderType,omitempty"`
	Seen     string    `json:"seen"`
	Refused  []finding `json:"findings,omitempty"` // what keeps units from being published
	Also     []string  `json:"published,omitempty"`
}

// changeBlock serves POST, PUT and PATCH /xblock/KEY.
func (s *Server) changeBlock(w http.ResponseWriter, r *http.Request) error {
	by, u, err := s.enterBlock(r)
	if err != nil {
		return err
	}
	var ask change
	if err := s.readJSON(r, &ask); err != nil {
		return err
	}
	if ask.Publish == "discard_changes" { // nothing else is looked at, as in the platform we match
		got, err := s.Publisher.Discard(r.Context(), publish.Request{Block: u, By: by, Seen: course.VersionID(ask.Seen)})
		if err != nil {
			return err
		}
		s.noteReleased(r, "course.discarded", []course.UsageKey{u}, got)
		return s.answerChange(w, r, u, changed{})
	}
	var out changed
	op, grader, err := ask.update(s.Editor.Schemas, u)
	if err != nil {
		return err
	}
	more, err := s.readGate(r, u, ask, &op)
	if err != nil {
		return err
	}
	if op.Set != nil || op.Unset != nil || op.Body != nil || op.Children != nil || len(more) > 0 {
		done, err := s.Editor.Apply(r.Context(), draft.Edit{Key: u.Course, By: by, Seen: course.VersionID(ask.Seen), Ops: append([]draft.Op{pageOr(op)}, more...)})
		if err != nil {
			return err
		}
		for _, p := range done.Published {
			out.Also = append(out.Also, p.String())
		}
		ask.Seen = "" // the author has seen what they just made
	}
	out.Grader = grader
	if err := s.putInForce(r, by, u, ask, &out); err != nil {
		return err
	}
	return s.answerChange(w, r, u, out)
}

// readGate reads what a change says of prerequisites.
func (s *Server) readGate(r *http.Request, u course.UsageKey, ask change, op *draft.Update) ([]draft.Op, error) {
	if ask.IsPrereq == nil && ask.Prereq == nil {
		return nil, nil
	}
	bad := fault.Invalidf("prerequisite of %s", u)
	if u.Type != "sequential" {
		return nil, bad.Field("isPrereq", "draft.bad_value")
	}
	_, b, err := s.Editor.Read(r.Context(), u.Course)
	if err != nil {
		return nil, err
	}
	g := gate{Is: ask.IsPrereq, Score: strings.Trim(string(ask.Score), `"`), Completion: strings.Trim(string(ask.Completion), `"`)}
	for _, text := range []*string{&g.Score, &g.Completion} {
		if *text == "null" {
			*text = ""
		}
	}
	if ask.Prereq != nil {
		id := ""
		if *ask.Prereq != "" {
			needs, err := course.ParseUsageKey(*ask.Prereq)
			if needs = needs.In(u.Course); err != nil || needs.Course != u.Course || needs.Type != "sequential" {
				return nil, bad.Field("prereqUsageKey", "studio.partset.bad.prereq")
			}
			id = needs.ID
		}
		g.Needs = &id
	}
	others := g.read(b.Draft, op, bad, "prereqMinScore", "prereqMinCompletion", "prereqUsageKey")
	if len(bad.Fields) > 0 {
		return nil, bad
	}
	return others, nil
}

// pageOr is an update, of updates and handouts one that makes them where the course has none: clients take them for always there.
func pageOr(op draft.Update) draft.Op {
	if op.Block.Type != "course_info" {
		return op
	}
	return draft.WritePage{Page: op.Block, Set: op.Set, Unset: op.Unset, Body: op.Body}
}

// update makes the operation of a change.
func (c change) update(schemas map[string]course.Schema, u course.UsageKey) (op draft.Update, grader string, err error) {
	op.Block = u
	if c.Data != nil && string(*c.Data) != "null" {
		var text string
		if err := json.Unmarshal(*c.Data, &text); err != nil {
			return op, "", fault.Invalidf("data of %s: %w", u, err).Field("data", "draft.bad_value")
		}
		setData(schemas, &op, text)
	}
	settings, err := valuesOf(c.Metadata)
	if err != nil {
		return op, "", err
	}
	op.Metadata(settings, c.Nullout)
	fields, err := valuesOf(c.Fields)
	if err != nil {
		return op, "", err
	}
	for name, v := range fields {
		if op.Set == nil {
			op.Set = course.Fields{}
		}
		op.Set[name] = v
	}
	if c.Grader != nil {
		op.Grader(*c.Grader)
		grader = *c.Grader
	}
	if c.Children != nil {
		op.Children = []course.UsageKey{}
		for _, text := range *c.Children {
			child, err := course.ParseUsageKey(text)
			if err != nil {
				return op, "", fault.Invalidf("children: %w", err).Field("children", "studio.xblock.bad_key")
			}
			if child = child.In(u.Course); child.Course != u.Course {
				return op, "", fault.Invalidf("child %s of another course", child).Say("studio.xblock.other_course")
			}
			op.Children = append(op.Children, child)
		}
	}
	return op, grader, nil
}

func valuesOf(raw map[string]json.RawMessage) (course.Fields, error) {
	out := course.Fields{}
	for name, text := range raw {
		v, err := course.ParseValue(text)
		if err != nil {
			return nil, fault.Invalidf("%s: %w", name, err).Field(name, "draft.bad_value")
		}
		out[name] = v
	}
	return out, nil
}

// putInForce does what a change says of publishing.
func (s *Server) putInForce(r *http.Request, by draft.Author, u course.UsageKey, ask change, out *changed) error {
	request := publish.Request{Block: u, By: by, Seen: course.VersionID(ask.Seen)}
	var got publish.Result
	var err error
	action := "course.published"
	switch ask.Publish {
	case "":
		return nil
	case "make_public":
		got, err = s.Publisher.Publish(r.Context(), request)
	case "republish": // only where learners have something to be brought up to date
		_, b, readErr := s.Editor.Read(r.Context(), u.Course)
		if readErr != nil || draft.Block(b.Published, u) == nil {
			return readErr
		}
		got, err = s.Publisher.Publish(r.Context(), request)
	case "make_private":
		action = "course.unpublished"
		got, err = s.Publisher.Unpublish(r.Context(), request)
	default:
		return fault.Invalidf("publish: %q", ask.Publish).Field("publish", "draft.bad_value")
	}
	if err != nil {
		return err
	}
	for _, f := range got.Refused {
		out.Refused = append(out.Refused, newFinding(f))
	}
	for _, unit := range got.Units {
		out.Also = append(out.Also, unit.String())
	}
	s.noteReleased(r, action, []course.UsageKey{u}, got)
	return nil
}

// answerChange tells what a block holds now.
func (s *Server) answerChange(w http.ResponseWriter, r *http.Request, u course.UsageKey, out changed) error {
	head, b, err := s.Editor.Read(r.Context(), u.Course)
	if err != nil {
		return err
	}
	out.ID, out.Seen, out.Metadata = u.String(), string(head.Draft), metadata{}
	if block := draft.Block(b.Draft, u); block != nil {
		out.Data, out.Metadata = dataOf(block), metadataOf(s.Editor.Schemas, block)
	}
	return page.JSON(w, r, http.StatusOK, out)
}

// deleteBlock serves DELETE /xblock/KEY. The answer has no body; where what was deleted can be read again stands in a header.
func (s *Server) deleteBlock(w http.ResponseWriter, r *http.Request) error {
	by, u, err := s.enterBlock(r)
	if err != nil {
		return err
	}
	done, err := s.delete(r, by, u, r.URL.Query().Get("seen"))
	if err != nil {
		return err
	}
	w.Header().Set("X-Undo", undoOf(done))
	w.Header().Set("X-Seen", string(done.Head.Draft))
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *Server) delete(r *http.Request, by draft.Author, u course.UsageKey, seen string) (draft.Done, error) {
	done, err := s.Editor.Apply(r.Context(), draft.Edit{Key: u.Course, By: by, Seen: course.VersionID(seen), Ops: []draft.Op{draft.Delete{Block: u}}})
	if err == nil {
		s.note(r, "course.block_deleted", u, map[string]string{"version": string(done.Before.Draft)})
	}
	return done, err
}

// locator is enter for a block that a body names.
func (s *Server) locator(r *http.Request, field, text string) (draft.Author, course.UsageKey, error) {
	u, err := course.ParseUsageKey(text)
	if err != nil || u.Course != u.Course.Bare() {
		if _, authorErr := s.author(r); authorErr != nil {
			return draft.Author{}, u, authorErr
		}
		return draft.Author{}, u, fault.Invalidf("%s: %q is no key of a block", field, text).Field(field, "studio.xblock.bad_key").Say("studio.xblock.bad_key")
	}
	return s.enterUsage(r, u)
}

// readJSON reads a body; visitors are told to sign in before anything is said of what they sent.
func (s *Server) readJSON(r *http.Request, v any) error {
	if !page.Viewer(r).SignedIn() {
		return fault.Unauthenticatedf("not signed in to Studio")
	}
	return page.ReadJSON(r, v)
}
