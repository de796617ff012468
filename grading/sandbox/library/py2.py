"""Authors' code in Python 2.

Code is Python 3 until it turns out otherwise. What Python 3 cannot parse, or
stumbles over because a name or a method is gone, is converted: first the text,
token by token, until it parses; then the tree, where the same words mean
something else now (division, keys(), round). The course team is told.
"""

import ast
import re

import py2names


def compiled(source, names, notes):
    """The code object of a piece that will run with names.

    A piece in Python 2 gets builtins of its own in names, and a note.
    """
    try:
        return compile(source, "<string>", "exec", dont_inherit=True)
    except SyntaxError as failure:
        try:
            return as_python2(source, names, notes)
        except SyntaxError:
            raise failure from None


def as_python2(source, names, notes):
    """Like compiled, for a piece known to be Python 2; SyntaxError when it is not."""
    code = converted(source, "<string>", notes)
    if code is None:
        raise SyntaxError("neither Python 3 nor Python 2")
    names["__builtins__"] = py2names.builtins()
    return code


def converted(source, path, notes):
    """The code object of Python 2 source, or None when it is not that either.

    It must run with py2names.builtins() for its builtins.
    """
    text = Text(source)
    try:
        tree = ast.parse(text.converted, path)
        tree = ast.fix_missing_locations(_Meanings(text).visit(tree))
        code = compile(tree, path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError):
        return None
    py2names.install()
    notes.append(text.note())
    return code


def remembers(failure):
    """Whether a failure is that of Python 2 code run as Python 3."""
    quoted = re.findall(r"'(\w+)'", BaseException.__str__(failure))
    if isinstance(failure, ModuleNotFoundError):
        return failure.name in py2names.MOVED
    if isinstance(failure, AttributeError):
        return quoted[-1:] != [] and quoted[-1] in py2names.GONE_ATTRIBUTES
    return isinstance(failure, NameError) and quoted[:1] != [] and quoted[0] in py2names.GONE_NAMES


# The text

_TOKEN = re.compile(
    r"""
    (?P<blank>[ \t\f]+|\\\r?\n)
  | (?P<comment>\#[^\r\n]*)
  | (?P<newline>\r?\n|\r)
  | (?P<string>[uUbBrR]{0,2}(?:'''(?:[^\\]|\\.)*?'''|\"\"\"(?:[^\\]|\\.)*?\"\"\"
        |'(?:[^\\'\r\n]|\\.)*'|"(?:[^\\"\r\n]|\\.)*"))
  | (?P<number>0[xX][0-9a-fA-F]+[lL]?|0[bB][01]+[lL]?|0[oO][0-7]+[lL]?
        |(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[jJlL]?)
  | (?P<name>[^\W\d]\w*)
  | (?P<op><>|<<=|>>=|\*\*=|//=|<=|>=|==|!=|<<|>>|\*\*|//|[-+*/%&|^]=|.)
    """,
    re.VERBOSE | re.DOTALL,
)

# Escapes that mean nothing in a text of Python 2 and are errors in Python 3.
_BROKEN_ESCAPE = re.compile(
    r"(?<!\\)((?:\\\\)*)\\(?=u(?![0-9a-fA-F]{4})|U(?![0-9a-fA-F]{8})|N(?!\{))"
)

_BACKSLASHES = re.compile(r"(\\+)(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})?")


def _raw(run):
    """Backslashes of a raw text as another one has them."""
    slashes, escape = run.groups()
    if escape and len(slashes) % 2 == 1:
        return slashes[1:] * 2 + "\\" + escape
    return slashes * 2 + (escape or "")


_COMPOUND = {"if", "elif", "else", "while", "for", "try", "except", "finally", "with", "def", "class"}


class _Token:
    """A piece of the source; text is what will stand there."""

    def __init__(self, kind, text, line):
        self.kind, self.text, self.line = kind, text, line

    def __repr__(self):
        return repr(self.text)


