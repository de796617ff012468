package sandbox

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"lyceum/grading/capa"
)

// Names of the layers, and of what else must be there.
const (
	layerInterpreter = "interpreter"
	layerNamespaces  = "namespaces"
	layerView        = "view"
	layerLandlock    = "landlock"
	layerSeccomp     = "seccomp"
	layerLimits      = "limits"
	layerDescriptors = "descriptors"
	layerService     = "service"
)

// LayerError says which layer of a jail could not be built.
type LayerError struct {
	Layer string
	Err   error
}

func (e *LayerError) Error() string { return e.Layer + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *LayerError) Unwrap() error { return e.Err }

// Layer is what a check found of one layer.
type Layer struct {
	Name   string
	Holds  bool
	Detail string // what it is, or why it does not hold
}

// Report is what a check found.
type Report struct {
	Way      Way
	Python   string   // its version
	Packages []string // those of courses that are installed, with their versions
	Missing  []string // and those that are not
	Layers   []Layer
	Identity string // of interpreter and library: results of another are not mixed with these
	Bare     bool   // code runs without a jail, by LMS_SANDBOX_UNSAFE
	Off      string // why nothing runs at all, apart from the layers

	host host
}

// Refusal says why author code may not run; it is empty when it may.
//
// Landlock repeats what the view does: a kernel without it is bearable, a jail
// without any of the others is none.
func (r *Report) Refusal() string {
	if r.Off != "" {
		return r.Off
	}
	if r.Bare {
		return ""
	}
	for _, l := range r.Layers {
		if !l.Holds && l.Name != layerLandlock {
			return l.Name + ": " + l.Detail
		}
	}
	return ""
}

// checkAgain is how long a refusal stands before the layers are tried again,
// askAgain how long a service that has not answered yet is left alone.
const (
	checkAgain = time.Minute
	askAgain   = 5 * time.Second
)

