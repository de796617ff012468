package grading

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

	"lyceum/course"
)

// Assignment is one graded subsection of a learner.
type Assignment struct {
	Key    course.UsageKey
	Name   string
	Format string
	Score  Score // graded total, overrides in force
}

// Standing is what a course grade comes to.
type Standing struct {
	Total   float64 // sum of the weighted types, not rounded; may exceed 1
	Percent float64 // fraction in whole percents
	Letter  string  // "" below every cutoff
	Passed  bool    // reaches the lowest cutoff above zero
}

// CourseGrade is a learner's grade in a course with everything it was made of.
type CourseGrade struct {
	Standing
	Types []TypeGrade // in the policy's order
}

// TypeGrade is the grade of one assignment type.
type TypeGrade struct {
	Grader
	Entries  []Entry // in course order, placeholders last
	Percent  float64 // average of what is kept, not rounded
	Weighted float64 // its part of the course total
}

// Entry is one assignment within its type.
type Entry struct {
	Assignment
	Number      int // from the type's starting index
	Percent     float64
	Placeholder bool // stands for an assignment the course does not have yet
	Dropped     bool // among the lowest, does not count
}

// Grade grades a course from the learner's graded subsections in course order. Subsections where nothing can be earned, and those
// of a format no grader takes, contribute nothing.
func Grade(p Policy, assignments []Assignment) CourseGrade {
	g := CourseGrade{Types: make([]TypeGrade, len(p.Graders))}
	total := 0.0
	for i, grader := range p.Graders {
		g.Types[i] = gradeType(grader, assignments)
		total += g.Types[i].Weighted
	}
	g.Standing = p.standing(total)
	return g
}

// Stand is Grade for who does not ask how the grade comes about. percents holds, for each grader, the percents of the subsections it
// takes, in course order, those left out where nothing can be earned.
func Stand(p Policy, percents [][]float64) Standing {
	total := 0.0
	for i := range p.Graders {
		grader := &p.Graders[i]
		list := percents[i]
		for len(list) < grader.MinCount {
			list = append(list, 0)
		}
		total += weighted(average(list, grader.DropCount, nil), grader.Weight)
	}
	return p.standing(total)
}

func (p *Policy) standing(total float64) Standing {
	s := Standing{Total: total, Percent: wholePercent(total)}
	s.Letter, s.Passed = p.Letter(s.Percent), p.Passed(s.Percent)
	return s
}

// weighted is a type's part of the course total.
func weighted(percent, weight float64) float64 { return float64(percent * weight) }

// wholePercent rounds a total to a whole number of percent. The 0.05 is what courses have always been given.
func wholePercent(total float64) float64 {
	scaled := float64(total*100) + 0.05
	if scaled < 0 {
		return math.Ceil(scaled-0.5) / 100
	}
	return math.Floor(scaled+0.5) / 100
}

func gradeType(grader Grader, assignments []Assignment) TypeGrade {
	t := TypeGrade{Grader: grader}
	for _, a := range assignments {
		if a.Format == grader.Type && a.Score.Possible > 0 {
			t.Entries = append(t.Entries, Entry{Assignment: a, Percent: a.Score.Percent()})
		}
	}
	for len(t.Entries) < grader.MinCount {
		t.Entries = append(t.Entries, Entry{Placeholder: true})
	}
	percents, dropped := make([]float64, len(t.Entries)), make([]bool, len(t.Entries))
	for i := range t.Entries {
		percents[i] = t.Entries[i].Percent
	}
	t.Percent = average(percents, grader.DropCount, dropped)
	t.Weighted = weighted(t.Percent, grader.Weight)
	for i := range t.Entries {
		t.Entries[i].Number, t.Entries[i].Dropped = grader.StartingIndex+i, dropped[i]
	}
	return t
}

// average drops the lowest, which it marks in dropped, and averages the others. Of equal ones the later is dropped. dropped may be nil.
func average(percents []float64, drop int, dropped []bool) float64 {
	kept := max(len(percents)-drop, 0)
	if drop > 0 {
		if dropped == nil {
			dropped = make([]bool, len(percents))
		}
		markLowest(percents, len(percents)-kept, dropped)
	}
	if kept == 0 {
		return 0
	}
	sum := 0.0
	for i, p := range percents { // in course order: sums do not depend on how equal ones were sorted
		if drop <= 0 || !dropped[i] {
			sum += p
		}
	}
	return sum / float64(kept)
}

// fewDropped is up to how many are found one by one, which is quicker than sorting them all.
const fewDropped = 8

// markLowest marks the n lowest, of equal ones the later.
func markLowest(percents []float64, n int, marks []bool) {
	if n > fewDropped {
		order := make([]int, len(percents))
		for i := range order {
			order[i] = i
		}
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(percents[b], percents[a]) })
		for _, i := range order[len(order)-n:] {
			marks[i] = true
		}
		return
	}
	for range n {
		lowest := -1
		for i, p := range percents {
			if !marks[i] && (lowest < 0 || cmp.Compare(p, percents[lowest]) <= 0) {
				lowest = i
			}
		}
		marks[lowest] = true
	}
}

// TypeAverage is the average of percents after dropping the lowest, without placeholders: what reports show for a type.
func TypeAverage(percents []float64, drop int) float64 { return average(percents, drop, nil) }

// Label describes an entry: "Homework 1 - NAME - 83% (5/6)".
func (t TypeGrade) Label(e Entry) string {
	if e.Placeholder {
		return fmt.Sprintf("%s %d Unreleased - 0%% (?/?)", t.Type, e.Number)
	}
	return fmt.Sprintf("%s %d - %s - %s (%s/%s)", t.Type, e.Number, e.Name, percentText(e.Percent), Points3(e.Score.Earned), Points3(e.Score.Possible))
}

// ShortLabel names an entry: "HW 01".
func (t TypeGrade) ShortLabel(e Entry) string { return fmt.Sprintf("%s %02d", t.ShortName, e.Number) }

// TotalLabel describes the type as a whole: "Homework Average = 50%", or without the word where there is one entry.
func (t TypeGrade) TotalLabel() string {
	if len(t.Entries) == 1 {
		return fmt.Sprintf("%s = %s", t.Type, percentText(t.Percent))
	}
	return fmt.Sprintf("%s Average = %s", t.Type, percentText(t.Percent))
}

// TotalShortLabel names the type as a whole: "HW Avg", or "HW" where there is one entry.
func (t TypeGrade) TotalShortLabel() string {
	if len(t.Entries) == 1 {
		return t.ShortName
	}
	return t.ShortName + " Avg"
}

// Single reports whether only the total of the type is shown.
func (t TypeGrade) Single() bool { return len(t.Entries) == 1 || t.ShowOnlyAverage }

func percentText(f float64) string { return strconv.FormatFloat(f*100, 'f', 0, 64) + "%" }

// Points3 writes points with three significant digits, as labels do.
func Points3(f float64) string { return strconv.FormatFloat(f, 'g', 3, 64) }
