package main

import (
	"strings"

	"lyceum/course"
)

// studioEditSamples are the requests for the form of one block.
func studioEditSamples(_, other *course.Compiled) map[string][]asked {
	block := func(kind, id string) string { return "block-v1:{keyparts}+type@" + kind + "+block@" + id }
	ask := func(locator string) string {
		return "%7B%22locator%22:%22" + strings.ReplaceAll(locator, "+", "%2B") + "%22%7D"
	}
	return map[string][]asked{
		"POST /transcripts/upload": {
			{name: "no video", body: "locator=" + block("html", "text"), headers: asksJSON},
			{name: "none", body: "locator=" + block("video", "none"), headers: asksJSON},
		},
		"GET /transcripts/check":    {{name: "no video", path: "/transcripts/check?data=" + ask(block("html", "text")), headers: asksJSON}},
		"POST /transcripts/check":   {{name: "no video", body: "data=" + ask(block("html", "text")), headers: asksJSON}},
		"GET /transcripts/choose":   {{name: "as a link", path: "/transcripts/choose?data=" + ask(block("video", "v1")), headers: asksJSON}},
		"POST /transcripts/choose":  {{name: "none", body: "data=" + ask(block("video", "v1")), headers: asksJSON}},
		"GET /transcripts/replace":  {{name: "as a link", path: "/transcripts/replace?data=" + ask(block("video", "v1")), headers: asksJSON}},
		"POST /transcripts/replace": {{name: "none", body: "data=" + ask(block("video", "v1")), headers: asksJSON}},
		"GET /transcripts/rename":   {{name: "as a link", path: "/transcripts/rename?data=" + ask(block("video", "v1")), headers: asksJSON}},
		"POST /transcripts/rename":  {{name: "none", body: "data=" + ask(block("video", "v1")), headers: asksJSON}},
		"GET /transcripts/download": {{name: "none", path: "/transcripts/download?locator=" + block("video", "none"), headers: asksJSON}},
		"GET /edit/*": {
			{name: "text", path: "/edit/" + block("html", "text"), headers: asPage},
			{name: "inside", path: "/edit/" + block("problem", "p1") + "?inside=1", headers: asPage},
			{name: "none", path: "/edit/" + block("html", "none"), headers: asPage},
		},
		"POST /edit/*": {
			{name: "a value that does not fit", path: "/edit/" + block("problem", "p1"), body: form("f.max_attempts", "many"), headers: asPage},
			{name: "a value that does not fit, in place", path: "/edit/" + block("problem", "p1"), body: form("f.max_attempts", "many"), headers: asksJSON},
			{name: "checked only", path: "/edit/" + block("problem", "p1"), body: form("act", "check", "data", "<problem>"), headers: asksJSON},
			{name: "none", path: "/edit/" + block("html", "none"), body: form("data", "x"), headers: asPage},
			{name: "of another course", path: "/edit/" + usage(other.Key, "html", "none"), body: form("data", "x"), headers: asksJSON},
		},
	}
}
