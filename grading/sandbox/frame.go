package sandbox

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// A message is its head's length (four bytes, little end first), its head (JSON,
// with the sizes of what follows), and the pieces that follow.

// request is the head of what a member is asked. Two pieces follow, code and
// globals, then the files that are sent.
type request struct {
	Seed   int           `json:"seed"`
	Limits requestLimits `json:"limits"`
	Files  []requestFile `json:"files"`
	Forget bool          `json:"forget"` // whether the files kept so far are to be dropped

	Compiled string `json:"compiled"` // digest of the compiled modules of python_lib.zip, a file without a name; "" for none
	Prepare  bool   `json:"prepare"`  // the code is an archive whose modules are to be compiled, and nothing run

	Sizes []int `json:"sizes"`
}

type requestLimits struct {
	CPU       int64 `json:"cpu"`  // nanoseconds
	Wall      int64 `json:"wall"` // nanoseconds
	Memory    int64 `json:"memory"`
	Output    int64 `json:"output"`
	Processes int   `json:"processes"`
}

func limitsOf(l Limits) requestLimits {
	return requestLimits{CPU: int64(l.CPU), Wall: int64(l.Wall), Memory: l.Memory, Output: l.Output, Processes: l.Processes}
}

type requestFile struct {
	Name   string `json:"name"`
	Digest string `json:"digest"`
	Sent   bool   `json:"sent"` // else the member kept it
}

// reply is the head of what a member says: that it is ready, or how a run ended.
type reply struct {
	Ready    bool     `json:"ready"`
	Version  string   `json:"version"`
	Loaded   []string `json:"loaded"`
	Seconds  float64  `json:"seconds"`
	Landlock string   `json:"landlock"` // version; empty where the kernel has none

	Status string  `json:"status"` // done, ended, wall, output
	Exit   int     `json:"exit"`   // wait status, where it is not done
	CPU    float64 `json:"cpu"`    // seconds, where it is not done
	Sizes  []int   `json:"sizes"`
}

// answer is what a run says of itself. It was written where the author's code
// ran: nothing in it can be trusted but its length.
type answer struct {
	globals, stdout    []byte
	failure, traceback string
	notes              []string
}

// maxHead bounds heads, which are made by this program and its driver.
const maxHead = 1 << 20

func writeRequest(w io.Writer, r request, pieces ...[]byte) error {
	for _, p := range pieces {
		r.Sizes = append(r.Sizes, len(p))
	}
	head, err := json.Marshal(r)
	if err != nil {
		return err
	}
	buffer := binary.LittleEndian.AppendUint32(make([]byte, 0, 4+len(head)+1024), uint32(len(head))) //nolint:gosec // heads are small
	buffer = append(buffer, head...)
	for _, p := range pieces {
		if len(p) > 64<<10 {
			if _, err := w.Write(buffer); err != nil {
				return err
			}
			if _, err := w.Write(p); err != nil {
				return err
			}
			buffer = buffer[:0]
			continue
		}
		buffer = append(buffer, p...)
	}
	if len(buffer) == 0 {
		return nil
	}
	_, err = w.Write(buffer)
	return err
}

// readReply reads a reply with at most one piece of at most most bytes.
func readReply(r io.Reader, most int64) (reply, []byte, error) {
	var got reply
	var length [4]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return got, nil, err
	}
	n := binary.LittleEndian.Uint32(length[:])
	if n > maxHead {
		return got, nil, errors.New("a member answered nonsense")
	}
	head := make([]byte, n)
	if _, err := io.ReadFull(r, head); err != nil {
		return got, nil, err
	}
	if err := json.Unmarshal(head, &got); err != nil {
		return got, nil, err
	}
	var piece []byte
	for _, size := range got.Sizes {
		if int64(size) > most || size < 0 {
			return got, nil, fmt.Errorf("a member answered with %d bytes", size)
		}
		piece = make([]byte, size)
		if _, err := io.ReadFull(r, piece); err != nil {
			return got, nil, err
		}
	}
	return got, piece, nil
}

// errUnreadable says that a run wrote an answer that is none: the author's code
// reached for it.
var errUnreadable = errors.New("the code spoiled its own answer")

// parseAnswer takes an answer apart: five lengths, then the five pieces. The
// globals of one that was only prepared are compiled modules instead.
func parseAnswer(b []byte, prepared bool) (answer, error) {
	var pieces [5][]byte
	if len(b) < 20 {
		return answer{}, errUnreadable
	}
	rest := b[20:]
	for i := range pieces {
		n := uint64(binary.LittleEndian.Uint32(b[4*i:]))
		if n > uint64(len(rest)) {
			return answer{}, errUnreadable
		}
		pieces[i], rest = rest[:n:n], rest[n:]
	}
	a := answer{globals: pieces[0], stdout: pieces[1], failure: string(pieces[2]), traceback: string(pieces[3])}
	if a.failure == "" && !prepared && (len(a.globals) == 0 || a.globals[0] != '{' || !json.Valid(a.globals)) {
		return answer{}, errUnreadable
	}
	if err := json.Unmarshal(pieces[4], &a.notes); err != nil {
		return answer{}, errUnreadable
	}
	if len(a.notes) == 0 {
		a.notes = nil
	}
	return a, nil
}
