"""Chemical expressions and equations.

    equation   := expression [ -> | <-> ] expression
    expression := [ count ] molecule { '+' [ count ] molecule }
    count      := number [ '/' number ]
    molecule   := part { part } [ '(s)' | '(l)' | '(g)' | '(aq)' ]
    part       := ( element | '(' parts ')' | '[' parts ']' ) [ number ] [ '^' [ number ] sign ]
"""

import re
from fractions import Fraction
from html import escape

ELEMENTS = (
    "H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr "
    "Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb "
    "Lu Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu Am Cm Bk Cf Es Fm Md No Lr Rf "
    "Db Sg Bh Hs Mt Ds Rg Cn Nh Fl Mc Lv Ts Og"
).split()
ARROWS = {"<->": "\u2194", "->": "\u2192"}  # the longer one is looked for first

_TOKEN = re.compile(
    r"\s*(\(s\)|\(l\)|\(g\)|\(aq\)|[0-9]+|[][(){}^+/-]|%s)" % "|".join(sorted(ELEMENTS, key=len, reverse=True))
)
_PHASES = {"(s)", "(l)", "(g)", "(aq)"}


class ParseException(Exception):
    """The text is no chemical expression."""


def chemical_equations_equal(eq1, eq2, exact=False):
    """Whether two equations say the same, up to order and a common factor.

    With exact the factor must be 1. What cannot be read equals nothing.
    """
    left1, arrow1, right1 = split_on_arrow(eq1)
    left2, arrow2, right2 = split_on_arrow(eq2)
    if not arrow1 or arrow1 != arrow2:
        return False
    try:
        left = divide_chemical_expression(left1, left2)
        right = divide_chemical_expression(right1, right2)
    except ParseException:
        return False
    return bool(left) and left == right and (not exact or left == 1)


def compare_chemical_expression(s1, s2, ignore_state=False):
    """Whether two expressions name the same molecules, as many times each."""
    return divide_chemical_expression(s1, s2, ignore_state) == 1


def divide_chemical_expression(s1, s2, ignore_state=False):
    """How many times s2 makes s1: a Fraction, or False when none does."""
    first, second = _sorted(s1, ignore_state), _sorted(s2, ignore_state)
    if [molecule for molecule, _ in first] != [molecule for molecule, _ in second]:
        return False
    factors = {a / b if b else None for (_, a), (_, b) in zip(first, second)}
    factor = factors.pop()
    return factor if factor and not factors else False


def split_on_arrow(eq):
    """The text before the arrow, the arrow and the text after it."""
    for arrow in ARROWS:
        left, found, right = eq.partition(arrow)
        if found:
            return left, arrow, right
    return eq, "", ""


def render_to_html(eq):
    """An equation or expression as HTML; a side that cannot be read is marked."""
    left, arrow, right = split_on_arrow(eq)
    sides = _render(left)
    if arrow:
        sides += ARROWS[arrow] + _render(right)
    return '<span class="math">%s</span>' % sides


def _render(side):
    try:
        return "+".join(_count_html(term.count) + term.html + term.phase for term in parse(side))
    except ParseException:
        return '<span class="inline-error inline">%s</span>' % escape(side, quote=False)


def _count_html(count):
    over, _, under = count.partition("/")
    return "<sup>%s</sup>&frasl;<sub>%s</sub>" % (over, under) if under else over


def _sorted(text, ignore_state):
    terms = []
    for term in parse(text):
        over, _, under = term.count.partition("/")
        if under and int(under) == 0:
            raise ParseException("a count is divided by zero")
        phase = "" if ignore_state else term.phase
        terms.append(((term.plain, phase), Fraction(int(over or 1), int(under or 1))))
    return sorted(terms)


class Term:
    """A molecule and how many times it stands there."""

    def __init__(self, count, plain, html, phase):
        self.count = count  # as written: "", "2", "3/2"
        self.plain = plain  # the molecule, written the one way there is
        self.html = html
        self.phase = phase  # "", "(aq)"


def parse(text):
    """The terms of an expression, in order."""
    tokens, place = [], 0
    text = text.rstrip()
    while place < len(text):
        match = _TOKEN.match(text, place)
        if not match:
            raise ParseException("%r cannot be read" % text[place:])
        tokens.append(match.group(1))
        place = match.end()
    if "{" in tokens or "}" in tokens:
        # Not a mistake of chemistry, but of writing: learners are told.
        raise ValueError("Chemical expressions have no braces.")
    return _Reader(tokens).expression()


class _Reader:
    def __init__(self, tokens):
        self.tokens, self.place = tokens, 0

    def next(self):
        return self.tokens[self.place] if self.place < len(self.tokens) else ""

    def take(self, *wanted):
        found = self.next()
        if found and found in wanted:
            self.place += 1
            return found
        return ""

    def number(self):
        if self.next().isdigit():
            self.place += 1
            return self.tokens[self.place - 1]
        return ""

    def need(self, found):
        if not found:
            raise ParseException("%r is not expected" % self.next())
        return found

    def expression(self):
        terms = [self.term()]
        while self.take("+"):
            terms.append(self.term())
        if self.next():
            self.need("")
        return terms

    def term(self):
        count = self.number()
        if count and self.take("/"):
            count += "/" + self.need(self.number())
        plain, html = self.parts()
        return Term(count, plain, html, self.take(*_PHASES))

    def parts(self):
        plain, html = self.part()
        while self.next() in ("(", "[") or self.next()[:1].isalpha():
            more = self.part()
            plain, html = plain + more[0], html + more[1]
        return plain, html

    def part(self):
        bracket = self.take("(", "[")
        if bracket:
            closing = ")" if bracket == "(" else "]"
            plain, html = self.parts()
            self.need(self.take(closing))
            plain, html = bracket + plain + closing, bracket + html + closing
        else:
            self.need(self.next()[:1].isalpha())
            plain = html = self.take(self.next())
        number = self.number()
        if number:
            plain, html = plain + number, html + "<sub>%s</sub>" % number
        if self.take("^"):
            charge = self.number()
            sign = self.need(self.take("+", "-"))
            html += "<sup>%s%s</sup>" % (charge, sign)
            plain += "^%s%s" % ("" if charge == "1" else charge, sign)
        return plain, html
