package main

import "lyceum/course"

// sightSamples are the requests for who sees a block.
func sightSamples(_, other *course.Compiled) map[string][]asked {
	block := func(kind, id string) string { return "block-v1:{keyparts}+type@" + kind + "+block@" + id }
	return map[string][]asked{
		"GET /access/*": {
			{name: "unit", path: "/access/" + block("vertical", "u1"), headers: asPage},
			{name: "none", path: "/access/" + block("html", "none"), headers: asPage},
		},
		"POST /access/*": {
			{name: "no such answer", path: "/access/" + block("vertical", "u1"), body: "who=nonsense", headers: asPage},
			{name: "no such group", path: "/access/" + block("html", "text"), body: form("who", "groups", "group", "1:1"), headers: asksJSON},
			{name: "of another course", path: "/access/" + usage(other.Key, "html", "none"), body: "who=all", headers: asksJSON},
		},
		"GET /preview/*": {{path: "/preview/" + block("vertical", "u1"), headers: asPage}},
	}
}
