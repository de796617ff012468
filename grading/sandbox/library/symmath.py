"""Formulas compared by meaning, as far as SymPy sees it."""

import ast
import re
import xml.etree.ElementTree

import sympy

NEAR = 1e-3  # numbers that differ by less, relatively, are equal

CONSTANTS = {"e": sympy.E, "i": sympy.I, "pi": sympy.pi, "oo": sympy.oo, "infty": sympy.oo}
_SAME = (
    "sin cos tan sec csc cot asin acos atan acot asec acsc sinh cosh tanh sech csch coth asinh acosh atanh "
    "exp log ln sqrt factorial gamma conjugate re im sign floor ceiling Abs"
)
FUNCTIONS = {name: getattr(sympy, name) for name in _SAME.split()} | {
    "abs": sympy.Abs,
    "arcsin": sympy.asin,
    "arccos": sympy.acos,
    "arctan": sympy.atan,
}


class Unreadable(Exception):
    """The text or markup is no formula."""


def _guarded(make):
    """make, for which whatever goes wrong in SymPy is a formula that cannot be read."""

    def made(*args, **keywords):
        try:
            return make(*args, **keywords)
        except (SyntaxError, ValueError, TypeError, AttributeError, ArithmeticError, LookupError, RecursionError) as e:
            raise Unreadable(str(e)) from None

    return made


def symmath_check(expect, ans, dynamath=None, options=None, debug=None, xml=None):
    """Whether a learner's formula means what is expected.

    ans is what was typed; dynamath holds, first, the Presentation MathML the
    page made of it. options are words with commas between: "matrix", "qubit",
    "imaginary" (i is the imaginary unit in what was typed too), "numerical".
    The answer is a dict for a custom response: ok and msg.
    """
    words = {word.strip() for word in (options or "").split(",")}
    if str(expect).strip() == str(ans).strip():
        return {"ok": True, "msg": ""}
    try:
        expected = from_text(str(expect))
    except Unreadable as failure:
        return _wrong("<p>The expected answer of this question cannot be read: %s</p>" % _escaped(failure))
    try:
        found = from_text(str(ans))
    except Unreadable:
        found = None
    if found is not None:
        if _is_number(expected) and _is_number(found):
            return {"ok": True, "msg": ""} if _near(expected, found) else _wrong(_shown(found))
        if _alike(expected, found) and expected == found:
            return {"ok": True, "msg": _shown(found)}
    markup = dynamath[0] if dynamath else None
    if not markup and found is not None and "numerical" in words:
        return _judged(expected, found, True)
    if not markup:
        return _wrong("<p>[symmath_check] failed to get MathML for input; dynamath=%s</p>" % _escaped(dynamath))
    try:
        found = from_mathml(markup, imaginary="imaginary" in words)
    except Unreadable:
        return _wrong("<p>Your answer cannot be read as a formula.</p>")
    return _judged(expected, found, "numerical" in words)


def _judged(expected, found, numerical):
    try:
        return {"ok": _guarded(_equal)(expected, found, numerical), "msg": _shown(found)}
    except Unreadable:  # SymPy has no difference of the two
        return _wrong(_shown(found))


def _wrong(message):
    return {"ok": False, "msg": message}


def _escaped(value):
    return str(value).replace("&", "&amp;").replace("<", "&lt;")


def _shown(formula):
    return "<p>You entered: [mathjax]%s[/mathjax]</p>" % _escaped(sympy.latex(formula))


def _is_number(formula):
    return isinstance(formula, sympy.Expr) and bool(formula.is_number)


def _alike(a, b):
    return isinstance(a, sympy.MatrixBase) == isinstance(b, sympy.MatrixBase)


def _near(expected, found):
    if expected == found:
        return True
    try:
        gap, size = complex(found - expected), complex(expected)
    except (TypeError, ValueError, ArithmeticError):  # infinite, or no number after all
        return False
    return abs(gap) < NEAR * (abs(size) or 1)


def _equal(expected, found, numerical):
    if not _alike(expected, found):
        return False
    if isinstance(expected, sympy.MatrixBase):
        return expected.shape == found.shape and all(
            _equal(a, b, numerical) for a, b in zip(expected, found)
        )
    if _is_number(expected) and _is_number(found):
        return _near(expected, found)
    if expected == found or sympy.simplify(sympy.expand(expected - found)) == 0:
        return True
    return numerical and _agree(expected, found)


