package html

import (
	"testing"

	"lyceum/component"
	"lyceum/component/authored"
)

// TestTemplates: each can be found by its name, and none but what is asked for carries scripts.
func TestTemplates(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "announcement.yaml", "raw.yaml", "iframe.yaml", "image_modal.yaml", "zooming_image.yaml"} {
		got, ok := component.FindTemplate(Kind{}, name)
		if !ok || got.Name != name {
			t.Errorf("template %q: %v, %v", name, got.Name, ok)
		}
		if authored.Active(string(got.Body)) {
			t.Errorf("template %q runs scripts", name)
		}
	}
	if len((Kind{Tag: "text"}).Templates()) != 0 {
		t.Error("an old kind has templates")
	}
}
