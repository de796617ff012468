package pg

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
)

// statement is a statement as every lane prepares it.
type statement struct {
	params []uint32
	fields []pgconn.FieldDescription // with the formats results come in
	parse  []byte                    // the messages that prepare it and ask for its columns
	head   []byte                    // of the message that binds it, from the portal's name to the number of parameter formats
	tail   []byte                    // of the same, the formats of results; and Execute after it
	many   *statement                // the same for several users at once; nil: there is none
}

// statements are those known, by their text.
type statements struct {
	mu    sync.RWMutex
	known map[string]*statement
	era   int // how often all were forgotten
}

// mostStatements bounds them: texts are constants of the program.
const mostStatements = 1000

// find returns the statement with a text, which is described by the server the first time; nil when lanes do not take it.
func (s *statements) find(ctx context.Context, pool *pgxpool.Pool, sql string) *statement {
	s.mu.RLock()
	found, ok := s.known[sql]
	full := len(s.known) >= mostStatements
	s.mu.RUnlock()
	if ok || full {
		return found
	}
	var described *pgconn.StatementDescription
	if plain(sql) {
		if described = describe(ctx, pool, sql); described == nil {
			return nil // it may be possible the next time
		}
	}
	var many *statement
	if described != nil {
		many = s.findMany(ctx, pool, sql, described.ParamOIDs)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if found, ok := s.known[sql]; ok {
		return found
	}
	if s.known == nil {
		s.known = map[string]*statement{}
	}
	var made *statement
	if described != nil {
		made = newStatement(nameOf(sql, s.era), sql, described)
		made.many = many
	}
	s.known[sql] = made
	return made
}

// forget has every statement described and prepared anew.
func (s *statements) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known = nil
	s.era++
}

// nameOf is what a statement is called on the server. A name stands for one text in every process: were there a pooler that does not keep
// those of its clients apart, it could still not answer a question with the answer to another.
func nameOf(sql string, era int) string {
	sum := sha256.Sum256([]byte(sql))
	return "lane_" + hex.EncodeToString(sum[:16]) + "_" + strconv.Itoa(era)
}

// plain reports whether a statement reads or writes rows; others are not for lanes.
func plain(sql string) bool {
	word, _, _ := strings.Cut(strings.TrimSpace(sql), " ")
	switch strings.ToUpper(strings.TrimSpace(word)) {
	case "SELECT", "WITH", "INSERT", "UPDATE", "DELETE":
		return true
	}
	return false
}

// describe asks the server what a statement takes and returns; nil when that cannot be told now.
func describe(ctx context.Context, pool *pgxpool.Pool, sql string) *pgconn.StatementDescription {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return nil
	}
	defer conn.Release()
	d, err := conn.Conn().PgConn().Prepare(ctx, "", sql, nil)
	if err != nil {
		return nil // whoever runs it alone is told
	}
	return d
}

// newStatement makes the messages that are the same each time.
func newStatement(name, sql string, d *pgconn.StatementDescription) *statement {
	s := &statement{params: d.ParamOIDs, fields: d.Fields}
	s.parse = message('P', func(b []byte) []byte {
		b = append(append(b, name...), 0)
		b = append(append(b, sql...), 0)
		b = binary.BigEndian.AppendUint16(b, uint16(len(s.params))) //nolint:gosec // parameters
		// As they were described, whatever has become of the tables since: arguments are written for them.
		for _, oid := range s.params {
			b = binary.BigEndian.AppendUint32(b, oid)
		}
		return b
	})
	s.parse = append(s.parse, message('D', func(b []byte) []byte { return append(append(append(b, 'S'), name...), 0) })...)
	s.head = append(append([]byte{0}, name...), 0) // the unnamed portal
	m := pgtype.NewMap()
	s.tail = binary.BigEndian.AppendUint16(s.tail, uint16(len(s.fields))) //nolint:gosec // columns
	for i := range s.fields {
		f := m.FormatCodeForOID(s.fields[i].DataTypeOID)
		s.fields[i].Format = f
		s.tail = binary.BigEndian.AppendUint16(s.tail, uint16(f)) //nolint:gosec // 0 or 1
	}
	return s
}

// describedAs reports whether the columns a server tells of are those that were described first. Results are read as those say.
func (s *statement) describedAs(columns []byte) bool {
	var m pgproto3.RowDescription
	if err := m.Decode(columns); err != nil {
		return false
	}
	return slices.EqualFunc(s.fields, m.Fields, func(was pgconn.FieldDescription, is pgproto3.FieldDescription) bool {
		return was.DataTypeOID == is.DataTypeOID
	})
}

// execute is the message that runs what was bound last, without a limit of rows.
var execute = []byte{'E', 0, 0, 0, 9, 0, 0, 0, 0, 0}

// message makes a message: its kind, its length, and what write appends.
func message(kind byte, write func([]byte) []byte) []byte {
	b := write([]byte{kind, 0, 0, 0, 0})
	binary.BigEndian.PutUint32(b[1:], uint32(len(b)-1)) //nolint:gosec // in memory
	return b
}

