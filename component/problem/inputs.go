package problem

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"lyceum/component"
	"lyceum/component/authored"
	"lyceum/course"
	"lyceum/grading/capa"
	"lyceum/grading/capa/chemistry"
	"lyceum/grading/capa/formula"
	"lyceum/web/i18n"
)

// address resolves an address an author gave, "" for one that may not be followed.
func (p props) address(text string) string { return addressIn(p.src, text) }

func addressIn(src authored.Source, text string) string {
	if text == "" {
		return ""
	}
	out := strings.Trim(src.Resolve(`"`+strings.ReplaceAll(text, `"`, "%22")+`"`), `"`)
	if !authored.Web(out) {
		return ""
	}
	return out
}

// picture is an author's picture that places are chosen in, of the size their coordinates are made for.
func (p props) picture(ctx context.Context, n *capa.InputNode) templ.Component {
	tag := p.src.Tag
	if p.framed {
		tag = p.src.FramedTag
	}
	alt := n.Attrs["alt"]
	if alt == "" {
		alt = i18n.T(ctx, "problem.picture")
	}
	opening, _ := tag("img", "src", n.Attrs["src"], "width", n.Attrs["width"], "height", n.Attrs["height"], "alt", alt)
	return authored.Raw(opening)
}

// mark is the style that puts a mark at a place of a picture.
func mark(n *capa.InputNode) string {
	if n.Point == nil {
		return ""
	}
	share := func(at float64, of string) string {
		whole := pixels(of)
		if whole <= 0 {
			return "0%"
		}
		return strconv.FormatFloat(min(100, 100*at/whole), 'f', 3, 64) + "%"
	}
	return "left:" + share(n.Point.X, n.Attrs["width"]) + ";top:" + share(n.Point.Y, n.Attrs["height"])
}

// pixels reads a size as authors write it.
func pixels(text string) float64 {
	f, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(text), "px"), 64)
	if err != nil || f < 0 || f > 1e5 {
		return 0
	}
	return f
}

// sized is a size in pixels as an attribute, "" where the author's is none.
func sized(text string) string {
	if f := pixels(text); f > 0 {
		return strconv.Itoa(int(f))
	}
	return ""
}

func coordinate(n *capa.InputNode, of func(*capa.Point) float64) string {
	if n.Point == nil {
		return ""
	}
	return number(of(n.Point))
}

func pointX(p *capa.Point) float64 { return p.X }
func pointY(p *capa.Point) float64 { return p.Y }

// preview tells how a line is previewed while it is typed: the dispatch that does, "" for none.
func preview(n *capa.InputNode) string {
	switch {
	case n.Kind == "formulaequationinput", n.Kind == "textline" && (n.Attrs["math"] != "" || n.Attrs["dojs"] != ""):
		return previewFormula
	case n.Kind == "chemicalequationinput":
		return previewChemistry
	}
	return ""
}

// previewTeX is the preview of what stands in a formula's line when it is drawn, "" for none.
func previewTeX(n *capa.InputNode) string {
	if preview(n) != previewFormula {
		return ""
	}
	tex, err := formula.Preview(text(n.Value))
	if err != nil || tex == "" {
		return ""
	}
	return `\(` + tex + `\)`
}

// previewEquation is the preview of what stands in a chemical equation's line when it is drawn.
func previewEquation(n *capa.InputNode) templ.Component {
	typed := text(n.Value)
	if preview(n) != previewChemistry || strings.TrimSpace(typed) == "" {
		return templ.NopComponent
	}
	html, err := chemistry.Preview(typed)
	if err != nil {
		return templ.NopComponent
	}
	return authored.Raw(html)
}

// areaText is a text as a text area shows it: browsers take away the first line break.
func areaText(n *capa.InputNode) string {
	s := text(n.Value)
	if s == "" && n.Kind == "schematic" {
		s = n.Attrs["initial_value"]
	}
	if strings.HasPrefix(s, "\n") {
		return "\n" + s
	}
	return s
}

// rows is how tall a field for code is.
func rows(n *capa.InputNode) string {
	if k, err := strconv.Atoi(strings.TrimSpace(n.Attrs["rows"])); err == nil && k > 0 {
		return strconv.Itoa(min(k, 60))
	}
	return "10"
}

