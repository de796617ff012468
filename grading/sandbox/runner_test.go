package sandbox

import (
	"log/slog"
	"testing"

	"lyceum/grading/capa"
)

func TestFirst(t *testing.T) {
	r := New(Config{Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))})
	defer r.Close()
	rep := r.Check(t.Context())
	t.Logf("%+v", rep)
	got, err := r.Run(t.Context(), capa.ScriptJob{Code: "import random\nx=random.randint(1,100)\nprint('hello')\nw=float('nan')", Seed: 7})
	t.Logf("%s %q %v", got.Globals, got.Stdout, err)
}
