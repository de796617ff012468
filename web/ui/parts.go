package ui

import (
	"context"
	"hash/fnv"
	"maps"
	"strconv"

	"github.com/a-h/templ"

	"lyceum/web/i18n"
)

// Kinds of buttons.
const (
	Primary = "primary" // one a page: what most people came to do
	Accent  = "accent"  // go on learning
	Danger  = "danger"
	Ghost   = "ghost" // a link with a button's size
	Plain   = "plain"
)

// ButtonProps describes a button, or with URL a link that looks like one.
type ButtonProps struct {
	Label    string
	Kind     string // "", Primary, Accent, Danger, Ghost, Plain
	Size     string // "", "small", "large"
	Icon     string // before the label
	IconEnd  string // after the label; mirrored in right-to-left pages
	IconOnly bool   // Label is read aloud, not shown
	Wide     bool
	Disabled bool
	URL      string // of LinkButton
	Type     string // of Button: "submit" when empty
	Name     string
	Value    string
	Attrs    templ.Attributes // data attributes for scripts
}

func (p ButtonProps) class() string {
	c := classes("button", p.Kind, p.Size)
	if p.Wide {
		c += " button--wide"
	}
	if p.IconOnly {
		c += " button--icon"
	}
	return c
}

func (p ButtonProps) attrs() templ.Attributes {
	all := templ.Attributes{}
	maps.Copy(all, p.Attrs)
	if p.Name != "" {
		all["name"], all["value"] = p.Name, p.Value
	}
	if p.IconOnly {
		all["aria-label"], all["title"] = p.Label, p.Label
	}
	return all
}

func (p ButtonProps) kind() string {
	if p.Type == "" {
		return "submit"
	}
	return p.Type
}

// FieldProps describes one input with its label, help and error.
type FieldProps struct {
	Name         string
	ID           string // Name when empty
	Label        string
	Help         string
	Error        string // in words; empty when all is well
	Value        string
	Type         string // of input: "text" when empty; "textarea" makes a textarea
	Placeholder  string
	Autocomplete string
	InputMode    string
	Required     bool // fields that are not required say so
	Quiet        bool // a filter: not required, and not said to be optional
	Disabled     bool
	MinLength    int
	MaxLength    int
	Rows         int              // of a textarea
	Options      []Option         // of Select
	Checked      bool             // of Checkbox
	Attrs        templ.Attributes // data attributes for scripts
}

// Option is one choice of a Select or RadioGroup.
type Option struct {
	Value    string
	Label    string
	Help     string
	Selected bool
}

func (p FieldProps) id() string {
	if p.ID != "" {
		return p.ID
	}
	return p.Name
}

func (p FieldProps) helpID() string  { return p.id() + "-help" }
func (p FieldProps) errorID() string { return p.id() + "-error" }

// attrs returns the attributes inputs of all kinds share; the error comes first for those who listen.
func (p FieldProps) attrs() templ.Attributes {
	all := templ.Attributes{}
	maps.Copy(all, p.Attrs)
	described := ""
	if p.Error != "" {
		described = p.errorID()
		all["aria-invalid"] = "true"
	}
	if p.Help != "" {
		if described != "" {
			described += " "
		}
		described += p.helpID()
	}
	for name, value := range map[string]string{
		"aria-describedby": described, "placeholder": p.Placeholder, "autocomplete": p.Autocomplete, "inputmode": p.InputMode,
		"minlength": positive(p.MinLength), "maxlength": positive(p.MaxLength),
	} {
		if value != "" {
			all[name] = value
		}
	}
	return all
}

func (p FieldProps) inputType() string {
	if p.Type == "" {
		return "text"
	}
	return p.Type
}

func (p FieldProps) rows() string { return strconv.Itoa(max(p.Rows, 4)) }

