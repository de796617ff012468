package pg

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// Row reads columns of the row rows stands at straight from the wire, for queries whose rows are many and read often: scanning asks for a
// plan per column and takes several times as long. Numbers, times and truths must come in the binary format, as they do on connections of
// this package. The first error sticks and is what Err returns. What is returned as bytes is valid until the next row.
type Row struct {
	values [][]byte
	fields []pgconn.FieldDescription
	err    error
}

// Read makes r the row that rows stands at.
func (r *Row) Read(rows pgx.Rows) {
	r.values = rows.RawValues()
	r.fields = rows.FieldDescriptions()
}

// Err returns what could not be read so far.
func (r *Row) Err() error { return r.err }

// Null reports whether column i is null.
func (r *Row) Null(i int) bool { return r.values[i] == nil }

// Bytes is column i as it is: the text of a text or json column.
func (r *Row) Bytes(i int) []byte { return r.values[i] }

// Text is a text column, "" for null.
func (r *Row) Text(i int) string { return string(r.values[i]) }

// Int is a bigint column, 0 for null.
func (r *Row) Int(i int) int64 {
	if v := r.binary(i, pgtype.Int8OID); v != nil {
		return int64(binary.BigEndian.Uint64(v)) //nolint:gosec // two's complement
	}
	return 0
}

// Float is a double precision column, nil for null.
func (r *Row) Float(i int) *float64 {
	v := r.binary(i, pgtype.Float8OID)
	if v == nil {
		return nil
	}
	f := math.Float64frombits(binary.BigEndian.Uint64(v))
	return &f
}

// Bool is a boolean column, false for null.
func (r *Row) Bool(i int) bool {
	v := r.binary(i, pgtype.BoolOID)
	return v != nil && v[0] != 0
}

// epoch is where PostgreSQL counts microseconds from.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// Time is a timestamptz column in UTC, the zero time for null. The infinite ones are errors: nothing of ours writes them.
func (r *Row) Time(i int) time.Time {
	v := r.binary(i, pgtype.TimestamptzOID)
	if v == nil {
		return time.Time{}
	}
	us := int64(binary.BigEndian.Uint64(v)) //nolint:gosec // two's complement
	if us == math.MaxInt64 || us == math.MinInt64 {
		r.fail(i, "is infinite")
		return time.Time{}
	}
	return time.Unix(epoch.Unix()+us/1e6, us%1e6*1e3).UTC()
}

func (r *Row) binary(i int, oid uint32) []byte {
	v := r.values[i]
	if v == nil {
		return nil
	}
	if f := &r.fields[i]; f.DataTypeOID != oid || f.Format != pgtype.BinaryFormatCode {
		r.fail(i, fmt.Sprintf("has type %d in format %d, want %d in binary", f.DataTypeOID, f.Format, oid))
		return nil
	}
	return v
}

func (r *Row) fail(i int, why string) {
	if r.err == nil {
		r.err = fmt.Errorf("column %s %s", r.fields[i].Name, why)
	}
}
