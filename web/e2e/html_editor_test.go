package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestHTMLEditor writes texts in Studio: as rich text where nothing is lost by it, as HTML where something would be.
func TestHTMLEditor(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	w := newWalker(t, s.studio, 8*time.Minute)
	w.size(1280)
	w.toStudio(s.demo.Author.Email, s.demo.Author.Password)
	e := htmlEditor{w, newUnit(w, "RT1")}

	for _, part := range []struct {
		name string
		run  func(*testing.T)
	}{
		{"untouched", e.untouched},
		{"by keyboard", e.byKeyboard},
		{"one paragraph", e.oneParagraph},
		{"refused", e.refused},
		{"kept", e.kept},
		{"pictures", e.pictures},
		{"pasted", e.pasted},
		{"tables and more", e.tablesAndMore},
		{"long", e.long},
	} {
		t.Run(part.name, func(t *testing.T) {
			defer func(before *testing.T) { w.t = before }(w.t)
			w.t = t
			w.size(1280)
			part.run(t)
		})
	}
}

// newUnit makes a course with a unit by the door of authoring scripts, and returns the unit's key.
func newUnit(w *walker, number string) string {
	w.t.Helper()
	return eval[string](w.ctx, w.t, fmt.Sprintf(`(async () => {
		const send = async (path, body) => (await fetch(path, {method: "POST", headers: {"Content-Type": "application/json", Accept: "application/json"}, body: JSON.stringify(body)})).json();
		const {url} = await send("/course/", {org: "Uni", number: %s, run: "1", display_name: "Writing"});
		let above = "block-v1:Uni+%s+1+type@course+block@course";
		for (const [category, name] of [["chapter", "Section"], ["sequential", "Lesson"], ["vertical", "Unit"]]) {
			above = (await send("/xblock/", {parent_locator: above, category, display_name: name})).locator;
		}
		return above;
	})()`, quote(number), number))
}

type htmlEditor struct {
	w    *walker
	unit string
}

// with makes a block with a text and opens its form; ready waits for the rich text, or for the source.
func (e htmlEditor) with(text, settings string, rich bool) string {
	e.w.t.Helper()
	key := eval[string](e.w.ctx, e.w.t, fmt.Sprintf(`(async () => {
		const send = async (path, body) => (await fetch(path, {method: "POST", headers: {"Content-Type": "application/json", Accept: "application/json"}, body: JSON.stringify(body)})).json();
		const {locator} = await send("/xblock/", {parent_locator: %s, category: "html", display_name: "Text"});
		await send("/xblock/" + locator, {data: %s, metadata: %s});
		return locator;
	})()`, quote(e.unit), quote(text), settings))
	e.open(key, rich)
	return key
}

func (e htmlEditor) open(key string, rich bool) {
	e.w.t.Helper()
	e.w.open("/edit/" + key)
	if rich {
		e.w.wait("the rich text", `document.querySelector(".rich__text")`)
	} else {
		e.w.wait("the source", `document.querySelector(".rich__source:not([hidden]) .cm-content")`)
	}
}

// stored is the text a block has in the draft.
func (e htmlEditor) stored(key string) string {
	e.w.t.Helper()
	return eval[string](e.w.ctx, e.w.t, `(async () => (await (await fetch("/xblock/`+key+`", {headers: {Accept: "application/json"}})).json()).data)()`)
}

// save sends the form and waits until the text is there.
func (e htmlEditor) save(key, want string) {
	e.w.t.Helper()
	e.w.do("save", chromedp.Click(named("Save"), chromedp.NodeVisible))
	e.w.waitFor("saved", patience, func() bool {
		return !strings.HasPrefix(e.w.path(), "/edit/")
	})
	if got := e.stored(key); got != want {
		e.w.t.Errorf("stored\n got %q\nwant %q", got, want)
	}
}

// value is what the form would send.
func (e htmlEditor) value() string {
	e.w.t.Helper()
	return eval[string](e.w.ctx, e.w.t, `new FormData(document.querySelector("[data-edit-form]")).get("data").replaceAll("\r\n", "\n")`)
}

