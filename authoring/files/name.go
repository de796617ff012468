package files

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"lyceum/course"
	"lyceum/internal/fault"
)

// maxName is how many bytes the name of a file may have.
const maxName = 255

// Name reads what a client calls a file: display is the name alone, without the directories some clients send along and without
// characters nobody can see; name is what the course keeps it under, see [course.AssetName]. What is no name is Invalid.
func Name(sent string) (display, name string, err error) {
	display = sent[strings.LastIndexAny(sent, `/\`)+1:]
	display = norm.NFC.String(strings.ToValidUTF8(display, "_"))
	display = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) { // marks that turn text around, for one
			return -1
		}
		return r
	}, display))
	name = course.AssetName(display)
	switch {
	case strings.Trim(name, "._") == "":
		return "", "", fault.Invalidf("file name %q", sent).Say("files.no_name")
	case len(display) > maxName || len(name) > maxName:
		return "", "", fault.Invalidf("file name of %d bytes", len(display)).Say("files.long_name", maxName)
	}
	return display, name, nil
}
