package sample_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"lyceum/component/video"
	"lyceum/course"
	"lyceum/course/olx"
	"lyceum/grading/capa"
	"lyceum/grading/sandbox/scripttest"
	"lyceum/sample"
)

// read reads the course and fails the test on any defect.
func read(t *testing.T) *olx.Course {
	t.Helper()
	c, report, err := olx.Read(sample.Course(), olx.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range report.Defects {
		t.Errorf("defect: %s", d)
	}
	return c
}

func walk(b *course.Block, visit func(*course.Block)) {
	visit(b)
	for _, child := range b.Children {
		walk(child, visit)
	}
}

func blocks(t *testing.T, kind string) map[string]*course.Block {
	t.Helper()
	found := map[string]*course.Block{}
	walk(read(t).Published.Root, func(b *course.Block) {
		if kind == "" || b.Type == kind {
			found[b.ID] = b
		}
	})
	return found
}

func TestRead(t *testing.T) {
	t.Parallel()
	c := read(t)
	if got := c.Source.String(); got != sample.Key {
		t.Errorf("key: got %s, want %s", got, sample.Key)
	}
	counts := map[string]int{}
	walk(c.Published.Root, func(b *course.Block) {
		counts[b.Type]++
		if name, _ := b.Fields["display_name"].Text(); name == "" {
			t.Errorf("%s/%s has no name", b.Type, b.ID)
		}
	})
	for kind, least := range map[string]int{"chapter": 4, "sequential": 10, "vertical": 23, "html": 14, "problem": 25, "video": 1} {
		if counts[kind] < least {
			t.Errorf("%s: got %d, want at least %d", kind, counts[kind], least)
		}
	}
}

// TestExport holds the files to the form the platform itself writes, so that the course exported is the course in the
// repository and a change made in Studio can be brought back as a readable difference.
func TestExport(t *testing.T) {
	t.Parallel()
	var archive bytes.Buffer
	if _, err := olx.Write(&archive, read(t)); err != nil {
		t.Fatal(err)
	}
	unzipped, err := gzip.NewReader(&archive)
	if err != nil {
		t.Fatal(err)
	}
	want := files(t)
	for r := tar.NewReader(unzipped); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if header.Typeflag != tar.TypeReg {
			continue
		}
		got, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		_, name, _ := strings.Cut(header.Name, "/")
		data, ok := want[name]
		switch {
		case !ok:
			t.Errorf("the export has %s, the course has not", name)
		case !bytes.Equal(got, data) && utf8.Valid(data):
			t.Errorf("%s differs (-course +export):\n%s", name, cmp.Diff(string(data), string(got)))
		case !bytes.Equal(got, data):
			t.Errorf("%s differs", name)
		}
		delete(want, name)
	}
	for name := range want {
		t.Errorf("the course has %s, the export has not", name)
	}
}

// TestSize keeps the binary that embeds the course small.
func TestSize(t *testing.T) {
	t.Parallel()
	const most = 4 << 20
	var total int64
	for name, data := range files(t) {
		total += int64(len(data))
		if len(data) > 3<<19 {
			t.Errorf("%s has %d bytes, want at most %d", name, len(data), 3<<19)
		}
	}
	if total > most {
		t.Errorf("the course has %d bytes, want at most %d", total, most)
	}
}

