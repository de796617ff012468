// Package audit writes down who did what to whom: sign-ins, changed passwords and roles, grades overridden, files unlocked.
//
// A row is added in the transaction that does the thing, so that neither exists without the other; what only failed is added by itself.
// Rows are never changed: the table refuses it. The rule a newcomer would break: no password, token, answer or message body goes into
// Before or After.
package audit