// caret puts the caret behind the first place where a text stands.
func (e htmlEditor) caret(text string) {
	e.w.t.Helper()
	e.w.do("focus", chromedp.Focus(chromedp.CSS(".rich__text")))
	e.w.check("the place of "+text, `(() => {
		const walk = document.createTreeWalker(document.querySelector(".rich__text"), NodeFilter.SHOW_TEXT), text = `+quote(text)+`;
		for (let n = walk.nextNode(); n; n = walk.nextNode()) {
			const at = n.data.indexOf(text);
			if (at >= 0) { getSelection().collapse(n, at + text.length); document.dispatchEvent(new Event("selectionchange")); return true; }
		}
		return false;
	})()`)
}

// write types a text; a line break is the Enter key.
func (e htmlEditor) write(text string) {
	e.w.t.Helper()
	for i, line := range strings.Split(text, "\n") {
		if i > 0 {
			e.enter()
		}
		if line != "" {
			e.w.do("type", chromedp.KeyEvent(line))
		}
	}
}

// enter presses Enter as a keyboard does: what the page takes for itself is no text.
func (e htmlEditor) enter() {
	e.w.t.Helper()
	e.w.do("Enter", chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeRawKeyDown, input.DispatchKeyEventTypeKeyUp} {
			if _, err := cdp.Call(ctx, t, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: kind, Key: "Enter", Code: "Enter", WindowsVirtualKeyCode: 13}); err != nil {
				return err
			}
		}
		return nil
	}))
}

func (e htmlEditor) ctrl(key string, more ...chromedp.Modifier) {
	e.w.t.Helper()
	all := chromedp.ModifierCtrl
	for _, m := range more {
		all |= m
	}
	e.w.do("Control and "+key, chromedp.KeyEvent(key, chromedp.KeyModifiers(all)))
}

// untouched: a text that was only looked at keeps every byte.
func (e htmlEditor) untouched(t *testing.T) {
	t.Helper()
	for _, text := range []string{
		"<p>One</p>\r\n<P CLASS='x'>Two &ldquo;quoted&rdquo;<br>three</P>\r\n\r\n",
		"\n\n  <ul><li>a<li2>b</li2></li></ul>\n",
		"plain text &amp; <b>bold</b>\n\n<p>\n  more\n</p>",
		"",
	} {
		key := e.with(text, "{}", true)
		e.w.check("the text is the block's own", `document.querySelector("textarea[data-richtext]") !== null`)
		e.save(key, text)
	}
}

