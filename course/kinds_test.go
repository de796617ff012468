package course

import "testing"

func TestSchemas(t *testing.T) {
	t.Parallel()
	for kind, s := range Schemas {
		if s.Kind != kind {
			t.Errorf("the schema of %s is called %s", kind, s.Kind)
		}
		seen := map[string]bool{}
		for _, f := range s.Fields {
			if seen[f.Name] {
				t.Errorf("%s has field %s twice", kind, f.Name)
			}
			seen[f.Name] = true
			if f.Default != "" {
				if v, err := ParseValue([]byte(f.Default)); err != nil || v != f.Default {
					t.Errorf("%s.%s: the default %s is not compact JSON", kind, f.Name, f.Default)
				}
			}
		}
	}
}

func TestContentType(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"a.PNG": "image/png", "b.tar.gz": "application/gzip", "t.srt": "application/octet-stream", "none": "application/octet-stream", "x.html": "text/html",
	} {
		if got := ContentType(name); got != want {
			t.Errorf("ContentType(%q) = %q, want %q", name, got, want)
		}
	}
}