class Text:
    """A source with Python 2's own syntax rewritten in converted."""

    def __init__(self, source):
        self.source = source
        self.found = {}  # what was rewritten: the lines
        self.tuples = {}  # names that stand for tuples where only names may stand
        self.future = set()
        for names in re.findall(r"^from\s+__future__\s+import\s+(.*)", source, re.MULTILINE):
            self.future.update(re.findall(r"\w+", names))
        self.converted = "".join(token.text for token in self._rewritten())

    def note(self):
        """Words for the course team."""
        what = ["%s (line %s)" % (kind, ", ".join(map(str, lines))) for kind, lines in self.found.items()]
        return "Python 2 was converted" + (": " + "; ".join(what) if what else "")

    def _saw(self, kind, token):
        lines = self.found.setdefault(kind, [])
        if token.line not in lines:
            lines.append(token.line)

    def _tokens(self):
        line = 1
        for match in _TOKEN.finditer(self.source):
            yield _Token(match.lastgroup, match.group(), line)
            line += match.group().count("\n")

    def _rewritten(self):
        """Cuts the source into statements and rewrites one after the other.

        The head of a compound statement (up to its colon) counts as one.
        """
        out, statement = [], []
        depth = lambdas = 0
        first = None  # the word the statement begins with
        for token in self._tokens():
            if token.kind == "blank" and not statement and "\n" not in token.text:
                token.text = token.text.expandtabs(8)
            statement.append(token)
            if token.kind in ("blank", "comment"):
                continue
            if token.kind != "newline":
                self._word(token)
                first = first or token.text
            text = token.text if token.kind == "op" else ""
            depth += (text in ("(", "[", "{")) - (text in (")", "]", "}"))
            if depth > 0:
                continue
            if token.kind == "name" and token.text == "lambda":
                lambdas += 1
            elif text == ":" and lambdas:
                lambdas -= 1
            elif token.kind == "newline" or text == ";" or text == ":" and first in _COMPOUND:
                # The mark that ends it is kept out of what is rewritten.
                out += self._statement(statement[:-1]) + [token]
                statement, first, lambdas = [], None, 0
        return out + self._statement(statement)

    def _word(self, token):
        """Rewrites what can be told from a token alone."""
        text = token.text
        if token.kind == "number":
            if text[-1] in "lL":
                text = text[:-1]
                self._saw("long integer", token)
            if re.fullmatch("0[0-7]*[1-7][0-7]*", text):
                text = "0o" + text.lstrip("0")
                self._saw("octal number", token)
        elif token.kind == "string":
            text = self._string(token)
        elif text == "<>":
            text = "!="
            self._saw("<>", token)
        elif text in ("async", "await", "nonlocal"):
            text += "_"
            self._saw("name that Python 3 keeps for itself", token)
        token.text = text

    def _string(self, token):
        text = token.text
        prefix = re.match("[a-zA-Z]*", text).group().lower()
        if prefix == "ur":
            self._saw("ur'' text", token)
            if r"\u" in text or r"\U" in text:  # read even in a raw text, nothing else is
                return _BACKSLASHES.sub(_raw, text[2:])
            return "r" + text[2:]
        if prefix == "":
            return _BROKEN_ESCAPE.sub(r"\1\\\\", text)
        return text

    def _statement(self, tokens):
        """The tokens of one statement, rewritten."""
        tokens = self._lambdas(self._backticks(tokens))
        words = [i for i, token in enumerate(tokens) if token.kind not in ("blank", "comment", "newline")]
        if not words or tokens[words[0]].kind != "name":
            return tokens
        first, last = words[0], words[-1]
        head = tokens[first]
        before, rest, after = tokens[:first], tokens[first + 1 : last + 1], tokens[last + 1 :]
        if head.text == "print" and "print_function" not in self.future and _is_command(rest):
            self._saw("print statement", head)
            return before + _print(head, rest) + after
        if head.text == "exec" and rest and _is_command(rest):
            self._saw("exec statement", head)
            return before + _exec(head, rest) + after
        parts = _split(rest, ",")
        if head.text == "raise" and len(parts) > 1:
            self._saw("raise with a comma", head)
            return before + _raise(head, parts) + after
        if head.text == "except" and len(parts) == 2:
            self._saw("except with a comma", head)
            name = _strip(parts[1])
            if name[0].text == "(":
                name = [_new(self._taken_apart(name, head), head)]
            return before + [head] + parts[0] + [_new(" as ", head)] + name + after
        if head.text == "def":
            return self._def(tokens)
        return tokens

    def _taken_apart(self, tuple_, near):
        """A name for a tuple; the tree takes it apart."""
        name = "_t%d_%d" % (near.line, len(self.tuples))
        self.tuples[name] = "".join(token.text for token in tuple_[1:-1])
        return name

    def _backticks(self, tokens):
        opened = False
        for token in tokens:
            if token.kind == "op" and token.text == "`":
                token.text = ")" if opened else "repr("
                opened = not opened
                self._saw("backticks", token)
        return tokens

    def _lambdas(self, tokens):
        """lambda (a, b): x becomes lambda _t: (lambda a, b: x)(*_t)."""
        for i, token in enumerate(tokens):
            if token.kind != "name" or token.text != "lambda":
                continue
            colon = _find(tokens, i + 1, ":")
            if colon < 0:
                continue
            parameters, tuples = _tuples(tokens[i + 1 : colon], token)
            if not tuples:
                continue
            self._saw("tuple as parameter", token)
            end = _find(tokens, colon + 1, ",", ")", "]", "}", ":", ";")
            end = len(tokens) if end < 0 else end
            body = self._lambdas(tokens[colon + 1 : end])
            for name, inner in tuples:
                call = [_new(")(*%s)" % name, token)]
                body = [_new("(lambda ", token)] + inner + [_new(":", token)] + body + call
            head = tokens[: i + 1] + [_new(" ", token)] + parameters + [_new(": ", token)]
            return head + body + self._lambdas(tokens[end:])
        return tokens

    def _def(self, tokens):
        """A tuple among the parameters gets a name; the tree takes it apart."""
        opening = next((i for i, token in enumerate(tokens) if token.text == "("), -1)
        closing = _closing(tokens, opening) if opening >= 0 else -1
        if closing < 0:
            return tokens
        parameters, tuples = _tuples(tokens[opening + 1 : closing], tokens[opening])
        if not tuples:
            return tokens
        self._saw("tuple as parameter", tokens[opening])
        for name, inner in tuples:
            self.tuples[name] = "".join(token.text for token in inner)
        return tokens[: opening + 1] + parameters + tokens[closing:]


