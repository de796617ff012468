package main

import "lyceum/course"

// studioProblemSamples are the requests for the preview of a problem.
func studioProblemSamples(_, other *course.Compiled) map[string][]asked {
	block := func(kind, id string) string { return "block-v1:{keyparts}+type@" + kind + "+block@" + id }
	return map[string][]asked{
		"GET /preview/problem/*": {
			{name: "as saved", path: "/preview/problem/" + block("problem", "p1"), headers: asPage},
			{name: "none", path: "/preview/problem/" + block("problem", "none"), headers: asPage},
			{name: "no problem", path: "/preview/problem/" + block("html", "text"), headers: asPage},
		},
		"POST /preview/problem/*": {
			{name: "as typed", path: "/preview/problem/" + block("problem", "p1"), body: form("data", "<problem><p>x</p></problem>"), headers: asksJSON},
			{name: "an act", path: "/preview/problem/" + block("problem", "p1") + "/problem_get", body: form("data", "<problem><p>x</p></problem>"), headers: asksJSON},
			{name: "of another course", path: "/preview/problem/" + usage(other.Key, "problem", "none"), body: form("data", "x"), headers: asksJSON},
		},
	}
}
