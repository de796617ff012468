package capa

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/dlclark/regexp2"
)

// Bounds on authors' patterns and what they are tried on.
const (
	maxPattern  = 4 << 10
	maxSubject  = 20 << 10
	matchBudget = 500 * time.Millisecond // a busy machine may not refuse honest answers
	maxSteps    = 20_000_000             // of the linear engine, which cannot be stopped: bytes by states
)

// errOverBudget says that a pattern could not be tried within its bounds.
var errOverBudget = errors.New("the pattern cannot be checked within its limits")

// pattern is a regular expression with the meaning Python gives it.
type pattern struct {
	linear    *regexp.Regexp // used where it means the same
	states    int            // of linear: each byte may cost as many steps
	boundary  bool           // linear holds \b: the same only on ASCII
	lineEnd   bool           // linear holds $: the same only without a final newline
	backtrack func() (*regexp2.Regexp, error)
}

// compilePattern translates and compiles a Python pattern.
func compilePattern(source string, foldCase bool) (*pattern, error) {
	if len(source) > maxPattern {
		return nil, errOverBudget
	}
	t, err := translate(source, foldCase)
	if err != nil {
		return nil, err
	}
	p := &pattern{boundary: t.boundary, lineEnd: t.lineEnd}
	p.backtrack = sync.OnceValues(func() (*regexp2.Regexp, error) { return compileBacktracking(t.backtracking.String()) })
	if t.regular {
		p.linear, p.states = compileLinear(t.linear.String())
	}
	if p.linear == nil {
		if _, err := p.backtrack(); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// compileLinear returns nil for what the engine does not take.
func compileLinear(source string) (re *regexp.Regexp, states int) {
	parsed, err := syntax.Parse(source, syntax.Perl)
	if err != nil {
		return nil, 0
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil || len(program.Inst) > maxSteps/100 {
		return nil, 0
	}
	re, err = regexp.Compile(source)
	if err != nil {
		return nil, 0
	}
	return re, len(program.Inst)
}

func compileBacktracking(source string) (*regexp2.Regexp, error) {
	re, err := regexp2.Compile(source, regexp2.None)
	if err != nil {
		return nil, fmt.Errorf("compile pattern: %w", err)
	}
	re.MatchTimeout = matchBudget
	return re, nil
}

// search tells whether the pattern is found anywhere in the subject.
func (p *pattern) search(subject string) (bool, error) {
	if len(subject) > maxSubject {
		return false, errOverBudget
	}
	if p.linear != nil && len(subject)*p.states <= maxSteps && (!p.boundary || ascii(subject)) && (!p.lineEnd || !strings.HasSuffix(subject, "\n")) {
		return p.linear.MatchString(subject), nil
	}
	re, err := p.backtrack()
	if err != nil {
		return false, err
	}
	found, err := re.MatchString(subject)
	if err != nil {
		return false, fmt.Errorf("%w: %w", errOverBudget, err)
	}
	return found, nil
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// patternCache keeps a response's compiled patterns. They come from the source
// and from script variables, so it is bounded.
type patternCache struct {
	mu    sync.Mutex
	known map[string]compiled
}

type compiled struct {
	pattern *pattern
	err     error
}

const maxPatterns = 64

func (c *patternCache) get(source string, foldCase bool) (*pattern, error) {
	key := "-" + source
	if foldCase {
		key = "i" + source
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if found, ok := c.known[key]; ok {
		return found.pattern, found.err
	}
	p, err := compilePattern(source, foldCase)
	if c.known == nil || len(c.known) >= maxPatterns {
		c.known = make(map[string]compiled)
	}
	c.known[key] = compiled{p, err}
	return p, err
}
