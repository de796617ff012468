package tracking

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// ErrTooLarge is in the chain of the error for a browser event that is not worth shortening.
var ErrTooLarge = errors.New("event too large")

// maxBrowserEvent is the size of the longest browser event taken, in bytes. Shortening one of this size costs a few milliseconds.
const maxBrowserEvent = 256 << 10

// ParseBrowserEvent reads what a page posted to /event: the parameters event_type, event and page, any of which may be missing. Whatever they say, the event is
// one of a browser, its person and session are the request's, its course is that of the page's address, and its name is empty or one of BrowserNames.
//
// The payload stays the string it was. Only the moves through a subsection, when posted under their newer name, get the members old and new of the older form.
func ParseBrowserEvent(form url.Values, r Request) (Event, error) {
	e := Event{Request: r, Source: FromBrowser, Type: form.Get("event_type"), Page: form.Get("page")}
	text := form.Get("event")
	if n := len(text) + len(e.Type) + len(e.Page); n > maxBrowserEvent {
		return Event{}, fmt.Errorf("browser event of %d bytes: %w", n, ErrTooLarge)
	}
	e.CourseID, e.OrgID = courseOfURL(e.Page)
	if legacy, ok := BrowserNames[e.Type]; ok {
		e.Name = e.Type
		if legacy != "" {
			e.Type, text = oldForm(e.Name, legacy, text)
		}
	}
	e.Payload = Text(text)
	return e, nil
}

// oldForm gives an event its older type and, for moves through a subsection, the older members. A move out of the subsection has no older form.
func oldForm(name, legacy, text string) (eventType, payload string) {
	var step float64
	switch name {
	case TabSelected:
	case NextSelected:
		step = 1
	case PreviousSelected:
		step = -1
	default:
		return legacy, text
	}
	var p struct {
		Current *float64        `json:"current_tab"`
		Target  *float64        `json:"target_tab"`
		Count   *float64        `json:"tab_count"`
		Old     json.RawMessage `json:"old"`
	}
	if json.Unmarshal([]byte(text), &p) != nil || p.Current == nil {
		return legacy, text
	}
	target := *p.Current + step
	switch {
	case step == 0 && p.Target == nil:
		return legacy, text
	case step == 0:
		target = *p.Target
	case target < 1, p.Count != nil && target > *p.Count:
		return name, text
	}
	if p.Old != nil {
		return legacy, text
	}
	rest := strings.TrimLeft(text, " \t\r\n")[1:] // after the brace
	return legacy, `{"old": ` + number(*p.Current) + `, "new": ` + number(target) + `, ` + strings.TrimLeft(rest, " \t\r\n")
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
