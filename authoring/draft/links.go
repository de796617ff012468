package draft

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"lyceum/course"
)

var (
	usagePattern  = regexp.MustCompile(`(?:lib-)?block-v1:[^\s"'<>&;,)\\/?#]+|i4x://[^\s"'<>&;,)\\/?#]+/[^\s"'<>&;,)\\/?#]+/[^\s"'<>&;,)\\/?#]+/[^\s"'<>&;,)\\/?#]+`)
	staticPattern = regexp.MustCompile(`/static/([^\s"'<>)\\?#&]+)`)
	assetPattern  = regexp.MustCompile(`/?asset-v1:[^\s"'<>)\\?#&]+|/c4x/[^\s"'<>)\\?#&]+`)
)

// portable makes links to files of one course hold in another that gets files of the same names.
func portable(s string, from, to course.Key) string {
	if from == to || !strings.Contains(s, "asset-v1:") && !strings.Contains(s, "/c4x/") {
		return s
	}
	return assetPattern.ReplaceAllStringFunc(s, func(link string) string {
		key, err := course.ParseAssetKey(strings.TrimPrefix(link, "/"))
		if err != nil || key.In(from).Course != from || key.Category != "asset" {
			return link
		}
		return "/static/" + key.Name
	})
}

var (
	jumpPattern   = regexp.MustCompile(`/courses/[^\s"'<>/?#]+(?:/[^\s"'<>/?#]+){0,2}/jump_to/((?:block-v1:|i4x://)[^\s"'<>&?#\\]+)`)
	jumpIDPattern = regexp.MustCompile(`/jump_to_id/([^\s"'<>&?#/\\]+)`)
)

// jumps makes links to blocks that were copied into another course lead to the copies; ids are the new ids by the old ones.
func jumps(s string, ids map[string]string) string {
	if !strings.Contains(s, "/jump_to") {
		return s
	}
	s = jumpPattern.ReplaceAllStringFunc(s, func(link string) string {
		u, err := course.ParseUsageKey(jumpPattern.FindStringSubmatch(link)[1])
		if to, ok := ids[u.ID]; ok && err == nil {
			return "/jump_to_id/" + to
		}
		return link
	})
	return jumpIDPattern.ReplaceAllStringFunc(s, func(link string) string {
		if to, ok := ids[jumpIDPattern.FindStringSubmatch(link)[1]]; ok {
			return "/jump_to_id/" + to
		}
		return link
	})
}

// filesOf lists the normalized names of the course files a block and what is below it show, each once, sorted.
func filesOf(b *course.Block) []string {
	var out []string
	b.Walk(func(x *course.Block) bool {
		out = append(out, FilesOf(x)...)
		return true
	})
	slices.Sort(out)
	return slices.Compact(out)
}

// FilesOf lists the normalized names of the course files one block shows: links to /static/ in its text and settings, and the
// transcripts of a video, which are named without that.
func FilesOf(b *course.Block) []string {
	var out []string
	add := func(text string) {
		for _, m := range staticPattern.FindAllStringSubmatch(text, -1) {
			out = append(out, course.AssetName(m[1]))
		}
	}
	add(string(b.Body))
	for _, v := range b.Fields {
		add(string(v))
	}
	for _, v := range b.Attrs {
		add(v)
	}
	if b.Type == "video" || b.Type == "videoalpha" {
		out = append(out, transcripts(b)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func transcripts(b *course.Block) []string {
	var out []string
	if sub, ok := b.Fields["sub"].Text(); ok && sub != "" {
		out = append(out, course.AssetName("subs_"+sub+".srt.sjson"))
	}
	var byLanguage map[string]json.RawMessage
	if b.Fields["transcripts"].Decode(&byLanguage) {
		for _, raw := range byLanguage {
			var file string
			if json.Unmarshal(raw, &file) == nil && file != "" && !strings.HasPrefix(file, "/static/") {
				out = append(out, course.AssetName(file))
			}
		}
	}
	return out
}
