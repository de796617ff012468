// Package capa reads, shows and grades problems: the XML an author wrote, the
// answers a learner gave, and what becomes of them.
//
// A source is parsed once ([Parse]) into an immutable [Problem] that may be
// cached and shared. For one learner it becomes an [Instance] with a seed and
// an id prefix ([Problem.Instantiate]); an instance draws itself as a tree of
// typed nodes ([Instance.View]), grades answers ([Instance.Check]) and reveals
// what was right ([Instance.Answers]).
//
// Each response type is one file, response_NAME.go, and one line in the table
// of types. The package touches no store, no network and no file: authors'
// Python runs behind the [ScriptRunner] it is handed.
//
// The one rule a newcomer would break: a rule that looks wrong here is usually
// what existing courses depend on. Behavior follows the platform whose courses
// we take, case by case, and the cases are in the tests.
package capa