def _agree(expected, found):
    """Whether two formulas have the same values at points that are nothing special."""
    names = sorted(expected.free_symbols | found.free_symbols, key=str)
    for start in (0.7, 1.3, 2.1):
        at = {name: start + 0.37 * place for place, name in enumerate(names)}
        a, b = expected.subs(at), found.subs(at)
        if not (_is_number(a) and _is_number(b) and _near(a, b)):
            return False
    return True


def ket(name):
    """A state of a quantum system: it does not commute."""
    return sympy.Symbol("|%s>" % name, commutative=False)


# From text


@_guarded
def from_text(text):
    """The formula of a text like 2*x^2 + y, read and never executed."""
    text = re.sub(r"\|(\w+)>", r"Ket('\1')", text.strip()).replace("^", "**")
    return _value(ast.parse(text, mode="eval").body)


_OPERATORS = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.Pow: lambda a, b: a**b,
}


def _value(tree):
    if isinstance(tree, ast.Constant) and type(tree.value) in (int, float, complex):
        return sympy.sympify(tree.value)
    if isinstance(tree, ast.Name):
        return CONSTANTS[tree.id] if tree.id in CONSTANTS else sympy.Symbol(tree.id)
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, (ast.UAdd, ast.USub)):
        operand = _value(tree.operand)
        return -operand if isinstance(tree.op, ast.USub) else operand
    if isinstance(tree, ast.BinOp) and type(tree.op) in _OPERATORS:
        return _OPERATORS[type(tree.op)](_value(tree.left), _value(tree.right))
    if isinstance(tree, (ast.List, ast.Tuple)):
        return _matrix([_value(item) for item in tree.elts])
    if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and not tree.keywords:
        return _call(tree.func.id, tree.args)
    raise Unreadable("%s means nothing here" % type(tree).__name__)


def _call(name, arguments):
    if name in ("Ket", "qubit", "Qubit") and len(arguments) == 1 and isinstance(arguments[0], ast.Constant):
        return ket(arguments[0].value)
    values = [_value(argument) for argument in arguments]
    if name in ("matrix", "Matrix") and len(values) == 1:
        return values[0]
    if name == "hat" and len(values) == 1:
        return _hat(values[0])
    return (FUNCTIONS.get(name) or sympy.Function(name))(*values)


def _matrix(items):
    if items and all(isinstance(item, sympy.MatrixBase) for item in items):
        return sympy.ImmutableMatrix([list(item) for item in items])
    return sympy.ImmutableMatrix(items)


def _hat(inner):
    return sympy.Symbol("hat(%s)" % inner)


# From MathML

_MARKS = {
    "\u2212": "-",
    "\u00d7": "*",
    "\u22c5": "*",
    "\u00b7": "*",
    "\u2217": "*",
    "\u2062": "*",
    "\u00f7": "/",
    "\u2215": "/",
    "\u27e9": ">",
    "\u232a": ">",
    "\u2223": "|",
}
_LETTERS = {
    chr(0x3B1 + place): name
    for place, name in enumerate(
        "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho varsigma "
        "sigma tau upsilon phi chi psi omega".split()
    )
} | {"\u221e": "oo", "\u03d5": "phi", "\u03f5": "epsilon", "\u0393": "Gamma", "\u0394": "Delta", "\u03a9": "Omega"}
_NOTHING = {"mspace", "annotation", "annotation-xml", "mphantom"}
_ROWS = {"math", "mrow", "mstyle", "mpadded", "semantics", "menclose", "merror", "mtd"}


def from_mathml(markup, imaginary=False):
    """The formula of Presentation MathML, where what stands side by side is multiplied."""
    try:
        root = xml.etree.ElementTree.fromstring(re.sub(r"&(nbsp|InvisibleTimes|ApplyFunction);", "", markup))
    except xml.etree.ElementTree.ParseError as failure:
        raise Unreadable(str(failure)) from None
    constants = {name: value for name, value in CONSTANTS.items() if imaginary or name != "i"}
    return _guarded(lambda: _Row([root], constants).whole())()


