package capa

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"math"
	"strings"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Queue is where answers go that a program elsewhere grades. Check sends nothing: it returns what is to be sent, see [Result.Requests].
type Queue struct {
	Name      string        // of the queue, for problems that name none
	Key       func() string // a new secret for every request
	Now       time.Time
	MatlabKey string // the course's, for matlabinput; "" for none
}

// QueueRequest is an answer to be sent to an external grader.
type QueueRequest struct {
	Input string // id of the input it was given for, prefix included
	Queue string // name
	Key   string // who answers the request has to know it
	Body  []byte // JSON object, for the grader
	Files []string

	Ungraded bool // a program to be run, see RunRequest
}

// queueTime is the layout of the times in queue states and requests, UTC.
const queueTime = "20060102150405"

// SentAt is when the request was made, UTC, whole seconds; false when the state does not say.
func (s QueueState) SentAt() (time.Time, bool) {
	t, err := time.Parse(queueTime, s.Time)
	return t, err == nil
}

// What learners read in place of a result.
const (
	noGrader    = "Error: No grader has been set up for this problem."
	wrongReply  = "Invalid grader reply. Please contact the course staff."
	undelivered = "Unable to deliver your submission to grader (Reason: "
	tryLater    = "). Please try again later."
)

// code is graded by a program that fetches it from a queue.
type code struct {
	response *response
	queue    string  // "": the course's
	payload  *string // for the grader; nil where the author's element is empty
	initial  *string // what stands in the field of who has not answered
	shown    string  // by "show answer"
}

func setUpCode(r *response, _ *scope) (checker, error) {
	param := r.el.find("codeparam")
	if param == nil {
		return nil, r.fault(Engine, "coderesponse has no codeparam")
	}
	c := &code{response: r, queue: r.el.get("queuename"), payload: new(string), initial: new(string), shown: "No answer provided."}
	if el := param.find("grader_payload"); el != nil {
		c.payload = leadingText(el)
	}
	if el := param.find("initial_display"); el != nil {
		c.initial = leadingText(el)
	}
	if el := param.find("answer_display"); el != nil {
		c.shown = "None"
		if text := leadingText(el); text != nil {
			c.shown = *text
		}
	}
	return c, nil
}

// leadingText is an element's text up to its first child, nil for none.
func leadingText(el *node) *string {
	if el.text == "" {
		return nil
	}
	return &el.text
}

func (c *code) input() *input { return c.response.inputs[0] }

func (c *code) reveal(in *Instance) ([]ShownAnswer, error) {
	return []ShownAnswer{{ID: in.id(c.input().id), Text: c.shown}}, nil
}

func (c *code) grade(s *submission) error {
	i := c.input()
	answer, sent := s.answer(i)
	if !sent {
		return c.response.fault(Engine, "nothing was sent for %s", i.id)
	}
	q := s.in.options.Queue
	if q == nil {
		s.change(i, func(e *Entry) { e.Msg = noGrader })
		return nil
	}
	r := QueueRequest{Input: s.in.id(i.id), Queue: c.queue, Key: q.Key()}
	if r.Queue == "" {
		r.Queue = q.Name
	}
	at := q.Now.UTC().Format(queueTime)
	var err error
	if r.Body, err = c.body(s, answer, at); err != nil {
		return err
	}
	r.Files, _ = answer.Files()
	s.result.Requests = append(s.result.Requests, r)
	s.change(i, func(e *Entry) {
		*e = Entry{Correctness: Incomplete, QueueState: &QueueState{Key: r.Key, Time: at}}
	})
	return nil
}

// body is what the grader is told.
func (c *code) body(s *submission, answer Answer, at string) ([]byte, error) {
	info, err := plainJSON(struct {
		AnonymousID string `json:"anonymous_student_id"`
		Time        string `json:"submission_time"`
		Seed        int    `json:"random_seed"`
	}{s.in.options.AnonymousID, at, s.in.options.Seed})
	if err != nil {
		return nil, err
	}
	body := struct {
		Payload  *string `json:"grader_payload"`
		Info     string  `json:"student_info"` // JSON inside of JSON: so the contract has it
		Response any     `json:"student_response"`
		*forMatlab
	}{Payload: c.payload, Info: string(info), Response: answer.value}
	if _, ok := answer.Files(); ok {
		body.Response = ""
	}
	if c.input().el.tag == "matlabinput" {
		body.forMatlab = &forMatlab{Version: "2", Requestor: s.in.options.AnonymousID}
		if key := s.in.options.Queue.MatlabKey; key != "" {
			body.Token = &key
		}
	}
	return plainJSON(body)
}

// forMatlab is what requests for matlabinput have besides.
type forMatlab struct {
	Token     *string `json:"token"`
	Version   string  `json:"endpoint_version"`
	Requestor string  `json:"requestor_id"`
}

// plainJSON is JSON with the characters people wrote.
func plainJSON(v any) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), err
}

func (*code) hint(*submission) error { return nil }

// InitialAnswers are what stands in the fields of who has not answered, where authors have prepared something; nil where they have not.
func (in *Instance) InitialAnswers() Answers { return maps.Clone(in.initial) }