// ready returns the last check. The first is waited for, by all who ask
// meanwhile; a refusal is looked into again after a while, by one, while the
// others are told what is known.
func (r *Runner) ready(ctx context.Context) (*Report, error) {
	for {
		report, made, err := r.known()
		if report != nil || err != nil {
			return report, err
		}
		select {
		case <-made:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// known is what the last check found, nil before the first is made; made is
// closed then. It starts checks.
func (r *Runner) known() (_ *Report, made <-chan struct{}, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, nil, errClosed
	}
	again := checkAgain
	if r.config.Way == Remote {
		again = askAgain
	}
	due := r.state == nil || r.state.Refusal() != "" && time.Since(r.checked) >= again
	if due && r.checking == nil {
		r.checking = make(chan struct{})
		r.alone.Go(r.makeCheck)
	}
	return r.state, r.checking, nil
}

// makeCheck makes a check for everybody.
func (r *Runner) makeCheck() {
	report := r.check(r.closing)
	r.mu.Lock()
	defer r.mu.Unlock()
	defer func() { close(r.checking); r.checking = nil }()
	if r.closed {
		return
	}
	r.state, r.checked = report, time.Now()
	switch why := report.Refusal(); {
	case why != "":
		r.config.Log.Warn("Python problems are off on this server", "why", why)
	case report.Bare:
		r.config.Log.Error("LMS_SANDBOX_UNSAFE: authors' Python runs WITHOUT a jail, with all rights of this server. For development alone")
	default:
		r.config.Log.Info("authors' Python runs in a sandbox", "way", report.Way, "python", report.Python, "missing", report.Missing)
	}
	if report.Refusal() == "" && report.Way == Pool && r.pools == nil {
		for _, k := range kinds {
			r.pools = append(r.pools, newPool(r, report.host, k.modules))
		}
	}
}

// Start checks the layers and starts the first member of the pool, so that the
// first learner need not wait for either. It returns when the check is made.
func (r *Runner) Start(ctx context.Context) {
	if report, err := r.ready(ctx); err != nil || report.Refusal() != "" {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.pools) > 0 {
		r.pools[0].grow()
	}
}

// Check tries every layer anew and says which hold.
func (r *Runner) Check(ctx context.Context) *Report {
	inside, leave, err := r.enter(ctx)
	if err != nil {
		return &Report{Way: r.config.Way, Off: err.Error()}
	}
	defer leave()
	return r.check(inside)
}

func (r *Runner) check(ctx context.Context) *Report {
	report := &Report{Way: r.config.Way}
	switch r.config.Way {
	case Off:
		report.Off = "LMS_SANDBOX is off"
		return report
	case Remote:
		r.checkService(ctx, report)
		return report
	case Pool, Cold:
	default:
		report.Off = fmt.Sprintf("there is no way %q", r.config.Way)
		return report
	}
	p, err := findPython(ctx, r.config.Python)
	if err != nil {
		report.Off = "no Python 3: " + err.Error()
		return report
	}
	report.host.python = p
	report.Python, report.Packages, report.Identity = firstLine(p.Version), p.Packages, p.identity()
	for _, name := range wanted {
		if !slices.ContainsFunc(p.Packages, func(found string) bool { return strings.HasPrefix(found, name+" ") }) {
			report.Missing = append(report.Missing, name)
		}
	}
	report.Layers = r.try(ctx, report.host)
	if report.Refusal() != "" && r.config.Unsafe {
		report.host.bare, report.Bare = true, true
	}
	return report
}

//go:embed probe.py
var probe string

// probeLimits leave a slow machine time.
var probeLimits = Limits{CPU: 10 * time.Second, Wall: 20 * time.Second, Memory: 256 << 20, Output: 1 << 20, Processes: 16}

// try builds a jail and looks for a way out of it.
func (r *Runner) try(ctx context.Context, h host) []Layer {
	order := []string{layerNamespaces, layerView, layerDescriptors, layerLandlock, layerSeccomp, layerLimits}
	m, err := r.startMember(ctx, h, coldMember+1, nil)
	if err != nil {
		layers := []Layer{}
		if failed, ok := errors.AsType[*LayerError](err); ok {
			layers = append(layers, Layer{Name: failed.Layer, Detail: failed.Err.Error() + hint(failed)})
		} else {
			layers = append(layers, Layer{Name: layerInterpreter, Detail: err.Error()})
		}
		return layers
	}
	defer m.stop()
	result, err := m.run(ctx, job{ScriptJob: capa.ScriptJob{Code: probe, Limits: probeLimits}})
	if err != nil {
		return []Layer{{Name: layerInterpreter, Detail: "the probe failed: " + err.Error()}}
	}
	var found struct {
		Holes map[string][]string `json:"holes"`
	}
	if err := json.Unmarshal(result.Globals, &found); err != nil || found.Holes == nil {
		return []Layer{{Name: layerInterpreter, Detail: fmt.Sprintf("the probe left nonsense: %v", err)}}
	}
	details := map[string]string{
		layerNamespaces:  "users, processes, network, IPC and host name of its own",
		layerView:        "the interpreter read-only, one directory of its own, no /proc",
		layerDescriptors: "none but the answer's",
		layerLandlock:    "version " + m.hello.Landlock,
		layerSeccomp:     "system calls by list",
		layerLimits:      "processor time, memory, output, processes",
	}
	var layers []Layer
	for _, name := range order {
		l := Layer{Name: name, Holds: true, Detail: details[name]}
		if name == layerLandlock && m.hello.Landlock == "" {
			l.Holds, l.Detail = false, "this kernel has none; the view does the same"
		}
		if holes := found.Holes[name]; len(holes) > 0 {
			l.Holds, l.Detail = false, strings.Join(holes, "; ")
		}
		layers = append(layers, l)
	}
	return layers
}

// hint says what usually helps.
func hint(e *LayerError) string {
	if e.Layer == layerNamespaces || e.Layer == layerView {
		return " (see \"Authors' Python\" in docs/operations.md)"
	}
	return ""
}
