package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestCgroupLimit(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, membership string
		files            map[string]string
		want             int64
		ok               bool
	}{
		{"version 2", "0::/a/b\n", map[string]string{"a/b/memory.max": "1000\n"}, 1000, true},
		{"the group above is tighter", "0::/a/b\n", map[string]string{"a/b/memory.max": "1000\n", "a/memory.max": "500\n"}, 500, true},
		{"no limit", "0::/a\n", map[string]string{"a/memory.max": "max\n"}, 0, false},
		{"in a container", "0::/\n", map[string]string{"memory.max": "700\n"}, 700, true},
		{"version 1", "5:cpu,memory:/x\n4:pids:/y\n", map[string]string{"memory/x/memory.limit_in_bytes": "900\n", "y/memory.max": "1\n"}, 900, true},
		{"version 1 without a limit", "5:memory:/\n", map[string]string{"memory/memory.limit_in_bytes": "9223372036854771712\n"}, 0, false},
		{"nonsense", "x\n:::\n0::/../../..\n", nil, 0, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			for name, text := range tc.files {
				path := filepath.Join(root, name)
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if got, ok := cgroupLimit(root, tc.membership); got != tc.want || ok != tc.ok {
				t.Errorf("got %d, %v, want %d, %v", got, ok, tc.want, tc.ok)
			}
		})
	}
}
