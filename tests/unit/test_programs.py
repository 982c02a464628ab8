"""The grammar of programs: Python's own parser and compiler are the oracle."""

# ruff: noqa: E101

from __future__ import annotations

import ast as python_ast
import sys
import sysconfig
import warnings
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diffcli.errors import DiffcliError, Source
from diffcli.syntax import program
from diffcli.syntax.ast import Node, children
from diffcli.syntax.parser import MAX_TEXT, parse_program
from tests.python_tree import dump, dump_ours

LIBRARY = Path(sysconfig.get_path("stdlib"))
MODULES = (
    "argparse bisect calendar colorsys copy csv decimal difflib enum fnmatch fractions functools "
    "gettext graphlib heapq inspect keyword linecache numbers operator optparse pprint random "
    "reprlib sched shlex statistics string textwrap this timeit token types typing "
    "json.decoder json.scanner collections.abc html.parser logging.config unittest.case "
    "unittest.loader unittest.util"
)
LEFT_OUT = ("Await", "AsyncFunctionDef", "Match", "TryStar")
"""What Python has and programs have not."""


def parse(text: str) -> program.Module:
    return parse_program(Source(text, "program"))


def same(text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = dump(python_ast.parse(text))
    assert dump_ours(parse(text)) == expected


def python_accepts(text: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(text, "program", "exec", dont_inherit=True)
        except (SyntaxError, ValueError):
            return False
    return True


def left_out(text: str) -> bool:
    """Whether Python's tree has something that programs have not."""
    for node in python_ast.walk(python_ast.parse(text)):
        if type(node).__name__ in LEFT_OUT or getattr(node, "is_async", 0):
            return True
        if isinstance(node, python_ast.Constant) and isinstance(node.value, bytes):
            return True
        if isinstance(node, python_ast.ClassDef) and node.keywords:
            return True
    return False


@pytest.mark.parametrize("name", MODULES.split())
def test_the_standard_library(name):
    """Each module up to its first statement that is left out of the language, function by one."""
    text = (LIBRARY / f"{name.replace('.', '/')}.py").read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)
    read = 0
    for node in python_ast.parse(text).body:
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
        part = "".join(lines[first - 1 : node.end_lineno])
        if left_out(part):
            continue
        same(part)
        read += 1
    assert read


STATEMENTS = r"""
x = 1; y = 2;
a = b = c, *d = e
x: int = 3
def f(a: int, /, b: str = 'x', *args: int, c, d: float = 2, **kw: dict) -> tuple: return a
def g(*, a, b=1): ...
lambda: 0
lambda a, /, b=1, *c, d, **e: (a, b)
lambda *, a: a
x = lambda: (lambda y: y)
x if y else z if w else lambda: v
not a in b, a not in b, a is not b, not a is b
a < b == c >= d != e in f
a | b ^ c & d << e + f * g ** -h ** i
a @ b // c % ~d
x @= y; x **= 2; x >>= 1; x <<= 1; x ^= 1; x |= 1; x &= 1; x //= 1; x %= 2; x -= 1; x /= 2; x *= 3
a, b = b, a
(a, b), [c, *d] = e
x[0], x.y = z
x[1:2, ::3, ..., None] = y
x[*a], x[*a, 1], x[*a < b], x[a,], x[()], x[b := 1]
f(*a, b, *c, k=1, *d, **e, j=2, **g)
f(x for x in y)
f((x for x in y), 1)
f(a := 1, b)
f()()[0].g(1,)(2)
print((yes := 1), [y := 2, y], {z := 3})
[x for x in y if x if not x for z in x]
{x: y for x, y in z}
{x for x, in y}
[a for a, *b in c]
(x for x in (lambda: y)())
{**a, 'b': 1, **c}
{*a, *b}
{}, {1}, {1,}, {1: 2,}, (), (1,), [], [1,]
*a, b
*a,
for x in *a, b: pass
for x, *y in z: break
for (x) in y: continue
for x.y in z: pass
for x[0], in z: pass
while x: pass
del a, b[0], c.d, (e, [f])
del (a)
assert x, 'message'
raise
raise X from None
import a.b.c as d, e
from . import x
from .... import x
from ...a.b import (x as y, z,)
from a import *
global_ = 1
with a: pass
with a as b, c as (d, e): pass
with (a as b, c,): pass
with (a, b): pass
with (a, b) as c: pass
with (a, *b): pass
with (a := b, c): pass
with (f(*a), g(b, *c)): pass
with (a): pass
with (a).b as c.d: pass
with (a if b else c) as d: pass
with (a as b): pass
with open(x) as y, (z): pass
'a' "b" '''c''' r'\d' u'e'
'a' f'b' 'c' f'{d}' 'e'
f'{x}{y!r}{z:>10}{w!s:{a}.{b}}{{}}'
f'{x=}{x = }{ x =!s}{x=:5}{x+1=!r:>4}'
f'{x:{y}}}}' f"{'a'}" f'''{
x}''' rf'\{x}\n' f'\{x}'
f'{a["b"]}{ {1: 2}[1] }{(lambda: 1)()}{x!r:^{10}}'
f'{x, y}{*a, b}{f(a=1)}{a == b}{a != b}{a <= b}'
f'{x:%Y-%m-%d "q"}' f"{x:{'>'}{10}}" f'\N{GREEK SMALL LETTER PI}{x}'
f''
'\x41\u00e9\U0001F600\101\0\a\N{BULLET}\q\
z'
0x_f, 0b1_0, 0o17, 1_000, 1e5, 1_0.5e-3j, .5, 5., 00
x = (1 +
     2)  # comment
x = 1 + \
    2
µ = 1
@a.b(c)
def f(): pass
@a
@b[0]
class C(D, *E): x = 1
class A: pass
class A(): pass
if x: y
elif z: w
else: v
try: x
except: y
try: x
except (A, B) as e: y
except C: z
else: w
finally: v
try: x
finally: y
while x:
    y
else:
    z
for x in y:

    # comment
  # another
    if a:
        b
    # end
    else:
	    c
def f():
    '''doc'''
    global a, b
    def g():
        nonlocal c
        c += 1
        return c,
    c = (yes := 1)
    return
if x:
	y
	if z:
		w
v
print(x, end='')
match = case = type = print = _ = 1
match(x), match[x], match.x
"""


def is_whole(text: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            python_ast.parse(text)
        except SyntaxError:
            return False
    return True


def units() -> list[str]:
    """The statements above one by one: lines that are indented or go on belong to those before."""
    found: list[str] = []
    for line in STATEMENTS.strip("\n").split("\n"):
        text = f"{line}\n"
        whole = not found or is_whole(found[-1])
        goes_on = line[:1] in " \t" or line.startswith(("elif", "else", "except", "finally"))
        if found and (not whole or goes_on or not line):
            found[-1] += text
        else:
            found.append(text)
    return found


@pytest.mark.parametrize("text", units())
def test_trees_are_those_of_python(text):
    same(text)


@pytest.mark.parametrize("end", ["", "\n", "\n\n", "\n# end", "  ", "\n   \n", "\r\n", ";"])
def test_ends_of_the_text(end):
    text = f"# first\n\nif x:\n    y = 1{end}"
    assert python_accepts(text)
    same(text)


def test_children_are_inside_their_parents_and_in_order():
    for text in units():
        stack = list(parse(text).statements)
        while stack:
            node = stack.pop()
            start, end = node.span
            assert 0 <= start <= end <= len(text)
            assert not text[start:end].startswith((" ", "\n"))
            for child in children(node):
                assert start <= child.span[0] <= child.span[1] <= end, (node, child, text)
                stack.append(child)


# Acceptance: what Python's compiler refuses is refused

TOKENS = (
    "x y f 1 2.5 'a' f'{x}' f'{x!r:>3}' ( ) [ ] { } , : ; . = == := += + - * ** / // % @ & | ^ ~ "
    "< >= != not and or in is if else elif while for def class return break continue pass lambda "
    "try except finally with as import from global nonlocal del assert raise None True ... -> "
)
PIECES = st.sampled_from(TOKENS.split()) | st.sampled_from(["\n", "\n    ", "\n  ", "\n        "])


def newer_string(text: str) -> bool:
    """Whether the text has an f-string, in whose fields Python allows more since 3.12 (PEP 701)."""
    stack: list[Node] = [parse(text)]
    while stack:
        node = stack.pop()
        if isinstance(node, program.FString):
            return sys.version_info < (3, 12)
        stack.extend(children(node))
    return False


def agree(text: str) -> None:
    """We accept what Python accepts, and explain everything else."""
    accepted = python_accepts(text)
    try:
        parse(text)
    except DiffcliError as error:
        assert error.code in ("syntax", "limit")
        assert error.message
        assert error.span is not None
        assert not accepted or left_out(text), (text, error.message)
    else:
        assert accepted or newer_string(text), text


@settings(max_examples=300, derandomize=True)
@given(st.lists(PIECES, max_size=12).map(" ".join))
def test_random_tokens(text):
    agree(text)


@settings(max_examples=400, derandomize=True)
@given(st.sampled_from(units()), st.data())
def test_mutated_programs(text, data):
    position = data.draw(st.integers(0, len(text)))
    removed = data.draw(st.integers(0, 3))
    inserted = data.draw(PIECES | st.just(""))
    agree(text[:position] + inserted + text[position + removed :])


# Mistakes: the text, where the caret begins, what it underlines, the sentence and the repair

MISTAKES = [
    ("if x\n    y\n", 4, "", "the ':' of 'if' is missing", "add ':'"),
    ("if x = 1:\n    y\n", 5, "=", "'=' does not compare", "write == to compare"),
    ("print(x\ny = 3\n", 5, "(", "the bracket '(' is never closed", "add ')'"),
    ("x = [1, 2\n", 4, "[", "the bracket '[' is never closed", "add ']'"),
    (
        "if x:\ny\n",
        6,
        "y",
        "the block of 'if' in line 1 is missing",
        "indent the lines that belong to it, or write pass",
    ),
    (
        "x = 1\n  y = 2\n",
        6,
        "  ",
        "the line is indented for no reason",
        "remove the spaces before it",
    ),
    (
        "if x:\n\ty\n        z\n",
        9,
        "        ",
        "the indentation mixes tabs and spaces",
        "indent with spaces only",
    ),
    (
        "if x:\n    y\n  z\n",
        12,
        "  ",
        "the indentation fits no line above",
        "indent the line as the one that its block begins with",
    ),
    ("print x\n", 0, "print", "'print' is a function", "write print(x)"),
    ('print "a", b\n', 0, "print", "'print' is a function", 'write print("a", b)'),
    (
        "if x:\n    y\nelse if z:\n    w\n",
        12,
        "else if",
        "'else if' is written in one word",
        "write elif",
    ),
    ("x++\n", 1, "++", "'++' is not an operator of the language", "write x += 1"),
    ("a = b && c\n", 6, "&&", "'&&' is not an operator of the language", "write and"),
    ("a || b\n", 2, "||", "'||' is not an operator of the language", "write or"),
    ("s = 'abc\n", 4, "'abc", "the string is never closed", "add ' where it ends"),
    ('s = """abc\n', 4, '"""', "the string is never closed", 'add """'),
    (
        "class = 3\n",
        0,
        "class",
        "'class' is a reserved word and cannot be a name",
        "choose another name, such as class_",
    ),
    (
        "def for(): pass\n",
        4,
        "for",
        "'for' is a reserved word and cannot be a name",
        "choose another name, such as for_",
    ),
    (
        "f(class=1)\n",
        2,
        "class",
        "'class' is a reserved word and cannot be a name",
        "choose another name, such as class_",
    ),
    (
        "x.lambda\n",
        2,
        "lambda",
        "'lambda' is a reserved word and cannot be a name",
        "choose another name, such as lambda_",
    ),
    ("return 3\n", 0, "return", "'return' stands outside a function", "use it inside def"),
    ("break\n", 0, "break", "'break' stands outside a loop", "use it inside for or while"),
    ("yield x\n", 0, "yield", "'yield' stands outside a function", "use it inside def"),
    (
        "def f(): [(yield) for i in x]\n",
        11,
        "yield",
        "'yield' stands inside a comprehension",
        "write a loop",
    ),
    ("async def f(): pass\n", 0, "async", "'async' is not supported", "write it without async"),
    (
        "match x:\n    y\n",
        0,
        "match",
        "this 'match' has no cases or no ':'",
        "write case PATTERN: in the lines below match VALUE:",
    ),
    (
        "match x:\n    case y + 1: pass\n",
        18,
        "y + 1",
        "'y + 1' is no pattern",
        "write case NAME if CONDITION: to compare",
    ),
    (
        "switch x:\n    case 1: pass\n",
        0,
        "switch",
        "'switch' is not supported",
        "write if ... elif ... else",
    ),
    ("x := 3\n", 2, ":=", "':=' stands only inside brackets", "write ="),
    ('f"{}"\n', 3, "}", "the field of the f-string is empty", "write {{}} for braces"),
    ('f"a}"\n', 3, "}", "a '}' stands alone in an f-string", "write }} for a brace"),
    ('f"{a"\n', 1, '"{a"', "the string is never closed", 'add " where it ends'),
    ('f"abc\n', 1, '"abc', "the string is never closed", 'add " where it ends'),
    (
        "else:\n    x\n",
        0,
        "else",
        "there is no 'if' before this 'else'",
        "indent it as its 'if', and put nothing between them",
    ),
    ("x = (1, 2]\n", 9, "]", "the bracket '(' cannot be closed by ']'", "write ')'"),
    ("x = !y\n", 4, "!", "'!' is not an operator of the language", "write not"),
    ("for i in range(3)\n    x\n", 17, "", "the ':' of 'for' is missing", "add ':'"),
    ("def f\n    x\n", 5, "\n    ", "the brackets of the function are missing", "write def f():"),
    (
        "def f():\n",
        8,
        "",
        "the block of 'def' in line 1 is missing",
        "indent the lines that belong to it, or write pass",
    ),
    ("while:\n  x\n", 5, ":", "the condition of 'while' is missing", "write while CONDITION:"),
    ("x = 1 +\n", 7, "", "the expression ends after '+'; an operand is missing", None),
    ("f(a, b c)\n", 5, "b c", "a comma is missing between 'b' and 'c'", "write b, c"),
    (
        "var x = 3\n",
        0,
        "var",
        "a variable is not declared before it is assigned to",
        "write x = ...",
    ),
    ("x = return 3\n", 4, "return", "'return' cannot stand in an expression", None),
    (
        "x = 1 return x\n",
        6,
        "return",
        "the statement 'return' stands behind another one",
        "write it on a line of its own",
    ),
    ("f() = 3\n", 0, "f()", "'f()' cannot be assigned to", "write == to compare"),
    ("x + 1 = 2\n", 0, "x + 1", "'x + 1' cannot be assigned to", "write == to compare"),
    ("None = 1\n", 0, "None", "'None' cannot be assigned to", "write == to compare"),
    (
        "a, b += 1\n",
        0,
        "a, b",
        "several targets cannot be changed in place",
        "change them one by one",
    ),
    (
        "def f(a=1, b): pass\n",
        11,
        "b",
        "the parameter 'b' without a default follows 'a', which has one",
        "give b a default, or put it before a",
    ),
    ("def f(a, a): pass\n", 9, "a", "the parameter 'a' is there twice", "choose another name"),
    ("f(a=1, 2)\n", 7, "2", "the argument '2' stands after 'a=1'", "put it before a=1"),
    (
        "f(x for x in y, 1)\n",
        2,
        "x for x in y",
        "a generator that is not the only argument needs brackets",
        "write (x for x in y)",
    ),
    ("*a\n", 0, "*a", "'*a' stands for several values here", "write (*a,) for a tuple"),
    ("*a = x\n", 0, "*a", "'*a' stands for several values here", "write (*a,) for a tuple"),
    ("del f()\n", 4, "f()", "'f()' cannot be deleted", "del takes names, x[i] and x.name"),
    (
        "nonlocal x\n",
        0,
        "nonlocal x",
        "'nonlocal' stands outside a function",
        "use it inside a function",
    ),
    ("x = 1 if y\n", 10, "\n", "the conditional has no 'else'", "write A if CONDITION else B"),
    (
        'b"abc"\n',
        0,
        'b"abc"',
        "bytes are not part of the language",
        "remove the b before the quote",
    ),
    ("x = 08\n", 4, "08", "the number '08' has leading zeros", "write 8"),
    ("x = 1.2.3\n", 4, "1.2.3", "'1.2.3' is not a number", "a number has one decimal point"),
    ("try\n  x\n", 3, "", "the ':' of 'try' is missing", "add ':'"),
    (
        "except A, B:\n  x\n",
        0,
        "except",
        "there is no 'try' before this 'except'",
        "indent it as its 'try', and put nothing between them",
    ),
    (
        "try:\n    x\nexcept A, B:\n    y\n",
        19,
        ",",
        "several classes after 'except' need brackets",
        "write except (A, B):",
    ),
    ("x = $y\n", 4, "$", "the character '$' has no meaning here", "write names without $"),
    ("if (x:\n    y\n", 3, "(", "the bracket '(' is never closed", "add ')'"),
    ("function f(x) {\n}\n", 0, "function", "'function' is not a statement", "write def f(...):"),
    ("for x y in z: pass\n", 6, "y", "the 'in' of 'for' is missing", "write for NAME in VALUES:"),
    (
        "x y\n",
        0,
        "x y",
        "there is no operator between 'x' and 'y'",
        "write x*y for a product, x(y) for a call",
    ),
    ('"\\x1"\n', 1, "\\x1", "'\\x1' is not an escape", "write \\\\ for a backslash"),
    (
        "class A(metaclass=B): pass\n",
        8,
        "metaclass=B",
        "a class has bases only, and 'metaclass=B' is no base",
        "remove it",
    ),
    (
        "def f():\n    x = 1\n    global x\n",
        13,
        "x",
        "the name 'x' is used before it is declared",
        "put the declaration at the beginning of the function",
    ),
    (
        "def f():\n    nonlocal y\n",
        22,
        "y",
        "no function around this one has a variable 'y'",
        "assign to it there",
    ),
    ("x = )\n", 4, ")", "the bracket ')' closes nothing", "remove it"),
    (
        "if x:\n    pass\n  else:\n    pass\n",
        15,
        "  ",
        "the indentation fits no line above",
        "indent the line as the one that its block begins with",
    ),
    ("x =\n", 3, "", "the expression ends after '='; a value is missing", None),
    ("with (a, ]: pass\n", 9, "]", "the bracket '(' cannot be closed by ']'", "write ')'"),
    ("f(,)\n", 2, ",", "something is missing before ','", "remove the ','"),
    ("5 = x\n", 0, "5", "'5' cannot be assigned to", "write == to compare"),
    ("x == 3 = y\n", 0, "x == 3", "'x == 3' cannot be assigned to", "write == to compare"),
    ('x = "a" "b\n', 8, '"b', "the string is never closed", 'add " where it ends'),
    (
        "for i in range(10):\nprint(i)\n",
        20,
        "print",
        "the block of 'for' in line 1 is missing",
        "indent the lines that belong to it, or write pass",
    ),
    ("x = a <> b\n", 6, "<>", "'<>' is not an operator of the language", "write !="),
    ("x = not\n", 7, "", "the expression ends after 'not'; an operand is missing", None),
    ("from . import (a\n", 14, "(", "the bracket '(' is never closed", "add ')'"),
    ("f(**a, *b)\n", 7, "*b", "the argument '*b' stands after '**a'", "put it before **a"),
]


@pytest.mark.parametrize(("text", "start", "marked", "message", "hint"), MISTAKES)
def test_mistakes(text, start, marked, message, hint):
    assert not python_accepts(text) or left_out(text)
    with pytest.raises(DiffcliError) as caught:
        parse(text)
    error = caught.value
    assert error.code == "syntax"
    assert error.span == (start, start + len(marked))
    assert text[start : error.span[1]] == marked
    assert (error.message, error.hint) == (message, hint)


# Size


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "(" * 20_000 + "1" + ")" * 20_000,
        "x = " + "[" * 20_000 + "]" * 20_000,
        "x = " + "-" * 50_000 + "1",
        "f" + "(x)" * 20_000,
        "x = 1\n" * 50_000,
        "".join(f"{' ' * i}if x:\n" for i in range(500)) + " " * 500 + "y",
        "if x: y\n" + "elif x: y\n" * 5_000,
        "f'" + "{x}" * 20_000 + "'",
        "x = " + "lambda: " * 20_000 + "1",
    ],
    ids=["brackets", "lists", "signs", "calls", "lines", "blocks", "elif", "fields", "lambdas"],
)
def test_long_and_deep_programs(text):
    assert parse(text).statements


@pytest.mark.parametrize(
    "text",
    ["(" * 50_000, "with (" * 20_000, "f'{" * 20_000, "f'{x:" * 10_000, "if x:\n" * 10_000,
     "[{(" * 20_000, "x = 'a\n" * 10_000, "def f(" * 20_000],
)  # fmt: skip
def test_long_mistakes(text):
    with pytest.raises(DiffcliError):
        parse(text)


def test_the_length_is_limited():
    with pytest.raises(DiffcliError) as caught:
        parse("#" * (MAX_TEXT + 1))
    assert caught.value.code == "limit"
