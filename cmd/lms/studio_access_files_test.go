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
		"GET /assets/{course}":           {{name: "JSON", path: "/assets/{course}/", headers: asksJSON}, {name: "page", path: "/assets/{course}/", headers: asPage}},
		"POST /assets/{course}":          {json("no file", "/assets/{course}/", `{}`)},
		"PUT /assets/{course}":           {json("no file", "/assets/{course}/", `{}`)},
		"GET /assets/{course}/*":         {json("none", none, ""), json("usage of none", none+"/usage", ""), json("thumbnail of none", none+"/thumbnail", ""), json("of another course", elsewhere, "")},
		"POST /assets/{course}/*":        {json("lock none", none, `{"locked": true}`), json("nothing", none, `{}`)},
		"PUT /assets/{course}/*":         {json("lock none", none, `{"locked": true}`), json("nothing", none, `{}`)},
		"GET /assets/{course}/upload":    {json("not begun", "/assets/{course}/upload?name=x.txt&size=1", ""), json("no size", "/assets/{course}/upload?name=x.txt", "")},
		"DELETE /assets/{course}/upload": {{name: "not begun", path: "/assets/{course}/upload?name=x.txt&size=1", headers: asksJSON}},
		"POST /assets/{course}/act": {
			{name: "delete none", path: "/assets/{course}/act", body: "act=delete&name=none.png", headers: asPage},
			{name: "zip of none", path: "/assets/{course}/act", body: "act=zip&name=none.png", headers: asPage},
			{name: "take back what never was", path: "/assets/{course}/act", body: "act=undo&was=a.b", headers: asPage},
			{name: "no such act", path: "/assets/{course}/act", body: "act=nonsense&name=none.png", headers: asksJSON},
		},
		"GET /textbooks/{course}":  {{name: "JSON", path: "/textbooks/{course}", headers: asksJSON}, {name: "page", path: "/textbooks/{course}", headers: asPage}},
		"POST /textbooks/{course}": {json("no textbook", "/textbooks/{course}", `{}`), {name: "no such act", path: "/textbooks/{course}", body: "act=nonsense", headers: asPage}},
		"PUT /textbooks/{course}":  {json("no list", "/textbooks/{course}", `{}`)},
		"GET /textbooks/{course}/{book}": {
			{name: "none", path: "/textbooks/{course}/9none", headers: asksJSON}, {name: "new", path: "/textbooks/{course}/new", headers: asPage},
		},
		"POST /textbooks/{course}/{book}":   {json("no textbook", "/textbooks/{course}/9none", `{}`)},
		"PUT /textbooks/{course}/{book}":    {json("no textbook", "/textbooks/{course}/9none", `{}`)},
		"DELETE /textbooks/{course}/{book}": {{name: "none", path: "/textbooks/{course}/9none", headers: asksJSON}},
		"DELETE /assets/{course}/*": {
			{name: "none", path: none, headers: asksJSON}, {name: "of another course", path: elsewhere, headers: asksJSON},
		},
	}
}
