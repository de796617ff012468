package main

import (
	"lyceum/course"
)

// transferSamples are requests to bring courses in, take them out, run them again and delete them, none of which does so.
func transferSamples(_, _ *course.Compiled) map[string][]asked {
	json := func(path string) asked {
		return asked{path: path, body: `{}`, kind: "application/json", headers: asksJSON}
	}
	return map[string][]asked{
		"GET /course/import":                           {{path: "/course/import", headers: asPage, once: true}},
		"POST /course/import":                          {{path: "/course/import", body: `{}`, kind: "application/json", headers: asksJSON, once: true}},
		"GET /course/import/status":                    {{path: "/course/import/status?file=x.tar.gz", headers: asksJSON, once: true}},
		"GET /import/{course}":                         {{path: "/import/{course}", headers: asPage}, {name: "JSON", path: "/import/{course}", headers: asksJSON}},
		"POST /import/{course}":                        {json("/import/{course}")},
		"GET /import/{course}/{task}/undo":             {{path: "/import/{course}/1/undo", headers: asPage}},
		"POST /import/{course}/{task}/undo":            {{path: "/import/{course}/1/undo", headers: asPage}},
		"GET /import_status/{course}/{file}":           {{path: "/import_status/{course}/x.tar.gz", headers: asksJSON}},
		"GET /export/{course}":                         {{path: "/export/{course}", headers: asPage}, {name: "the archive", path: "/export/{course}?_accept=application/x-tgz"}},
		"POST /export/{course}":                        {json("/export/{course}")},
		"GET /export_status/{course}":                  {{path: "/export_status/{course}", headers: asksJSON}},
		"GET /export_output/{course}":                  {{path: "/export_output/{course}?task=0"}},
		"GET /course_rerun/{course}":                   {{path: "/course_rerun/{course}", headers: asPage}},
		"GET /course_notifications/{course}/{task}":    {{path: "/course_notifications/{course}/0", headers: asksJSON}},
		"DELETE /course_notifications/{course}/{task}": {{path: "/course_notifications/{course}/0", headers: asksJSON}},
		"GET /home/making/{task}":                      {{path: "/home/making/0", headers: asksJSON, once: true}},
		"POST /home/making/{task}":                     {{path: "/home/making/0", headers: asPage, once: true}},
		"GET /course/{course}/delete":                  {{path: "/course/{course}/delete", headers: asPage}},
		"POST /course/{course}/delete":                 {{path: "/course/{course}/delete", body: "name=nonsense", headers: asPage}},
		"POST /course/{course}/restore":                {{path: "/course/{course}/restore", headers: asPage}},
	}
}
