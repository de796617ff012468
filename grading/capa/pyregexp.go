package capa

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// translation is a Python pattern in the words of two engines: one linear in
// time that knows no look-around and no back-references, one that backtracks.
type translation struct {
	src          []rune
	pos          int
	linear       strings.Builder
	backtracking strings.Builder
	regular      bool // linear says the same
	boundary     bool
	lineEnd      bool
	groups       int
	names        map[string]int
	open         []int // groups being read, 0 for those without a number
	depth        int
	verbose      bool
	fold         bool // everywhere
}

const maxPatternDepth = 100

// The classes, as they stand inside brackets. Python's letters and digits are
// Unicode's.
const (
	wordClass  = `\p{L}\p{N}_`
	digitClass = `\p{Nd}`
	spaceClass = "\\t-\\r\\x1c-\\x20\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
)

// wordEdge is \b in an engine whose own \b knows other letters.
const (
	wordEdge   = `(?:(?<=[` + wordClass + `])(?![` + wordClass + `])|(?<![` + wordClass + `])(?=[` + wordClass + `]))`
	noWordEdge = `(?:(?<=[` + wordClass + `])(?=[` + wordClass + `])|(?<![` + wordClass + `])(?![` + wordClass + `]))`
)

// translate reads a Python pattern. foldCase is re.IGNORECASE.
func translate(source string, foldCase bool) (*translation, error) {
	if !utf8.ValidString(source) {
		return nil, fmt.Errorf("pattern is no text")
	}
	t := &translation{src: []rune(source), regular: true, names: map[string]int{}}
	flags := ""
	if foldCase {
		flags = "i"
	}
	flags += t.globalFlags()
	t.fold = strings.Contains(flags, "i")
	if flags != "" {
		t.both("(?" + flags + ")")
	}
	if err := t.alternatives(); err != nil {
		return nil, err
	}
	if t.pos < len(t.src) {
		return nil, fmt.Errorf("unbalanced parenthesis at position %d", t.pos)
	}
	return t, nil
}

var flagGroup = regexp.MustCompile(`\(\?([aiLmsux]+)\)`)

// globalFlags finds flag groups, which hold for the whole pattern wherever
// they stand, and leaves the pattern without them.
func (t *translation) globalFlags() string {
	var flags strings.Builder
	text := string(t.src)
	for _, m := range flagGroup.FindAllStringSubmatch(text, -1) {
		for _, f := range m[1] {
			switch f {
			case 'i', 'm', 's':
				flags.WriteString(string(f))
			case 'x':
				t.verbose = true
			}
		}
	}
	if strings.Contains(text, "(?") {
		t.src = []rune(flagGroup.ReplaceAllString(text, ""))
	}
	if strings.Contains(flags.String(), "m") {
		t.regular = false // $ before any newline: leave it to one engine
	}
	return flags.String()
}

func (t *translation) both(s string) {
	t.linear.WriteString(s)
	t.backtracking.WriteString(s)
}

// only writes what only the backtracking engine can say.
func (t *translation) only(s string) {
	t.regular = false
	t.backtracking.WriteString(s)
}

func (t *translation) peek() rune {
	if t.pos < len(t.src) {
		return t.src[t.pos]
	}
	return -1
}

func (t *translation) take(prefix string) bool {
	p := []rune(prefix)
	if len(t.src)-t.pos < len(p) || string(t.src[t.pos:t.pos+len(p)]) != prefix {
		return false
	}
	t.pos += len(p)
	return true
}

// alternatives reads up to a closing parenthesis or the end.
func (t *translation) alternatives() error {
	if t.depth++; t.depth > maxPatternDepth {
		return fmt.Errorf("pattern is nested too deeply")
	}
	defer func() { t.depth-- }()
	repeatable := false
	for t.pos < len(t.src) {
		c := t.src[t.pos]
		switch {
		case c == ')':
			return nil
		case t.verbose && (unicode.IsSpace(c) || c == '#'):
			t.skipVerbose()
			continue
		case c == '|':
			t.pos++
			t.both("|")
			repeatable = false
			continue
		}
		quantified, err := t.quantifier(repeatable)
		if err != nil {
			return err
		}
		if quantified {
			repeatable = false
			continue
		}
		if repeatable, err = t.item(); err != nil {
			return err
		}
	}
	return nil
}

