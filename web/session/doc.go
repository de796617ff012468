// Package session ties a browser to a session of package account, for both faces.
//
// Middleware reads the face's own cookie, asks who it belongs to and calls page.Enter; Start and End set and remove the cookies at sign-in and
// sign-out. The LMS and Studio use different cookie names and neither accepts the other's, because cookies ignore ports. Beside the session's
// cookie the LMS keeps two that other services of a site read, edxloggedin and edx-user-info: they hold nothing secret and grant nothing.
//
// The rule a newcomer would break: an address to go on at comes from the request, so it passes Next before it is used.
package session
