package main

import (
	"lyceum/course"
)

// filesAccess are the samples for the addresses of course files. Nothing changes for those who may: what they ask for cannot be done.
func filesAccess(_, other *course.Compiled) map[string][]asked {
	json := func(name, path, body string) asked {
		return asked{name: name, path: path, body: body, kind: "application/json", headers: asksJSON}
	}
	none := "/assets/{course}/asset-v1:{keyparts}+type@asset+block@none.png"
	elsewhere := "/assets/{course}/" + other.Key.Asset("none.png").String()
	return map[string][]asked{
		"GET /assets/{course}":    {{name: "JSON", path: "/assets/{course}/", headers: asksJSON}, {name: "page", path: "/assets/{course}/", headers: asPage}},
		"POST /assets/{course}":   {json("no file", "/assets/{course}/", `{}`)},
		"PUT /assets/{course}":    {json("no file", "/assets/{course}/", `{}`)},
		"GET /assets/{course}/*":  {json("none", none, ""), json("usage of none", none+"/usage", ""), json("thumbnail of none", none+"/thumbnail", ""), json("of another course", elsewhere, "")},
		"POST /assets/{course}/*": {json("lock none", none, `{"locked": true}`), json("nothing", none, `{}`)},
		"PUT /assets/{course}/*":  {json("lock none", none, `{"locked": true}`), json("nothing", none, `{}`)},
		"DELETE /assets/{course}/*": {
			{name: "none", path: none, headers: asksJSON}, {name: "of another course", path: elsewhere, headers: asksJSON},
		},
	}
}