// size is about how long the messages for some arguments are.
func (s *statement) size(args []any) int {
	n := 64 + len(s.tail) + 16*len(args)
	for _, a := range args {
		switch a := a.(type) {
		case string:
			n += len(a)
		case *string:
			if a != nil {
				n += len(*a)
			}
		case []byte:
			n += len(a)
		case []string:
			for _, t := range a {
				n += 4 + len(t)
			}
		}
	}
	return n
}

// append appends the messages that bind arguments and run the statement; ok is false when the driver shall do it, or say why it cannot
// be done.
func (s *statement) append(b []byte, args []any) (_ []byte, ok bool) {
	if len(args) != len(s.params) {
		return b, false
	}
	b = append(b, 'B', 0, 0, 0, 0)
	start := len(b)
	b = append(b, s.head...)
	b = binary.BigEndian.AppendUint16(b, uint16(len(args))) //nolint:gosec // parameters
	formats := len(b)
	for range args {
		b = append(b, 0, pgtype.BinaryFormatCode)
	}
	b = binary.BigEndian.AppendUint16(b, uint16(len(args))) //nolint:gosec // parameters
	for i, a := range args {
		at := len(b)
		b = append(b, 0xff, 0xff, 0xff, 0xff) // null
		var null bool
		if b, null, ok = appendArg(b, s.params[i], a); !ok {
			var format int16
			if b, null, format, ok = appendAny(b[:at+4], s.params[i], a); !ok {
				return b, false
			}
			b[formats+2*i+1] = byte(format)
		}
		if !null {
			binary.BigEndian.PutUint32(b[at:], uint32(len(b)-at-4)) //nolint:gosec // in memory
		}
	}
	b = append(b, s.tail...)
	binary.BigEndian.PutUint32(b[start-4:], uint32(len(b)-start+4)) //nolint:gosec // in memory
	return append(b, execute...), true
}

// appendArg appends the binary form of the types our statements have; ok is false for others.
func appendArg(b []byte, oid uint32, arg any) (_ []byte, null, ok bool) {
	switch oid {
	case pgtype.TextOID, pgtype.JSONOID, pgtype.VarcharOID: // whose binary form is the text
		switch v := arg.(type) {
		case string:
			return append(b, v...), false, true
		case *string:
			if v == nil {
				return b, true, true
			}
			return append(b, *v...), false, true
		}
	case pgtype.Int8OID:
		switch v := arg.(type) {
		case int64:
			return binary.BigEndian.AppendUint64(b, uint64(v)), false, true //nolint:gosec // two's complement
		case *int64:
			if v == nil {
				return b, true, true
			}
			return binary.BigEndian.AppendUint64(b, uint64(*v)), false, true //nolint:gosec // two's complement
		}
	case pgtype.Float8OID:
		switch v := arg.(type) {
		case float64:
			return binary.BigEndian.AppendUint64(b, math.Float64bits(v)), false, true
		case *float64:
			if v == nil {
				return b, true, true
			}
			return binary.BigEndian.AppendUint64(b, math.Float64bits(*v)), false, true
		}
	case pgtype.BoolOID:
		if v, is := arg.(bool); is {
			if v {
				return append(b, 1), false, true
			}
			return append(b, 0), false, true
		}
	case pgtype.TimestamptzOID:
		switch v := arg.(type) {
		case time.Time:
			return appendTime(b, v), false, true
		case *time.Time:
			if v == nil {
				return b, true, true
			}
			return appendTime(b, *v), false, true
		}
	case pgtype.ByteaOID:
		if v, is := arg.([]byte); is {
			return append(b, v...), v == nil, true
		}
	case pgtype.TextArrayOID:
		if v, is := arg.([]string); is && v != nil {
			b, err := textsPlan{}.Encode(v, b)
			return b, false, err == nil
		}
	}
	return b, arg == nil, arg == nil
}

func appendTime(b []byte, t time.Time) []byte {
	us := (t.Unix()-epoch.Unix())*1e6 + int64(t.Nanosecond())/1e3
	return binary.BigEndian.AppendUint64(b, uint64(us)) //nolint:gosec // two's complement
}

// appendAny appends what the driver makes of a value, in the format it would choose.
func appendAny(b []byte, oid uint32, arg any) (_ []byte, null bool, format int16, ok bool) {
	if _, is := arg.(pgx.QueryRewriter); is {
		return b, false, 0, false
	}
	m := typeMaps.Get().(*pgtype.Map)
	defer typeMaps.Put(m)
	format = m.FormatCodeForOID(oid)
	switch arg.(type) {
	case string, *string:
		format = pgtype.TextFormatCode
	}
	out, err := m.Encode(oid, format, arg, b)
	if err != nil {
		return b, false, 0, false
	}
	if out == nil {
		return b, true, format, true
	}
	return out, false, format, true
}

// typeMaps are the driver's tables of types, which only one may use at a time.
var typeMaps = sync.Pool{New: func() any {
	m := pgtype.NewMap()
	quickTexts(m)
	return m
}}
