"""Compares an answer with the formula an author expects.

Finds expect, given, typeset and options, and leaves right and message.
"""

import ast
import xml.etree.ElementTree

import sympy

NEAR = 1e-3  # numbers that differ by less, relatively, are equal

# What a name stands for; every other one is a symbol.
NAMES = {"e": sympy.E, "i": sympy.I, "pi": sympy.pi, "oo": sympy.oo, "infinity": sympy.oo}
FUNCTIONS = {
    name: getattr(sympy, name)
    for name in ("sin cos tan sec csc cot asin acos atan acot atan2 sinh cosh tanh coth asinh acosh atanh exp log ln sqrt "
                 "factorial gamma conjugate re im sign floor ceiling").split()
} | {"abs": sympy.Abs, "Abs": sympy.Abs, "arcsin": sympy.asin, "arccos": sympy.acos, "arctan": sympy.atan}
OPERATORS = {
    ast.Add: lambda a, b: a + b, ast.Sub: lambda a, b: a - b, ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b, ast.Pow: lambda a, b: a ** b,
}


class Unreadable(Exception):
    pass


def parse(text, names):
    """The formula of a text, read and never executed."""
    try:
        tree = ast.parse(text.strip().replace("^", "**"), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise Unreadable(text) from None
    return value(tree.body, names)


def value(tree, names):
    if isinstance(tree, ast.Constant) and type(tree.value) in (int, float, complex):
        if isinstance(tree.value, complex):
            return sympy.Float(tree.value.real) + sympy.I * sympy.Float(tree.value.imag)
        return sympy.sympify(tree.value)
    if isinstance(tree, ast.Name):
        return names.get(tree.id) or sympy.Symbol(tree.id)
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, (ast.USub, ast.UAdd)):
        operand = value(tree.operand, names)
        return -operand if isinstance(tree.op, ast.USub) else operand
    if isinstance(tree, ast.BinOp) and type(tree.op) in OPERATORS:
        return OPERATORS[type(tree.op)](value(tree.left, names), value(tree.right, names))
    if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and not tree.keywords:
        arguments = [value(argument, names) for argument in tree.args]
        return (FUNCTIONS.get(tree.func.id) or sympy.Function(tree.func.id))(*arguments)
    if isinstance(tree, (ast.List, ast.Tuple)):
        rows = [value(item, names) for item in tree.elts]
        if not rows:
            raise Unreadable("an empty list")
        if all(isinstance(row, sympy.MatrixBase) for row in rows):
            return sympy.ImmutableMatrix.vstack(*[row.T for row in rows])
        return sympy.ImmutableMatrix(rows)
    raise Unreadable(ast.dump(tree))


def attempt(text, names):
    """The formula, or None for what is none."""
    try:
        return parse(text, names)
    except (Unreadable, ArithmeticError, AttributeError, TypeError, ValueError, RecursionError):
        return None


MARKS = {"\u2212": "-", "\u00d7": "*", "\u22c5": "*", "\u00b7": "*", "\u2062": "*", "\u2217": "*", "\u2061": "", "\u00f7": "/"}
GREEK = {"\u03c0": "pi", "\u221e": "oo"}


def written(node):
    """Presentation MathML as a text for parse."""
    tag = node.tag.split("}")[-1]
    text = (node.text or "").strip()
    parts = list(node)
    if tag == "mn":
        return text
    if tag in ("mi", "mtext"):
        return GREEK.get(text) or "".join(c if c.isalnum() or c == "_" else "" for c in text) or "blank"
    if tag == "mo":
        return MARKS.get(text, text)
    if tag == "mfrac":
        return "((%s)/(%s))" % (written(parts[0]), written(parts[1]))
    if tag == "msup":
        return "(%s)**(%s)" % (written(parts[0]), written(parts[1]))
    if tag == "msub":
        return name(parts[0]) + "_" + name(parts[1])
    if tag == "msubsup":
        return "(%s_%s)**(%s)" % (name(parts[0]), name(parts[1]), written(parts[2]))
    if tag == "msqrt":
        return "sqrt(%s)" % row(parts)
    if tag == "mroot":
        return "(%s)**(1/(%s))" % (written(parts[0]), written(parts[1]))
    if tag == "mover":
        return "hat(%s)" % written(parts[0])
    if tag in ("mtable", "mtr"):
        return "[%s]" % ",".join(map(written, parts))
    if tag == "mfenced":
        return "(%s)" % ",".join(map(written, parts))
    return row(parts)


def name(node):
    return "".join(c for c in written(node) if c.isalnum() or c == "_")


def row(nodes):
    """What stands side by side is multiplied, but for a function and its argument."""
    out, before = "", ""
    for node in nodes:
        text = {"{": "(", "}": ")"}.get(written(node), written(node))
        if not text:
            continue
        operand = node.tag.split("}")[-1] != "mo" or text in "(["
        if before in FUNCTIONS:
            text = text if text[0] == "(" else "(%s)" % text
        elif operand and before and (before[-1].isalnum() or before[-1] in ")]_"):
            out += "*"
        out += text
        before = text
    return out


def typed(markup, names, imaginary):
    """The formula of the MathML a page made of what was typed."""
    names = dict(names)
    if not imaginary:
        del names["i"]
    try:
        root = xml.etree.ElementTree.fromstring(markup.replace("&nbsp;", " "))
    except xml.etree.ElementTree.ParseError:
        return None
    try:
        return attempt(written(root), names)
    except (IndexError, RecursionError):
        return None


def number(formula):
    return getattr(formula, "is_number", False) and not isinstance(formula, sympy.MatrixBase)


def near(expected, found):
    gap = abs(sympy.N(found - expected))
    size = abs(sympy.N(expected))
    return bool(gap == 0) or bool(size != 0) and bool(gap / size < NEAR)


def equal(expected, found):
    if isinstance(expected, sympy.MatrixBase) != isinstance(found, sympy.MatrixBase):
        return False
    if isinstance(expected, sympy.MatrixBase):
        return expected.shape == found.shape and all(map(equal, expected, found))
    if number(expected) and number(found):
        return near(expected, found)
    return expected == found or sympy.simplify(expected - found) == 0


def shown(formula):
    return "<p>You entered: [mathjax]%s[/mathjax]</p>" % sympy.latex(formula).replace("<", "&lt;")


def check(expect, given, typeset, options):
    words = [word.strip() for word in (options or "").split(",")]
    if (expect or "").strip() == given.strip():
        answer = attempt(given, NAMES)
        return True, shown(answer) if answer is not None and not number(answer) else ""
    try:
        expected = parse(expect or "", NAMES)
    except Unreadable:
        return False, "<p>The expected answer of this question cannot be read.</p>"
    answer = attempt(given, NAMES)
    numbers = number(expected) and answer is not None and number(answer)
    if numbers or "numerical" in words and answer is not None:
        if numbers and near(expected, answer):
            return True, ""
        return False, shown(answer)
    if answer is not None and type(answer) == type(expected) and answer == expected:
        return True, shown(answer)
    if not typeset or not typeset[0]:
        return False, "[symmath_check] failed to get MathML for input; dynamath=%s" % typeset
    answer = typed(typeset[0], NAMES, "imaginary" in words)
    if answer is None:
        return False, "<p>Your expression cannot be read as a formula.</p>"
    return equal(expected, answer), shown(answer)


right, message = check(expect, given, typeset, options)
