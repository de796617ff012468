// Package fault names the few ways a request can fail by what the caller can do about it.
//
// Flows return a *fault.Error (or wrap one) where the person or program asking should learn more than "something broke"; every other
// error is Internal. One table in web turns kinds into statuses and pages. The text for people is a message id with arguments; the
// cause stays in Err and goes to the log, never to the page.
//
// The rule a newcomer would break: "not visible to you" and "does not exist" are both NotFound.
package fault
