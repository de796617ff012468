package middleware

import (
	"bytes"
	"net"
	"strconv"
)

// Strict wraps a listener for HTTP/1 so that a request whose length is told in two ways, by Transfer-Encoding and by Content-Length, is
// refused with 400 and the end of the connection. net/http takes such a request by the first and forgets the second; a proxy before us
// that goes by the second would see another request than we do, and what a stranger put between the two would be taken for somebody's.
//
// Whoever reads the connection finds the second of the two lines broken, and refuses it by its own rules, in order with the answers
// before it.
func Strict(l net.Listener) net.Listener { return strictListener{l} }

type strictListener struct{ net.Listener }

// Accept returns the next connection, watched.
func (l strictListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if tcp, ok := conn.(*net.TCPConn); ok && err == nil {
		return &strictConn{TCPConn: tcp}, nil
	}
	return conn, err
}

// strictConn keeps the ways of a TCP connection to send files.
type strictConn struct {
	*net.TCPConn
	framing framing

	holding bool                // see hold
	held    *[serverBuffer]byte // not sent yet; nil for nothing
	heldLen int
	failed  error // of sending what was held
}

// Read reads and watches.
func (c *strictConn) Read(p []byte) (int, error) {
	n, err := c.TCPConn.Read(p)
	c.framing.pass(p[:n])
	return n, err
}

// framing follows requests over a connection as far as it must to know where heads are: body bytes are skipped. What is not understood
// ends the watch and is left as it is: net/http does not understand it either and closes.
type framing struct {
	at        part
	line      []byte // lower case, of the line so far; at most longestKept
	old       bool   // HTTP/1.0
	te, cl    bool   // which of the two the head has
	in        header // the header of this line
	skip      uint64 // bytes of body or chunk, or the announced length while in the head
	doubtful  bool   // its value is none we know, unless it goes on in the next line
	malformed bool
}

type part uint8

const (
	inRequestLine part = iota
	inName
	inValue
	inBody
	inChunkSize
	inChunk
	inChunkEnd
	inTrailer
)

type header uint8

const (
	otherHeader header = iota
	transferEncoding
	contentLength
)

// longestKept is enough for the names and values that matter, and for a chunk's size.
const longestKept = 64

// spoiled takes the place of the colon or blank that would make a header of a line.
const spoiled = 0

// pass looks at bytes on their way, and breaks the line that must not be.
func (f *framing) pass(p []byte) {
	for len(p) > 0 && !f.malformed {
		switch f.at {
		case inBody, inChunk:
			n := min(f.skip, uint64(len(p)))
			f.skip -= n
			p = p[n:]
			if f.skip == 0 {
				f.at++ // the end of a chunk
				if f.at == inChunkSize {
					f.begin()
				}
			}
			continue
		case inName:
			if p[0] == ':' && len(f.line) > 0 {
				f.name(p)
				f.at, f.line = inValue, f.line[:0]
				p = p[1:]
				continue
			}
			if (p[0] == ' ' || p[0] == '\t') && len(f.line) == 0 && f.in != otherHeader {
				p[0] = spoiled // one of the two goes on in the next line: nobody who means well does that
				f.malformed = true
				return
			}
			if f.doubtful {
				f.malformed = true
				return
			}
		case inRequestLine, inValue, inChunkSize, inChunkEnd, inTrailer: // lines, whatever is in them
		}
		c := p[0]
		p = p[1:]
		if c != '\n' {
			f.keep(c)
			if f.at == inValue && f.in == otherHeader { // most of a head
				if end := bytes.IndexByte(p, '\n'); end >= 0 {
					p = p[end:]
				} else {
					p = nil
				}
			}
			continue
		}
		f.endLine(bytes.TrimSpace(f.line))
		f.line = f.line[:0]
	}
}

// begin waits for the next request.
func (f *framing) begin() { *f = framing{line: f.line[:0]} }

func (f *framing) keep(c byte) {
	if c >= 'A' && c <= 'Z' {
		c += 'a' - 'A'
	}
	if f.at == inRequestLine && len(f.line) == longestKept { // its end is what counts
		copy(f.line, f.line[1:])
		f.line[longestKept-1] = c
		return
	}
	if len(f.line) < longestKept {
		f.line = append(f.line, c)
	}
}

// name is at the colon behind the name of a header.
func (f *framing) name(p []byte) {
	f.in = otherHeader
	switch string(f.line) {
	case "transfer-encoding":
		f.in, f.te = transferEncoding, true
	case "content-length":
		f.in, f.cl = contentLength, true
	}
	// To HTTP/1.0 Transfer-Encoding means nothing, and to those who do not know that everything.
	if f.in != otherHeader && f.te && (f.cl || f.old) {
		p[0] = spoiled
		f.malformed = true
	}
}

// endLine is behind the line feed of a line.
func (f *framing) endLine(line []byte) {
	switch f.at {
	case inRequestLine:
		f.old = bytes.HasSuffix(line, []byte("http/1.0"))
		f.at = inName
	case inName:
		if len(line) > 0 { // no header
			f.malformed = true
			return
		}
		switch {
		case f.te:
			f.at = inChunkSize
		case f.skip > 0:
			f.at = inBody
		default:
			f.begin()
		}
	case inValue:
		f.value(string(line))
		f.at = inName
	case inChunkSize:
		size, _, _ := bytes.Cut(line, []byte(";"))
		n, err := strconv.ParseUint(string(bytes.TrimSpace(size)), 16, 63)
		switch {
		case err != nil:
			f.malformed = true
		case n == 0:
			f.at = inTrailer
		default:
			f.skip, f.at = n, inChunk
		}
	case inChunkEnd:
		if len(line) > 0 {
			f.malformed = true
			return
		}
		f.at = inChunkSize
	case inTrailer:
		if len(line) == 0 {
			f.begin()
		}
	case inBody, inChunk: // have no lines
	}
}

// value is behind a header.
func (f *framing) value(text string) {
	switch f.in {
	case transferEncoding:
		f.doubtful = text != "chunked"
	case contentLength:
		n, err := strconv.ParseUint(text, 10, 63)
		f.skip, f.doubtful = n, err != nil
	case otherHeader:
	}
}
