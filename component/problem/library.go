package problem

import (
	"context"
	"fmt"
	"io"

	"lyceum/course"
	"lyceum/grading/capa"
	"lyceum/internal/fault"
)

// largestLibrary is up to how many bytes a course's own Python may have.
const largestLibrary = 32 << 20

// filesFor are the files of a course that lie beside a problem's scripts; none for problems that run no author Python.
func (k *Kind) filesFor(ctx context.Context, p *capa.Problem, c *course.Compiled) ([]capa.ScriptFile, error) {
	f, ok := c.Files[capa.PythonLib]
	if !ok || k.open == nil || !p.NeedsPython() {
		return nil, nil
	}
	data, ok := k.library.Get(f.Digest)
	if !ok {
		var err error
		if data, err = k.readFile(ctx, c, f); err != nil {
			return nil, fmt.Errorf("read %s of %s: %w", f.Name, c.Key, err)
		}
		k.library.Add(f.Digest, data, int64(len(data))+256)
	}
	return []capa.ScriptFile{{Name: f.Name, Data: data, Digest: f.Digest}}, nil
}

func (k *Kind) readFile(ctx context.Context, c *course.Compiled, f course.File) ([]byte, error) {
	r, err := k.open(ctx, c, f.Name)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, largestLibrary+1))
	if err != nil {
		return nil, err
	}
	if len(data) > largestLibrary {
		return nil, fault.TooLargef("more than %d bytes", largestLibrary)
	}
	return data, nil
}
