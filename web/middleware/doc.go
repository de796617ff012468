// Package middleware is what a request passes before it meets a route, outermost first: the client behind proxies, the record of the
// request and its log lines, methods and hosts we answer, headers, body limits, compression, the origin of changes.
//
// [Stack] puts them in order. The session middleware of the sign-in room comes after it and calls page.Enter.
//
// The rule a newcomer would break: X-Forwarded headers count from listed proxies only, and of several values the last one, because the
// ones before it were written by the client.
package middleware
