package ui

import (
	"time"

	"github.com/a-h/templ"
)

// galleryNow is the gallery's fixed moment, so that the page never differs from itself.
var galleryNow = time.Date(2026, 3, 2, 13, 2, 0, 0, time.UTC)

// The gallery's texts are samples, not messages: nobody but developers reads them.

func galleryTable() TableProps {
	row := func(name, when, points string, badge BadgeProps) []templ.Component {
		return []templ.Component{Text(name), Text(when), Badge(badge), Text(points)}
	}
	return TableProps{
		Caption: "Homework",
		Columns: []Column{{Label: "Name"}, {Label: "Due"}, {Label: "State"}, {Label: "Points", Numbers: true}},
		Rows: [][]templ.Component{
			row("Columns and capitals", "Mar 2, 2026", "12 / 12", BadgeProps{Label: "Complete", Kind: "success", Icon: "circle-check"}),
			row("The golden section", "Mar 9, 2026", "7 / 10", BadgeProps{Label: "In progress", Kind: "info", Icon: "circle-dot"}),
			row("Light and shade", "Mar 16, 2026", "0 / 8", BadgeProps{Label: "Due soon", Kind: "warning", Icon: "clock"}),
		},
	}
}

func galleryCards() []MediaCardProps {
	return []MediaCardProps{
		{
			URL: "#", Kicker: "Athens · ARC101", Title: "Stone, light and proportion",
			Text: "How builders without computers made temples that still look right.",
			Meta: []MetaItem{{Icon: "clock", Text: "6 weeks, 3 hours a week"}}, Progress: &ProgressProps{Label: "Progress", Fraction: 0.42},
			Badge: &BadgeProps{Label: "Continue", Kind: "accent", Icon: "play"},
		},
		{
			URL: "#", Kicker: "Hill University · BIO2x", Title: "The hidden life of soil", Text: "A handful of earth holds more beings than there are people.",
			Meta: []MetaItem{{Icon: "calendar", Text: "Starts Mar 16, 2026"}},
		},
		{
			URL: "#", Kicker: "Open Seminar · MATH7", Title: "Infinity, in small steps",
			Text: "Sequences, limits and the courage to stop counting.", Badge: &BadgeProps{Label: "Completed", Kind: "success", Icon: "circle-check"},
			Progress: &ProgressProps{Label: "Progress", Fraction: 1},
		},
	}
}

func galleryCountries() FieldProps {
	return FieldProps{
		Name: "country", Label: "Country", Required: true,
		Options: []Option{{Value: "gr", Label: "Greece"}, {Value: "pt", Label: "Portugal", Selected: true}, {Value: "ke", Label: "Kenya"}},
	}
}

func galleryPace() FieldProps {
	return FieldProps{
		Name: "pace", Label: "How fast do you want to go?", Required: true,
		Options: []Option{
			{Value: "calm", Label: "Calm", Help: "One lesson a week", Selected: true},
			{Value: "brisk", Label: "Brisk", Help: "Two lessons a week"},
		},
	}
}

func galleryPager() PagerProps {
	return PagerProps{Page: 5, Pages: 12, URL: func(int) string { return "#" }}
}

// swatch is one color of the gallery.
type swatch struct{ Name, Class string }

func gallerySwatches() []swatch {
	return []swatch{
		{"bg", "sw-bg"},
		{"surface", "sw-surface"},
		{"sunken", "sw-sunken"},
		{"border", "sw-border"},
		{"text", "sw-text"},
		{"muted", "sw-muted"},
		{"primary", "sw-primary"},
		{"accent", "sw-accent"},
		{"success", "sw-success"},
		{"warning", "sw-warning"},
		{"error", "sw-error"},
	}
}
