package main

import "lyceum/course"

// teamSamples are the requests for the team of a course. What they ask for cannot be done by anybody.
func teamSamples(_, _ *course.Compiled) map[string][]asked {
	put := asked{name: "no such role", path: "/course_team/{course}/somebody", body: `{"role": "king"}`, kind: "application/json", headers: asksJSON}
	return map[string][]asked{
		"GET /course_team/{course}":  {{path: "/course_team/{course}", headers: asPage}, {name: "JSON", path: "/course_team/{course}", headers: asksJSON}},
		"POST /course_team/{course}": {{name: "nobody", path: "/course_team/{course}", body: "act=add&who=nobody-here&role=staff", headers: asPage}},
		"GET /course_team/{course}/{who}": {
			{name: "of the team", path: "/course_team/{course}/staff", headers: asksJSON},
			{name: "somebody else", path: "/course_team/{course}/somebody", headers: asksJSON},
		},
		"POST /course_team/{course}/{who}":   {put},
		"PUT /course_team/{course}/{who}":    {put},
		"DELETE /course_team/{course}/{who}": {{name: "nobody", path: "/course_team/{course}/nobody-here", headers: asksJSON}},
	}
}
