package ferret

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// front stands before the engine. It passes each message on unchanged and holds a collection's turn from a changing request to its
// answer, which makes a single-document compare-and-set the one step it is on MongoDB.
type front struct {
	listener net.Listener
	engine   string // path of its socket

	turns sync.Map // collection as "db.name" -> *sync.Mutex

	mu     sync.Mutex
	conns  map[net.Conn]struct{}
	closed bool
	done   sync.WaitGroup
}

func newFront(listener net.Listener, engine string) *front {
	f := &front{listener: listener, engine: engine, conns: make(map[net.Conn]struct{})}
	f.done.Go(f.accept)
	return f
}

func (f *front) accept() {
	for {
		client, err := f.listener.Accept()
		if err != nil {
			return // closed; a unix socket has no passing errors but a lack of descriptors, which ends in the same way for all of us
		}
		f.done.Go(func() { f.serve(client) })
	}
}

func (f *front) close() {
	f.listener.Close()
	f.mu.Lock()
	f.closed = true
	for conn := range f.conns {
		conn.Close()
	}
	f.mu.Unlock()
	f.done.Wait()
}

// track registers a connection for close; false means that the front is closed already.
func (f *front) track(conn net.Conn) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.closed {
		f.conns[conn] = struct{}{}
	}
	return !f.closed
}

func (f *front) drop(conn net.Conn) {
	conn.Close()
	f.mu.Lock()
	delete(f.conns, conn)
	f.mu.Unlock()
}

// serve passes requests and answers of one client. The protocol answers each request before the next on a connection.
func (f *front) serve(client net.Conn) {
	defer f.drop(client)
	engine, err := (&net.Dialer{}).DialContext(context.Background(), "unix", f.engine)
	if err != nil {
		return
	}
	defer f.drop(engine)
	if !f.track(client) || !f.track(engine) {
		return
	}
	var message []byte
	for {
		message, err = readMessage(client, message)
		if err != nil {
			return
		}
		if message, err = f.exchange(client, engine, message); err != nil {
			return
		}
	}
}

func (f *front) exchange(client, engine net.Conn, message []byte) ([]byte, error) {
	if collection := changes(message); collection != "" {
		turn, _ := f.turns.LoadOrStore(collection, new(sync.Mutex))
		turn.(*sync.Mutex).Lock()
		defer turn.(*sync.Mutex).Unlock()
	}
	if _, err := engine.Write(message); err != nil {
		return message, err
	}
	message, err := readMessage(engine, message)
	if err != nil {
		return message, err
	}
	_, err = client.Write(message)
	return message, err
}

const (
	headerSize = 16       // length, request id, response to, operation
	maxMessage = 64 << 20 // MongoDB's own limit is 48 MB
	opMsg      = 2013
	bodyKind   = 0 // of an OP_MSG section: one document
)

var errMessage = errors.New("not a message of the MongoDB protocol")

// readMessage reads a message into buf, grown as needed.
func readMessage(r io.Reader, buf []byte) ([]byte, error) {
	var header [headerSize]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return buf, err
	}
	size := int64(binary.LittleEndian.Uint32(header[:]))
	if size < headerSize || size > maxMessage {
		return buf, fmt.Errorf("%w: %d bytes", errMessage, size)
	}
	const keep = 1 << 20 // a connection that carried a file once does not hold its size for ever
	if int64(cap(buf)) < size || cap(buf) > keep {
		buf = make([]byte, size)
	}
	buf = buf[:size]
	copy(buf, header[:])
	_, err := io.ReadFull(r, buf[headerSize:])
	return buf, err
}

// changes returns the collection, as "db.name", that a request changes after looking, or "". Insert is not among them: a unique index
// decides about it.
func changes(message []byte) string {
	body, ok := messageBody(message)
	if !ok {
		return ""
	}
	command, err := body.IndexErr(0)
	if err != nil {
		return ""
	}
	switch command.Key() {
	case "update", "delete", "findAndModify", "findandmodify":
	default:
		return ""
	}
	name, ok := command.Value().StringValueOK()
	db, dbOK := body.Lookup("$db").StringValueOK()
	if !ok || !dbOK {
		return ""
	}
	return db + "." + name
}

// messageBody returns the command document of an OP_MSG.
func messageBody(message []byte) (bson.Raw, bool) {
	if len(message) < headerSize+4 || binary.LittleEndian.Uint32(message[12:]) != opMsg {
		return nil, false
	}
	rest := message[headerSize+4:] // after the flags
	for len(rest) >= 5 {
		size := uint64(binary.LittleEndian.Uint32(rest[1:]))
		if size < 5 || size > uint64(len(rest)-1) {
			return nil, false
		}
		if rest[0] == bodyKind {
			body := bson.Raw(rest[1 : 1+size])
			return body, body.Validate() == nil
		}
		rest = rest[1+size:]
	}
	return nil, false
}
