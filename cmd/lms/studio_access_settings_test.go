package main

import "lyceum/course"

// settingsSamples are the requests for the pages around the content of a course.
func settingsSamples(_, _ *course.Compiled) map[string][]asked {
	send := func(path, body string) []asked {
		return []asked{{path: path, body: body, kind: "application/json", headers: asksJSON}}
	}
	both := func(path string) []asked {
		return []asked{{path: path, headers: asPage}, {name: "JSON", path: path, headers: asksJSON}}
	}
	const certificates = "/certificates/{course}"
	const details, grading, advanced = "/settings/details/{course}", "/settings/grading/{course}", "/settings/advanced/{course}"
	return map[string][]asked{
		"GET " + certificates:                               both(certificates),
		"POST " + certificates:                              append(send(certificates, `{"name": ""}`), asked{name: "by form", path: certificates, body: "act=nonsense", headers: asPage}),
		"POST " + certificates + "/{n}":                     send(certificates+"/7", `{"name": ""}`),
		"PUT " + certificates + "/{n}":                      send(certificates+"/7", `{"name": ""}`),
		"DELETE " + certificates + "/{n}":                   send(certificates+"/7", ""),
		"DELETE " + certificates + "/{n}/signatories/{sig}": send(certificates+"/7/signatories/8", ""),
		"POST /certificates/activation/{course}":            send("/certificates/activation/{course}", `{"is_active": 5}`),
		"GET " + details:                                    both(details),
		"PUT " + details:                                    send(details, `{"end_date": "soon"}`),
		"POST " + details:                                   append(send(details, `{"end_date": "soon"}`), asked{name: "by form", path: details, body: "end=soon", headers: asPage}),
		"GET " + grading:                                    both(grading),
		"PUT " + grading:                                    send(grading, `{"grade_cutoffs": {}}`),
		"POST " + grading:                                   append(send(grading, `{"grade_cutoffs": {}}`), asked{name: "by form", path: grading, body: "letter=A&cutoff=x", headers: asPage}),
		"GET " + grading + "/{n}":                           send(grading+"/0", ""),
		"PUT " + grading + "/{n}":                           send(grading+"/0", `{"type": ""}`),
		"POST " + grading + "/{n}":                          send(grading+"/0", `{"type": ""}`),
		"DELETE " + grading + "/{n}":                        send(grading+"/99", ""),
		"GET /tabs/{course}":                                both("/tabs/{course}"),
		"PUT /tabs/{course}":                                send("/tabs/{course}", `{}`),
		"POST /tabs/{course}":                               append(send("/tabs/{course}", `{}`), asked{name: "by form", path: "/tabs/{course}", body: "act=nonsense", headers: asPage}),
		"GET /course_info/{course}":                         both("/course_info/{course}"),
		"POST /course_info/{course}":                        {{path: "/course_info/{course}", body: "act=nonsense", headers: asPage}},
		"GET /course_info_update/{course}":                  send("/course_info_update/{course}", ""),
		"POST /course_info_update/{course}":                 send("/course_info_update/{course}", `{"date": 5}`),
		"GET /course_info_update/{course}/{n}":              send("/course_info_update/{course}/9", ""),
		"POST /course_info_update/{course}/{n}":             send("/course_info_update/{course}/9", `{}`),
		"PUT /course_info_update/{course}/{n}":              send("/course_info_update/{course}/9", `{}`),
		"DELETE /course_info_update/{course}/{n}":           send("/course_info_update/{course}/9", ""),
		"GET " + advanced:                                   both(advanced),
		"PUT " + advanced:                                   send(advanced, `{"deleteKeys": 5}`),
		"PATCH " + advanced:                                 send(advanced, `{"deleteKeys": 5}`),
		"POST " + advanced:                                  append(send(advanced, `{"deleteKeys": 5}`), asked{name: "by form", path: advanced, body: "f.is_new=x", headers: asPage}),
	}
}