func (t *translation) skipVerbose() {
	if t.src[t.pos] == '#' {
		for t.pos < len(t.src) && t.src[t.pos] != '\n' {
			t.pos++
		}
		return
	}
	t.pos++
}

// quantifier reads *, +, ?, {m,n} and a lazy mark.
func (t *translation) quantifier(repeatable bool) (bool, error) {
	start := t.pos
	var text string
	switch c := t.peek(); c {
	case '*', '+', '?':
		t.pos++
		text = string(c)
	case '{':
		var ok bool
		if text, ok = t.braces(); !ok {
			return false, nil
		}
	default:
		return false, nil
	}
	if !repeatable {
		return false, fmt.Errorf("nothing to repeat at position %d", start)
	}
	if t.take("?") {
		text += "?"
	}
	switch t.peek() {
	case '*', '+', '?':
		return false, fmt.Errorf("multiple repeat at position %d", t.pos)
	}
	t.both(text)
	return true, nil
}

var repeatCount = regexp.MustCompile(`^\{(\d*)(?:(,)(\d*))?\}`)

// braces reads {m}, {m,}, {,n} or {m,n}; anything else is literal text.
func (t *translation) braces() (string, bool) {
	end := min(len(t.src), t.pos+24)
	m := repeatCount.FindStringSubmatch(string(t.src[t.pos:end]))
	if m == nil || m[1] == "" && m[2] == "" {
		return "", false
	}
	t.pos += len(m[0])
	low := m[1]
	if low == "" {
		low = "0"
	}
	return "{" + low + m[2] + m[3] + "}", true
}

// item reads one thing that a quantifier may follow, and tells whether it may.
func (t *translation) item() (bool, error) {
	c := t.src[t.pos]
	t.pos++
	switch c {
	case '(':
		return t.group()
	case '[':
		return true, t.class()
	case '\\':
		return t.escape()
	case '^':
		t.both("^")
		return false, nil
	case '$':
		t.lineEnd = true
		t.both("$")
		return false, nil
	case '.':
		t.both(".")
		return true, nil
	}
	t.literal(c)
	return true, nil
}

func (t *translation) literal(c rune) {
	if t.fold && strings.ContainsRune("iIıİ", c) {
		t.both("[iIıİ]") // to Python they differ only in case, to the engines they do not
		return
	}
	t.both(regexp.QuoteMeta(string(c)))
}

// group reads what follows an opening parenthesis, and the closing one.
func (t *translation) group() (bool, error) {
	number := 0
	switch {
	case t.take("?#"):
		for t.peek() != ')' {
			if t.peek() < 0 {
				return false, fmt.Errorf("missing ), unterminated comment")
			}
			t.pos++
		}
		t.pos++
		return false, nil
	case t.take("?:"):
		t.both("(?:")
	case t.take("?="), t.take("?!"):
		t.only("(?" + string(t.src[t.pos-1]))
	case t.take("?<="), t.take("?<!"):
		t.only("(?<" + string(t.src[t.pos-1]))
	case t.take("?P="):
		return true, t.namedReference()
	case t.take("?P<"):
		name, err := t.name('>')
		if err != nil {
			return false, err
		}
		if t.names[name] != 0 {
			return false, fmt.Errorf("redefinition of group name %q", name)
		}
		number = t.capture()
		t.names[name] = number
	case t.take("?("):
		if err := t.condition(); err != nil {
			return false, err
		}
	case t.peek() == '?':
		if err := t.scopedFlags(); err != nil {
			return false, err
		}
	default:
		number = t.capture()
	}
	t.open = append(t.open, number)
	if err := t.alternatives(); err != nil {
		return false, err
	}
	t.open = t.open[:len(t.open)-1]
	if !t.take(")") {
		return false, fmt.Errorf("missing ), unterminated subpattern")
	}
	t.both(")")
	return true, nil
}

// capture opens a group that is remembered; numbers are given outright, since
// the engines count named groups differently.
func (t *translation) capture() int {
	t.groups++
	t.linear.WriteString("(")
	t.backtracking.WriteString("(?<" + strconv.Itoa(t.groups) + ">")
	return t.groups
}

func (t *translation) name(end rune) (string, error) {
	start := t.pos
	for t.peek() != end {
		if t.peek() < 0 {
			return "", fmt.Errorf("missing %c, unterminated name", end)
		}
		t.pos++
	}
	name := string(t.src[start:t.pos])
	t.pos++
	for i, c := range name {
		if c != '_' && !unicode.IsLetter(c) && (i == 0 || !unicode.IsDigit(c)) {
			return "", fmt.Errorf("bad character in group name %q", name)
		}
	}
	if name == "" {
		return "", fmt.Errorf("missing group name")
	}
	return name, nil
}

