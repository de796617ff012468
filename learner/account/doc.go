// Package account is about who people are: registering, proving an address, signing in and out, passwords, and what they tell about
// themselves.
//
// A Service holds the flows; each checks what was sent, its limits and its rights, and writes its rows, its mail and its audit row in one
// transaction. Secrets (session ids, the tokens in mailed links) leave once and are kept as SHA-256 only. PostgreSQL decides who is signed
// in; Redis holds copies that live a few minutes, and every process learns within a second which copies are stale, so that a changed
// password, a role taken away or a disabled account is effective at once (session.go, watch.go).
//
// The rules a newcomer would break: passwords are hashed through the lane only, outside any transaction; an unknown address, a wrong password
// and a disabled account cost the same time and get the same answer.
package account
