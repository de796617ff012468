package conformance

import (
	"encoding/json"
	"fmt"
	"time"

	"lyceum/grading/capa"
)

// QueueRequest is what an external grader is sent, in the words of the cases.
type QueueRequest struct {
	Name string         `json:"queue_name"`
	Body map[string]any `json:"body"`
}

func newQueueRequest(r capa.QueueRequest) *QueueRequest {
	out := &QueueRequest{Name: r.Queue}
	if json.Unmarshal(r.Body, &out.Body) != nil {
		return out
	}
	var info map[string]any
	if text, ok := out.Body["student_info"].(string); ok && json.Unmarshal([]byte(text), &info) == nil {
		out.Body["student_info"] = info
	}
	return out
}

// NewQueue is the queue every case has that has one.
func NewQueue() *capa.Queue {
	keys := 0
	return &capa.Queue{
		Name: "default-queue", Now: time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC),
		Key: func() string { keys++; return fmt.Sprintf("%032x", keys) },
	}
}

// SendResult is what a queue said of a request: 0 and how many wait, or another number and what is wrong.
type SendResult struct {
	Code    int
	Message string
}

// UnmarshalJSON reads the pair.
func (s *SendResult) UnmarshalJSON(text []byte) error {
	var pair [2]any
	if err := json.Unmarshal(text, &pair); err != nil {
		return err
	}
	code, ok := pair[0].(float64)
	if !ok {
		return fmt.Errorf("queue_send_result %s begins with no number", text)
	}
	s.Code, s.Message = int(code), fmt.Sprint(pair[1])
	return nil
}

// Note puts what the queue said into a result; a case that says nothing has a queue that takes everything.
func (s *SendResult) Note(graded capa.Result) {
	for _, r := range graded.Requests {
		switch {
		case s == nil:
		case s.Code == 0:
			graded.CorrectMap.Waits(r.Input, s.Message)
		default:
			graded.CorrectMap.Unsent(r.Input, s.Message)
		}
	}
}

// ReplyKey is the key a reply comes with, for a case that says whether it is the right one.
func ReplyKey(m capa.CorrectMap, which string) string {
	if which == "wrong" {
		return "nobody's"
	}
	for _, e := range m {
		if e.QueueState != nil {
			return e.QueueState.Key
		}
	}
	return ""
}