func (t *translation) namedReference() error {
	name, err := t.name(')')
	if err != nil {
		return err
	}
	if t.names[name] == 0 {
		return fmt.Errorf("unknown group name %q", name)
	}
	return t.reference(t.names[name])
}

func (t *translation) reference(number int) error {
	if number > t.groups {
		return fmt.Errorf("invalid group reference %d", number)
	}
	if slices.Contains(t.open, number) {
		return fmt.Errorf("cannot refer to an open group")
	}
	t.only(`\k<` + strconv.Itoa(number) + `>`)
	return nil
}

// condition reads (?(group)yes|no).
func (t *translation) condition() error {
	start := t.pos
	for t.peek() >= '0' && t.peek() <= '9' {
		t.pos++
	}
	number := 0
	if t.pos > start && t.take(")") {
		number, _ = strconv.Atoi(string(t.src[start : t.pos-1]))
	} else {
		t.pos = start
		name, err := t.name(')')
		if err != nil {
			return err
		}
		number = t.names[name]
	}
	if number == 0 || number > t.groups {
		return fmt.Errorf("invalid group reference at position %d", start)
	}
	t.only("(?(" + strconv.Itoa(number) + ")")
	return nil
}

var flagScope = regexp.MustCompile(`^\?([aiLmsux]*)(?:-([imsx]+))?:`)

func (t *translation) scopedFlags() error {
	end := min(len(t.src), t.pos+16)
	m := flagScope.FindStringSubmatch(string(t.src[t.pos:end]))
	if m == nil {
		return fmt.Errorf("unknown extension at position %d", t.pos)
	}
	t.pos += len(m[0])
	on := strings.Map(func(r rune) rune {
		if strings.ContainsRune("ims", r) {
			return r
		}
		return -1
	}, m[1])
	if strings.Contains(m[1], "x") || strings.Contains(m[2], "x") {
		return fmt.Errorf("verbose mode for a part of a pattern is not supported")
	}
	if strings.Contains(on+m[2], "m") {
		t.regular = false
	}
	if m[2] != "" {
		on += "-" + m[2]
	}
	t.both("(?" + on + ":")
	return nil
}

