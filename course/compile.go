package course

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Compile builds the readers' form of published content. It never fails on what authors wrote: a value that does not
// fit its field counts as unset. It panics when the content has no root, which no store returns.
func Compile(c *Content, version VersionID, files map[string]File, describe Describe) *Compiled {
	return Recompile(nil, c, version, files, describe)
}

// Recompile is Compile for content that shares blocks with what was compiled before, by the same describe: what is the
// very same block is not described anew. The result is the same as Compile's.
func Recompile(before *Compiled, c *Content, version VersionID, files map[string]File, describe Describe) *Compiled {
	if out := patched(before, c, version, files, describe); out != nil {
		return out
	}
	out := &Compiled{
		Key: c.Key, Version: version, Pages: c.Pages, Grading: c.Grading, Files: files,
		byTypeID: map[typeID]int32{}, byID: map[string]int32{},
	}
	b := builder{out: out, describe: describe, before: before}
	if before != nil {
		out.Nodes = make([]Node, 0, len(before.Nodes)+16)
		out.byTypeID = make(map[typeID]int32, len(before.Nodes)+16)
		out.byID = make(map[string]int32, len(before.Nodes)+16)
	}
	b.add(c.Root, -1, 0, defaultSettings, true)
	out.usages = make([]string, len(out.Nodes))
	for i := range out.Nodes {
		out.usages[i] = out.Nodes[i].Usage
	}
	out.Size += sizeBeside(c.Pages, files)
	out.Partitions = PartitionsOf(c.Root.Fields["user_partitions"])
	out.Tabs = tabsOf(c.Root.Fields["tabs"])
	out.Summary = summaryOf(out)
	out.Gates = gatesOf(out)
	return out
}

type builder struct {
	out      *Compiled
	describe Describe
	before   *Compiled // nil when there is none
}

// add compiles a block and those below it. settled says that the settings of all blocks above are those of before.
func (b *builder) add(blk *Block, parent, depth int32, inherited Settings, settled bool) int32 {
	i := int32(len(b.out.Nodes))
	n := Node{Key: b.out.Key.Usage(blk.Type, blk.ID), Index: i, Parent: parent, Depth: depth, Last: i, Block: blk}
	was := b.was(blk, parent)
	if was != nil {
		n.Usage, n.HTMLID = was.Usage, was.HTMLID
	} else {
		n.Usage, n.HTMLID = n.Key.String(), n.Key.HTMLID()
	}
	if settled = settled && was != nil && sameFields(was.Block.Fields, blk.Fields); settled {
		n.Settings, n.Name = was.Settings, was.Name
	} else {
		n.Settings = settle(inherited, blk.Fields)
		n.Name, n.Settings.DisplayNameIsUnset = nameFor(blk)
	}
	if was != nil && was.Block == blk {
		n.Definition, n.Facts = was.Definition, was.Facts
	} else {
		n.Definition = definitionOf(blk)
		if b.describe != nil {
			n.Facts = b.describe(blk)
		}
	}
	if parent < 0 || b.out.Nodes[parent].Facts.Chooses || asksMore(&b.out.Nodes[parent].Settings, &n.Settings) {
		n.Door = int32(len(b.out.Doors))
		b.out.Doors = append(b.out.Doors, i)
	} else {
		n.Door = b.out.Nodes[parent].Door
	}
	if first, dup := b.out.byTypeID[typeID{blk.Type, blk.ID}]; dup {
		n.Twin, b.out.Nodes[first].Twin = b.out.Nodes[first].Twin, i
	} else {
		b.out.byTypeID[typeID{blk.Type, blk.ID}] = i
	}
	if n.Varies = n.Facts.Chooses; n.Varies {
		b.out.Choosers = append(b.out.Choosers, i)
	}
	doors := len(b.out.Doors)
	b.out.Nodes = append(b.out.Nodes, n)
	b.out.Size += int64(len(blk.Body)+len(n.Usage)) + 720
	if _, dup := b.out.byID[blk.ID]; !dup {
		b.out.byID[blk.ID] = i
	}
	pass := n.Settings
	children := make([]int32, len(blk.Children))
	for j, child := range blk.Children {
		children[j] = b.add(child, i, depth+1, pass, settled)
	}
	made := &b.out.Nodes[i]
	made.Children = children
	made.Last = int32(len(b.out.Nodes) - 1)
	made.Uniform = len(b.out.Doors) == doors
	if made.Completable() {
		made.Leaves = 1
	}
	for _, j := range children {
		child := &b.out.Nodes[j]
		made.Leaves += child.Leaves
		if child.Leaves == 0 {
			made.Idle++
		}
		made.Hides = made.Hides || child.Settings.HideFromTOC
		made.Varies = made.Varies || child.Varies
	}
	return i
}

