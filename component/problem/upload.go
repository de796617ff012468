package problem

import (
	"bytes"
	"context"
	"encoding/xml"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"lyceum/component"
	"lyceum/grading/capa"
	"lyceum/grading/submission"
	"lyceum/internal/fault"
	"lyceum/web/i18n"
)

// What a learner may send at once for one input.
const (
	mostFiles   = 20
	largestFile = 4_000_000 // bytes
	longestName = 255       // bytes
)

// uploadRule is which files an input takes.
type uploadRule struct {
	allowed  []string // none: any
	required []string
}

// findUploads reads the rules of a problem's inputs for files, by their ids.
func findUploads(src []byte, problem *capa.Problem) map[string]uploadRule {
	if !asksWith(problem, "filesubmission") {
		return nil
	}
	var rules []uploadRule
	d := xml.NewDecoder(bytes.NewReader(src))
	d.Strict = false // capa has read it; here nothing is refused
	for {
		t, err := d.RawToken()
		if err != nil {
			break
		}
		e, ok := t.(xml.StartElement)
		if !ok || e.Name.Local != "filesubmission" {
			continue
		}
		var rule uploadRule
		for _, a := range e.Attr {
			switch a.Name.Local {
			case "allowed_files":
				rule.allowed = fileNames(a.Value)
			case "required_files":
				rule.required = fileNames(a.Value)
			}
		}
		rules = append(rules, rule)
	}
	out := map[string]uploadRule{}
	for _, r := range problem.Responses() {
		for _, in := range r.Inputs {
			if in.Type == "filesubmission" && len(rules) > 0 {
				out[in.ID], rules = rules[0], rules[1:]
			}
		}
	}
	return out
}

// takeFiles puts the names of the files that came with an answer into it. why is what the learner is told when they are not those the input
// takes; then nothing may be submitted.
func takeFiles(ctx context.Context, rules map[string]uploadRule, prefix string, sent []component.File, into capa.Answers) (files []submission.File, why string, err error) {
	names := map[string][]string{}
	for _, f := range sent {
		id := strings.TrimSuffix(strings.TrimPrefix(f.Field, "input_"), "[]")
		rule, ok := rules[trimPrefix(id, prefix+"_")]
		if !ok || !strings.HasPrefix(id, prefix+"_") {
			return nil, "", fault.Invalidf("a file for %q, which takes none", f.Field)
		}
		name := path.Base(strings.ReplaceAll(f.Name, `\`, "/"))
		switch {
		case name == "." || name == "/" || name == "" && len(f.Content) == 0:
			continue // an empty field of a form sent without scripts
		case len(rule.allowed) > 0 && !slices.Contains(rule.allowed, name):
			return nil, i18n.T(ctx, "problem.files_not_allowed", name, strings.Join(rule.allowed, ", ")), nil
		case len(f.Content) > largestFile, len(names[id]) >= mostFiles:
			return nil, i18n.T(ctx, "problem.files_too_large", name), nil
		case len(name) > longestName || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
			return nil, "", fault.Invalidf("file name %.300q", name)
		case slices.Contains(names[id], name):
			return nil, "", fault.Invalidf("two files %q", name)
		}
		names[id] = append(names[id], name)
		files = append(files, submission.File{Input: id, Name: name, Content: f.Content})
	}
	for short, rule := range rules {
		id := prefix + "_" + short
		for _, name := range rule.required {
			if !slices.Contains(names[id], name) {
				return nil, i18n.T(ctx, "problem.files_missing", name), nil
			}
		}
		if len(names[id]) == 0 {
			return nil, i18n.T(ctx, "problem.files_none"), nil
		}
		into[id] = capa.Files(names[id]...)
	}
	return files, "", nil
}
