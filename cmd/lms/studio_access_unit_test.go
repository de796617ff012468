package main

import "lyceum/course"

// unitSamples are the requests for the pages of units and their previews.
func unitSamples(_, other *course.Compiled) map[string][]asked {
	block := func(kind, id string) string { return "block-v1:{keyparts}+type@" + kind + "+block@" + id }
	unit, question := block("vertical", "u1"), block("problem", "p1")
	return map[string][]asked{
		"GET /container/*": {
			{path: "/container/" + unit, headers: asPage},
			{name: "of a section", path: "/container/" + block("chapter", "open"), headers: asPage},
		},
		"POST /container/*": {
			{name: "of no kind", path: "/container/" + unit, body: "category=nonsense", headers: asPage},
			{name: "no such template", path: "/container/" + unit, body: "category=problem&boilerplate=none", headers: asksJSON},
		},
		"GET /preview/unit/*":  {{path: "/preview/unit/" + unit, headers: asPage}},
		"GET /preview/frame/*": {{name: "that needs none", path: "/preview/frame/" + block("html", "text"), headers: asPage}},
		"GET /preview/xblock/*": {
			{name: "no handler", path: "/preview/xblock/" + question, headers: asksJSON},
			{name: "no such handler", path: "/preview/xblock/" + question + "/handler/none", headers: asksJSON},
		},
		"POST /preview/xblock/*": {
			{name: "try", path: "/preview/xblock/" + question + "/handler/xmodule_handler/problem_get", body: "x=1", headers: asksJSON},
			{name: "of another course", path: "/preview/xblock/" + usage(other.Key, "problem", "p1") + "/handler/xmodule_handler/problem_get", body: "x=1", headers: asksJSON},
		},
		"GET /preview/learner/xblock/*":        {{name: "no such handler", path: "/preview/learner/xblock/" + question + "/handler/none", headers: asksJSON}},
		"POST /preview/learner/xblock/*":       {{name: "try", path: "/preview/learner/xblock/" + question + "/handler/xmodule_handler/problem_get", body: "x=1", headers: asksJSON}},
		"GET /preview/files/{course}/{pass}/*": {{name: "forged pass", path: "/preview/files/{course}/1.9999999999.AAAA/a.png"}},
		"GET /courses/*":                       {{path: "/courses/{course}/about", headers: asPage}},
	}
}
