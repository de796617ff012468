package studio

import (
	"context"
	"net/http"

	"lyceum/course"
	"lyceum/web/i18n"
	"lyceum/web/ui"
)

// coursePages are the pages about one course, as its menus list them. A page stands in the menu once its room is there. The id of its
// name is "studio.page.NAME".
var coursePages = []pageGroup{
	{"content", []coursePage{
		{"outline", "list", courseURL},
		{"tabs", "file-text", at("/tabs/")},
		{"updates", "bell", at("/course_info/")},
		{"files", "folder", at("/assets/")},
		{"textbooks", "book-open", at("/textbooks/")},
	}},
	{"settings", []coursePage{
		{"details", "calendar", at("/settings/details/")},
		{"grading", "gauge", at("/settings/grading/")},
		{"groups", "split", at("/group_configurations/")},
		{"certificates", "award", at("/certificates/")},
		{"advanced", "settings", at("/settings/advanced/")},
		{"team", "users", at("/course_team/")},
	}},
	{"tools", []coursePage{
		{"import", "upload", at("/import/")},
		{"export", "download", at("/export/")},
		{"history", "history", at("/history/")},
		{"checklists", "list-checks", at("/checklists/")},
	}},
}

// libraryPages are the pages about one library.
var libraryPages = []pageGroup{
	{"content", []coursePage{
		{"library", "list", libraryURL},
		{"files", "folder", at("/assets/")},
	}},
	{"settings", []coursePage{
		{"library_settings", "settings", func(key course.Key) string { return editURL(key.Usage("library", "library")) }},
		{"team", "users", libraryTeamURL},
	}},
	{"tools", []coursePage{
		{"import", "upload", at("/import/")},
		{"export", "download", at("/export/")},
		{"history", "history", at("/history/")},
	}},
}

type pageGroup struct {
	Name  string // the id of its word is "studio.group.NAME"
	Pages []coursePage
}

type coursePage struct {
	Name string
	Icon string
	URL  func(course.Key) string
}

// at is the address of a course page that keeps its key behind a name: at("/assets/") makes /assets/KEY.
func at(prefix string) func(course.Key) string {
	return func(key course.Key) string { return prefix + key.String() }
}

// barProps is the bar with the name and the menus of a course, on top of each of its pages.
type barProps struct {
	Name, Key, URL string
	Page           string // its name in the menus, "" for one that stands in none
	Here           string // address that says who else is here; "" for who may only read
	Groups         []barGroup
}

type barGroup struct {
	Label string
	Here  bool // the page shown is one of it
	Links []ui.Link
}

// newBar makes the bar of a course; here is the name of the page shown, "" for one that stands in no menu.
func newBar(ctx context.Context, key course.Key, name, here string) barProps {
	p := barProps{Name: name, Key: key.String(), URL: courseURL(key), Page: here, Here: hereURL(key)}
	pages := coursePages
	if key.Form == course.FormLibrary {
		pages = libraryPages
	}
	for _, g := range pages {
		group := barGroup{Label: i18n.T(ctx, "studio.group."+g.Name)}
		for _, page := range g.Pages {
			link := ui.Link{Label: i18n.T(ctx, "studio.page."+page.Name), URL: page.URL(key), Icon: page.Icon}
			if page.Name == here {
				link.Current, group.Here = "page", true
			}
			group.Links = append(group.Links, link)
		}
		if len(group.Links) > 0 {
			p.Groups = append(p.Groups, group)
		}
	}
	return p
}

// framed is a page about one course: the layout, and the bar.
type framed struct {
	Layout ui.LayoutProps
	Bar    barProps
}

// frame begins a page about a course; root is the course's own block, here the name of the page in [coursePages].
func (s *Server) frame(w http.ResponseWriter, r *http.Request, key course.Key, root *course.Block, here, title string) framed {
	p := framed{Layout: s.layout(w, r, title), Bar: newBar(r.Context(), key, nameOf(root), here)}
	p.Layout.Main = "under-bar"
	return p
}
