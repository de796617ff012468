package video

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// Cue is one line of a transcript.
type Cue struct {
	Start, End time.Duration
	Text       string // plain; lines separated by "\n"
}

// Transcript is the text of a video in one language, in order of time.
type Transcript []Cue

// maxTranscript bounds the bytes of a transcript file that is read.
const maxTranscript = 10 << 20

var errNoTranscript = errors.New("no cues in this file")

// ParseTranscript reads SJSON, SRT or WebVTT, whichever the text is.
func ParseTranscript(data []byte) (Transcript, error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	data = bytes.ToValidUTF8(data, []byte("�"))
	if trimmed := bytes.TrimSpace(data); len(trimmed) > 0 && trimmed[0] == '{' {
		return parseSJSON(trimmed)
	}
	return parseTimed(string(data))
}

func parseSJSON(data []byte) (Transcript, error) {
	var s struct {
		Start []float64 `json:"start"`
		End   []float64 `json:"end"`
		Text  []*string `json:"text"`
	}
	if err := json.Unmarshal(data, &s); err != nil {
		return nil, fmt.Errorf("transcript as JSON: %w", err)
	}
	n := min(len(s.Start), len(s.End), len(s.Text))
	t := make(Transcript, 0, n)
	for i := range n {
		text := ""
		if s.Text[i] != nil {
			text = plain(*s.Text[i])
		}
		t = append(t, Cue{Start: milliseconds(s.Start[i]), End: milliseconds(s.End[i]), Text: text})
	}
	if n == 0 {
		return nil, errNoTranscript
	}
	return t, nil
}

func milliseconds(f float64) time.Duration {
	const most = 1000 * 60 * 60 * 1000 // a thousand hours
	return time.Duration(max(0, min(f, most))) * time.Millisecond
}

var (
	timing = regexp.MustCompile(`^\s*((?:\d+:)?\d{1,2}:\d{2}[,.]?\d{0,3})\s*-->\s*((?:\d+:)?\d{1,2}:\d{2}[,.]?\d{0,3})`)
	markup = regexp.MustCompile(`</?[a-zA-Z][^>]*>|\{\\[^}]*\}`)
)

// parseTimed reads SRT and WebVTT: a line of times, then text up to a blank line; numbers, names and notes are passed over.
func parseTimed(s string) (Transcript, error) {
	var t Transcript
	var current *Cue
	for line := range strings.SplitSeq(strings.ReplaceAll(s, "\r\n", "\n"), "\n") {
		line = strings.TrimRight(line, "\r \t")
		if m := timing.FindStringSubmatch(line); m != nil {
			t = append(t, Cue{Start: clock(m[1]), End: clock(m[2])})
			current = &t[len(t)-1]
			continue
		}
		switch {
		case line == "":
			current = nil
		case current != nil:
			if current.Text != "" {
				current.Text += "\n"
			}
			current.Text += plain(line)
		}
	}
	if len(t) == 0 {
		return nil, errNoTranscript
	}
	return t, nil
}

func clock(s string) time.Duration {
	return seconds(strings.ReplaceAll(s, ",", "."))
}

// plain is the text of a cue without its markup.
func plain(s string) string {
	return strings.TrimSpace(html.UnescapeString(markup.ReplaceAllString(s, "")))
}

// SJSON is the transcript as players of the reference read it: three lists, times in milliseconds.
func (t Transcript) SJSON() map[string]any {
	start, end, text := make([]int64, len(t)), make([]int64, len(t)), make([]string, len(t))
	for i, c := range t {
		start[i], end[i], text[i] = c.Start.Milliseconds(), c.End.Milliseconds(), c.Text
	}
	return map[string]any{"start": start, "end": end, "text": text}
}

// SRT is the transcript as a SubRip file.
func (t Transcript) SRT() []byte {
	var b bytes.Buffer
	for i, c := range t {
		fmt.Fprintf(&b, "%d\n%s --> %s\n%s\n\n", i, stamp(c.Start, ","), stamp(c.End, ","), c.Text)
	}
	return b.Bytes()
}

// VTT is the transcript as a WebVTT file.
func (t Transcript) VTT() []byte {
	var b bytes.Buffer
	b.WriteString("WEBVTT\n\n")
	for _, c := range t {
		fmt.Fprintf(&b, "%s --> %s\n%s\n\n", stamp(c.Start, "."), stamp(c.End, "."), html.EscapeString(c.Text))
	}
	return b.Bytes()
}

// Text is the transcript for reading, a cue a line.
func (t Transcript) Text() []byte {
	var b bytes.Buffer
	for _, c := range t {
		b.WriteString(strings.ReplaceAll(c.Text, "\n", " "))
		b.WriteByte('\n')
	}
	return b.Bytes()
}

func stamp(d time.Duration, point string) string {
	ms := d.Milliseconds()
	return fmt.Sprintf("%02d:%02d:%02d", ms/3600000, ms/60000%60, ms/1000%60) + point + pad3(ms%1000)
}

func pad3(n int64) string {
	s := strconv.FormatInt(n, 10)
	return strings.Repeat("0", 3-len(s)) + s
}

// languageName is a language's name in itself, or its code where nobody knows it.
func languageName(code string) string {
	tag, err := language.Parse(code)
	if err != nil {
		return code
	}
	if name := display.Self.Name(tag); name != "" {
		return name
	}
	return code
}