def _new(text, near):
    return _Token("op", text, near.line)


def _strip(tokens):
    tokens = list(tokens)
    while tokens and tokens[0].kind == "blank":
        tokens.pop(0)
    while tokens and tokens[-1].kind == "blank":
        tokens.pop()
    return tokens


def _is_command(rest):
    """Whether what follows print or exec makes it a statement of Python 2."""
    rest = _strip(rest)
    if not rest:
        return True
    if rest[0].kind == "op" and rest[0].text == "(":
        return _closing(rest, 0) != len(rest) - 1
    return not (rest[0].kind == "op" and rest[0].text not in ("`", "repr(", "-", "+", "~", "[", "{", ">>"))


def _closing(tokens, start):
    depth = 0
    for i in range(start, len(tokens)):
        text = tokens[i].text if tokens[i].kind == "op" else ""
        depth += (text[-1:] in ("(", "[", "{")) - (text in (")", "]", "}"))
        if depth == 0:
            return i
    return -1


def _split(tokens, *separators):
    """The tokens between separators that stand in no bracket."""
    parts, depth = [[]], 0
    for token in tokens:
        if token.kind == "op":
            depth += (token.text[-1:] in ("(", "[", "{")) - (token.text in (")", "]", "}"))
        if depth == 0 and token.text in separators and token.kind in ("op", "name"):
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _print(head, rest):
    parts = [_strip(part) for part in _split(rest, ",")]
    extra = ""
    if parts[0] and parts[0][0].text == ">>":
        extra = ", file=" + "".join(token.text for token in parts.pop(0)[1:]).strip()
    if len(parts) > 1 and not parts[-1]:
        parts.pop()
        extra += ", end=' '"
    inner = []
    for part in parts:
        inner += part + [_new(", ", head)]
    inner = inner[:-1]
    if not inner:
        extra = extra.lstrip(", ")
    return [head, _new("(", head)] + inner + [_new(extra + ")", head)]