// escape reads what follows a backslash outside brackets.
func (t *translation) escape() (bool, error) {
	c := t.peek()
	t.pos++
	switch c {
	case -1:
		return false, fmt.Errorf("bad escape at the end of the pattern")
	case 'A':
		t.both(`\A`)
		return false, nil
	case 'Z':
		t.both(`\z`)
		return false, nil
	case 'b', 'B':
		t.boundary = true
		t.linear.WriteString(`\` + string(c))
		t.backtracking.WriteString(map[rune]string{'b': wordEdge, 'B': noWordEdge}[c])
		return false, nil
	case 'd':
		t.both("[" + digitClass + "]")
		return true, nil
	case 'D':
		t.both("[^" + digitClass + "]")
		return true, nil
	case 'w':
		t.both("[" + wordClass + "]")
		return true, nil
	case 'W':
		t.both("[^" + wordClass + "]")
		return true, nil
	case 's':
		t.both("[" + spaceClass + "]")
		return true, nil
	case 'S':
		t.both("[^" + spaceClass + "]")
		return true, nil
	}
	if c >= '1' && c <= '9' && !t.octalAhead() {
		start := t.pos - 1
		if n := t.peek(); n >= '0' && n <= '9' {
			t.pos++
		}
		number, _ := strconv.Atoi(string(t.src[start:t.pos]))
		return true, t.reference(number)
	}
	t.pos--
	r, err := t.escapedRune()
	if err != nil {
		return false, err
	}
	t.literal(r)
	return true, nil
}

// octalAhead tells whether the digit just read starts three octal digits.
func (t *translation) octalAhead() bool {
	if t.pos+2 > len(t.src) {
		return false
	}
	for _, c := range t.src[t.pos-1 : t.pos+2] {
		if c < '0' || c > '7' {
			return false
		}
	}
	return t.src[t.pos-1] <= '3'
}

var control = map[rune]rune{'a': 7, 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', 'v': '\v'}

// escapedRune reads a character written with a backslash, the backslash read.
func (t *translation) escapedRune() (rune, error) {
	c := t.peek()
	t.pos++
	if r, ok := control[c]; ok {
		return r, nil
	}
	switch {
	case c == 'x':
		return t.hex(2)
	case c == 'u':
		return t.hex(4)
	case c == 'U':
		return t.hex(8)
	case c >= '0' && c <= '7':
		r := c - '0'
		for k := 0; k < 2 && t.peek() >= '0' && t.peek() <= '7'; k++ {
			r = r*8 + t.peek() - '0'
			t.pos++
		}
		return r, nil
	case c < 0:
		return 0, fmt.Errorf("bad escape at the end of the pattern")
	case c < utf8.RuneSelf && (unicode.IsLetter(c) || unicode.IsDigit(c)):
		return 0, fmt.Errorf(`bad escape \%c`, c)
	}
	return c, nil
}

func (t *translation) hex(digits int) (rune, error) {
	if len(t.src)-t.pos < digits {
		return 0, fmt.Errorf("incomplete escape")
	}
	n, err := strconv.ParseUint(string(t.src[t.pos:t.pos+digits]), 16, 32)
	if err != nil || n > unicode.MaxRune {
		return 0, fmt.Errorf("incomplete escape")
	}
	t.pos += digits
	return rune(n), nil
}

// class reads a bracketed class, the bracket read. It is written anew, so that
// nothing inside means more to an engine than to Python.
func (t *translation) class() error {
	t.both("[")
	if t.take("^") {
		t.both("^")
	}
	for first := true; ; first = false {
		c := t.peek()
		if c < 0 {
			return fmt.Errorf("unterminated character set")
		}
		if c == ']' && !first {
			t.pos++
			t.both("]")
			return nil
		}
		if err := t.classItem(); err != nil {
			return err
		}
	}
}

// classItem reads a character, a range or a class inside brackets.
func (t *translation) classItem() error {
	low, named, err := t.classMember()
	if err != nil || named {
		return err
	}
	if t.peek() != '-' || t.pos+1 >= len(t.src) || t.src[t.pos+1] == ']' {
		t.both(quoteInClass(low))
		return nil
	}
	t.pos++
	high, named, err := t.classMember()
	switch {
	case err != nil:
		return err
	case named || high < low:
		return fmt.Errorf("bad character range")
	}
	t.both(quoteInClass(low) + "-" + quoteInClass(high))
	return nil
}

// classMember reads one character, or writes a class such as \d and says so.
func (t *translation) classMember() (rune, bool, error) {
	c := t.src[t.pos]
	t.pos++
	if c != '\\' {
		return c, false, nil
	}
	switch t.peek() {
	case 'd':
		t.both(digitClass)
	case 'D':
		t.both(`\P{Nd}`)
	case 'w':
		t.both(wordClass)
	case 's':
		t.both(spaceClass)
	case 'W':
		t.both(notWord())
	case 'S':
		t.both("\\x00-\\x08\\x0e-\\x1b!-\u0084\u0086-\u009f\u00a1-\u167f\u1681-\u1fff\u200b-\u2027\u202a-\u202e\u2030-\u205e\u2060-\u2fff\u3001-\U0010ffff")
	case 'b':
		t.pos++
		return '\b', false, nil
	default:
		r, err := t.escapedRune()
		return r, false, err
	}
	t.pos++
	return 0, true, nil
}

func quoteInClass(r rune) string {
	if r < ' ' || r == '-' { // the backtracking engine begins no range with a \-
		return fmt.Sprintf(`\x%02x`, r)
	}
	if strings.ContainsRune(`\[]^&~|`, r) {
		return `\` + string(r)
	}
	return string(r)
}

// notWord is everything that is no letter, digit or underscore, as ranges.
var notWord = sync.OnceValue(func() string {
	var sb strings.Builder
	start := rune(-1)
	for r := rune(0); r <= unicode.MaxRune; r++ {
		word := r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r) || 0xd800 <= r && r <= 0xdfff
		if !word && start < 0 {
			start = r
		}
		if word && start >= 0 {
			sb.WriteString(quoteInClass(start) + "-" + quoteInClass(r-1))
			start = -1
		}
	}
	if start >= 0 {
		sb.WriteString(quoteInClass(start) + "-" + quoteInClass(unicode.MaxRune))
	}
	return sb.String()
})
