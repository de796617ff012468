package capa

import (
	"encoding/json"
	"math"
	"strings"
	"time"
)

// A matlabinput has a button that runs what is written in it. The program goes to a queue, as an answer would, but nobody grades it: what
// comes back is shown beside the field and kept in the state of the input, under the names existing sites use.

// RunQueue is the queue programs are run by, whatever queue grades the answers.
const RunQueue = "matlab"

// RunPatience is how long a run may take. What comes later is shown all the same.
const RunPatience = 35 * time.Second

// RunState is what an input keeps of its last run.
type RunState struct {
	Key    string    // of the request that is out; "" for none
	Sent   time.Time // when it was made; zero where that cannot be read
	Output string    // what the last run gave, a stranger's HTML
}

// Members of an input's state.
const (
	runKey    = "queuekey"
	runWord   = "queuestate"
	runTime   = "queuetime" // seconds since 1970
	runOutput = "queue_msg"
	runOut    = "queued"
)

// ParseRun reads an input's state; what cannot be read is no run.
func ParseRun(state json.RawMessage) RunState {
	var members map[string]json.RawMessage
	if json.Unmarshal(state, &members) != nil {
		return RunState{}
	}
	var s RunState
	var word string
	var seconds float64
	_ = json.Unmarshal(members[runOutput], &s.Output)
	_ = json.Unmarshal(members[runWord], &word)
	if word != runOut || json.Unmarshal(members[runKey], &s.Key) != nil {
		s.Key = ""
	}
	if json.Unmarshal(members[runTime], &seconds) == nil && seconds > 0 && seconds < 1e11 {
		whole, part := math.Modf(seconds)
		s.Sent = time.Unix(int64(whole), int64(part*1e9)).UTC()
	}
	return s
}

// In writes the run into the state of its input; members that are not its own stay.
func (s RunState) In(state json.RawMessage) json.RawMessage {
	members := map[string]json.RawMessage{}
	_ = json.Unmarshal(state, &members) // what is no object holds nothing
	if members == nil {
		members = map[string]json.RawMessage{}
	}
	put := func(name string, value any) {
		text, err := plainJSON(value)
		if err == nil { // texts and numbers can be written
			members[name] = text
		}
	}
	put(runKey, s.Key)
	put(runWord, runOut)
	if s.Key == "" {
		members[runKey], members[runWord] = json.RawMessage("null"), json.RawMessage("null")
	}
	if !s.Sent.IsZero() {
		put(runTime, float64(s.Sent.UnixMicro())/1e6)
	}
	if s.Output != "" || members[runOutput] != nil {
		put(runOutput, s.Output)
	}
	text, err := plainJSON(members)
	if err != nil {
		return state
	}
	return text
}

// Waiting reports whether a run is out and may still come back in time.
func (s RunState) Waiting(now time.Time) bool { return s.Key != "" && now.Sub(s.Sent) <= RunPatience }

// Has reports whether the request that is out has the key.
func (s RunState) Has(key string) bool { return s.Key != "" && sameKey(s.Key, key) }

// Run is what a page shows of runs.
type Run struct {
	Offered bool // the button is there
	Waiting bool // a run is out
	Late    bool // one is out for longer than RunPatience
	Output  HTML // of the last run, not yet sanitized
}

// newRun decides what is shown: a result, once there is one, is what counts.
func newRun(s RunState, status Status, now time.Time) *Run {
	r := &Run{Offered: true}
	switch status {
	case Status(Correct), Status(Incorrect), Status(PartiallyCorrect):
		return &Run{}
	case Unsubmitted, Queued, Status(Incomplete):
		r.Output = HTML(s.Output)
	case Submitted: // who may not see results sees no output beside them
	}
	r.Waiting = s.Waiting(now)
	r.Late = s.Key != "" && !r.Waiting
	return r
}

// RunRequest makes the request that runs a program written in an input; the id is the input's with its prefix. False for an input that runs
// nothing, or where nobody takes requests.
func (in *Instance) RunRequest(id, program string) (QueueRequest, bool) {
	i, q := in.input(id), in.options.Queue
	if i == nil || i.el.tag != "matlabinput" || q == nil {
		return QueueRequest{}, false
	}
	at := q.Now.UTC().Format(queueTime)
	info, err := plainJSON(struct {
		AnonymousID string `json:"anonymous_student_id"`
		Time        string `json:"submission_time"`
	}{in.options.AnonymousID, at})
	if err != nil {
		return QueueRequest{}, false
	}
	body := struct {
		Payload *string `json:"grader_payload"`
		Info    string  `json:"student_info"`
		Program string  `json:"student_response"`
		forMatlab
	}{Info: string(info), Program: program, forMatlab: forMatlab{Version: "2", Requestor: in.options.AnonymousID}}
	if el := i.el.find("plot_payload"); el != nil {
		body.Payload = &el.text
	}
	if q.MatlabKey != "" {
		body.Token = &q.MatlabKey
	}
	r := QueueRequest{Input: id, Queue: RunQueue, Key: q.Key(), Ungraded: true}
	r.Body, err = plainJSON(body)
	return r, err == nil
}

// RunReply is the output a reply to a run holds; one that cannot be read is told as that.
func RunReply(reply string) string {
	var members map[string]json.RawMessage
	var message *string
	if json.Unmarshal([]byte(reply), &members) != nil || json.Unmarshal(members["msg"], &message) != nil || message == nil {
		return wrongReply
	}
	text := strings.ReplaceAll(*message, "\x00", "") // no store takes it
	if strings.TrimSpace(text) != "" && !isMarkup(text) {
		return "<span>Error running code.</span>"
	}
	return text
}

// Undelivered is what is said of a request nobody will answer.
func Undelivered(reason string) string { return undelivered + textEscaper.Replace(reason) + tryLater }
