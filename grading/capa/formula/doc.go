// Package formula evaluates the arithmetic learners and authors type as
// answers: a parsed expression, names bound to numbers, a number out.
//
// Numbers keep the kinds that decide results: exact integers of any size,
// floating point numbers, complex numbers, each either plain (division by
// zero is an error) or the product of a library function (it is infinite or
// not a number). [Equal] compares two of them under a tolerance.
//
// The one rule a newcomer would break: a sign in front of a number belongs to
// the number, a sign in front of a sum is applied last. -2^2 is -4, 2^-2^2 is 16.
package formula
