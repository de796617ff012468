package ui

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"lyceum/web/i18n"
)

func TestTime(t *testing.T) {
	t.Parallel()
	catalog, err := i18n.New()
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 3, 2, 13, 2, 0, 0, time.FixedZone("", 3600))
	for _, tc := range []struct {
		name string
		p    TimeProps
		want string
	}{
		{"moment", TimeProps{At: at}, `<time class="time" datetime="2026-03-02T12:02:00Z" data-time="moment">Mar 2, 2026, 12:02 UTC </time>`},
		{"day", TimeProps{At: at, Day: true}, `<time class="time" datetime="2026-03-02T12:02:00Z" data-time="day">Mar 2, 2026 </time>`},
		{
			"relative",
			TimeProps{At: at, Now: at.Add(-3 * time.Hour)},
			`<time class="time" datetime="2026-03-02T12:02:00Z" data-time="moment">Mar 2, 2026, 12:02 UTC <span class="time__relative">(in 3 hours)</span></time>`,
		},
		{
			"attributes",
			TimeProps{At: at, Attr: templ.Attributes{"data-x": "<1>"}},
			`<time class="time" datetime="2026-03-02T12:02:00Z" data-time="moment" data-x="&lt;1&gt;">Mar 2, 2026, 12:02 UTC </time>`,
		},
	} {
		var b strings.Builder
		if err := Time(tc.p).Render(i18n.With(context.Background(), catalog.For(nil, "en")), &b); err != nil || b.String() != tc.want {
			t.Errorf("%s: got %s, %v, want %s", tc.name, b.String(), err, tc.want)
		}
	}
}
