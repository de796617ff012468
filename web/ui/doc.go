// Package ui holds the parts every page is made of: the layout around a page, buttons, fields, cards, notices and so on. [Gallery] shows
// them all on one page, served at /ui in development.
//
// Parts take texts that are already in the reader's language, in one props struct or a few plain values; only words that belong to the
// part itself ("Close", "optional") come from the catalog. Look and behavior live in static/css and static/ts.
//
// The rule a newcomer would break: a part knows no word of our field. A card has a picture, a title and a foot; that it shows a course is
// the page's business.
package ui