// byKeyboard writes a text with nothing but keys.
func (e htmlEditor) byKeyboard(t *testing.T) {
	t.Helper()
	w := e.w
	key := e.with("", "{}", true)
	w.tabTo(`!!document.activeElement.closest("[data-bar=text]")`)
	w.check("a toolbar has one stop", `document.querySelectorAll('[data-bar=text] [data-tool][tabindex="0"]').length === 1`)
	w.do("along the bar", chromedp.KeyEvent(kb.ArrowRight))
	w.check("the next tool has the focus", `document.activeElement.dataset.tool === "bold"`)
	w.do("to its end and round", chromedp.KeyEvent(kb.End), chromedp.KeyEvent(kb.ArrowRight))
	w.check("round", `document.activeElement.dataset.tool === "block"`)
	w.tabTo(`document.activeElement.matches(".rich__text")`)
	e.write("## Steps\n")
	e.write("First ")
	e.ctrl("b")
	e.write("bold")
	e.ctrl("b")
	e.write(" then plain.\n")
	e.write("- one\ntwo")
	w.do("indent", chromedp.KeyEvent(kb.Tab))
	e.write("\n\n\n")
	e.write("End ")
	e.ctrl("m")
	w.wait("asked for mathematics", `document.querySelector("#rich-math").open && document.activeElement.name === "tex"`)
	e.write(`x < y^2`)
	w.wait("a preview of it", `document.querySelector("[data-math-preview] mjx-container")`)
	w.do("insert", chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Enter))
	w.wait("set", `document.querySelector(".rich__math mjx-container") && !document.querySelector("#rich-math").open`)
	e.write(" and ")
	e.ctrl("k")
	w.wait("asked for a link", `document.querySelector("#rich-link").open && document.activeElement.name === "href"`)
	w.wait("parts of the course", `[...document.querySelectorAll("#rich-link .rich__hit")].some(h => h.textContent.includes("Unit"))`)
	if w.t.Failed() {
		t.FailNow()
	}
	w.do("take the unit", chromedp.Click(chromedp.JSPath(`[...document.querySelectorAll("#rich-link .rich__hit")].find(h => h.textContent.startsWith("Unit"))`), chromedp.NodeVisible))
	w.lookDialog("studio html link")
	w.do("set it", chromedp.Focus(chromedp.CSS("#rich-link-href")), chromedp.KeyEvent(kb.Enter))
	w.wait("linked", `document.querySelector(".rich__text a[href^='/jump_to_id/']")`)
	w.wait("words are counted", `document.querySelector(".rich__foot").textContent.includes("10")`)
	unit := e.unit[strings.LastIndex(e.unit, "@")+1:]
	want := "<h2>Steps</h2>\n<p>First <strong>bold</strong> then plain.</p>\n<ul>\n<li>one\n<ul>\n<li>two</li>\n</ul></li>\n</ul>\n" +
		`<p>End \(x &lt; y^2\) and <a href="/jump_to_id/` + unit + `">Unit</a></p>`
	if got := e.value(); got != want {
		t.Errorf("written\n got %s\nwant %s", got, want)
	}
	w.look("studio html editor")
	w.size(1280)
	e.caret("plain")
	e.write("er")
	e.ctrl("z")
	if got := e.value(); got != want {
		t.Errorf("after undo\n got %s\nwant %s", got, want)
	}
	// What is typed survives a reload.
	e.caret("End")
	e.write("ing")
	w.waitFor("it is kept", patience, func() bool {
		return eval[bool](w.ctx, t, `Object.keys(localStorage).some(k => k.includes("edit:") && localStorage[k].includes("Ending"))`)
	})
	w.open("/edit/" + key)
	w.wait("it is back", `document.querySelector(".rich__text")?.textContent.includes("Ending")`)
	e.save(key, strings.Replace(want, "End ", "Ending ", 1))
}

// oneParagraph: what an author changes is all that changes.
func (e htmlEditor) oneParagraph(t *testing.T) {
	t.Helper()
	text := "<div class=wide>\r\n\t<P>One &ldquo;two&rdquo;</P>\n\n<p>three   <B>four</B></p>\r\n<table><tr><td>1<td2></td2></td></tr></table></div><!-- end -->\r\n"
	key := e.with(text, "{}", true)
	e.caret("three")
	e.write("!")
	e.save(key, strings.NewReplacer("<div class=wide>", `<div class="wide">`, "<p>three   <B>", "<p>three! <b>", "</B>", "</b>").Replace(text))
}

// refused: a text the rich editor would change is edited as HTML, with a word why.
func (e htmlEditor) refused(t *testing.T) {
	t.Helper()
	w := e.w
	text := "<p id=\"x\" onclick=\"go()\">Hi</p>\n<script>document.body.append(\"ran\")</script>\n<ul><b>no item</b></ul>"
	key := e.with(text, "{}", false)
	w.check("a word why", `document.querySelector("[data-note]").textContent.includes("onclick") && !document.querySelector("[data-convert]").hidden`)
	w.look("studio html source")
	w.size(1280)
	w.press("[data-preview]")
	w.wait("the preview", `document.querySelector("#rich-preview").open`)
	w.check("without an origin", `document.querySelector("#rich-preview iframe").sandbox.value === "allow-scripts allow-forms allow-popups"`)
	w.waitFrame("/richtext/preview", "ran")
	w.do("close", chromedp.KeyEvent(kb.Escape))
	e.save(key, text)

	e.open(key, false)
	w.press("[data-convert]")
	w.wait("asked", `document.querySelector("#rich-convert").open`)
	w.lookDialog("studio html convert")
	w.press("#rich-convert .dialog__foot [type=submit]")
	w.wait("rich text", `document.querySelector(".rich__text")?.textContent.includes("no item")`)
	w.press("[data-unconvert]")
	w.wait("back", `document.querySelector(".rich__source:not([hidden])")`)
	if got := e.value(); got != text {
		t.Errorf("back is %q", got)
	}
	w.press("[data-convert]")
	w.press("#rich-convert .dialog__foot [type=submit]")
	w.wait("rich text", `document.querySelector(".rich__text")`)
	e.save(key, "<p id=\"x\">Hi</p>\n\n<ul><li><b>no item</b></li></ul>")

	// The reference's choice of editor is honored.
	key = e.with("<p>as HTML</p>", `{editor: "raw"}`, false)
	w.check("said", `document.querySelector("[data-note]").textContent.includes("HTML")`)
	w.press("[data-mode-of=rich]")
	w.wait("rich when asked", `document.querySelector(".rich__text")?.textContent === "as HTML"`)
	e.save(key, "<p>as HTML</p>")
}

