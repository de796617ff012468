// Package authored makes HTML that authors wrote fit for our pages: links resolved, keywords filled in, and then either
// cleaned and shown in line or, when it carries scripts of its own, wrapped as a document for a frame that has no origin of
// ours.
//
// In: the text as the author wrote it. Out: templ components. The rule a newcomer would break: this package is the only
// place where authors' markup becomes raw output; templ.Raw of authored text anywhere else is a bug.
package authored
