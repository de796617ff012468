package sink

import (
	"time"

	"lyceum/tracking"
)

// GapName is the name of the line that stands where events were lost.
const GapName = "lyceum.tracking.gap"

// gap counts events that were lost.
type gap struct {
	lost     int64
	from, to time.Time
}

func (g *gap) add(n int, now time.Time) {
	if g.lost == 0 {
		g.from = now
	}
	g.lost += int64(n)
	g.to = now
}

// appendLine appends the event that tells of the gap, an ordinary record, so that every reader can read or skip it.
func (g *gap) appendLine(b []byte) []byte {
	e := tracking.Server(tracking.Request{}, GapName, tracking.Map{"lost": g.lost, "from": g.from, "to": g.to})
	e.Time = g.to
	return append(e.AppendJSON(b), '\n')
}
