package studio

import (
	"net/http/httptest"
	"net/url"
	"testing"

	"lyceum/authoring/draft"
	"lyceum/course"
	"lyceum/internal/fault"
)

// TestRenamedTranscripts: a transcript that goes by another language takes the place of a deleted one, whichever comes first, and never that
// of another which is renamed, too.
func TestRenamedTranscripts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		form, want, bad string
	}{
		{"v.t.de.lang=fr&v.t.fr.delete=1", `{"fr":"de.srt"}`, ""},
		{"v.t.fr.lang=de&v.t.de.delete=1", `{"de":"fr.srt"}`, ""},
		{"v.t.de.lang=it&v.t.fr.lang=it", "", "v.t.fr.lang"},
		{"v.t.de.lang=fr", "", "v.t.de.lang"},
		{"v.t.de.lang=../x", "", "v.t.de.lang"},
		{"v.t.de.lang=de&v.t.fr.lang=it", `{"de":"de.srt","it":"fr.srt"}`, ""},
	} {
		form, err := url.ParseQuery(c.form)
		if err != nil {
			t.Fatal(err)
		}
		base := &course.Block{Type: "video", ID: "v", Fields: course.Fields{"transcripts": `{"de":"de.srt","fr":"fr.srt"}`}}
		e := &editRead{Base: base, Form: form, Op: &draft.Update{}, Bad: fault.Invalidf("x")}
		if err := (&Server{}).readTranscripts(httptest.NewRequest("POST", "/", nil), e); err != nil {
			t.Fatal(err)
		}
		if c.bad != "" {
			if e.Bad.Fields[c.bad] == "" {
				t.Errorf("%s: %v is refused, want %s", c.form, e.Bad.Fields, c.bad)
			}
		} else if got := string(e.Op.Set["transcripts"]); got != c.want || len(e.Bad.Fields) > 0 {
			t.Errorf("%s: %s %v, want %s", c.form, got, e.Bad.Fields, c.want)
		}
	}
}