// asksMore reports whether a block asks anything of who sees it that the block above does not ask. What is asked is decided in
// learner/access, whose tests hold this against its rules.
func asksMore(above, n *Settings) bool {
	return n.StaffOnly && !above.StaffOnly ||
		n.SelfPaced != above.SelfPaced || !sameNumber(n.DaysEarlyForBeta, above.DaysEarlyForBeta) ||
		!n.SelfPaced && n.Start.After(above.Start) ||
		len(n.GroupAccess) > 0 && reflect.ValueOf(n.GroupAccess).Pointer() != reflect.ValueOf(above.GroupAccess).Pointer()
}

func sameNumber(a, b *float64) bool { return a == b || a != nil && b != nil && *a == *b }

// was finds the block under the same parent in what was compiled before, nil when there is none.
func (b *builder) was(blk *Block, parent int32) *Node {
	if b.before == nil {
		return nil
	}
	n, ok := b.before.Find(blk.Type, blk.ID)
	if !ok || (n.Parent < 0) != (parent < 0) {
		return nil
	}
	if parent >= 0 {
		above, now := b.before.Nodes[n.Parent].Block, b.out.Nodes[parent].Block
		if above.Type != now.Type || above.ID != now.ID {
			return nil
		}
	}
	return n
}

// sameFields reports whether a and b are one map. Content never changes in place, so one map means equal fields.
func sameFields(a, b Fields) bool {
	return reflect.ValueOf(a).Pointer() == reflect.ValueOf(b).Pointer()
}

var defaultSettings = Settings{
	Start: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC), ShowAnswer: "finished", ShowCorrectness: "always", Rerandomize: "never",
}

// settle applies a block's own fields to what it inherits.
func settle(s Settings, f Fields) Settings {
	// What is never inherited starts anew.
	s.GradedSet, s.Format, s.HideAfterDue, s.Weight, s.DisplayNameIsUnset = nil, "", false, nil, false

	if t, ok := f["start"].Time(); ok {
		s.Start, s.StartSet = t, true
	}
	override(f["due"], &s.Due, Value.Time)
	override(f["relative_weeks_due"], &s.RelativeWeeksDue, Value.Int)
	override(f["graceperiod"], &s.Grace, Value.Duration)
	override(f["max_attempts"], &s.MaxAttempts, Value.Int)
	override(f["days_early_for_beta"], &s.DaysEarlyForBeta, Value.Float)
	override(f["weight"], &s.Weight, Value.Float)
	if g, ok := f["graded"].Bool(); ok {
		s.Graded, s.GradedSet = g, &g
	}
	overrideBool(f["visible_to_staff_only"], &s.StaffOnly)
	overrideBool(f["hide_from_toc"], &s.HideFromTOC)
	overrideBool(f["hide_after_due"], &s.HideAfterDue)
	overrideBool(f["show_reset_button"], &s.ShowResetButton)
	overrideBool(f["self_paced"], &s.SelfPaced)
	overrideBool(f["in_entrance_exam"], &s.InEntranceExam)
	overrideBool(f["video_auto_advance"], &s.VideoAutoAdvance)
	overrideText(f["format"], &s.Format)
	overrideText(f["showanswer"], &s.ShowAnswer)
	overrideText(f["show_correctness"], &s.ShowCorrectness)
	overrideText(f["static_asset_path"], &s.StaticAssetPath)
	switch r, ok := f["rerandomize"].Text(); {
	case !ok:
	case r == "" || r == "true":
		s.Rerandomize = "always"
	case r == "false":
		s.Rerandomize = "per_student"
	default:
		s.Rerandomize = r
	}
	s.GroupAccess = mergeGroups(s.GroupAccess, f["group_access"])
	return s
}

