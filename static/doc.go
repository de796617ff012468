// Package static serves our own style sheets, scripts, fonts, icons and vendored libraries from memory.
//
// Sources lie in css, ts and vendor; "go run ./static/build" bundles them into dist, which is committed and embedded, so that building
// the server needs nothing but Go. Every file has an address that changes with its content, so browsers keep it for a year:
// URL("css/site.css") is /static/css/site.3f2a9c1b.css.
//
// What needs no page is tested in tests/*.test.ts, which TestModules bundles and runs with node; the rest is walked in web/e2e.
//
// [Handler] stands in front of router and middleware: a request for a file costs one map lookup and headers made beforehand.
//
// The rule a newcomer would break: a file in dist is never edited; change the source and run the build.
package static
