package capa

import (
	_ "embed"
	"encoding/json"
)

// correctMapSource is what hint functions see of a CorrectMap.
//
//go:embed correctmap.py
var correctMapSource string

// hintFunction lets a function of the script edit the response's part of the
// map. It is given the map of the previous check too.
func (s *submission) hintFunction(function string) error {
	ids := make([]string, len(s.response.inputs))
	graded := make(CorrectMap, len(ids))
	for k, i := range s.response.inputs {
		ids[k] = s.in.id(i.id)
		if e, ok := s.result.CorrectMap[ids[k]]; ok {
			graded[ids[k]] = e
		}
	}
	old := s.old
	if old == nil {
		old = CorrectMap{}
	}
	code := correctMapSource + "\n" + s.in.problem.code +
		"\nhinted = CorrectMap(new_cmap)\n" + function + "(answer_ids, student_answers, hinted, CorrectMap(old_cmap))\nhinted = hinted.get_dict()\n"
	left, err := s.run(code, object([]binding{
		{"answer_ids", pythonJSON(ids)},
		{"student_answers", pythonJSON(s.answers)},
		{"new_cmap", pythonJSON(graded)},
		{"old_cmap", pythonJSON(old)},
	}))
	if err != nil {
		return err
	}
	hinted, ok := left.field("hinted")
	var edited CorrectMap
	if !ok || json.Unmarshal([]byte(hinted.raw), &edited) != nil {
		return s.response.fault(ResponseFault, "the hint function %s left no map of results", textEscaper.Replace(function))
	}
	for id := range graded {
		delete(s.result.CorrectMap, id)
	}
	for id, e := range edited {
		e.Msg, e.Hint = tidyMessage(pyValue{kind: '"', text: e.Msg}), tidyMessage(pyValue{kind: '"', text: e.Hint})
		s.result.CorrectMap[id] = e
	}
	return nil
}
