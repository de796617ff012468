package studio

import (
	"testing"
	"time"

	"lyceum/web/i18n"
)

func TestSize(t *testing.T) {
	t.Parallel()
	ctx := i18n.With(t.Context(), catalog(t).For(time.UTC))
	for n, want := range map[int64]string{
		1: "1 byte", 999: "999 bytes", 1500: "1.5 kB", 25_400: "25 kB", 14_260_000: "14.3 MB", 25_000_000: "25 MB", 240_500_000: "241 MB",
	} {
		if got := size(ctx, n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}
