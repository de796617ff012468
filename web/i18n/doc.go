// Package i18n gives every text a person reads: messages by id, plural forms, numbers and dates, in the reader's language and time zone.
//
// A room that shows texts keeps them in its own locales/en.json (and other languages beside it), embeds the folder and hands it to
// [New] in the wiring; ids begin with the room's name, so catalogs merge without clashes. The request's [Reader] travels in the
// context. Without one, the base catalog in English and UTC is used, which is what a bare component test sees.
//
// A message is a string with places {0}, {1}, ..., or an object of plural forms chosen by argument 0:
//
//	"unit.points": {"one": "{0} point", "other": "{0} points"}
//
// The rule a newcomer would break: sentences are never glued together from pieces; one thought, one id.
package i18n