// override sets *dst from v: an explicit null clears it, an unset or unreadable value leaves what was inherited.
func override[T any](v Value, dst **T, read func(Value) (T, bool)) {
	if v.IsNull() {
		*dst = nil
	} else if x, ok := read(v); ok {
		*dst = &x
	}
}

func overrideBool(v Value, dst *bool) {
	if x, ok := v.Bool(); ok {
		*dst = x
	}
}

func overrideText(v Value, dst *string) {
	if v.IsNull() {
		*dst = ""
	} else if x, ok := v.Text(); ok {
		*dst = x
	}
}

// mergeGroups intersects the sets of each partition down the path. An empty or null list on a block says nothing.
func mergeGroups(above GroupAccess, v Value) GroupAccess {
	var own map[string][]int
	if !v.Decode(&own) || len(own) == 0 {
		return above
	}
	merged := GroupAccess{}
	maps.Copy(merged, above)
	for name, groups := range own {
		p, err := strconv.Atoi(name)
		if err != nil || len(groups) == 0 {
			continue
		}
		was, ok := merged[p]
		if !ok {
			merged[p] = groups
			continue
		}
		both := []int{}
		for _, g := range was {
			if slices.Contains(groups, g) {
				both = append(both, g)
			}
		}
		merged[p] = both
	}
	return merged
}

// definitionOf hashes what a kind parses from a block.
func definitionOf(b *Block) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%d\n", b.Type, len(b.Body))
	h.Write(b.Body)
	names := make([]string, 0, len(b.Attrs))
	for k := range b.Attrs {
		names = append(names, k)
	}
	slices.Sort(names)
	for _, k := range names {
		fmt.Fprintf(h, "%q=%q\n", k, b.Attrs[k])
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

func tabsOf(v Value) []Tab {
	var entries []Value
	var raw []map[string]any
	if !v.Decode(&raw) || len(raw) == 0 {
		return DefaultTabs
	}
	for _, e := range raw {
		entries = append(entries, JSON(e))
	}
	tabs := make([]Tab, 0, len(entries))
	for i, e := range raw {
		text := func(k string) string { s, _ := e[k].(string); return s }
		truth := func(k string) bool { b, _ := e[k].(bool); return b }
		tabs = append(tabs, Tab{
			Type: text("type"), Name: text("name"), Slug: text("url_slug"), Link: text("link"),
			Hidden: truth("is_hidden"), StaffOnly: truth("course_staff_only"), HiddenForEnrolled: truth("hide_for_enrolled_learners"),
			Raw: entries[i],
		})
	}
	return tabs
}

var tagPattern = regexp.MustCompile(`<[^>]*>`)

// PlainText is the text of a short HTML page such as an effort or a short description, on one line.
func PlainText(body []byte) string {
	return strings.Join(strings.Fields(html.UnescapeString(tagPattern.ReplaceAllString(string(body), " "))), " ")
}

func summaryOf(c *Compiled) Summary {
	f := c.Root().Block.Fields
	text := func(name, def string) string {
		if s, ok := f[name].Text(); ok && s != "" {
			return s
		}
		return def
	}
	date := func(name string) *time.Time {
		if t, ok := f[name].Time(); ok {
			return &t
		}
		return nil
	}
	about := func(name string) string {
		if p := c.Page("about", name); p != nil {
			return PlainText(p.Body)
		}
		return ""
	}
	s := Summary{
		Key: c.Key, Version: c.Version, Name: c.Root().Name,
		Org: text("display_organization", c.Key.Org), Number: text("display_coursenumber", c.Key.Number),
		Start: date("start"), End: date("end"), EnrollmentStart: date("enrollment_start"), EnrollmentEnd: date("enrollment_end"),
		Announcement: date("announcement"), AdvertisedStart: text("advertised_start", ""),
		Image: AssetName(text("course_image", "images_course_image.jpg")), Language: text("language", ""),
		ShortDescription: about("short_description"), Effort: about("effort"),
		CatalogVisibility: text("catalog_visibility", "both"),
	}
	_, s.HasImage = c.Files[s.Image]
	s.InvitationOnly, _ = f["invitation_only"].Bool()
	s.SelfPaced, _ = f["self_paced"].Bool()
	s.MobileAvailable, _ = f["mobile_available"].Bool()
	s.MaxEnrollments, _ = f["max_student_enrollments_allowed"].Int()
	return s
}
