package pg

import (
	"context"
	"encoding/binary"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
)

// fewest is how many users a statement for several must serve, on whole tables, to cost less than as many on single partitions.
const fewest = 4

// joinOne has the server look up each row of a list by key: plans are made when tables are small, and used when they have grown.
var joinOne = map[string]string{
	"enable_hashjoin": "off", "enable_mergejoin": "off", "enable_seqscan": "off", "enable_bitmapscan": "off", "plan_cache_mode": "force_generic_plan",
}

// elements are the types lists may be of, by name.
var elements = map[uint32]string{
	pgtype.BoolOID: "boolean", pgtype.ByteaOID: "bytea", pgtype.Float8OID: "double precision", pgtype.Int8OID: "bigint", pgtype.JSONOID: "json",
	pgtype.TextOID: "text", pgtype.TimestamptzOID: "timestamptz", pgtype.VarcharOID: "varchar",
}

// findMany returns the form of a statement for several users, see [Changes]; nil when there is none.
func (s *statements) findMany(ctx context.Context, pool *pgxpool.Pool, sql string, params []uint32) *statement {
	form, ok := manyForms.Load(sql)
	if !ok {
		return nil
	}
	types := make([]string, len(params))
	for i, oid := range params {
		if types[i] = elements[oid]; types[i] == "" {
			return nil
		}
	}
	many := s.find(ctx, pool, form.(func([]string) string)(types))
	if many == nil || len(many.params) != len(params) {
		return nil
	}
	return many
}

// merge puts one item in the place of those of a group that are nothing but the same statement, where there is a form of it for several users.
// The answer to it is that to each of them.
func merge(group []*item) []*item {
	if len(group) < fewest {
		return group
	}
	alike := map[*statement][]*item{}
	for _, it := range group {
		if m := it.many(); m != nil {
			alike[m] = append(alike[m], it)
		}
	}
	out := make([]*item, 0, len(group))
	for _, it := range group {
		m := it.many()
		switch of := alike[m]; {
		case m == nil || len(of) < fewest:
			out = append(out, it)
		case of[0] == it:
			out = append(out, &item{user: it.user, stmts: []*statement{m}, bind: bindMany(m, of), of: of})
		}
	}
	return out
}

// many is the statement for several users the item may be part of, nil for none.
func (it *item) many() *statement {
	if len(it.stmts) != 1 {
		return nil
	}
	s := it.stmts[0]
	if s.many == nil {
		return nil
	}
	formats := it.bind[s.formats():][:2*len(s.params)]
	for i := 1; i < len(formats); i += 2 {
		if formats[i] != pgtype.BinaryFormatCode {
			return nil
		}
	}
	return s.many
}

// formats is where in its Bind message the formats of arguments begin; the arguments follow them and their number.
func (s *statement) formats() int { return 5 + len(s.head) + 2 }

// bindMany returns the messages that bind m to lists of the arguments of items, and run it. A value stands in a list as in a Bind message.
func bindMany(m *statement, of []*item) []byte {
	rest := make([][]byte, len(of))
	size := 64 + len(m.head) + 32*len(m.params)
	for i, it := range of {
		s := it.stmts[0]
		rest[i] = it.bind[s.formats()+2*len(s.params)+2:]
		size += len(rest[i])
	}
	b := append(make([]byte, 0, size), 'B', 0, 0, 0, 0)
	b = append(b, m.head...)
	b = binary.BigEndian.AppendUint16(b, 1)
	b = append(b, 0, pgtype.BinaryFormatCode)                   // for all
	b = binary.BigEndian.AppendUint16(b, uint16(len(m.params))) //nolint:gosec // parameters
	for _, oid := range of[0].stmts[0].params {
		at := len(b)
		b = append(b, 0, 0, 0, 0 /* length */, 0, 0, 0, 1 /* dimension */, 0, 0, 0, 0 /* whether there are nulls */)
		b = binary.BigEndian.AppendUint32(b, oid)
		b = binary.BigEndian.AppendUint32(b, uint32(len(of))) //nolint:gosec // a group
		b = append(b, 0, 0, 0, 1)                             // the first has number 1
		for i, r := range rest {
			end := 4
			if n := int32(binary.BigEndian.Uint32(r)); n >= 0 { //nolint:gosec // -1 is null
				end += int(n)
			} else {
				b[at+11] = 1
			}
			b, rest[i] = append(b, r[:end]...), r[end:]
		}
		binary.BigEndian.PutUint32(b[at:], uint32(len(b)-at-4)) //nolint:gosec // in memory
	}
	b = append(b, m.tail...)
	binary.BigEndian.PutUint32(b[1:], uint32(len(b)-1)) //nolint:gosec // in memory
	return append(b, execute...)
}