// kept: what the editor has no word for stays as it is, and can be opened.
func (e htmlEditor) kept(t *testing.T) {
	t.Helper()
	w := e.w
	text := `<p>See <svg width="10"><path d="M0 0"/></svg> here</p><form action="https://x.example/"><input name="q"></form><p>end</p>`
	key := e.with(text, "{}", true)
	w.check("two parts stand as chips", `document.querySelectorAll(".rich__kept").length === 2`)
	w.do("open one", chromedp.DoubleClick(chromedp.CSS("div.rich__kept"), chromedp.NodeVisible))
	w.wait("its source", `document.querySelector("#rich-island").open && document.querySelector("#rich-island-source").value.includes("<form")`)
	w.do("a script", chromedp.SendKeys(chromedp.CSS("#rich-island-source"), kb.End+"<script>1</script>"))
	w.press("#rich-island [type=submit]")
	w.check("refused, in words", `!document.querySelector("#rich-island [data-error]").hidden`)
	w.do("close", chromedp.KeyEvent(kb.Escape))
	e.caret("end")
	e.write("ing")
	e.save(key, strings.Replace(text, "end<", "ending<", 1))
}

// pictures come from the course's files or the author's computer, and say what they show.
func (e htmlEditor) pictures(t *testing.T) {
	t.Helper()
	w := e.w
	key := e.with("<p>Look:</p>", "{}", true)
	e.caret("Look:")
	w.press("[data-tool=image]")
	w.wait("asked", `document.querySelector("#rich-image").open`)
	w.check("an upload", `(() => {
		const box = document.querySelector("#rich-image [data-upload]"), data = new DataTransfer();
		const bytes = Uint8Array.from(atob("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="), c => c.charCodeAt(0));
		data.items.add(new File([bytes], "dot one.png", {type: "image/png"}));
		box.files = data.files;
		box.dispatchEvent(new Event("change", {bubbles: true}));
		return true;
	})()`)
	w.wait("its address", `document.querySelector("#rich-image-src").value === "/static/dot_one.png"`)
	w.press("#rich-image .dialog__foot [type=submit]")
	w.check("a description is asked for", `!document.querySelector("#rich-image [data-error]").hidden && document.querySelector("#rich-image").open`)
	w.lookDialog("studio html image")
	w.do("describe", chromedp.SendKeys(chromedp.CSS("#rich-image-alt"), `A "dot"`), chromedp.SendKeys(chromedp.CSS("#rich-image-width"), "40"))
	w.press("#rich-image .dialog__foot [type=submit]")
	w.wait("the picture itself is shown", `document.querySelector(".rich__text img")?.getAttribute("src").endsWith("block@dot_one.png")`)
	e.save(key, `<p>Look:<img src="/static/dot_one.png" alt="A &quot;dot&quot;" width="40" /></p>`)

	// Pasted pictures are uploaded.
	key = e.with("<p>Paste:</p>", "{}", true)
	e.caret("Paste:")
	w.check("a paste", `(() => {
		const data = new DataTransfer();
		const bytes = Uint8Array.from(atob("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="), c => c.charCodeAt(0));
		data.items.add(new File([bytes], "image.png", {type: "image/png"}));
		document.querySelector(".rich__text").dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
		return true;
	})()`)
	w.wait("it is there", `document.querySelector(".rich__text img")?.getAttribute("src").startsWith("/asset-v1:")`)
	w.check("without a description it says so", `document.querySelector(".rich__no-alt")`)
	if got := e.value(); !strings.Contains(got, `<img src="/static/image-2`) {
		t.Errorf("pasted picture: %s", got)
	}
	e.open(key, true)
}

