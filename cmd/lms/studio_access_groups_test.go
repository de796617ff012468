package main

import "lyceum/course"

// groupSamples are the requests for the groups of a course. Nothing changes for those who may: what they ask for cannot be done.
func groupSamples(_, _ *course.Compiled) map[string][]asked {
	json := func(name, path, body string) asked {
		return asked{name: name, path: path, body: body, kind: "application/json", headers: asksJSON}
	}
	const all, one, group = "/group_configurations/{course}", "/group_configurations/{course}/7", "/group_configurations/{course}/7/1"
	return map[string][]asked{
		"GET " + all:  {{name: "JSON", path: all, headers: asksJSON}, {name: "page", path: all, headers: asPage}},
		"POST " + all: {json("no groups", all, `{}`), {name: "no such act", path: all, body: "act=nonsense", headers: asPage}, {name: "delete none", path: all, body: "act=delete&partition=7", headers: asPage}},
		"GET /group_configurations/{course}/{partition}": {
			{name: "none", path: one, headers: asksJSON}, {name: "new", path: "/group_configurations/{course}/new", headers: asPage},
		},
		"POST /group_configurations/{course}/{partition}": {
			json("no groups", one, `{}`), {name: "no name", path: "/group_configurations/{course}/new", body: "act=save", headers: asPage},
		},
		"PUT /group_configurations/{course}/{partition}":            {json("no groups", one, `{}`)},
		"DELETE /group_configurations/{course}/{partition}":         {{name: "none", path: one, headers: asksJSON}},
		"POST /group_configurations/{course}/{partition}/{group}":   {json("no groups", group, `{}`)},
		"PUT /group_configurations/{course}/{partition}/{group}":    {json("no groups", group, `{}`)},
		"DELETE /group_configurations/{course}/{partition}/{group}": {{name: "none", path: group, headers: asksJSON}},
	}
}