func (in *Instance) initialAnswers() Answers {
	var out Answers
	for _, c := range in.checkers {
		c, ok := c.(*code)
		if !ok {
			continue
		}
		if out == nil {
			out = Answers{}
		}
		answer := Answer{}
		if c.initial != nil {
			answer = Text(*c.initial)
		}
		out[in.id(c.input().id)] = answer
	}
	return out
}

// Queues are the names of the queues the problem's answers go to; ordinary stands for those of questions that name none.
func (p *Problem) Queues(ordinary string) []string {
	var names []string
	for _, r := range p.responses {
		if r.kind.name != "coderesponse" {
			continue
		}
		if name := r.el.get("queuename"); name != "" {
			names = append(names, name)
		} else {
			names = append(names, ordinary)
		}
	}
	return names
}

// Waits notes what the learner is told while a request waits, as a rule the length of the queue.
func (m CorrectMap) Waits(input, message string) {
	e := m[input]
	e.Msg = message
	m[input] = e
}

// Unsent notes that a request could not be delivered: nobody will answer it.
func (m CorrectMap) Unsent(input, reason string) {
	m[input] = Entry{Msg: Undelivered(reason)}
}

// Queued tells whether an external grader still has to answer, and when the last request was made: zero when that cannot be read.
func (m CorrectMap) Queued() (last time.Time, waiting bool) {
	for _, e := range m {
		if e.QueueState == nil {
			continue
		}
		waiting = true
		if t, ok := e.QueueState.SentAt(); ok && t.After(last) {
			last = t
		}
	}
	return last, waiting
}

// Asker is the input whose request has the key; false when no request that waits has it.
func (m CorrectMap) Asker(key string) (input string, ok bool) {
	for id, e := range m {
		if e.QueueState != nil && key != "" && sameKey(e.QueueState.Key, key) {
			return id, true
		}
	}
	return "", false
}

// sameKey compares in a time that depends on the lengths alone.
func sameKey(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	var differ byte
	for i := range len(a) {
		differ |= a[i] ^ b[i]
	}
	return differ == 0
}

// TakeReply returns the map with what an external grader has answered. A reply with a key nobody waits for changes nothing; one that
// cannot be read ends the waiting of the input that has the key and, where there is none, of all that are graded so. Points are as the
// grader gave them but for negative ones, which are none. It fails for replies nobody can make sense of.
func (in *Instance) TakeReply(old CorrectMap, key, reply string) (CorrectMap, error) {
	out := make(CorrectMap, len(old))
	maps.Copy(out, old)
	asker, known := old.Asker(key)
	got, err := parseReply(reply)
	if errors.Is(err, errNoReply) {
		for _, c := range in.checkers {
			if c, ok := c.(*code); ok {
				if id := in.id(c.input().id); !known || id == asker {
					out[id] = Entry{Msg: wrongReply}
				}
			}
		}
		return out, nil
	}
	if err != nil || !known {
		return out, err
	}
	e := Entry{Correctness: Incorrect, NPoints: &got.points, Msg: got.message}
	if got.correct {
		e.Correctness = Correct
	}
	out[asker] = e
	return out, nil
}

type graderReply struct {
	correct bool
	points  float64
	message string
}

// errNoReply is a reply that is not what graders send.
var errNoReply = errors.New("not the reply of a grader")

func parseReply(text string) (graderReply, error) {
	var members map[string]json.RawMessage
	if json.Unmarshal([]byte(text), &members) != nil || members == nil {
		return graderReply{}, errNoReply
	}
	for _, name := range []string{"correct", "score", "msg"} {
		if members[name] == nil {
			return graderReply{}, errNoReply
		}
	}
	var out graderReply
	var message *string
	if json.Unmarshal(members["msg"], &message) != nil || message == nil {
		return out, errorf(Engine, 0, "the grader's message is no text: %s", members["msg"])
	}
	out.message = strings.ReplaceAll(*message, "\x00", "") // no store takes it
	if !isMarkup(out.message) {
		return out, errNoReply
	}
	out.message = strings.ReplaceAll(out.message, "&nbsp;", "&#160;")
	out.correct = truthy(members["correct"])
	switch score := string(members["score"]); score {
	case "true":
		out.points = 1
	case "false":
	default:
		var points *float64
		if json.Unmarshal(members["score"], &points) != nil || points == nil || math.IsInf(*points, 0) {
			return out, errorf(Engine, 0, "the grader's score is no number: %s", score)
		}
		out.points = max(0, *points)
	}
	return out, nil
}

// isMarkup tells whether a message is XML or becomes something when it is read as a browser would.
func isMarkup(message string) bool {
	if _, err := parseSource([]byte(message)); err == nil {
		return true
	}
	nodes, err := html.ParseFragment(strings.NewReader(message), &html.Node{Type: html.ElementNode, Data: "div", DataAtom: atom.Div})
	return err == nil && len(nodes) > 0
}

// truthy is what Python takes for true.
func truthy(value json.RawMessage) bool {
	var v any
	if json.Unmarshal(value, &v) != nil {
		return false
	}
	switch v := v.(type) {
	case bool:
		return v
	case string:
		return v != ""
	case float64:
		return v != 0
	case []any:
		return len(v) > 0
	case map[string]any:
		return len(v) > 0
	}
	return false
}
