package video

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lyceum/course"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		block course.Block
		want  Video
	}{
		{"nothing", course.Block{}, Video{ShowCaptions: true}},
		{"old speeds", course.Block{Fields: course.Fields{"youtube": `"0.75:aa,1.00:bb,1.25:cc"`}}, Video{YouTube: "bb", ShowCaptions: true}},
		{
			"default id does not leak",
			course.Block{Fields: course.Fields{"youtube_id_1_0": `"3_yD_cEKoCk"`, "html5_sources": `["/static/a.mp4"]`}},
			Video{Sources: []string{"/static/a.mp4"}, ShowCaptions: true},
		},
		{
			"children win",
			course.Block{
				Fields: course.Fields{"html5_sources": `["x.mp4"]`, "edx_video_id": `"V"`, "start_time": `"00:00:05"`, "end_time": `"00:01:00"`, "show_captions": "false"},
				Body: []byte(`<source src="y.mp4"/><handout src="/static/h.pdf"/><transcript language="de" src="de.srt"/>
					<video_asset duration="48.5"><encoded_video profile="hls" url="z.m3u8"/><encoded_video profile="youtube" url="yy"/>
					<transcripts><transcript language_code="en" file_format="srt" provider="Custom"/></transcripts></video_asset>`),
			},
			Video{
				Sources: []string{"y.mp4", "z.m3u8"}, YouTube: "yy", Start: 5 * time.Second, End: time.Minute, Duration: 48.5, Handout: "/static/h.pdf",
				Transcripts: map[string]string{"de": "de.srt", "en": "V-en.srt"}, VideoID: "V",
			},
		},
		{"sub", course.Block{Fields: course.Fields{"sub": `"abc"`}}, Video{Transcripts: map[string]string{"en": "subs_abc.srt.sjson"}, ShowCaptions: true}},
		{"track means download", course.Block{Fields: course.Fields{"track": `"/static/t.txt"`}}, Video{Track: "/static/t.txt", DownloadTrack: true, ShowCaptions: true}},
		{"old floats", course.Block{Attrs: map[string]string{"from": "12.5", "to": "70"}}, Video{Start: 12500 * time.Millisecond, End: 70 * time.Second, ShowCaptions: true}},
		{"broken body", course.Block{Body: []byte("<source src='a.mp4'")}, Video{ShowCaptions: true}},
	} {
		if tc.want.Transcripts == nil {
			tc.want.Transcripts = map[string]string{}
		}
		if diff := cmp.Diff(tc.want, Parse(&tc.block)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
	}
}

func TestTranscripts(t *testing.T) {
	t.Parallel()
	want := Transcript{{Start: 500 * time.Millisecond, End: 2 * time.Second, Text: "Hello & welcome"}, {Start: 2 * time.Second, End: 4250 * time.Millisecond, Text: "two\nlines"}}
	for name, text := range map[string]string{
		"srt":   "\ufeff1\r\n00:00:00,500 --> 00:00:02,000\r\nHello &amp; <i>welcome</i>\r\n\r\n2\r\n00:00:02,000 --> 00:00:04,250\r\ntwo\r\nlines\r\n",
		"vtt":   "WEBVTT - x\n\nNOTE nothing\n\nfirst\n00:00.500 --> 00:02.000 align:start\nHello &amp; welcome\n\n00:02.000 --> 00:04.250\n<v Mira>two\nlines\n",
		"sjson": `{"start":[500,2000],"end":[2000,4250],"text":["Hello &amp; welcome","two\nlines"]}`,
	} {
		got, err := ParseTranscript([]byte(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	for _, back := range [][]byte{want.SRT(), want.VTT()} {
		if got, err := ParseTranscript(back); err != nil || cmp.Diff(want, got) != "" {
			t.Errorf("written and read again: %v, %v\n%s", got, err, back)
		}
	}
	for _, bad := range []string{"", "{", "no times here", `{"start":[]}`} {
		if got, err := ParseTranscript([]byte(bad)); err == nil {
			t.Errorf("ParseTranscript(%q) = %v, want an error", bad, got)
		}
	}
}

func FuzzParseTranscript(f *testing.F) {
	f.Add([]byte("1\n00:00:00,500 --> 00:00:02,000\nHello\n"))
	f.Add([]byte(`{"start":[1],"end":[2],"text":["x"]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := ParseTranscript(data)
		if err != nil {
			return
		}
		if again, err := ParseTranscript(got.VTT()); err != nil || len(again) != len(got) {
			t.Errorf("%d cues written, %d read, %v", len(got), len(again), err)
		}
	})
}
