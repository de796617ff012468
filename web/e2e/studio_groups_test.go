package e2e

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestGroups walks through the groups of a course: content groups made by keyboard, used, renamed and deleted, and an experiment from its groups to
// what each of them sees.
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
	w.open("/preview/unit/" + unit)
	w.check("who is in no group", `document.querySelector("select[name=group]") && !document.querySelector("[data-problem]")`)
	w.look("studio preview by group")
	w.size(1280)
	w.do("a learner in it", chromedp.SetValue(chromedp.JSPath(`document.querySelector("select[name=group]")`), eval[string](w.ctx, t, `[...document.querySelectorAll("select[name=group] option")].find(o => o.textContent.includes("Advanced learners")).value`)))
	w.follow("show", chromedp.Submit(chromedp.JSPath(`document.querySelector("select[name=group]").form`)))
	w.check("sees it", `document.querySelector("[data-problem]")`)
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

	// Groups of an experiment.
	w.followNamed("Offer experiments in units")
	w.followNamed("New experiment groups")
	w.do("its name", chromedp.Focus(chromedp.CSS("[name=name]")), chromedp.KeyEvent("Two ways to explain"))
	w.followNamed("Another group")
	w.wait("a third row", `document.querySelectorAll("[name=group_name]").length === 3 && document.querySelector("[name=name]").value === "Two ways to explain"`)
	w.follow("save", chromedp.Click(chromedp.CSS(".groups__form .button--primary"), chromedp.NodeVisible))
	w.wait("the empty row says nothing", `document.querySelectorAll("#experiments .groups__shares li").length === 2`)
	w.look("studio groups")
	w.size(1280)

	// An experiment in the unit: its groups are chosen in its editor, and each gets a part.
	w.open("/container/" + unit)
	w.do("add", chromedp.Click(chromedp.CSS(".offers [value=split_test] + button"), chromedp.NodeVisible))
	w.wait("its editor", `document.querySelector("dialog[data-editor]").open && document.querySelector("dialog select[name='f.user_partition_id']")`)
	w.do("choose", chromedp.Focus(chromedp.CSS("dialog select[name='f.user_partition_id']")), chromedp.KeyEvent(kb.ArrowDown))
	w.wait("chosen", `document.querySelector("dialog select[name='f.user_partition_id']").selectedIndex === 1`)
	w.look("studio experiment editor")
	w.size(1280)
	w.do("save", chromedp.Click(chromedp.CSS("dialog .edit__foot button.button--primary"), chromedp.NodeVisible))
	w.wait("its parts", `!document.querySelector("dialog[data-editor]").open && document.querySelectorAll(".experiment__groups a").length === 2`)
	w.look("studio experiment in a unit")
	w.size(1280)

	// A group more: the experiment lacks a part for it, which is made where it is missed.
	w.open("/group_configurations/" + key)
	w.followNamed("Edit Two ways to explain")
	w.followNamed("Another group")
	w.do("name it", chromedp.Focus(chromedp.CSS("#group-2")), chromedp.KeyEvent("Group C"))
	w.look("studio experiment groups")
	w.size(1280)
	w.follow("save", chromedp.Click(chromedp.CSS(".groups__form .button--primary"), chromedp.NodeVisible))
	w.check("told where it is used", `document.querySelector("#experiments .groups__problem").textContent.includes("Some groups have no part")`)
	w.open("/container/" + unit)
	w.do("add missing groups", chromedp.Click(named("Add missing groups"), chromedp.NodeVisible))
	w.wait("three parts", `document.querySelectorAll(".experiment__groups a").length === 3 && !document.querySelector(".experiment .notice")`)
	w.check("what waits is told by groups", `((t) => t.includes("· Group C") && !t.includes("Group ID"))(document.querySelector(".unit-changes").textContent)`)
	w.followNamed("Group C")
	w.check("the part goes by its group", `document.querySelector("h1").textContent === "Group C" && document.querySelector(".offers")`)
	w.look("studio experiment part")
	w.size(1280)

	// Two tabs on one experiment: both versions are shown, and the author chooses.
	w.open("/group_configurations/" + key)
	w.followNamed("Edit Two ways to explain")
	other := w.tab()
	other.size(1280)
	other.open("/group_configurations/" + key)
	other.followNamed("Edit Two ways to explain")
	rename := func(w *walker, name string) {
		t.Helper()
		w.do("rename", chromedp.Focus(chromedp.CSS("[name=name]")), chromedp.KeyEvent(kb.Home), chromedp.KeyEvent(kb.End, chromedp.KeyModifiers(chromedp.ModifierShift)), chromedp.KeyEvent(name))
	}
	rename(other, "Theirs")
	other.follow("save", chromedp.Click(chromedp.CSS(".groups__form .button--primary"), chromedp.NodeVisible))
	rename(w, "Mine")
	w.allow(`status of 409 .*/group_configurations/`)
	w.do("save", chromedp.Click(chromedp.CSS(".groups__form .button--primary"), chromedp.NodeVisible))
	w.wait("both versions", `document.querySelector("table")?.textContent.includes("Mine") && document.querySelector("table").textContent.includes("Theirs")`)
	w.look("studio groups conflict")
	w.size(1280)
	w.followNamed("Use mine")
	w.wait("mine", `[...document.querySelectorAll("#experiments .groups__name strong")].map(e => e.textContent).join() === "Mine"`)
}
