// Package learner is about people who learn: who they are, what they take, what they may see and what they have done.
// Its rooms never import grading, component, authoring or web.
package learner

// ID names one account. It is positive; 0 is a visitor who has not signed in.
type ID int64
