"""Reads an expression, checks its names and works out its value.

    expr   := [+|-] prod { (+|-) prod }
    prod   := par { (*|/) par }
    par    := pow { '||' pow }
    pow    := atom { '^' atom }                       from the right
    atom   := number | name '(' expr ')' | variable | '(' expr ')'
    number := [+|-] digits with a point [ E [+|-] digits ] [ % ]
"""

import functools
import re

import numpy
from numpy.lib import scimath

from calc import functions

DEFAULT_FUNCTIONS = {
    "sin": numpy.sin,
    "cos": numpy.cos,
    "tan": numpy.tan,
    "sec": functions.sec,
    "csc": functions.csc,
    "cot": functions.cot,
    "sqrt": scimath.sqrt,
    "log10": scimath.log10,
    "log2": scimath.log2,
    "ln": scimath.log,
    "exp": numpy.exp,
    "arccos": scimath.arccos,
    "arcsin": scimath.arcsin,
    "arctan": numpy.arctan,
    "arcsec": functions.arcsec,
    "arccsc": functions.arccsc,
    "arccot": functions.arccot,
    "abs": numpy.abs,
    "fact": functions.factorial,
    "factorial": functions.factorial,
    "sinh": numpy.sinh,
    "cosh": numpy.cosh,
    "tanh": numpy.tanh,
    "sech": functions.sech,
    "csch": functions.csch,
    "coth": functions.coth,
    "arcsinh": numpy.arcsinh,
    "arccosh": numpy.arccosh,
    "arctanh": scimath.arctanh,
    "arcsech": functions.arcsech,
    "arccsch": functions.arccsch,
    "arccoth": functions.arccoth,
}

DEFAULT_VARIABLES = {"i": 1j, "j": 1j, "e": numpy.e, "pi": numpy.pi}

SUFFIXES = {"%": 0.01}


class UndefinedVariable(Exception):
    """A name in an expression means nothing there."""


class UnmatchedParenthesis(Exception):
    """The parentheses of an expression do not close."""


class ParseException(Exception):
    """The text is no expression."""


def evaluator(variables, functions, math_expr, case_sensitive=False):
    """The value of an expression.

    variables maps names to numbers or arrays, functions maps names to functions
    of one argument; both come on top of the usual ones. A blank expression is
    NaN.
    """
    if not math_expr.strip():
        return float("nan")
    check_parentheses(math_expr)
    parser = _Parser(math_expr)
    fold = str if case_sensitive else str.lower
    known = {fold(name): value for name, value in {**DEFAULT_VARIABLES, **variables}.items()}
    callable_ = {fold(name): value for name, value in {**DEFAULT_FUNCTIONS, **functions}.items()}
    _check(parser, known, callable_, fold, case_sensitive)
    with numpy.errstate(all="ignore"):
        return parser.root(lambda name: known[fold(name)], lambda name: callable_[fold(name)])


def check_parentheses(text):
    """Raises UnmatchedParenthesis at the first one that closes or opens too much."""
    opened = 0
    for place, character in enumerate(text):
        opened += (character == "(") - (character == ")")
        if opened < 0:
            raise UnmatchedParenthesis(
                "Invalid Input: A closing parenthesis was found after segment %s, "
                "but there is no matching opening parenthesis before it." % text[:place]
            )
    if opened:
        raise UnmatchedParenthesis(
            "Invalid Input: Parentheses are unmatched. "
            "%d parentheses were opened but never closed." % opened
        )


def _check(parser, variables, functions, fold, case_sensitive):
    def suggestion(unknown, names):
        folded = {name.lower() for name in unknown}
        better = sorted(name for name in names if name.lower() in folded)
        return " (did you mean %s?)" % ", ".join(better) if case_sensitive and better else ""

    unknown = sorted({name for name in parser.variables if fold(name) not in variables})
    if unknown:
        raise UndefinedVariable(
            "Invalid Input: %s not permitted in answer as a variable%s"
            % (", ".join(unknown), suggestion(unknown, variables))
        )
    unknown = sorted({name for name in parser.functions if fold(name) not in functions})
    if unknown:
        forgot = ""
        if any(fold(name) in variables for name in unknown):
            forgot = " (did you forget to use * for multiplication?)"
        raise UndefinedVariable(
            "Invalid Input: %s not permitted in answer as a function%s%s"
            % (", ".join(unknown), forgot, suggestion(unknown, functions))
        )


