package olx

import (
	"bytes"
	"fmt"
	"path"
	"strings"
	"unicode/utf8"

	"lyceum/course"
)

// htmlBody finds the text of an html block: in the file its filename names, byte for byte, or in line.
func (b *branch) htmlBody(blk *course.Block, def *element, raw string) []byte {
	name := def.text("filename")
	if name == "" {
		return inlineHTML(def)
	}
	candidates := htmlCandidates(raw, name)
	for _, file := range candidates {
		for _, f := range b.places(file) {
			src, err := b.r.readFile(f)
			if err != nil {
				continue
			}
			if !utf8.Valid(src) {
				b.r.note(Defect{Kind: NotUTF8, File: f, Block: refOf(blk).String(), Line: 1 + bytes.Count(src[:firstInvalid(src)], []byte("\n")), Detail: "kept as it is"})
			}
			if len(src) == 0 {
				return nil
			}
			return src
		}
	}
	b.r.note(Defect{Kind: MissingFile, File: candidates[0], Block: refOf(blk).String(), Detail: fmt.Sprintf("referenced by %s, %s line %d", refOf(blk), def.doc.file, def.line())})
	return inlineHTML(def)
}

// places are where a file may be, in the order of this branch.
func (b *branch) places(file string) []string {
	if b.draft {
		return []string{"drafts/" + file, file}
	}
	return []string{file}
}

// htmlCandidates lists where the text of an html block may be: beside its xml file, with doubled endings mended, and
// along the same path with leading directories left out.
func htmlCandidates(raw, filename string) []string {
	full := path.Join("html", path.Dir(pathOf(raw)), pathOf(filename)) + ".html"
	var out []string
	for _, f := range []string{full, strings.TrimSuffix(full, ".html"), strings.TrimSuffix(full, ".html") + ".xml"} {
		if ext := path.Ext(f); ext != ".html" && ext != ".xml" {
			continue
		}
		if f != full && !strings.HasSuffix(f, ".html") && !strings.HasSuffix(f, ".html.xml") {
			continue
		}
		for rest := f; ; {
			out = append(out, rest)
			_, after, ok := strings.Cut(rest, "/")
			if !ok || len(out) > 3*DefaultLimits.Depth {
				break
			}
			rest = after
		}
	}
	return out
}

// inlineHTML is the text of an html element written in line: what stands before the first child is text, so references
// and CDATA are resolved there as old tools did; from the first child on the source stands as it is, but for CDATA
// sections, which HTML does not know.
func inlineHTML(e *element) []byte {
	var out bytes.Buffer
	leading := true
	for _, n := range e.nodes {
		src := e.doc.src[n.start:n.end]
		switch n.kind {
		case elementNode:
			leading = false
			out.Write(htmlSource(n.elem))
		case cdataNode:
			src = src[len("<![CDATA[") : len(src)-len("]]>")]
			if leading {
				out.Write(src)
			} else {
				escapeText(&out, string(src))
			}
		case textNode:
			if leading {
				out.WriteString(unescape(src, false))
			} else {
				out.Write(src)
			}
		default:
			out.Write(src)
		}
	}
	if out.Len() == 0 {
		return nil
	}
	return out.Bytes()
}

// htmlSource is an element's source with CDATA sections turned into text. In script and style, which HTML reads without
// references, the section's content stands bare.
func htmlSource(e *element) []byte {
	if !bytes.Contains(e.source(), []byte("<![CDATA[")) {
		return e.source()
	}
	var out bytes.Buffer
	out.Write(e.doc.src[e.start:e.inner])
	for _, n := range e.nodes {
		src := e.doc.src[n.start:n.end]
		switch n.kind {
		case elementNode:
			out.Write(htmlSource(n.elem))
		case cdataNode:
			src = src[len("<![CDATA[") : len(src)-len("]]>")]
			if e.name == "script" || e.name == "style" {
				out.Write(src)
			} else {
				escapeText(&out, string(src))
			}
		default:
			out.Write(src)
		}
	}
	out.Write(e.doc.src[e.innerEnd:e.end])
	return out.Bytes()
}
