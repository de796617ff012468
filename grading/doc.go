// Package grading is the arithmetic of grades: from the points of single questions to the letter of a course.
//
// A [Block] and what a learner earned in it give a [BlockScore]; the scores of a subsection add up to [Totals]; graded subsections,
// by assignment type, give a [CourseGrade] under a [Policy]. Every result holds the parts it was made of, so that a page can explain
// each number down to the question.
//
// Nothing here touches a store, knows a person or reads a clock. The rule a newcomer would break: each rounding happens in one place
// and in its own way. Subsections round to four decimals, half to even; the course rounds to whole percents, half up after adding
// 0.05; types and sums do not round at all. Products are kept from being fused with sums, so that every machine gives the same grade.
package grading
