// Package draft is where authors change a course: edits go in as data, versions come out.
//
// An [Edit] is a list of operations (create, update, move, duplicate, delete, paste, ...) made together or not at all. It becomes
// one new version of the draft, with its author, time and words. What has no draft, the settings and the order of sections and
// subsections and the pages beside the course, changes for learners in the same step; units and what is in them wait for
// authoring/publish. History and the way back are here too: everything that was ever in force can be read, compared and restored.
//
// The rule a newcomer would break: blocks of a version are shared and never change. Every function here copies the way from the
// root to what it changes and shares the rest, which is also why an edit writes little.
package draft
