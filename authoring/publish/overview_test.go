package publish

import (
	"encoding/json"
	"testing"
	"time"

	"lyceum/course"
)

func TestOverview(t *testing.T) {
	t.Parallel()
	film := block("video", "film", course.Fields{"edx_video_id": `"v"`})
	film.Body = []byte(`<video_asset client_video_id="f" duration="90.5"><encoded_video/></video_asset>`)
	essay := block("openassessment", "essay", course.Fields{"submission_start": `"2019-01-01T00:00:00Z"`})
	essay.Body = []byte(`<openassessment submission_due="2026-03-01T00:00:00Z"><assessment name="peer" start="2001-01-01T00:00:00Z"/></openassessment>`)
	c := content(course.Fields{"start": past, "end": `"2026-06-01T00:00:00Z"`, "highlights_enabled_for_messaging": "true"},
		block("chapter", "a", course.Fields{"highlights": `["one"]`},
			block("sequential", "mixed", course.Fields{"graded": "true", "due": `"2027-01-01T00:00:00Z"`},
				block("vertical", "u1", nil, film, block("html", "h1", nil), block("html", "team", course.Fields{"visible_to_staff_only": "true"})),
				block("vertical", "u2", nil, block("split_test", "x", nil, block("html", "h2", nil), block("problem", "p", nil)), essay)),
			block("sequential", "away", course.Fields{"hide_from_toc": "true", "is_proctored_enabled": "true", "due": `"2001-01-01T00:00:00Z"`}, block("vertical", "u3", nil, block("html", "h3", nil)))),
		block("chapter", "team", course.Fields{"visible_to_staff_only": "true"}, block("sequential", "ts", nil, block("vertical", "u4", nil, block("html", "h4", nil)))),
	)
	o := NewOverview(c)
	if len(o.Sections) != 2 || len(Visible(o.Sections)) != 1 || !o.Sections[0].Highlighted || o.Sections[1].Highlighted || !o.Highlights || o.SelfPaced {
		t.Errorf("sections %+v", o.Sections)
	}
	if len(o.Assignments) != 3 || len(o.Subsections) != 1 || o.Subsections[0].Units != 2 || len(o.Subsections[0].Kinds) != 4 || !o.Assignments[1].Proctored {
		t.Errorf("subsections %+v of %+v", o.Subsections, o.Assignments)
	}
	if len(o.Units) != 2 || o.Units[0].Components() != 2 || o.Units[1].Components() != 3 {
		t.Errorf("units %+v", o.Units)
	}
	if len(o.Videos) != 1 || o.Videos[0].Length != 90500*time.Millisecond || !o.Videos[0].HasID {
		t.Errorf("videos %+v", o.Videos)
	}
	if before, after := o.OutOfCourse(true); len(before) != 0 || len(after) != 1 || after[0].Key.ID != "mixed" {
		t.Errorf("due %v and %v", before, after)
	}
	if len(o.OpenAnswers) != 1 || len(o.OpenAnswers[0].Dates) != 3 || o.OpenAnswers[0].Subsection.Key.ID != "mixed" || !o.OpenAnswers[0].Graded {
		t.Errorf("open answers %+v", o.OpenAnswers)
	}
	if o := NewOverview(content(course.Fields{"start": `"2030-01-01T00:00:00Z"`, "self_paced": "true"})); o.Start != nil || o.End != nil || !o.SelfPaced || len(o.Units) != 0 {
		t.Errorf("an empty course %+v", o)
	}
}

func TestSpread(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		list []float64
		want string
	}{
		{nil, `{"min":null,"max":null,"mean":null,"median":null,"mode":null}`},
		{[]float64{3}, `{"min":3,"max":3,"mean":3,"median":3,"mode":3}`},
		{[]float64{5, 1, 2, 2, 1}, `{"min":1,"max":5,"mean":2,"median":2,"mode":1}`},
		{[]float64{4, 1, 2, 4}, `{"min":1,"max":4,"mean":3,"median":3,"mode":4}`},
		{[]float64{1, 2}, `{"min":1,"max":2,"mean":2,"median":2,"mode":1}`}, // halves to even
	} {
		got, err := json.Marshal(SpreadOf(c.list))
		if err != nil || string(got) != c.want {
			t.Errorf("%v: %s %v, want %s", c.list, got, err, c.want)
		}
	}
}
