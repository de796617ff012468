package lms

import "testing"

// TestAnonymousID: an id is the same for all time, and different for each person.
func TestAnonymousID(t *testing.T) {
	t.Parallel()
	s := &Server{Secret: []byte("secret")}
	for range 3 {
		if got, want := s.anonymousID(newKey, 7), "c408842a755f86afe80b90ef9a0399e0"; got != want {
			t.Errorf("learner 7 is %s, want %s", got, want)
		}
		if s.anonymousID(newKey, 8) == s.anonymousID(newKey, 7) || s.anonymousID(oldKey, 7) == s.anonymousID(newKey, 7) {
			t.Error("two of one name")
		}
		if got := s.anonymousID(newKey, 0); got != "" {
			t.Errorf("a visitor is %s", got)
		}
	}
}