func files(t *testing.T) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	err := fs.WalkDir(sample.Course(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(sample.Course(), name)
		all[name] = data
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

var (
	staticLink = regexp.MustCompile(`(?:["'=(]|&quot;)/static/([^"'\\?#&)]+)`)
	jumpLink   = regexp.MustCompile(`/jump_to_id/([^"'\\?#]+)`)
	courseLink = regexp.MustCompile(`["']/course/([^"'?#]+)`)
)

func TestLinks(t *testing.T) {
	t.Parallel()
	known := blocks(t, "")
	all := files(t)
	used := map[string]bool{"static/images_course_image.jpg": true}
	pages := []string{"progress", "dates", "glossary", "pdfbook/0/"}
	for name, data := range all {
		switch path.Ext(name) {
		case ".xml", ".html", ".json", ".css", ".js":
		default:
			continue
		}
		text := string(data)
		for _, m := range staticLink.FindAllStringSubmatch(text, -1) {
			file := "static/" + m[1]
			used[file] = true
			if _, ok := all[file]; !ok {
				t.Errorf("%s: no file %s", name, file)
			}
		}
		for _, m := range jumpLink.FindAllStringSubmatch(text, -1) {
			if known[m[1]] == nil {
				t.Errorf("%s: no block %s", name, m[1])
			}
		}
		for _, m := range courseLink.FindAllStringSubmatch(text, -1) {
			if !slices.Contains(pages, m[1]) {
				t.Errorf("%s: no page /course/%s", name, m[1])
			}
		}
	}
	for _, b := range blocks(t, "video") {
		for _, file := range video.Parse(b).Transcripts {
			used["static/"+file] = true
		}
	}
	for name := range all {
		if strings.HasPrefix(name, "static/") && !used[name] {
			t.Errorf("%s is used nowhere", name)
		}
	}
}

func TestImagesHaveAlternatives(t *testing.T) {
	t.Parallel()
	images := 0
	for name, data := range files(t) {
		if ext := path.Ext(name); ext != ".xml" && ext != ".html" {
			continue
		}
		z := html.NewTokenizer(strings.NewReader(string(data)))
		for kind := z.Next(); kind != html.ErrorToken; kind = z.Next() {
			token := z.Token()
			if token.Data != "img" || kind == html.EndTagToken {
				continue
			}
			images++
			alt := ""
			for _, a := range token.Attr {
				if a.Key == "alt" {
					alt = a.Val
				}
			}
			if len(alt) < 20 {
				t.Errorf("%s: alt text %q says too little", name, alt)
			}
		}
	}
	if images < 4 {
		t.Errorf("got %d images, want at least 4", images)
	}
}

func TestGradingPolicy(t *testing.T) {
	t.Parallel()
	data, err := fs.ReadFile(sample.Course(), "policies/2026/grading_policy.json")
	if err != nil {
		t.Fatal(err)
	}
	var policy struct {
		Graders []struct {
			Type   string  `json:"type"`
			Weight float64 `json:"weight"`
			Count  int     `json:"min_count"`
			Drop   int     `json:"drop_count"`
		} `json:"GRADER"`
		Cutoffs map[string]float64 `json:"GRADE_CUTOFFS"`
	}
	if err := json.Unmarshal(data, &policy); err != nil {
		t.Fatal(err)
	}
	formats := map[string]int{}
	for _, b := range blocks(t, "sequential") {
		if graded, _ := b.Fields["graded"].Bool(); graded {
			format, _ := b.Fields["format"].Text()
			formats[format]++
		}
	}
	sum := 0.0
	for _, g := range policy.Graders {
		sum += g.Weight
		if formats[g.Type] != g.Count || g.Drop >= g.Count {
			t.Errorf("%s: %d subsections, policy counts %d and drops %d", g.Type, formats[g.Type], g.Count, g.Drop)
		}
		delete(formats, g.Type)
	}
	if math.Abs(sum-1) > 1e-9 {
		t.Errorf("weights add to %v, want 1", sum)
	}
	if len(formats) > 0 {
		t.Errorf("subsections without an assignment type in the policy: %v", formats)
	}
	if policy.Cutoffs["A"] <= policy.Cutoffs["B"] || policy.Cutoffs["B"] <= policy.Cutoffs["C"] || policy.Cutoffs["C"] <= 0 {
		t.Errorf("cutoffs do not descend: %v", policy.Cutoffs)
	}
}

func TestVideo(t *testing.T) {
	t.Parallel()
	all := files(t)
	for id, b := range blocks(t, "video") {
		v := video.Parse(b)
		if len(v.Sources) != 2 || v.YouTube != "" {
			t.Errorf("%s: sources %v, YouTube %q", id, v.Sources, v.YouTube)
		}
		if len(v.Transcripts) < 2 {
			t.Errorf("%s: transcripts %v, want two languages", id, v.Transcripts)
		}
		cues := 0
		for lang, file := range v.Transcripts {
			tr, err := video.ParseTranscript(all["static/"+file])
			if err != nil {
				t.Errorf("%s: transcript %s: %v", id, lang, err)
			}
			if cues != 0 && len(tr) != cues {
				t.Errorf("%s: transcript %s has %d lines, another has %d", id, lang, len(tr), cues)
			}
			cues = len(tr)
			for i := 1; i < len(tr); i++ {
				if tr[i].Start < tr[i-1].End {
					t.Errorf("%s: transcript %s: line %d begins before line %d ends", id, lang, i+1, i)
				}
			}
		}
	}
}

// TestProblems grades right, partly right and wrong answers of every problem.
func TestProblems(t *testing.T) {
	t.Parallel()
	text, list := capa.Text, capa.List
	type one = map[string]capa.Answer
	type submission struct {
		answers one
		score   float64
	}
	laps := func(choice int, numbers ...string) capa.Answer {
		m := map[string]string{fmt.Sprintf("2_1_choiceinput_%dbc", choice): fmt.Sprintf("2_1_choiceinput_%dbc", choice)}
		for i, n := range numbers {
			m[fmt.Sprintf("2_1_choiceinput_%d_numtolerance_input_%d", choice, i)] = n
		}
		return capa.Map(m)
	}
	cases := map[string][]submission{
		"marsh-gas": {
			{one{"2_1": text(`{"geometry":"AX4E0","atoms":{"c0":"C","p0":"H","p1":"H","p2":"H","p3":"H"}}`)}, 1},
			{one{"2_1": text(`{"geometry":"AX4E0","atoms":{"c0":"H","p0":"H","p1":"C","p2":"H","p3":"H"}}`)}, 0},
		},
		"gold": {
			{one{"2_1": text(`{"lattice":"fcc","points":[["1.00","0.00","0.00"],["0.00","1.00","0.00"],["0.00","0.00","1.00"]]}`)}, 1},
			{one{"2_1": text(`{"lattice":"fcc","points":[["0.50","0.00","0.00"],["0.00","0.50","0.00"],["0.00","0.00","0.50"]]}`)}, 0},
			{one{"2_1": text(`{"lattice":"sc","points":[["1.00","0.00","0.00"],["0.00","1.00","0.00"],["0.00","0.00","1.00"]]}`)}, 0},
		},
		"pendulum-question": {{one{"2_1": text("choice_1")}, 1}, {one{"2_1": text("choice_0")}, 0}},
		"first-answer":      {{one{"2_1": text("choice_0")}, 1}, {one{"2_1": text("choice_3")}, 0}},
		"hints-on-demand": {
			{one{"2_1": text(" Peripatetic ")}, 1}, {one{"2_1": text("peripatetical")}, 1}, {one{"2_1": text("pedestrian")}, 0},
		},
		"peripatetics": {{one{"2_1": text("choice_1")}, 1}, {one{"2_1": text("choice_2")}, 0}, {one{"2_1": text("choice_3")}, 0.25}},
		"portico": {
			{one{"2_1": text("subsections"), "3_1": text("unit")}, 2},
			{one{"2_1": text("units"), "3_1": text("unit")}, 1},
			{one{"2_1": text("components"), "3_1": text("tab")}, 0},
		},
		"saved": {
			{one{"2_1": list("choice_0", "choice_1")}, 1},
			{one{"2_1": list("choice_0")}, 0.8},
			{one{"2_1": list("choice_0", "choice_1", "choice_2", "choice_3", "choice_4")}, 0.4},
			{one{"2_1": list("choice_2", "choice_3", "choice_4")}, 0},
		},
		"stadion": {{one{"2_1": text("35.2")}, 1}, {one{"2_1": text("11*3.2")}, 1}, {one{"2_1": text("35.5")}, 1}, {one{"2_1": text("12*3.2")}, 0.5}, {one{"2_1": text("32")}, 0}},
		"morning-range": {
			{one{"2_1": text("2*pi*sqrt(1/9.81)")}, 1}, {one{"2_1": text("1.9")}, 1}, {one{"2_1": text("1")}, 1}, {one{"2_1": text("2.2")}, 0},
		},
		"cafe": {{one{"2_1": text("Café")}, 1}, {one{"2_1": text("CAFÉ")}, 1}, {one{"2_1": text("cafe")}, 1}, {one{"2_1": text("cafeteria")}, 0}},
		"teacher": {
			{one{"2_1": text("Aristotle")}, 1},
			{one{"2_1": text("aristoteles")}, 1},
			{one{"2_1": text("Ἀριστοτέλης")}, 1},
			{one{"2_1": text("Αριστοτέλης")}, 1},
			{one{"2_1": text("Plato")}, 0},
			{one{"2_1": text("not Aristotle")}, 0},
		},
		"three-steps": {
			{one{"2_1": text("4"), "3_1": text("1.11"), "4_1": text("choice_1")}, 3},
			{one{"2_1": text("4"), "3_1": text("4/3.6"), "4_1": text("choice_0")}, 2},
			{one{"2_1": text("0.4"), "3_1": text("14.4"), "4_1": text("choice_2")}, 0},
		},
		"try-a-grade":  {{one{"2_1": text("78")}, 1}, {one{"2_1": text("69")}, 0}},
		"quiz-outline": {{one{"2_1": text("choice_1")}, 1}, {one{"2_1": text("choice_0")}, 0}},
		"quiz-grade":   {{one{"2_1": text("78")}, 1}, {one{"2_1": text("64")}, 0}},
		"quiz-save": {
			{one{"2_1": list("choice_0", "choice_2", "choice_4")}, 1}, {one{"2_1": list("choice_0", "choice_2")}, 0.5}, {one{"2_1": list("choice_1", "choice_3")}, 0},
		},
		"half-way":        {{one{"2_1": text("1/(1/s+1/t)")}, 1}, {one{"2_1": text("s||t")}, 1}, {one{"2_1": text("(s+t)/2")}, 0}},
		"the-blue-walker": {{one{"2_1": text("[285,180]")}, 1}, {one{"2_1": text("[325,175]")}, 0}},
		"laps": {
			{one{"2_1": laps(1, "6", "300")}, 1}, {one{"2_1": laps(1, "6", "150")}, 0}, {one{"2_1": laps(0, "7")}, 0},
		},
		"one-sentence": {
			{one{"2_1": text(`{"options":[0],"comment":"slow, see, stop"}`)}, 2}, {one{"2_1": text(`{"options":[1],"comment":""}`)}, 1}, {one{"2_1": text(`{"options":[2],"comment":""}`)}, 0},
		},
		"your-own-walk": {{one{"2_1": text("5/2")}, 1}, {one{"2_1": text("3")}, 0}}, // as drawn for the seed 1
		"two-columns": {
			{one{"2_1": text("11"), "2_2": text("13")}, 2}, {one{"2_1": text("4"), "2_2": text("20")}, 2}, {one{"2_1": text("12"), "2_2": text("12")}, 1}, {one{"2_1": text("x"), "2_2": text("13")}, 0},
		},
		"evening-lamp": {
			{one{"2_1": text(`[["view",0,0,2],["dc",{"0":0,"lamp":3}]]`)}, 1}, {one{"2_1": text(`[["view",0,0,2],["dc",{"0":0,"lamp":9}]]`)}, 0}, {one{"2_1": text(`[]`)}, 0},
		},
		"lamp-oil":  {{one{"2_1": text("2O2 + CH4 -> 2H2O + CO2")}, 1}, {one{"2_1": text("CH4 + O2 -> CO2 + H2O")}, 0}},
		"quiz-word": {{one{"2_1": text("Cutoff")}, 1}, {one{"2_1": text("cut-off")}, 1}, {one{"2_1": text("letter")}, 0}},
	}
	problems := blocks(t, "problem")
	for id := range cases {
		if problems[id] == nil {
			t.Errorf("the course has no problem %s", id)
		}
	}
	for id, b := range problems {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			p, err := capa.Parse([]byte("<problem>" + string(b.Body) + "</problem>"))
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range p.Defects() {
				t.Errorf("defect: %v", d)
			}
			options := capa.Options{Seed: 1}
			if p.NeedsPython() {
				options.Runner = scripttest.Start(t)
			}
			in, err := p.Instantiate(t.Context(), options)
			if err != nil {
				t.Fatal(err)
			}
			solutions := 0
			for _, shown := range in.Answers() {
				if shown.Solution != "" {
					solutions++
				}
			}
			if solutions == 0 {
				t.Error("no solution is shown")
			}
			full := false
			for _, s := range cases[id] {
				got, err := in.Check(t.Context(), s.answers, nil)
				if err != nil {
					t.Errorf("%v: %v", s.answers, err)
					continue
				}
				if math.Abs(got.Score-s.score) > 1e-9 {
					t.Errorf("%v: got %v points, want %v of %d", s.answers, got.Score, s.score, got.MaxScore)
				}
				full = full || got.Score == float64(got.MaxScore)
			}
			if !full {
				t.Error("no case earns all points")
			}
		})
	}
}