func positive(n int) string {
	if n <= 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func boolText(b bool) string {
	if b {
		return "true"
	}
	return "false"
}

// NoticeProps is a message in the page.
type NoticeProps struct {
	Kind  string // "info", "success", "warning", "error"
	Title string
	Text  string
}

func (p NoticeProps) kind() string {
	switch p.Kind {
	case "success", "warning", "error":
		return p.Kind
	}
	return "info"
}

func (p NoticeProps) icon() string {
	switch p.Kind {
	case "success":
		return "circle-check"
	case "warning":
		return "triangle-alert"
	case "error":
		return "circle-alert"
	}
	return "info"
}

// MediaCardProps describes a card with a picture that is one link.
type MediaCardProps struct {
	URL      string
	Title    string
	Kicker   string // above the title
	Text     string
	Picture  string // address; without one a ground in a color of its own is drawn
	Seed     string // picks that color; the title when empty
	Badge    *BadgeProps
	Meta     []MetaItem
	Progress *ProgressProps
	Foot     templ.Component // links and buttons beside the card's own link
}

// MetaItem is a small fact with an icon.
type MetaItem struct{ Icon, Text string }

// hue picks one of eight colors, always the same for one card.
func (p MediaCardProps) hue() string {
	seed := p.Seed
	if seed == "" {
		seed = p.Title
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(seed)) // never fails
	return "hue-" + strconv.Itoa(int(h.Sum32()%8))
}

// BadgeProps is a short label.
type BadgeProps struct {
	Label string
	Kind  string // "", "accent", "info", "success", "warning", "error"
	Icon  string
}

// ProgressProps is how far something is.
type ProgressProps struct {
	Label    string  // what is measured; read aloud, and shown by ProgressBar
	Fraction float64 // 0 to 1
	Text     string  // instead of the percentage: "41 of 184"
	Size     string  // of ProgressRing: "small", "", "large"
}

func (p ProgressProps) percent() int {
	return int(min(max(p.Fraction, 0), 1)*100 + 0.5)
}

func (p ProgressProps) text(ctx context.Context) string {
	if p.Text != "" {
		return p.Text
	}
	return i18n.Percent(ctx, float64(p.percent())/100)
}

func (p ProgressProps) done() string {
	if p.Fraction >= 1 {
		return "done"
	}
	return ""
}

// dash draws the ring's value: its circumference is 100.
func (p ProgressProps) dash() string { return strconv.Itoa(p.percent()) + " 100" }

// EmptyProps says that there is nothing yet, and what to do.
type EmptyProps struct {
	Icon   string
	Title  string
	Text   string
	Action *ButtonProps // a link
}

// DialogProps describes a dialog or drawer; a button with data-opens={ID} shows it.
type DialogProps struct {
	ID    string
	Title string
	Side  string          // of Drawer: "" at the start, "end"
	Stays bool            // of Drawer: lies open beside the page on wide screens
	Foot  templ.Component // of Dialog: its buttons
}

// TableProps describes a table of texts.
type TableProps struct {
	Caption string
	Columns []Column
	Rows    [][]templ.Component // the first cell of a row names it
}

// Column is one column of a table.
type Column struct {
	Label   string
	Numbers bool // aligned at the end
}

func (p TableProps) class(i int) string {
	if i < len(p.Columns) && p.Columns[i].Numbers {
		return "num"
	}
	return ""
}

// Text is a component of plain text, for cells.
func Text(s string) templ.Component { return text(s) }

// PagerProps describes where one is among pages, counted from 1.
type PagerProps struct {
	Page  int
	Pages int
	URL   func(page int) string
}

// pagerItem is one place of a pager; Page 0 is a gap.
type pagerItem struct{ Page int }

// items lists first, last and the pages around the current one.
func (p PagerProps) items() []pagerItem {
	var out []pagerItem
	last := 0
	for n := 1; n <= p.Pages; n++ {
		if n != 1 && n != p.Pages && (n < p.Page-1 || n > p.Page+1) {
			continue
		}
		if n > last+1 {
			out = append(out, pagerItem{})
		}
		out = append(out, pagerItem{Page: n})
		last = n
	}
	return out
}

func (p PagerProps) current(n int) string {
	if n == p.Page {
		return "page"
	}
	return ""
}
