package main

import (
	"testing"

	"lyceum/course"
	"lyceum/course/modulestore"
	"lyceum/course/team"
)

// ownLibrary is the library of the list of who may what.
var ownLibrary = course.Key{Org: "T", Number: "Lib", Form: course.FormLibrary}

// keepLibrary makes a library with one question and one picture's text, for tests.
func (s *testSite) keepLibrary(t *testing.T, key course.Key) {
	t.Helper()
	c := &course.Content{Key: key, Root: &course.Block{Type: "library", ID: "library", Fields: course.Fields{"display_name": course.Text("Library " + key.Number)}, Children: []*course.Block{
		{Type: "problem", ID: "q1", Fields: course.Fields{"display_name": `"Question one"`}, Body: []byte(`<numericalresponse answer="1"><label>One?</label><textline/></numericalresponse>`)},
		{Type: "html", ID: "t1", Fields: course.Fields{"display_name": `"Text one"`}, Body: []byte(`<p>One</p>`)},
	}}}
	if _, err := s.stores.courses.Import(t.Context(), modulestore.ImportRequest{Key: key, Draft: c, Message: "Import"}); err != nil {
		t.Fatal(err)
	}
}

// libraryTeam puts people on the team of the library: its staff, its admin, and a user of it (the beta tester of the course).
func (s *testSite) libraryTeam(t *testing.T, people map[string]*browser) {
	t.Helper()
	s.keepLibrary(t, ownLibrary)
	s.grant(people["staff"], team.Staff, ownLibrary)
	s.grant(people["admin"], team.Instructor, ownLibrary)
	s.grant(people["beta"], team.LibraryUser, ownLibrary)
}

// librarySamples are the requests about a library, for its own routes and for those it shares with courses. What is asked for cannot be done.
func librarySamples() map[string][]asked {
	key := ownLibrary.String()
	root, question, none := ownLibrary.Usage("library", "library").String(), ownLibrary.Usage("problem", "q1").String(), ownLibrary.Usage("problem", "none").String()
	see := func(name, path string, headers []string) asked {
		return asked{name: name, path: path, headers: headers, once: true}
	}
	send := func(name, path, body string) asked {
		return asked{name: name, path: path, body: body, headers: asPage, once: true}
	}
	json := func(name, path, body string) asked {
		return asked{name: name, path: path, body: body, kind: "application/json", headers: asksJSON, once: true}
	}
	return map[string][]asked{
		"GET /library":      {see("JSON", "/library/", asksJSON), see("page", "/library/", asPage)},
		"GET /library/new":  {see("", "/library/new", asPage)},
		"GET /home_library": {see("", "/home_library/", asPage)},
		"POST /library": {
			json("of the organization", "/library/", `{"org": "T", "library": "a b", "display_name": "x"}`),
			json("taken", "/library/", `{"org": "T", "number": "lib", "display_name": "x"}`),
			json("of another organization", "/library/", `{"org": "Z", "library": "a b", "display_name": "x"}`),
			send("by form", "/library/", "org=T&library=a+b&display_name=x"),
		},
		"GET /library/{course}": {
			see("library", "/library/"+key, asPage), see("library, JSON", "/library/"+key, asksJSON), see("none", "/library/library-v1:T+None", asPage),
			{name: "a course", path: "/library/{course}", headers: asPage},
		},
		"POST /library/{course}":         {send("library, nonsense", "/library/"+key, "previews=nonsense")},
		"GET /library/{course}/team":     {see("library", "/library/"+key+"/team/", asPage)},
		"POST /library/{course}/team":    {send("library, nobody", "/library/"+key+"/team/", "act=add&who=nobody-here&role=library_user")},
		"GET /library/{course}/delete":   {see("library", "/library/"+key+"/delete", asPage)},
		"POST /library/{course}/delete":  {send("library, another name", "/library/"+key+"/delete", "name=nonsense")},
		"POST /library/{course}/restore": {send("library, not deleted", "/library/"+key+"/restore", "")},

		"GET /course/{course}":            {see("library", "/course/"+key, asPage)},
		"GET /settings/details/{course}":  {see("library", "/settings/details/"+key, asPage)},
		"GET /course_rerun/{course}":      {see("library", "/course_rerun/"+key, asPage)},
		"GET /import/{course}":            {see("library", "/import/"+key, asPage)},
		"GET /export/{course}":            {see("library", "/export/"+key, asPage)},
		"GET /assets/{course}":            {see("library", "/assets/"+key, asPage)},
		"GET /history/*":                  {see("library", "/history/"+key, asPage)},
		"GET /container/*":                {see("library", "/container/"+root, asPage), see("in a library", "/container/"+question, asPage)},
		"POST /container/*":               {send("library, of no kind", "/container/"+root, "category=nonsense")},
		"GET /part/*":                     {see("in a library", "/part/"+question, asPage)},
		"POST /part/*":                    {send("library, no such act", "/part/"+question, "act=nonsense"), send("library, publish", "/part/"+question, "act=publish")},
		"GET /edit/*":                     {see("in a library", "/edit/"+question, asPage)},
		"POST /edit/*":                    {send("in a library, none", "/edit/"+none, "data=x")},
		"GET /xblock/*":                   {see("in a library", "/xblock/"+question, asksJSON)},
		"POST /xblock/*":                  {json("in a library, none", "/xblock/"+none, `{"data": "x"}`)},
		"DELETE /xblock/*":                {see("in a library, none", "/xblock/"+none, asksJSON)},
		"GET /preview/frame/*":            {see("in a library", "/preview/frame/"+question, asPage)},
		"POST /preview/xblock/*":          {json("in a library", "/preview/xblock/"+question+"/handler/none", "{}")},
		"GET /course_team/{course}":       {see("library, JSON", "/course_team/"+key, asksJSON)},
		"PUT /course_team/{course}/{who}": {json("library, no such role", "/course_team/"+key+"/somebody", `{"role": "king"}`)},
	}
}
