package pg

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// deliver calls the functions queued in a batch with what came back for it.
func (it *item) deliver(b *pgx.Batch) error {
	r := results{raw: it.raw, stmts: it.stmts}
	defer r.free()
	r.rows.values = r.room[:0]
	for i, q := range b.QueuedQueries {
		r.turn(i)
		if q.Fn == nil {
			continue
		}
		if err := q.Fn(&r); err != nil {
			return err
		}
	}
	return nil
}

// results reads the answers to a batch, one statement after the other, to the functions queued in it.
type results struct {
	raw   []byte // what was not read yet
	stmts []*statement
	rows  laneRows
	room  [24][]byte // for the columns of a row
}

// turn goes to the answer to a statement.
func (r *results) turn(i int) {
	if i > 0 {
		r.rows.Close()
	}
	r.rows = laneRows{results: r, stmt: r.stmts[i], values: r.rows.values[:0], types: r.rows.types}
}

func (r *results) free() {
	if m := r.rows.types; m != nil {
		r.rows.types = nil
		typeMaps.Put(m)
	}
}

// Query implements pgx.BatchResults.
func (r *results) Query() (pgx.Rows, error) { return &r.rows, nil }

// QueryRow implements pgx.BatchResults.
func (r *results) QueryRow() pgx.Row { return oneRow{&r.rows} }

// Exec implements pgx.BatchResults.
func (r *results) Exec() (pgconn.CommandTag, error) {
	r.rows.Close()
	return r.rows.tag, r.rows.err
}

// Close implements pgx.BatchResults: everything has been read.
func (r *results) Close() error { return nil }

// Tx implements pgx.BatchResults: there is none.
func (r *results) Tx() pgx.Tx { return nil }

// laneRows are the rows of one statement.
type laneRows struct {
	results *results
	stmt    *statement
	values  [][]byte
	types   *pgtype.Map
	tag     pgconn.CommandTag
	err     error
	closed  bool
}

// Next implements pgx.Rows.
func (r *laneRows) Next() bool {
	for !r.closed {
		if body, is := r.message(); is {
			r.values = appendColumns(r.values[:0], body)
			if len(r.values) != len(r.stmt.fields) {
				r.fail(fmt.Errorf("a row of %d columns, want %d", len(r.values), len(r.stmt.fields)))
				return false
			}
			return true
		}
	}
	return false
}

// message takes the next message; row is true when it is one. The lane has seen that the last one ends the statement.
func (r *laneRows) message() (body []byte, row bool) {
	raw := r.results.raw
	size := 1 + int(binary.BigEndian.Uint32(raw[1:]))
	kind, body := raw[0], raw[5:size]
	r.results.raw = raw[size:]
	switch kind {
	case 'D':
		return body, true
	case 'C':
		r.tag, r.closed = pgconn.NewCommandTag(string(body[:max(len(body)-1, 0)])), true
	case 'I':
		r.closed = true
	}
	return nil, false
}

// appendColumns splits the body of a row; nil is null.
func appendColumns(values [][]byte, body []byte) [][]byte {
	if len(body) < 2 {
		return values
	}
	body = body[2:]
	for len(body) >= 4 {
		n := int(int32(binary.BigEndian.Uint32(body))) //nolint:gosec // -1 is null
		body = body[4:]
		if n < 0 {
			values = append(values, nil)
			continue
		}
		if n > len(body) {
			return values
		}
		values = append(values, body[:n:n])
		body = body[n:]
	}
	return values
}

func (r *laneRows) fail(err error) {
	if r.err == nil {
		r.err = err
	}
	r.Close()
}

// Close implements pgx.Rows.
func (r *laneRows) Close() {
	for !r.closed {
		r.message()
	}
}

// Err implements pgx.Rows.
func (r *laneRows) Err() error { return r.err }

// CommandTag implements pgx.Rows.
func (r *laneRows) CommandTag() pgconn.CommandTag { return r.tag }

// FieldDescriptions implements pgx.Rows.
func (r *laneRows) FieldDescriptions() []pgconn.FieldDescription { return r.stmt.fields }

// RawValues implements pgx.Rows.
func (r *laneRows) RawValues() [][]byte { return r.values }

// Conn implements pgx.Rows: there is none.
func (r *laneRows) Conn() *pgx.Conn { return nil }

// TypeMap implements pgx.Rows.
func (r *laneRows) TypeMap() *pgtype.Map {
	if r.types == nil {
		r.types = typeMaps.Get().(*pgtype.Map)
	}
	return r.types
}

// Scan implements pgx.Rows.
func (r *laneRows) Scan(dest ...any) error {
	if len(dest) == 1 {
		if whole, ok := dest[0].(pgx.RowScanner); ok {
			err := whole.ScanRow(r)
			if err != nil {
				r.fail(err)
			}
			return err
		}
	}
	if len(dest) != len(r.values) {
		err := fmt.Errorf("number of field descriptions must equal number of destinations, got %d and %d", len(r.values), len(dest))
		r.fail(err)
		return err
	}
	m := r.TypeMap()
	for i, d := range dest {
		if d == nil {
			continue
		}
		f := &r.stmt.fields[i]
		if err := m.Scan(f.DataTypeOID, f.Format, r.values[i], d); err != nil {
			err = pgx.ScanArgError{ColumnIndex: i, FieldName: f.Name, Err: err}
			r.fail(err)
			return err
		}
	}
	return nil
}

// Values implements pgx.Rows.
func (r *laneRows) Values() ([]any, error) {
	out := make([]any, len(r.values))
	m := r.TypeMap()
	for i, v := range r.values {
		f := &r.stmt.fields[i]
		t, ok := m.TypeForOID(f.DataTypeOID)
		if v == nil {
			continue
		}
		if !ok {
			out[i] = string(v)
			continue
		}
		var err error
		if out[i], err = t.Codec.DecodeValue(m, f.DataTypeOID, f.Format, v); err != nil {
			r.fail(err)
			return nil, err
		}
	}
	return out, nil
}

// oneRow is the only row of an answer.
type oneRow struct{ rows *laneRows }

// Scan implements pgx.Row.
func (o oneRow) Scan(dest ...any) error {
	defer o.rows.Close()
	if !o.rows.Next() {
		return errors.Join(o.rows.Err(), pgx.ErrNoRows)
	}
	if err := o.rows.Scan(dest...); err != nil {
		return err
	}
	o.rows.Close()
	return o.rows.Err()
}
