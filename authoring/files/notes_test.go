package files

import (
	"fmt"
	"testing"
)

// TestLooksAreBounded: what is looked at again and again is remembered, and no more than so many others.
func TestLooksAreBounded(t *testing.T) {
	t.Parallel()
	s := &Service{}
	asked := 0
	often := func() {
		if !s.look("often", func() (bool, bool) { asked++; return true, true }) {
			t.Fatal("what was found is forgotten")
		}
	}
	for i := range 5 * looksKept {
		s.look(fmt.Sprint(i), func() (bool, bool) { return false, true })
		if i%1000 == 0 {
			often()
		}
	}
	if n := len(s.looked.young) + len(s.looked.old); n > 2*looksKept {
		t.Errorf("%d looks are kept", n)
	}
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
	if s.look("failed", func() (bool, bool) { return false, false }); s.look("failed", func() (bool, bool) { return true, true }) != true {
		t.Error("a look that failed is remembered")
	}
}
