package main

import "lyceum/course"

// studioHTMLSamples are the requests of the editor of rich text.
func studioHTMLSamples(_, _ *course.Compiled) map[string][]asked {
	return map[string][]asked{
		"GET /richtext":          {{path: "/richtext", headers: asPage}},
		"GET /richtext/places":   {{path: "/richtext/places?course={coursequery}", headers: asksJSON}},
		"GET /richtext/text/*":   {{path: "/richtext/text/block-v1:{keyparts}+type@html+block@text", headers: asPage}},
		"POST /richtext/preview": {{path: "/richtext/preview", body: "course={coursequery}&text=x", headers: asPage}},
	}
}
