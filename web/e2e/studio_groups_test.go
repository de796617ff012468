package e2e

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestGroups walks through the groups of a course: content groups made by keyboard, renamed, used by a unit, deleted and put back.
func TestGroups(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	w := newWalker(t, s.studio, 8*time.Minute)
	w.size(1280)
	w.toStudio(s.demo.Author.Email, s.demo.Author.Password)
	const key = "course-v1:Uni+G1+2027"
	eval[int](w.ctx, t, `(async () => (await fetch("/course/", {method: "POST", headers: {"Content-Type": "application/json", Accept: "application/json"},
		body: JSON.stringify({org: "Uni", number: "G1", run: "2027", display_name: "Groups"})})).status)()`)
	build(t, w, key)
	w.open("/course/" + key)
	unit := eval[string](w.ctx, t, row("Unit")+`.querySelector("[data-more]").getAttribute("href").slice("/part/".length)`)

	// The page stands in the menu.
	w.do("settings menu", chromedp.Click(chromedp.JSPath(`[...document.querySelectorAll(".studio-bar summary")].find(e => e.textContent.includes("Settings"))`), chromedp.NodeVisible))
	w.followNamed("Group configurations")
	w.check("the page", `location.pathname === "/group_configurations/`+key+`" && document.body.textContent.includes("No content groups yet")`)
	w.look("studio groups empty")
	w.size(1280)

	// Content groups by keyboard alone.
	add := func(name string) {
		t.Helper()
		w.tabTo(`document.activeElement.matches("#content-groups input[name=name][id^=add]")`)
		w.do("type", chromedp.KeyEvent(name))
		w.follow("add "+name, chromedp.KeyEvent(kb.Enter))
		w.wait(name, `[...document.querySelectorAll("#content-groups .groups__name strong")].some(e => e.textContent === `+quote(name)+`)`)
	}
	add("Beginners")
	add("Advanced")
	w.allow(`status of 422 .*/group_configurations/`)
	w.tabTo(`document.activeElement.matches("#content-groups input[name=name][id^=add]")`)
	w.do("type", chromedp.KeyEvent("advanced"))
	w.do("add it again", chromedp.KeyEvent(kb.Enter))
	w.wait("refused beside its field", `document.activeElement.getAttribute("aria-invalid") === "true" && document.activeElement.value === "advanced" && document.body.textContent.includes("Another group has this name")`)
	w.look("studio groups refused")
	w.size(1280)
	w.open("/group_configurations/" + key)
	w.tabTo(`document.activeElement.getAttribute("aria-label") === "Rename Advanced"`)
	w.do("open", chromedp.KeyEvent(kb.Enter), chromedp.KeyEvent(kb.Tab))
	w.wait("its name", `document.activeElement.name === "name" && document.activeElement.value === "Advanced"`)
	w.do("type", chromedp.KeyEvent(kb.End), chromedp.KeyEvent(" learners"))
	w.follow("save", chromedp.KeyEvent(kb.Enter))
	w.wait("renamed", `document.querySelector(".notices")?.textContent.includes("Advanced learners")`)

	// A unit is for one of them: shown with its place, not to be deleted.
	w.open("/access/" + unit)
	w.look("studio who sees it with groups")
	w.size(1280)
	w.do("groups", chromedp.Click(chromedp.CSS("input[name=who][value=groups]"), chromedp.NodeVisible))
	w.do("one", chromedp.Click(chromedp.JSPath(`[...document.querySelectorAll("input[name=group]")].find(e => document.querySelector("label[for='" + e.id + "']").textContent.includes("Advanced learners"))`), chromedp.NodeVisible))
	w.followNamed("Save")
	w.wait("told on its page", `document.body.textContent.includes("Advanced learners")`)
	w.open("/group_configurations/" + key)
	w.check("used, and stays", `!document.querySelector("[aria-label='Delete Advanced learners']") && document.querySelector("[aria-label='Delete Beginners']")`)
	w.tabTo(`document.activeElement.matches("#content-groups details.groups__uses > summary")`)
	w.do("where", chromedp.KeyEvent(kb.Enter))
	w.wait("its place", `document.querySelector("#content-groups .groups__uses a").checkVisibility()`)

	// Deleted, and back.
	w.followNamed("Delete Beginners")
	w.wait("gone", `!document.body.textContent.includes("Delete Beginners") && document.querySelector(".settings__undo")?.textContent.includes("Beginners is deleted")`)
	w.look("studio groups undo")
	w.size(1280)
	w.followNamed("Undo")
	w.wait("back", `document.querySelector("[aria-label='Delete Beginners']")`)
}
