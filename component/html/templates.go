package html

import (
	"lyceum/component"
	"lyceum/course"
)

// Templates are what a new text can begin with. Names are those clients of the platform we match send.
func (k Kind) Templates() []component.Template {
	if k.Name() != "html" {
		return nil
	}
	common := func(name, label, title, editor, body string) component.Template {
		t := component.Template{Name: name, Label: "html.template." + label, Tab: component.TabCommon, Set: course.Fields{"display_name": course.Text(title)}, Body: []byte(body)}
		if editor != "" {
			t.Set["editor"] = course.Text(editor)
		}
		return t
	}
	return []component.Template{
		common("", "blank", "Text", "", ""),
		common("announcement.yaml", "announcement", "Announcement", "", announcement),
		common("raw.yaml", "raw", "Raw HTML", "raw", "<p>Write HTML here.</p>\n"),
		common("iframe.yaml", "iframe", "Embedded page", "raw", iframe),
		common("image_modal.yaml", "image_modal", "Picture to enlarge", "raw", imageModal),
		common("zooming_image.yaml", "zooming", "Picture with details", "raw", zooming),
	}
}

const announcement = `<h3>Title of the announcement</h3>
<p>What is new, in a sentence or two.</p>
<ul>
<li>When it happens</li>
<li>What to do</li>
</ul>
<p>Questions? Ask in the discussion.</p>
`

const iframe = `<p>Say what the page below is for, and what to do there.</p>
<p><iframe src="https://example.com/" title="What the page shows" width="100%" height="600" loading="lazy" allowfullscreen="allowfullscreen"></iframe></p>
<p>If it does not open here, <a href="https://example.com/" target="_blank" rel="noopener">open it in a tab of its own</a>.</p>
`

// Pictures of these two are enlarged without a script, so that they stand in the page itself.
const imageModal = `<p>Choose the picture to see it in full size.</p>
<p><a href="/static/picture.png" target="_blank" rel="noopener"><img src="/static/picture.png" alt="What the picture shows" width="320"></a></p>
`

const zooming = `<p>Open the picture to look at its details.</p>
<details>
<summary>The picture in full size</summary>
<div style="overflow: auto; max-height: 480px;"><img src="/static/picture.png" alt="What the picture shows" style="max-width: none;"></div>
</details>
<p><img src="/static/picture.png" alt="" width="320"></p>
`
