package pg

import (
	"encoding/binary"
	"slices"

	"github.com/jackc/pgx/v5/pgtype"
)

// quickTexts lets a table of types write []string for text[] in one loop. The library goes by reflection and asks for a plan for each element,
// which for the hundred keys a page asks for takes longer than all else that is sent.
func quickTexts(m *pgtype.Map) {
	element, ok := m.TypeForOID(pgtype.TextOID)
	if !ok {
		return
	}
	m.RegisterType(&pgtype.Type{Name: "_text", OID: pgtype.TextArrayOID, Codec: &textsCodec{pgtype.ArrayCodec{ElementType: element}}})
}

type textsCodec struct{ pgtype.ArrayCodec }

// PlanEncode implements pgtype.Codec.
func (c *textsCodec) PlanEncode(m *pgtype.Map, oid uint32, format int16, value any) pgtype.EncodePlan {
	if _, ok := value.([]string); ok && format == pgtype.BinaryFormatCode {
		return textsPlan{}
	}
	return c.ArrayCodec.PlanEncode(m, oid, format, value)
}

type textsPlan struct{}

// Encode implements pgtype.EncodePlan: dimensions, whether there are nulls, the element type, length and lower bound, then each element
// after its length.
func (textsPlan) Encode(value any, buf []byte) ([]byte, error) {
	texts, _ := value.([]string)
	if texts == nil {
		return nil, nil
	}
	put := func(n int) { buf = binary.BigEndian.AppendUint32(buf, uint32(n)) } //nolint:gosec // lengths of what is in memory
	if len(texts) == 0 {
		put(0)
		put(0)
		put(pgtype.TextOID)
		return buf, nil
	}
	size := 20
	for _, t := range texts {
		size += 4 + len(t)
	}
	buf = slices.Grow(buf, size)
	put(1)
	put(0)
	put(pgtype.TextOID)
	put(len(texts))
	put(1)
	for _, t := range texts {
		put(len(t))
		buf = append(buf, t...)
	}
	return buf, nil
}
