package ferret

import (
	"encoding/binary"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// opMsgOf builds a message as a driver does: flags, then sections.
func opMsgOf(t testing.TB, sections ...[]byte) []byte {
	t.Helper()
	message := make([]byte, headerSize+4)
	for _, s := range sections {
		message = append(message, s...)
	}
	binary.LittleEndian.PutUint32(message, uint32(len(message)))
	binary.LittleEndian.PutUint32(message[12:], opMsg)
	return message
}

func body(t testing.TB, command bson.D) []byte {
	t.Helper()
	raw, err := bson.Marshal(command)
	if err != nil {
		t.Fatal(err)
	}
	return append([]byte{bodyKind}, raw...)
}

func sequence() []byte {
	s := append([]byte{1, 0, 0, 0, 0}, "updates\x00"...)
	binary.LittleEndian.PutUint32(s[1:], uint32(len(s)-1))
	return s
}

func TestChanges(t *testing.T) {
	t.Parallel()
	update := bson.D{{Key: "update", Value: "pointers"}, {Key: "$db", Value: "lms"}}
	cases := []struct {
		name    string
		message []byte
		want    string
	}{
		{name: "update", message: opMsgOf(t, body(t, update)), want: "lms.pointers"},
		{name: "documents before the body", message: opMsgOf(t, sequence(), body(t, update)), want: "lms.pointers"},
		{name: "delete", message: opMsgOf(t, body(t, bson.D{{Key: "delete", Value: "x"}, {Key: "$db", Value: "d"}})), want: "d.x"},
		{name: "findAndModify", message: opMsgOf(t, body(t, bson.D{{Key: "findAndModify", Value: "x"}, {Key: "$db", Value: "d"}})), want: "d.x"},
		{name: "insert", message: opMsgOf(t, body(t, bson.D{{Key: "insert", Value: "x"}, {Key: "$db", Value: "d"}}))},
		{name: "find", message: opMsgOf(t, body(t, bson.D{{Key: "find", Value: "x"}, {Key: "$db", Value: "d"}}))},
		{name: "name of another type", message: opMsgOf(t, body(t, bson.D{{Key: "update", Value: 1}, {Key: "$db", Value: "d"}}))},
		{name: "no database", message: opMsgOf(t, body(t, bson.D{{Key: "update", Value: "x"}}))},
		{name: "empty command", message: opMsgOf(t, body(t, bson.D{}))},
		{name: "no sections", message: opMsgOf(t)},
		{name: "cut off", message: opMsgOf(t, body(t, update)[:9])},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := changes(c.message); got != c.want {
				t.Errorf("changes = %q, want %q", got, c.want)
			}
		})
	}
}

func FuzzChanges(f *testing.F) {
	f.Add(opMsgOf(f, sequence(), body(f, bson.D{{Key: "update", Value: "x"}, {Key: "$db", Value: "d"}})))
	f.Add([]byte{})
	f.Fuzz(func(_ *testing.T, message []byte) { changes(message) }) // must not panic
}
