// Package mail keeps messages in an outbox and sends them.
//
// A flow enqueues a message in its own transaction, so that a message exists exactly when what it tells is true. Each message has a key
// that names it: a flow that runs twice enqueues once. Deliver marks a message as being sent, sends it with no transaction open, and marks
// it sent; when the process dies between, a repeatable message (a reset link) is sent again and any other is left as failed. Where no
// server is configured messages are kept, to be read on the outbox page.
//
// The rule a newcomer would break: nothing from a request (Host, a header) goes into a link.
package mail