_BLANK = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(
    r"([+-]?)[ \t\n\r]*([0-9]+\.?[0-9]*|\.[0-9]+)"
    r"(?:[ \t\n\r]*[eE][ \t\n\r]*([+-]?)[ \t\n\r]*([0-9]+))?[ \t\n\r]*(%?)"
)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*'*")
_INDEXED = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:_\{[A-Za-z0-9]+\}(?:\^\{[A-Za-z0-9]+\})?|\^\{[A-Za-z0-9]+\})'*")


class _Parser:
    """Turns a text into a function of what its names mean."""

    def __init__(self, text):
        self.text, self.place = text, 0
        self.variables, self.functions = [], []
        self.root = self.sum()
        self.blank()
        if self.place != len(text):
            self.fail()

    def fail(self):
        raise ParseException("Expected end of text, found %r" % self.text[self.place :][:20])

    def blank(self):
        self.place = _BLANK.match(self.text, self.place).end()

    def take(self, *marks):
        self.blank()
        for mark in marks:
            if self.text.startswith(mark, self.place):
                self.place += len(mark)
                return mark
        return ""

    def chain(self, part, marks, work, first=None):
        """A list of parts with marks between; one part alone is itself."""
        parts, between = [first or part()], []
        while mark := self.take(*marks):
            between.append(mark)
            parts.append(part())
        if len(parts) == 1:
            return parts[0]
        return lambda *names: work([part(*names) for part in parts], between)

    def sum(self):
        # The sign in front of a sum belongs to its first product as a whole.
        sign = self.take("+", "-")
        first = self.product()
        return self.chain(self.product, "+-", _add, _negative(first) if sign == "-" else first)

    def product(self):
        return self.chain(self.parallel, "*/", _multiply)

    def parallel(self):
        return self.chain(self.power, ["||"], lambda values, _: _side_by_side(values))

    def power(self):
        return self.chain(self.atom, "^", lambda values, _: functools.reduce(_raise, reversed(values)))

    def atom(self):
        self.blank()
        number = _NUMBER.match(self.text, self.place)
        if number:
            self.place = number.end()
            value = _literal(*number.groups())
            return lambda *names: value
        name = _NAME.match(self.text, self.place)
        if name:
            self.place = name.end()
            if self.take("("):
                self.functions.append(name.group())
                return _called(name.group(), self.closed())
            name = _INDEXED.match(self.text, name.start()) or name
            self.place = name.end()
            self.variables.append(name.group())
            return lambda variable, function: variable(name.group())
        if self.take("("):
            return self.closed()
        return self.fail()

    def closed(self):
        inside = self.sum()
        if not self.take(")"):
            self.fail()
        return inside


def _negative(part):
    return lambda *names: 0 - part(*names)


def _called(name, argument):
    def value(variable, function):
        return function(name)(argument(variable, function))

    return value


def _literal(sign, mantissa, exponent_sign, exponent, percent):
    if exponent is None and not percent and "." not in mantissa:
        return int(sign + mantissa)
    text = sign + mantissa + ("e" + exponent_sign + exponent if exponent is not None else "")
    return float(text) * (0.01 if percent else 1)


def _add(values, signs):
    total = values[0]
    for value, sign in zip(values[1:], signs):
        total = total + value if sign == "+" else total - value
    return total


def _multiply(values, signs):
    total = values[0]
    for value, sign in zip(values[1:], signs):
        total = total * value if sign == "*" else total / value
    return total


def _side_by_side(values):
    """Resistors beside each other."""
    if any(numpy.any(value == 0) for value in values):
        return float("nan")
    return 1.0 / sum(1.0 / value for value in values)


def _raise(exponent, base):
    return base**exponent
