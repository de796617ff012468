// Package page is what every handler stands on: [Handler] returns errors and answers them once, [Render] writes a page, [Viewer] says who
// asks, [Layout] fills the frame around a page from the request.
//
// What is known of a request is gathered in one record that package middleware puts into the context before any handler runs: id, nonce,
// client address, viewer, site. Who is asking is passed on to flows as an argument, never read from the context by them.
//
// The rule a newcomer would break: a handler never writes an error itself. It returns one of package fault, and the table in
// errors.go decides status and words, for pages and JSON alike.
package page