// tabWidth is how many blanks the tab key writes in a field for code.
func tabWidth(n *capa.InputNode) string {
	if k, err := strconv.Atoi(strings.TrimSpace(n.Attrs["tabsize"])); err == nil && k > 0 {
		return strconv.Itoa(min(k, 16))
	}
	return "4"
}

// toolHelp says what is to be written where a tool of the author's platform would have been: the value its checker reads.
func toolHelp(ctx context.Context, n *capa.InputNode) string {
	switch n.Kind {
	case "crystallography":
		return i18n.T(ctx, "problem.tool_crystallography")
	case "vsepr_input":
		return i18n.T(ctx, "problem.tool_vsepr", n.Attrs["molecules"], n.Attrs["geometries"])
	case "designprotein2dinput":
		return i18n.T(ctx, "problem.tool_protein", n.Attrs["target_shape"])
	case "editageneinput":
		return i18n.T(ctx, "problem.tool_gene", n.Attrs["genex_dna_sequence"])
	}
	return ""
}

// runPatience is how long a run may take, in seconds.
const runPatience = int(capa.RunPatience / time.Second)

// given are the names of the files that were sent last.
func given(n *capa.InputNode) []string {
	if names, ok := n.Value.Files(); ok {
		return names
	}
	names, _ := n.Value.List()
	return names
}

// fileNames are the names an author lists, with blanks between.
func fileNames(list string) []string { return strings.Fields(strings.ReplaceAll(list, ",", " ")) }

// partLabel names a field inside a choice.
func partLabel(ctx context.Context, c capa.TextChoice, field string) string {
	k := 0
	for _, part := range c.Parts {
		if part.Field == "" {
			continue
		}
		k++
		if part.Field == field {
			break
		}
	}
	return i18n.T(ctx, "problem.number_in_choice", k)
}

// framePage is the address of an author's page in a frame. It names its neighbors by their paths, so that its own is kept as it was written.
func framePage(rt *component.Runtime, n *course.Node, file string) string {
	if path, ok := strings.CutPrefix(file, "/static/"); ok && n.Settings.StaticAssetPath == "" {
		path, _, _ = strings.Cut(path, "#")
		path, query, asks := strings.Cut(path, "?")
		if _, there := rt.Course.Files[course.AssetName(path)]; there && !strings.Contains(path, "..") {
			address := rt.Links.FileBase() + component.EscapeKey(path)
			if asks {
				address += "?" + query
			}
			return address
		}
	}
	return addressIn(rt.FrameSource(n), file)
}

// scriptPage is the address of an author's page for a frame of its own, where our script waits in it.
func (p props) scriptPage(file string) string {
	address := p.signed(file)
	if !strings.HasPrefix(address, "/") || strings.HasPrefix(address, "//") {
		return address // of somebody else's site
	}
	if strings.Contains(address, "?") {
		return address + "&jsinput"
	}
	return address + "?jsinput"
}

// inputWords are the texts the script of one kind of input shows, as JSON.
func inputWords(ctx context.Context, prefix string, names ...string) string {
	out := make(map[string]string, len(names))
	for _, name := range names {
		out[name] = i18n.T(ctx, prefix+name, "%1", "%2")
	}
	return asJSON(out)
}

func pictureWords(ctx context.Context) string {
	return inputWords(ctx, "problem.picture_", "label", "at", "answer")
}

func boardWords(ctx context.Context) string {
	return inputWords(ctx, "problem.board_", "tray", "picked", "placed", "back", "empty", "holds", "put_back", "free", "at")
}

func filesWords(ctx context.Context) string {
	return inputWords(ctx, "problem.files_", "not_allowed", "missing", "too_large", "none")
}

// written is the author's text, or ours where there is none.
func written(ctx context.Context, text, id string) string {
	if strings.TrimSpace(text) != "" {
		return text
	}
	return i18n.T(ctx, id)
}

// labelClass hides a label from sight where it stands in the text before the input, too: it is taken out there for some kinds only.
func labelClass(n *capa.InputNode) string {
	switch n.Kind {
	case "textline", "formulaequationinput", "textbox":
		return "answer__label"
	}
	if n.Attrs["label"] != "" {
		return "answer__label"
	}
	return "visually-hidden"
}