class _Row:
    """Reads what stands in a row: marks, names, and parts that are formulas already."""

    def __init__(self, nodes, constants):
        self.constants = constants
        self.items = []
        for node in nodes:
            self.add(node)
        self.place = 0

    def add(self, node):
        tag = node.tag.rpartition("}")[2]
        text = (node.text or "").strip().strip("\u2061\u200b")
        if tag in _ROWS:
            for child in list(node)[: 1 if tag == "semantics" else None]:
                self.add(child)
        elif tag == "mo" and text:
            mark = _MARKS.get(text, text)
            self.items.append(("name", mark) if mark in FUNCTIONS else ("mark", mark))
        elif tag in ("mi", "mtext"):
            if text:
                self.items.append(("name", _LETTERS.get(text, text)))
        elif tag == "mn":
            self.items.append(("value", sympy.sympify(text.replace(",", ""))))
        elif tag == "msup" and self.name_of(node[0]) in FUNCTIONS:
            self.items.append(("power", (self.name_of(node[0]), self.inner(node[1]))))
        elif tag not in _NOTHING and tag != "mo":
            self.items.append(("value", self.part(tag, list(node))))

    def inner(self, *nodes):
        return _Row(nodes, self.constants).whole()

    def name_of(self, node):
        row = _Row([node], self.constants).items
        return row[0][1] if len(row) == 1 and row[0][0] == "name" else None

    def part(self, tag, nodes):
        if tag == "mfrac":
            return self.inner(nodes[0]) / self.inner(nodes[1])
        if tag == "msup":
            return self.inner(nodes[0]) ** self.inner(nodes[1])
        if tag == "msqrt":
            return sympy.sqrt(self.inner(*nodes))
        if tag == "mroot":
            return self.inner(nodes[0]) ** (1 / self.inner(nodes[1]))
        if tag == "msub":
            return self.indexed(nodes)
        if tag == "msubsup":
            return self.indexed(nodes) ** self.inner(nodes[2])
        if tag == "mover":
            return _hat(self.inner(nodes[0]))
        if tag == "mfenced":
            values = [self.inner(node) for node in nodes]
            return values[0] if len(values) == 1 else _matrix(values)
        if tag == "mtable" and nodes:
            return sympy.ImmutableMatrix([[self.inner(cell) for cell in row] for row in nodes])
        raise Unreadable("<%s> means nothing here" % tag)

    def indexed(self, nodes):
        words = ["".join(node.itertext()).strip() for node in nodes[:2]]
        return sympy.Symbol("_".join(_LETTERS.get(word, word) for word in words))

    def next(self):
        return self.items[self.place] if self.place < len(self.items) else (None, None)

    def take(self, *marks):
        kind, what = self.next()
        if kind == "mark" and what in marks:
            self.place += 1
            return what
        return None

    def whole(self):
        value = self.sum()
        if self.place != len(self.items):
            raise Unreadable("%s is not expected" % (self.next()[1],))
        return value

    def sum(self):
        value = self.product()
        while sign := self.take("+", "-"):
            other = self.product()
            value = value + other if sign == "+" else value - other
        return value

    def product(self):
        value = self.signed()
        while True:
            if sign := self.take("*", "/"):
                other = self.signed()
                value = value * other if sign == "*" else value / other
            elif self.starts():
                value = value * self.power()
            else:
                return value

    def starts(self):
        kind, what = self.next()
        return kind in ("value", "name", "power") or kind == "mark" and (what in "([{" or what == "|" and self.is_ket())

    def is_ket(self):
        marks = [what for kind, what in self.items[self.place + 1 :] if kind == "mark"]
        return marks[:1] == [">"]

    def signed(self):
        if sign := self.take("+", "-"):
            value = self.signed()
            return -value if sign == "-" else value
        return self.power()

    def power(self):
        value = self.atom()
        while self.take("!"):
            value = sympy.factorial(value)
        return value ** self.signed() if self.take("^") else value

    def atom(self):
        kind, what = self.next()
        self.place += 1
        if kind == "value":
            return what
        if kind == "power":
            name, exponent = what
            return FUNCTIONS[name](self.power()) ** exponent
        if kind == "name" and what in FUNCTIONS:
            return FUNCTIONS[what](self.power())
        if kind == "name":
            return self.constants[what] if what in self.constants else sympy.Symbol(what)
        if kind == "mark" and what in ("(", "[", "{"):
            values = [self.sum()]
            while self.take(","):
                values.append(self.sum())
            if not self.take({"(": ")", "[": "]", "{": "}"}[what]):
                raise Unreadable("a bracket is not closed")
            # A bracket around one thing is only a bracket, also around a matrix.
            return values[0] if len(values) == 1 else _matrix(values)
        if kind == "mark" and what == "|":
            return self.bars()
        raise Unreadable("%s is not expected" % (what,))

    def bars(self):
        """|x| or |x>."""
        if self.is_ket():
            words = []
            while not self.take(">"):
                words.append(str(self.next()[1]))
                self.place += 1
            return ket("".join(words))
        value = self.sum()
        if not self.take("|"):
            raise Unreadable("a bar is not closed")
        return sympy.Abs(value)