def _exec(head, rest):
    # A bracket around the whole is a tuple already: exec(code, globals).
    parts = _split(rest, "in")
    inner = _strip(parts[0])
    for part in parts[1:]:
        inner += [_new(", ", head)] + _strip(part)
    return [head, _new("(", head)] + inner + [_new(")", head)]


def _raise(head, parts):
    kind, value = _strip(parts[0]), _strip(parts[1])
    if not (value and value[0].text == "(" and _closing(value, 0) == len(value) - 1):
        value = [_new("(", head)] + value + [_new(")", head)]
    trace = []
    if len(parts) > 2:
        trace = [_new(".with_traceback(", head)] + _strip(parts[2]) + [_new(")", head)]
    return [head, _new(" ", head)] + kind + value + trace


def _find(tokens, start, *texts):
    depth = 0
    for i in range(start, len(tokens)):
        token = tokens[i]
        if token.kind != "op":
            continue
        if depth == 0 and token.text in texts:
            return i
        depth += (token.text[-1:] in ("(", "[", "{")) - (token.text in (")", "]", "}"))
        if depth < 0:
            return -1
    return -1


def _tuples(tokens, near):
    """Parameters with a name in place of each tuple, and (name, tokens inside)."""
    parameters, tuples = [], []
    for part in _split(tokens, ","):
        part = _strip(part)
        if part and part[0].text == "(":
            name = "_t%d_%d" % (near.line, len(tuples))
            close = _closing(part, 0)
            tuples.append((name, part[1:close]))
            part = [_new(name, near)] + part[close + 1 :]
        parameters += part + [_new(", ", near)]
    return parameters[:-1], tuples


# The tree


class _Meanings(ast.NodeTransformer):
    """Writes calls of py2names where Python 2 meant something else."""

    def __init__(self, text):
        self.floor = "division" not in text.future
        self.tuples = text.tuples

    def visit_FunctionDef(self, node):
        self.generic_visit(node)
        return self._take_apart(node, [argument.arg for argument in node.args.args], "%s")

    def visit_ExceptHandler(self, node):
        self.generic_visit(node)
        return self._take_apart(node, [node.name], "%s.args")

    def _take_apart(self, node, names, value):
        """Puts in front what binds the parts of tuples."""
        bindings = ["(%s) = " % self.tuples[name] + value % name for name in names if name in self.tuples]
        for statement in reversed(ast.parse("\n".join(bindings)).body):
            for part in ast.walk(statement):
                ast.copy_location(part, node)
            node.body.insert(0, statement)
        return node

    def visit_BinOp(self, node):
        self.generic_visit(node)
        if self.floor and isinstance(node.op, ast.Div):
            return _call(node, "_py2_divide", node.left, node.right)
        return node

    def visit_AugAssign(self, node):
        self.generic_visit(node)
        if self.floor and isinstance(node.op, ast.Div):
            before = ast.parse(ast.unparse(node.target), mode="eval").body
            value = _call(node, "_py2_divide", before, node.value)
            return ast.copy_location(ast.Assign(targets=[node.target], value=value), node)
        return node

    def visit_Call(self, node):
        self.generic_visit(node)
        if not isinstance(node.func, ast.Attribute):
            return node
        name, plain = node.func.attr, not node.keywords
        if name in py2names.LISTED and plain and not node.args:
            return _call(node, "_py2_listed", node.func.value, ast.Constant(name))
        if name in py2names.METHODS:
            return _call(node, "_py2_" + name, node.func.value, *node.args, keywords=node.keywords)
        return node


def _call(near, name, *args, keywords=()):
    call = ast.Call(func=ast.Name(name, ast.Load()), args=list(args), keywords=list(keywords))
    return ast.copy_location(call, near)