// pasted: texts of other programs lose what only looks.
func (e htmlEditor) pasted(t *testing.T) {
	t.Helper()
	for _, c := range []struct{ name, html, want string }{
		{
			"Google Docs", `<meta charset="utf-8"><b style="font-weight:normal;" id="docs-internal-guid-1"><p dir="ltr" style="line-height:1.38"><span style="font-size:11pt;font-family:Arial;font-weight:700">Bold</span><span style="font-style:italic"> slant</span></p><br><ul><li dir="ltr" style="list-style-type:disc"><p dir="ltr"><span style="color:#000">item</span></p></li></ul></b>`,
			"<p><strong>Bold</strong><em> slant</em></p>\n<ul>\n<li>item</li>\n</ul>",
		},
		{
			"Word", `<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style>p.MsoNormal{}</style></head><body><!--StartFragment--><p class=MsoNormal>Text<o:p></o:p></p><p class=MsoListParagraphCxSpFirst style='mso-list:l0 level1 lfo1'><![if !supportLists]><span style='mso-list:Ignore'>·<span>&nbsp;&nbsp;</span></span><![endif]>one</p><p class=MsoListParagraphCxSpLast style='mso-list:l0 level2 lfo1'><span style='mso-list:Ignore'>o&nbsp;</span>two</p><!--EndFragment--></body></html>`,
			"<p>Text</p>\n<ul>\n<li>one\n<ul>\n<li>two</li>\n</ul></li>\n</ul>",
		},
		{"a page with a script", `<p onclick="x()" class="a">hi <a href="javascript:x()">there</a><script>1</script></p>`, "<p>hi there</p>"},
		{"a false editor", `<p data-pm-slice="0 0 []" data-html='{"onclick":"x()","class":"ok"}'>hi</p><div data-kept="island" data-source="<script>1</script>" data-tag="x"></div>`, `<p class="ok">hi</p>`},
	} {
		e.with("", "{}", true)
		e.w.do("focus", chromedp.Focus(chromedp.CSS(".rich__text")))
		e.w.check("paste", `(() => {
			const data = new DataTransfer();
			data.setData("text/html", `+quote(c.html)+`);
			document.querySelector(".rich__text").dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
			return true;
		})()`)
		if got := e.value(); got != c.want {
			t.Errorf("pasted from %s\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

// tablesAndMore uses the rest of the tools.
func (e htmlEditor) tablesAndMore(t *testing.T) {
	t.Helper()
	w := e.w
	key := e.with("<p>Table</p>", "{}", true)
	e.caret("Table")
	w.press("[data-tool=alignCenter]")
	w.press("[data-tool=table]")
	w.wait("asked", `document.querySelector("#rich-table").open`)
	w.do("two columns", chromedp.Focus(chromedp.CSS("#rich-table-rows")), chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl)), chromedp.KeyEvent("2"+kb.Tab+"2"))
	w.do("a caption", chromedp.SendKeys(chromedp.CSS("#rich-table-caption"), "Sums"))
	w.press("#rich-table .dialog__foot [type=submit]")
	w.wait("a table", `document.querySelectorAll(".rich__text th").length === 2`)
	e.write("a" + kb.Tab + "b" + kb.Tab + "1" + kb.Tab + "2")
	w.wait("tools of the table", `!document.querySelector("[data-bar=table]").hidden`)
	w.press("[data-tool=rowAfter]")
	w.look("studio html table")
	w.size(1280)
	want := "<p style=\"text-align: center;\">Table</p>\n<table>\n<caption>Sums</caption>\n<thead>\n<tr>\n<th scope=\"col\">a</th>\n<th scope=\"col\">b</th>\n</tr>\n</thead>\n<tbody>\n" +
		"<tr>\n<td>1</td>\n<td>2</td>\n</tr>\n<tr>\n<td></td>\n<td></td>\n</tr>\n</tbody>\n</table>"
	if got := e.value(); got != want {
		t.Errorf("table\n got %s\nwant %s", got, want)
	}
	w.press("[data-full]")
	w.wait("full screen", `document.querySelector(".rich.is-full").getBoundingClientRect().height === innerHeight && document.querySelector("header.masthead").inert`)
	w.lookAt("studio html full", 390, 1280)
	w.size(1280)
	w.do("leave it", chromedp.KeyEvent(kb.Escape))
	w.wait("left", `!document.querySelector(".rich.is-full") && !document.querySelector("header.masthead").inert`)
	e.save(key, want)
}

// long: a very long text is a plain field, and the page stays alive.
func (e htmlEditor) long(t *testing.T) {
	t.Helper()
	w := e.w
	key := eval[string](w.ctx, t, fmt.Sprintf(`(async () => {
		const send = async (path, body) => (await fetch(path, {method: "POST", headers: {"Content-Type": "application/json", Accept: "application/json"}, body: JSON.stringify(body)})).json();
		const {locator} = await send("/xblock/", {parent_locator: %s, category: "html", display_name: "Long"});
		await send("/xblock/" + locator, {data: "<p>line of text</p>\n".repeat(1500000)});
		return locator;
	})()`, quote(e.unit)))
	started := time.Now()
	w.open("/edit/" + key)
	w.wait("said", `document.querySelector("[data-body=html] .notice--warning")?.textContent.includes("MB")`)
	w.check("its text stays out of the page", `!document.querySelector("textarea[data-richtext]") && document.querySelector("[data-replace]")`)
	t.Logf("a text of 30 MB is there after %v", time.Since(started))

	got := eval[[]int](w.ctx, t, `(async () => {
		const answer = await fetch(document.querySelector("[data-apart] a[download]").href);
		const text = await answer.text();
		return [answer.status, text.length];
	})()`)
	if got[0] != 200 || got[1] != 30_000_000 {
		t.Errorf("downloaded: %v", got)
	}
	w.look("studio html long")
	w.size(1280)
	w.check("replaced by a file", `(() => {
		const box = document.querySelector("[data-replace]"), data = new DataTransfer();
		data.items.add(new File(["<p>short</p>\n"], "short.html", {type: "text/html"}));
		box.files = data.files;
		box.dispatchEvent(new Event("change", {bubbles: true}));
		return true;
	})()`)
	w.wait("read", `new FormData(document.querySelector("[data-edit-form]")).get("data")?.startsWith("<p>short")`)
	e.save(key, "<p>short</p>\n")

	e.with("<p>"+strings.Repeat("word ", 200_000)+"</p>", "{}", false)
	w.wait("said why", `document.querySelector("[data-note]")?.textContent.includes("long")`)
}

// waitFrame waits for a frame without an origin of ours, by a part of its address, to show a text; such frames are targets of their own.
func (w *walker) waitFrame(path, text string) {
	w.t.Helper()
	var ctx context.Context
	w.waitFor(text+" in the frame of "+path, patience, func() bool {
		if ctx != nil {
			shown, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.body.innerText`))
			return err == nil && strings.Contains(shown, text)
		}
		targets, err := chromedp.Targets(w.ctx)
		if err != nil {
			return false
		}
		for _, target := range targets {
			if target.Type == "iframe" && strings.Contains(target.URL, path) {
				attached, cancel := chromedp.NewContext(w.ctx, chromedp.WithTargetID(target.TargetID), chromedp.WithListener(w.listen))
				w.t.Cleanup(cancel)
				if chromedp.Do(attached) == nil {
					ctx = attached
				}
			}
		}
		return false
	})
}

// lookDialog is look for a page with a dialog open.
func (w *walker) lookDialog(name string) {
	w.t.Helper()
	w.look(name)
	w.size(1280)
}
