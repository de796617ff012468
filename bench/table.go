package main

import (
	"fmt"
	"time"
)

// table collects lines and prints them in Markdown, as docs/performance.md has them.
type table struct {
	floors map[string]floor
	loads  [][]string
	facts  [][]string
}

// figure adds what a load measured.
func (t *table) figure(label string, f figure) {
	if f.n == 0 {
		t.loads = append(t.loads, []string{label, "all failed: " + f.bad, "", "", "", ""})
		return
	}
	if f.badCount > 0 {
		label += fmt.Sprintf(" (%d bad: %s)", f.badCount, f.bad)
	}
	t.loads = append(t.loads, []string{
		label, fmt.Sprintf("%.0f", f.rate), round(f.p50), round(f.p99), round(f.cpu), fmt.Sprintf("%.1f KB", float64(f.bytes)/1000),
	})
}

// floor adds the row of a floor, where there is one.
func (t *table) floor(name string) {
	if f, ok := t.floors[name]; ok {
		t.loads = append(t.loads, []string{"floor: " + name, fmt.Sprintf("%.0f", f.rate), "", "", round(f.cpu), ""})
	}
}

// once adds a duration measured once, on the wall.
func (t *table) once(label string, d time.Duration, budget string) {
	t.note(label, d.Round(time.Millisecond).String(), budget)
}

// ratio adds how much of one another is; nothing without a base.
func (t *table) ratio(label string, got, base time.Duration, budget string) {
	if base > 0 {
		t.note(label, fmt.Sprintf("%.2f", float64(got)/float64(base)), budget)
	}
}

// note adds a line of a fact.
func (t *table) note(label, value, budget string) {
	t.facts = append(t.facts, []string{label, value, budget})
}

func (t *table) print() {
	write([]string{"request", "req/s", "p50", "p99", "CPU/request", "answer"}, t.loads)
	fmt.Println()
	write([]string{"figure", "measured", "budget"}, t.facts)
}

func write(head []string, rows [][]string) {
	width := make([]int, len(head))
	for _, r := range append([][]string{head}, rows...) {
		for i, cell := range r {
			width[i] = max(width[i], len([]rune(cell)))
		}
	}
	line := func(cells []string) {
		for i, cell := range cells {
			fmt.Printf("| %-*s ", width[i], cell)
		}
		fmt.Println("|")
	}
	line(head)
	for i := range head {
		fmt.Print("|")
		for range width[i] + 2 {
			fmt.Print("-")
		}
	}
	fmt.Println("|")
	for _, r := range rows {
		line(r)
	}
}

func round(d time.Duration) string { return fmt.Sprintf("%d µs", d.Microseconds()) }
