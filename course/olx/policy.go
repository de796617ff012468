package olx

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"lyceum/course"
)

// readPolicies reads policy.json and grading_policy.json, from prefix ("" or "drafts/").
func (r *reader) readPolicies(prefix string) {
	if r.opts.Library {
		return
	}
	run := r.run
	switch {
	case run == "" && r.look:
		run = noRun
	case run == "":
		run = r.target.Run
	}
	r.policyFile = prefix + "policies/" + run + "/policy.json"
	r.policy = r.readPolicy(r.policyFile, prefix+"policies/"+run+".json")

	gradingFile := prefix + "policies/" + run + "/grading_policy.json"
	r.grading = ""
	for _, file := range []string{gradingFile, prefix + "grading_policy.json"} {
		src, err := r.readFile(file)
		if err != nil {
			continue
		}
		v, err := r.json(file, src)
		if err != nil || v[0] != '{' {
			if err == nil {
				r.note(Defect{Kind: BadJSON, File: file, Detail: "not an object"})
			}
			return
		}
		r.grading = v
		return
	}
	if prefix == "" {
		r.note(Defect{Kind: NoGradingPolicy, File: gradingFile})
	}
}

func (r *reader) readPolicy(file, old string) map[string]map[string]course.Value {
	src, err := r.readFile(file)
	if err != nil || len(bytes.TrimSpace(src)) == 0 {
		oldSrc, oldErr := r.readFile(old)
		if oldErr != nil && errors.Is(err, fs.ErrNotExist) {
			if !strings.HasPrefix(file, "drafts/") {
				r.note(Defect{Kind: NoPolicy, File: file})
			}
			return nil
		}
		src, file = oldSrc, old
	}
	if len(bytes.TrimSpace(src)) == 0 {
		return nil
	}
	v, err := r.json(file, src)
	if err != nil {
		return nil
	}
	var entries map[string]course.Value
	if !rawEntries(v, &entries) {
		return nil // an empty list is as good as nothing
	}
	out := map[string]map[string]course.Value{}
	for key, entry := range entries {
		fields := map[string]course.Value{}
		if !rawEntries(entry, &fields) {
			r.note(Defect{Kind: UnusedPolicy, File: file, Block: key, Detail: key + " is not an object"})
			r.policyOdd[key] = json.RawMessage(entry)
			continue
		}
		out[key] = fields
	}
	r.matchPolicyKey(file, out)
	return out
}

// rawEntries takes a JSON object apart, one level.
func rawEntries(v course.Value, dst *map[string]course.Value) bool {
	var raw map[string]json.RawMessage
	if !v.Decode(&raw) {
		return false
	}
	*dst = map[string]course.Value{}
	for k, m := range raw {
		(*dst)[k] = course.Value(m)
	}
	return true
}

// matchPolicyKey makes the one entry for a course ours when it names another run.
func (r *reader) matchPolicyKey(file string, policy map[string]map[string]course.Value) {
	own := "course/" + r.run
	if policy[own] != nil {
		return
	}
	var others []string
	for key := range policy {
		if strings.HasPrefix(key, "course/") {
			others = append(others, key)
		}
	}
	slices.Sort(others)
	if len(others) == 0 {
		return
	}
	detail := fmt.Sprintf("no entry %q", own)
	if len(others) == 1 {
		policy[own] = policy[others[0]]
		delete(policy, others[0])
		detail += ", used " + others[0]
	}
	r.note(Defect{Kind: PolicyKeyMismatch, File: file, Detail: detail})
}

// json reads a JSON file; a mistake is reported with its line.
func (r *reader) json(file string, src []byte) (course.Value, error) {
	if bytes.HasPrefix(src, utf8BOM) {
		r.note(Defect{Kind: BOM, File: file, Line: 1, Detail: "byte order mark in front"})
		src = src[len(utf8BOM):]
	}
	if d := jsonDepth(src); d > maxJSONDepth {
		r.note(Defect{Kind: BadJSON, File: file, Detail: fmt.Sprintf("nested %d deep", d)})
		return "", errTooLarge
	}
	v, err := course.ParseValue(src)
	if err != nil {
		d := Defect{Kind: BadJSON, File: file, Detail: err.Error()}
		if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
			at := min(int(syntax.Offset), len(src))
			d.Line = 1 + bytes.Count(src[:at], []byte("\n"))
			d.Detail = fmt.Sprintf("line %d, byte %d: %v", d.Line, syntax.Offset, err)
		}
		r.note(d)
		return "", err
	}
	return v, nil
}

// keepUnusedPolicies carries entries for blocks the course does not have, so that export can write them back.
func (r *reader) keepUnusedPolicies(c *course.Content) {
	unused := maps.Clone(r.policyOdd)
	for _, key := range slices.Sorted(maps.Keys(r.policy)) {
		if r.policyUsed[key] {
			continue
		}
		r.note(Defect{Kind: UnusedPolicy, File: r.policyFile, Block: key, Detail: "the course has no block " + key})
		fields := map[string]json.RawMessage{}
		for name, v := range r.policy[key] {
			fields[name] = json.RawMessage(v)
		}
		unused[key] = json.RawMessage(course.JSON(fields))
	}
	if len(unused) > 0 {
		c.Extra[unusedPolicyFile] = []byte(course.JSON(unused))
	}
}

// noRun is what the tools of this format write for a run that is not there.
const noRun = "None"

// unusedPolicyFile is where course.Content.Extra holds the entries of policy.json that belong to no block.
const unusedPolicyFile = "policies/policy.json"
