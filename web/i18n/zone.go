package i18n

import (
	"path"
	"strings"
	"sync"
	"time"
)

// zones keeps loaded time zones: loading one reads a file. Only real zones are kept, of which there are some hundreds.
var zones sync.Map // of name to *time.Location

// Zone returns the time zone with an IANA name; ok is false where there is none.
func Zone(name string) (zone *time.Location, ok bool) {
	if kept, ok := zones.Load(name); ok {
		return kept.(*time.Location), true
	}
	// One file has many names, "Europe//Berlin", "./Europe/Berlin": of these one is taken, or strangers could fill the memory.
	if name == "" || len(name) > 64 || path.Clean(name) != name || strings.EqualFold(name, "local") || strings.Contains(name, "..") {
		return nil, false
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, false
	}
	zones.Store(zone.String(), zone)
	return zone, true
}
