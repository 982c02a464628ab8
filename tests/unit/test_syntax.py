"""The grammar, the parser, and what it says about the mistakes people make."""

from __future__ import annotations

import ast as python_ast
import logging
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from diffcli.errors import DiffcliError, Source
from diffcli.syntax import tables
from diffcli.syntax.ast import (
    Assign,
    Attribute,
    Binary,
    Block,
    Call,
    Compare,
    Conditional,
    Keyword,
    ListExpr,
    Literal,
    Logical,
    Name,
    Node,
    Slice,
    Subscript,
    TupleExpr,
    Unary,
    children,
)
from diffcli.syntax.lexer import identifier
from diffcli.syntax.parser import MAX_TEXT, parse_expression
from diffcli.syntax.unparse import unparse


def parse(text: str) -> Block:
    return parse_expression(Source(text))


def result(text: str) -> Node:
    return parse(text).statements[-1]


def failure(text: str) -> DiffcliError:
    with pytest.raises(DiffcliError) as caught:
        parse(text)
    return caught.value


def shape(node: Node):
    """A node as nested tuples without spans."""
    own = []
    for cls in type(node).__mro__[:-2]:
        for slot in cls.__slots__:
            value = getattr(node, slot)
            if slot not in (*node.parts, "source") and not slot.endswith(("span", "spans")):
                # repr tells 1 from 1.0 and True, and keeps nan equal to itself
                own.append((slot, repr(value)))
    parts = [
        tuple(map(shape, value)) if isinstance(value, tuple) else value and shape(value)
        for value in (getattr(node, part) for part in node.parts)
    ]
    return (type(node).__name__, *own, *parts)


# Meaning, against Python itself

PYTHON_OPS = {
    "Add": "+", "Sub": "-", "Mult": "*", "Div": "/", "FloorDiv": "//", "Mod": "%", "MatMult": "@",
    "Pow": "**", "BitAnd": "&", "BitOr": "|", "USub": "-", "UAdd": "+", "Invert": "~",
    "Not": "not", "And": "and", "Or": "or", "Eq": "==", "NotEq": "!=", "Lt": "<", "LtE": "<=",
    "Gt": ">", "GtE": ">=",
}  # fmt: skip


def op_of(op: python_ast.AST) -> str:
    return PYTHON_OPS[type(op).__name__]


def from_python(node):
    """Python's tree in our terms: (kind, span, what it holds ...)."""
    span = node.col_offset, node.end_col_offset
    go = from_python
    match node:
        case python_ast.Constant():
            return "Literal", span, repr(node.value)
        case python_ast.Name():
            return "Name", span, node.id
        case python_ast.UnaryOp():
            return "Unary", span, op_of(node.op), go(node.operand)
        case python_ast.BinOp():
            return "Binary", span, op_of(node.op), go(node.left), go(node.right)
        case python_ast.BoolOp():
            first, *rest = map(go, node.values)
            for value in rest:
                first = "Logical", (first[1][0], value[1][1]), op_of(node.op), first, value
            return (first[0], span, *first[2:])
        case python_ast.Compare():
            ops = [op_of(op) for op in node.ops]
            return "Compare", span, ops, go(node.left), [go(item) for item in node.comparators]
        case python_ast.IfExp():
            return "Conditional", span, go(node.test), go(node.body), go(node.orelse)
        case python_ast.Call():
            arguments = [go(item) for item in (*node.args, *node.keywords)]
            return "Call", span, go(node.func), arguments
        case python_ast.keyword():
            return "Keyword", span, node.arg, go(node.value)
        case python_ast.Attribute():
            return "Attribute", span, go(node.value), node.attr
        case python_ast.Subscript():
            many = isinstance(node.slice, python_ast.Tuple)
            indices = [go(item) for item in (node.slice.elts if many else [node.slice])]
            return "Subscript", span, go(node.value), many, indices
        case python_ast.Slice():
            bounds = [part and go(part) for part in (node.lower, node.upper, node.step)]
            return "Slice", span, bounds
        case python_ast.List():
            return "ListExpr", span, [go(item) for item in node.elts]
        case python_ast.Tuple():
            return "TupleExpr", span, [go(item) for item in node.elts]
    raise AssertionError(node)


def from_ours(node):
    """Our tree in the same form."""
    go, span = from_ours, node.span
    match node:
        case Literal():
            return "Literal", span, repr(node.value)
        case Name():
            return "Name", span, node.id
        case Unary():
            return "Unary", span, node.op, go(node.operand)
        case Binary() | Logical():
            return type(node).__name__, span, node.op, go(node.left), go(node.right)
        case Compare():
            return "Compare", span, [*node.ops], go(node.first), [*map(go, node.operands)]
        case Conditional():
            return "Conditional", span, go(node.test), go(node.body), go(node.orelse)
        case Call():
            arguments = [go(item) for item in (*node.arguments, *node.keywords)]
            return "Call", span, go(node.function), arguments
        case Keyword():
            return "Keyword", span, node.name, go(node.value)
        case Attribute():
            return "Attribute", span, go(node.value), node.name
        case Subscript():
            return "Subscript", span, go(node.value), node.is_tuple, [*map(go, node.indices)]
        case Slice():
            return (
                "Slice",
                span,
                [part and go(part) for part in (node.lower, node.upper, node.step)],
            )
        case ListExpr() | TupleExpr():
            return type(node).__name__, span, [*map(go, node.items)]
    raise AssertionError(node)


BINARY = [
    "+", "-", "*", "/", "//", "%", "@", "**", "&", "|",
    "==", "!=", "<", "<=", ">", ">=", "and", "or",
]  # fmt: skip


@st.composite
def expressions(draw, depth: int = 4) -> str:
    """Texts that are valid here and in Python, with redundant brackets and spaces."""
    atoms = "x y 0 1_000 .5 1. 1e-3 0x1f 2j True None ... 'a' f() x.T x[0] x[:] x[1:,...] () [1]"
    if not depth:
        return draw(st.sampled_from(atoms.split()))
    sub = expressions(depth=depth - 1)
    space = draw(st.sampled_from(["", " ", "  "]))
    form = draw(st.integers(0, 13))
    a = draw(sub)
    if form <= 4:
        op = draw(st.sampled_from(BINARY))
        return f"{a} {op}{space} {draw(sub)}"
    if form == 5:
        return draw(st.sampled_from(["-", "+", "~", "not "])) + a
    if form == 6:
        return f"{a} if {draw(sub)} else {draw(sub)}"
    if form == 7:
        return f"f({space}{a},{draw(sub)}, axis ={space}{draw(sub)}{space},)"
    if form == 8:
        return f"np.sum({a})"
    if form == 9:
        return f"({a}){space}.T"
    if form == 10:
        return f"({a})[{draw(sub)}:{space}, {draw(sub)}:{draw(sub)}:{draw(sub)}, ::]"
    if form == 11:
        return f"[{a}, {draw(sub)}{space}]"
    if form == 12:
        return f"({a}{space},)"
    return f"({space}{a}{space})"


def python_tree(text: str):
    try:
        return python_ast.parse(text, mode="eval").body
    except SyntaxError:
        return None


# "1_000 if" and the like warn in Python about what only looks like a number.
@pytest.mark.filterwarnings("ignore::SyntaxWarning")
@given(expressions())
@example("-x**-y**2 < +x <= y == z and not a or b if c else d if e else f")
@example("(x if a else y) if (b if c else d) else z")
@example("((x))[((0)):,]")
def test_meaning_and_spans_are_those_of_python(text):
    tree = python_tree(text)
    if tree is None:  # such as `a + not b`
        assert failure(text).code == "syntax"
    else:
        assert from_ours(result(text)) == from_python(tree)


@given(expressions())
def test_circumflex_is_power(text):
    if python_tree(text) is not None:
        assert shape(result(text.replace("**", "^"))) == shape(result(text))


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
@given(expressions())
def test_unparsed_text_parses_to_the_same_tree(text):
    if python_tree(text) is not None:
        node = result(text)
        again = unparse(node)
        assert shape(result(again)) == shape(node)
        assert unparse(result(again)) == again


# Meaning, by example

UNPARSED = {
    "w*x+b": "w * x + b",
    "-x**2": "-x**2",
    "(-x)**2": "(-x)**2",
    "x^y^z": "x**y**z",
    "(x**y)**z": "(x**y)**z",
    "2**-1": "2**-1",
    "a-(b-c)": "a - (b - c)",
    "(a-b)-c": "a - b - c",
    "a*(b/c)": "a * (b / c)",
    "(a<b)<c": "(a < b) < c",
    "a<b<=c": "a < b <= c",
    "not(a and b)or c": "not (a and b) or c",
    "(not a)+b": "(not a) + b",
    "(a if b else c)+d": "(a if b else c) + d",
    "a if b else(c if d else e)": "a if b else c if d else e",
    "(a,)": "(a,)",
    "(a)": "a",
    "( )": "()",
    "[a,(b,c),[],]": "[a, (b, c), []]",
    "x[1:2:3, ::-1, :, ..., None]": "x[1:2:3, ::-1, :, ..., None]",
    "x[a,]": "x[a,]",
    "x[(a,b)]": "x[(a, b)]",
    "f( a,b , k = 1,)": "f(a, b, k=1)",
    "np . linalg.norm(x).T": "np.linalg.norm(x).T",
    "(1).real": "(1).real",
    "(a+b)[0].T": "(a + b)[0].T",
    "a = 1; b = a+1\n\n# what it is\na*b;": "a = 1; b = a + 1; a * b",
    "\n (a +\n b # c\n )\n": "a + b",
    "a + \\\n b": "a + b",
    "1e999 - .5 + 1.": "1e999 - 0.5 + 1.0",
    "π*r^2": "π * r**2",
}


@pytest.mark.parametrize("text", UNPARSED)
def test_unparse(text):
    assert unparse(parse(text)) == UNPARSED[text]


LITERALS = [
    ("1_000", 1000),
    ("00", 0),
    ("0x1F", 31),
    ("0b1_01", 5),
    ("0o17", 15),
    ("1.", 1.0),
    (".5e-3", 0.0005),
    ("1e999", math.inf),
    ("2.5J", 2.5j),
    ("True", True),
    ("None", None),
    ("...", ...),
    ("''", ""),
    (r"'it\'s'", "it's"),
    (r'"a\\n\n\t\x41\u03c0\U0001f600"', "a\\n\n\tAπ😀"),
    ("'a\\\nb'", "ab"),
    ("'#;('", "#;("),
    ("9" * 4000, 10**4000 - 1),
]


@pytest.mark.parametrize(("text", "value"), LITERALS)
def test_literals(text, value):
    node = result(text)
    assert isinstance(node, Literal)
    assert (type(node.value), node.value) == (type(value), value)


def test_spans_of_what_python_has_no_place_for():
    node = result("a = 1; foo(bar . baz <= 2 ** x, key =3) and b")
    text = "a = 1; foo(bar . baz <= 2 ** x, key =3) and b"
    words = []
    stack = [node]
    while stack:
        current = stack.pop()
        stack.extend(children(current))
        slots = [slot for slot in ("op_span", "name_span") if hasattr(current, slot)]
        spans = [getattr(current, slot) for slot in slots]
        words.extend(text[slice(*span)] for span in (*spans, *getattr(current, "op_spans", ())))
    assert sorted(words) == sorted(["and", "<=", "baz", "**", "key"])


def test_spans_of_statements():
    text = " a = (1) ; # one\n f(a) \n"
    block = parse(text)
    spans = [text[slice(*statement.span)] for statement in block.statements]
    assert spans == ["a = (1)", "f(a)"]
    assert text[slice(*block.span)] == "a = (1) ; # one\n f(a)"
    assert isinstance(block.statements[0], Assign) and block.source.text == text


def test_children_are_in_the_order_of_the_text():
    for text in ("a if b else c", "f(a, b, k=c)", "x[a:b, c]", "a < b <= c", "a = b; c"):
        node = parse(text)
        starts = [child.span[0] for child in children(node.statements[-1])]
        assert starts == sorted(starts)
    assert list(children(result("x"))) == list(children(result("x[:]").indices[0])) == []


def test_names_are_compared_in_normal_form():
    micro, mu = "\N{MICRO SIGN}", "\N{GREEK SMALL LETTER MU}"
    assert result(micro).id == result(mu).id == identifier(micro) == mu
    assert [identifier(text) for text in ("x_1", "x²", "1x", "a b", "")] == ["x_1"] + [None] * 4


# Size

DEEP = 100_000
LONG = {
    "brackets": "(" * DEEP + "x" + ")" * DEEP,
    "calls": "f(" * DEEP + "x" + ")" * DEEP,
    "lists": "[" * DEEP + "]" * DEEP,
    "sum": "x+" * 20_000 + "x",
    "sum of groups": "x+(" * 20_000 + "x+x" + ")" * 20_000,
    "powers": "x**" * 20_000 + "x",
    "signs": "-" * 20_000 + "x",
    "conditionals": "x if x else " * 20_000 + "x",
    "subscripts": "x" + "[0]" * 20_000,
    "attributes": "x" + ".T" * 20_000,
    "statements": "x=1;" * 20_000 + "x",
    "blanks": " " * DEEP + "x" + "\t" * DEEP + "\\\n" * DEEP + "\n" * DEEP,
}


@pytest.mark.parametrize("name", LONG)
def test_long_and_deep_texts(name):
    text = unparse(parse(LONG[name]))
    expected = "x" if name in ("brackets", "blanks") else LONG[name].replace(" ", "")
    assert text.replace(" ", "") == expected


@pytest.mark.parametrize(
    "text",
    [
        "(" * 100_000,
        "x" * 9 + " x" * 100_000,
        "|" * 100_000,
        "'" * 99_999,
        "'" + "\\\n\\'" * 100_000,
        "(" + "\n§" * 100_000,
    ],
)
def test_long_mistakes(text):
    assert failure(text).code == "syntax"


def test_limits():
    assert failure("x" * (MAX_TEXT + 1)).code == "limit"
    for text in ("1" + "0" * 4000, "0x" + "f" * 4000, "x[" + "9" * 5000 + "]"):
        error = failure(text)
        assert (error.code, error.message) == ("limit", "the integer has more than 4000 digits")


# Mistakes

# The text, its place (`!` where it is between characters), and after the message the repair.
MISTAKES = r"""
# brackets

sin(x
   ^ the bracket '(' is never closed | add ')'

f(g(x)
 ^ the bracket '(' is never closed | add ')'

[1, 2
^ the bracket '[' is never closed | add ']'

x)
 ^ the bracket ')' closes nothing | remove it

(x]
  ^ the bracket '(' cannot be closed by ']' | write ')'

[1)
  ^ the bracket '[' cannot be closed by ')' | write ']'

sin(x; y
   ^ the bracket '(' is never closed | add ')'

x[]
  ^ the subscript is empty | write [:] for all elements

)(
^ the bracket ')' closes nothing | remove it

# the text ends too early

a +
   ! the expression ends after '+'; an operand is missing

a +  # more
   ! the expression ends after '+'; an operand is missing

(a +
    ! the expression ends after '+'; an operand is missing

a and
     ! the expression ends after 'and'; an operand is missing

not
   ! the expression ends after 'not'; an operand is missing

a ==
    ! the expression ends after '=='; an operand is missing

x.
  ! the expression ends after '.'; a name is missing

a =
   ! the expression ends after '='; a value is missing

a if
    ! the expression ends after 'if'; an operand is missing | write A if CONDITION else B

50%
   ! the expression ends after '%'; an operand is missing | write 50/100 for per cent

x++
   ! the expression ends after '+'; an operand is missing | write x + 1

x--
   ! the expression ends after '-'; an operand is missing | write x - 1

x|
  ! the expression ends after '|'; an operand is missing | write abs(x) for the absolute value

# operands

a + ;b
  ^ an operand is missing after '+'

(a + )
   ^ an operand is missing after '+'

a * / b
    ^ an operand is missing between '*' and '/'

a or or b
     ^^ an operand is missing between 'or' and 'or'

* x
^ an operand is missing before '*'

.x
^ an operand is missing before '.'

a + not b
    ^^^ 'not' cannot stand after '+' | write (not ...)

x.(y)
 ^ a name is missing after '.'

=3
^ a name is missing before '='

# no operator

2x
^^ there is no operator between '2' and 'x' | write 2*x

2 x
^^^ there is no operator between '2' and 'x' | write 2*x

f(2 x)
  ^^^ there is no operator between '2' and 'x' | write 2*x

2(x)
^ '2' is a number and cannot be called | write 2*(x)

(a+b)(c-d)
^^^^^ only a function can be called | write (a+b)*(c-d)

(a + b) c
      ^^^ there is no operator between ')' and 'c' | write ...)*c

f(x)(y)
^^^^ only a function can be called | write f(x)*(y)

[1](2)
^^^ only a function can be called | write [1]*(2)

x y
^^^ there is no operator between 'x' and 'y' | write x*y for a product, x(y) for a call

x 2
^^^ there is no operator between 'x' and '2' | write x*2 for a product, x(2) for a call

x.5
^^^ there is no operator between 'x' and '.5' | write x*.5

2i
^^ there is no operator between '2' and 'i' | write 2j for the imaginary unit, 2*i for a product

a ~ b
^^^ there is no operator between 'a' and '~'

'a' 'b'
^^^^^^^ there is no operator between 'a' and 'b'

# quotes

x'
 ^ a quote does not transpose | write x.T for the transpose

x' * y'
 ^ a quote does not transpose | write x.T for the transpose

x.T'
   ^ a quote does not transpose | write x.T.T for the transpose

(a+b)'
     ^ a quote does not transpose | write ).T for the transpose

x’
 ^ a quote does not transpose | write x.T for the transpose

'abc
^^^^ the string is never closed | add ' where it ends

f("a)
  ^^^ the string is never closed | add " where it ends

r'abc'
^ a string has no prefix | remove the r

f"abc"
^ a string has no prefix | remove the f

“a”
^ the character '“' has no meaning here | write the quotes ' or " of the keyboard

'\d'
 ^^ '\d' is not an escape | write \\ for a backslash

'\x4'
 ^^ '\x' is not an escape | write \\ for a backslash

# equals

a if x = 1 else b
       ^ '=' does not compare | write == to compare

(x = 1)
   ^ '=' does not compare | write == to compare

f(x.y = 1)
      ^ '=' does not compare | write == to compare, NAME=VALUE for a keyword argument

x + y = 3
^^^^^ only a name can be assigned to | write == to compare

x[0] = 1
^^^^ only a name can be assigned to | write == to compare

a = b = 3
      ^ a statement has one '=' | write one assignment after the other, separated by ';'

x += 1
  ^^ '+=' is not an operator of the language | write x = x + ...

a := 3
  ^^ ':=' is not an operator of the language | write a statement of its own: NAME = VALUE; ...

a = 3
^^^^^ the last statement assigns 'a', so there is no result | end with an expression: add ; a

b; a = 3
   ^^^^^ the last statement assigns 'a', so there is no result | end with an expression: add ; a

# operators of other languages

x && y
  ^^ '&&' is not an operator of the language | write and

x || y
  ^^ '||' is not an operator of the language | write or

!x
^ the character '!' has no meaning here | write not

x!
 ^ the character '!' has no meaning here | write factorial(x)

x === y
  ^^^ '===' is not an operator of the language | write ==

x !== y
  ^^^ '!==' is not an operator of the language | write !=

x <> y
  ^^ '<>' is not an operator of the language | write !=

x ~= y
  ^^ '~=' is not an operator of the language | write !=

x -> y
  ^^ '->' is not an operator of the language

x => y
  ^^ '=>' is not an operator of the language | write >=

x << 2
  ^^ '<<' is not an operator of the language | write x * 2**n

x .* y
  ^^ '.*' is not an operator of the language | write *, which works element by element

|x|
^ '|' does not bracket an operand | write abs(x)

2*|a + b|
  ^ '|' does not bracket an operand | write abs(a + b)

||x||
^ '|' does not bracket an operand | write norm(x)

x ? y : z
  ^ the character '?' has no meaning here | write A if CONDITION else B

A \ b
  ^ the character '\' has no meaning here | write solve(A, b) for A\b

\sin(x)
^ the character '\' has no meaning here | remove it

$x
^ the character '$' has no meaning here | write names without $

x{1}
 ^ the character '{' has no meaning here | write [...] for an array, (...) for grouping

# characters

√x
^ the character '√' has no meaning here | write sqrt(x)

a × b
  ^ the character '×' has no meaning here | write * to multiply

a ÷ b
  ^ the character '÷' has no meaning here | write / to divide

a − b
  ^ the character '−' has no meaning here | write - (the minus of the keyboard)

x²
 ^ the character '²' (superscript two) has no meaning here | write x**2

(a+b)⁻¹
     ^^ the character '⁻' (superscript minus) has no meaning here | write )**-1

x₁
 ^ the character '₁' (subscript one) has no meaning here | write x1

½
^ the character '½' (vulgar fraction one half) has no meaning here | write (1/2)

x ≤ y
  ^ the character '≤' has no meaning here | write <=

§
^ the character '§' (section sign) has no meaning here

# numbers

0..5
^^^^ '0..5' is not a number | write arange(0, 5) for a range

0...5
^^^^^ '0...5' is not a number | write arange(0, 5) for a range

1.2.3
^^^^^ '1.2.3' is not a number | a number has one decimal point

007
^^^ the number '007' has leading zeros | write 7

1__0
^^^^ '1__0' is not a number | single underscores stand between digits

0b12
^^^^ '0b12' is not a number | binary digits are 0 and 1

0x
^^ '0x' is not a number | hexadecimal digits are 0 to 9 and a to f

1e5e5
^^^^^ there is no operator between '1e5' and 'e5' | write 1e5*e5

# reserved words

lambda x: x
^^^^^^ 'lambda' is not part of an expression

lambda
^^^^^^ 'lambda' is a reserved word and cannot be a name | choose another name, such as lambda_

f(lambda=3)
  ^^^^^^ 'lambda' is a reserved word and cannot be a name | choose another name, such as lambda_

x.if
 ^ a name is missing after '.'

if x: 3
^^ 'if' stands between two values | write A if CONDITION else B

[i for i in x]
   ^^^ 'for' is not part of an expression

import numpy
^^^^^^ 'import' is not part of an expression

x is y
  ^^ 'is' is not an operator of the language | write == to compare

x not in y
  ^^^^^^ 'not in' is not an operator of the language | write any(x == a) for membership

# conditionals

a if c
  ^^ the conditional has no 'else' | write A if CONDITION else B

f(a if c, 2)
    ^^ the conditional has no 'else' | write A if CONDITION else B

a if c if d else e
  ^^ the conditional has no 'else' | write A if CONDITION else B

else 3
^^^^ there is no 'if' before this 'else' | write A if CONDITION else B

# commas and colons

f(a b)
  ^^^ a comma is missing between 'a' and 'b' | write a, b

[1 2]
 ^^^ a comma is missing between '1' and '2' | write 1, 2

f(,a)
  ^ something is missing before ',' | remove the ','

f(a,,b)
    ^ something is missing before ',' | remove the ','

x[,1]
  ^ something is missing before ',' | write : for all elements

a, b
 ^ a comma stands outside brackets | write (a, b) for a tuple, [a, b] for an array

a:b
 ^ ':' stands outside a subscript | write x[a:b] for a slice, arange(a, b) for a range

[1:3]
  ^ ':' stands outside a subscript | write x[a:b] for a slice, arange(a, b) for a range

x[1:2:3:4]
       ^ a slice has at most two ':' | write start:stop:step

;
^ there is no statement before ';' | remove the ';'

a;;b
  ^ there is no statement before ';' | remove the ';'

# arguments

f(a=1, 2)
       ^ a positional argument stands after a keyword argument | put it before a=

f(a=1, a=2)
       ^ the keyword argument 'a' is given twice | remove one

f(*a)
  ^ '*' cannot unpack arguments | write the arguments one by one

f(**a)
  ^^ '**' cannot unpack arguments | write the arguments one by one
"""

# The same for texts that do not print well: span, message, repair.
INVISIBLE = [
    ("f(x\ny = 2", 1, 2, "the bracket '(' is never closed", "add ')'"),
    ("", 0, 0, "the expression is empty", "write a formula, such as w*x + b"),
    ("  \n # nothing\n", 0, 0, "the expression is empty", "write a formula, such as w*x + b"),
    ("x @ \n", 3, 3, "the expression ends after '@'; an operand is missing", None),
    (
        "a +\nb",
        3,
        3,
        "the line ends after '+'; an operand is missing",
        "put brackets around an expression that goes on in the next line",
    ),
    ("\ud800", 0, 1, "the character U+D800 has no meaning here", None),
    ("x\x00", 1, 2, "the character U+0000 has no meaning here", None),
    ("[1\n2]", 1, 4, "a comma is missing between '1' and '2'", "write 1, 2"),
]


def mistakes():
    lines = [line for line in MISTAKES.split("\n") if line and not line.startswith("# ")]
    for text, line in zip(lines[::2], lines[1::2], strict=True):
        place, _, rest = line.lstrip(" ").partition(" ")
        message, _, hint = rest.partition(" | ")
        start = len(line) - len(line.lstrip(" "))
        yield text, start, start + place.count("^"), message, hint or None
    yield from INVISIBLE


@pytest.mark.parametrize(("text", "start", "end", "message", "hint"), list(mistakes()))
def test_mistakes(text, start, end, message, hint):
    error = failure(text)
    assert (error.code, error.message, error.hint) == ("syntax", message, hint)
    assert error.span == (start, end)
    assert error.source.text == text


WORDS = [
    "x", "y", "1", ".5", "2j", "'a'", "'", '"', "(", ")", "[", "]", ",", ";", ":", "=", ".", "...",
    "+", "-", "*", "/", "//", "**", "^", "|", "&", "~", "@", "%", "!", "==", "<", ">", "and", "or",
    "not", "if", "else", "in", "is", "lambda", "for", "True", "None", "$", "²", "√", "\\", "#", "{",
    "}", " ", "\n",
]  # fmt: skip


@given(st.one_of(st.lists(st.sampled_from(WORDS), max_size=12).map("".join), st.text(max_size=12)))
@example("'\\U00110000'")
@example("1_e5")
def test_every_text_is_an_expression_or_explained(text):
    try:
        unparse(parse(text))
    except DiffcliError as error:
        assert error.code in ("syntax", "limit")
        assert error.source.text == text
        start, end = error.span
        assert 0 <= start <= end <= len(text)
        assert not error.message.endswith(".") and "\n" not in error.message + (error.hint or "")


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
@given(st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join))
def test_only_python_is_accepted(text):
    try:
        parse(text)
    except DiffcliError:
        return
    python_ast.parse("\n".join(line.strip() for line in text.split("\n")))


# Tables


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache folder; returns it with the list of tables that were compiled since."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("DIFFCLI_CACHE", str(folder))
    compiled = []
    compile_table = tables.compile_table

    def counted(start):
        compiled.append(start)
        return compile_table(start)

    monkeypatch.setattr(tables, "compile_table", counted)
    return folder, compiled


def same(a: tables.Table, b: tables.Table) -> bool:
    return all(getattr(a, slot) == getattr(b, slot) for slot in tables.Table.__slots__)


def test_tables_are_compiled_once(cache):
    folder, compiled = cache
    first = tables.load_table("expression")
    second = tables.load_table("expression")
    assert compiled == ["expression"] and same(first, second)
    (file,) = folder.iterdir()
    if os.name == "posix":
        assert (folder.stat().st_mode & 0o777, file.stat().st_mode & 0o777) == (0o700, 0o600)


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:-1],
        lambda data: data.replace(b"table-1", b"table-0"),
        lambda data: data.replace(b" 7 ", b" 8 ", 1),
        lambda data: b"\xff" + data,
    ],
)
def test_a_damaged_table_is_replaced(cache, damage):
    folder, compiled = cache
    table = tables.load_table("expression")
    (file,) = folder.iterdir()
    whole = file.read_bytes()
    file.write_bytes(damage(whole))
    assert file.read_bytes() != whole
    assert same(tables.load_table("expression"), table)
    assert compiled == ["expression"] * 2 and file.read_bytes() == whole


def test_a_folder_that_cannot_be_used_is_left_alone(cache, tmp_path, monkeypatch):
    _, compiled = cache
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("DIFFCLI_CACHE", str(tmp_path / "file" / "cache"))
    assert tables.load_table("expression").rows
    assert compiled == ["expression"]


def test_a_table_that_cannot_be_put_in_place_leaves_nothing_behind(cache, monkeypatch):
    folder, _ = cache
    monkeypatch.setattr(os, "replace", lambda *paths: (_ for _ in ()).throw(OSError("disk full")))
    assert tables.load_table("expression").rows
    assert list(folder.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="files have no owner here")
def test_the_file_of_another_user_is_not_read(cache, monkeypatch):
    folder, compiled = cache
    tables.load_table("expression")
    (file,) = folder.iterdir()
    if os.geteuid() == 0:
        os.chown(file, 12345, -1)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: 12345)
    tables.load_table("expression")
    assert compiled == ["expression"] * 2


def test_a_changed_grammar_gets_a_table_of_its_own(cache, tmp_path, monkeypatch):
    folder, compiled = cache
    tables.load_table("expression")
    grammar = tmp_path / "grammar"
    grammar.mkdir()
    for name in ("terminals.lark", "expression.lark"):
        text = Path(tables.grammar_dir(), name).read_text(encoding="utf-8")
        (grammar / name).write_text(text.replace('"^"', '"**^"'), encoding="utf-8")
    monkeypatch.setattr(tables, "grammar_dir", lambda: str(grammar))
    assert "**^" in tables.load_table("expression").literals
    assert len(list(folder.iterdir())) == len(compiled) == 2


CACHE_DIRS = [
    ({"DIFFCLI_CACHE": "0"}, None),
    ({"DIFFCLI_CACHE": "/somewhere"}, "/somewhere"),
    ({"XDG_CACHE_HOME": "/xdg"}, "/xdg/diffcli"),
    ({"XDG_CACHE_HOME": "relative"}, "/home/me/.cache/diffcli"),
    ({}, "/home/me/.cache/diffcli"),
]


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="the folder is another there")
@pytest.mark.parametrize(("variables", "folder"), CACHE_DIRS)
def test_cache_dir(monkeypatch, variables, folder):
    monkeypatch.setenv("HOME", "/home/me")
    for name in ("DIFFCLI_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert tables.cache_dir() == folder


def test_the_grammar_has_no_conflicts(caplog):
    from lark.utils import logger

    caplog.set_level(logging.DEBUG, logger.name)
    tables.compile_table("expression")
    assert caplog.records == []


def test_tables_do_not_depend_on_the_process(cache):
    """And reading them does not take Lark."""
    tables.load_table("expression")
    folder, _ = cache
    (file,) = folder.iterdir()
    code = (
        "import sys; from diffcli.syntax import parser, tables;"
        "parser.expression_parser(); assert 'lark' not in sys.modules;"
        "sys.stdout.write(tables.encode(tables.compile_table('expression')))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert run.stdout == file.read_text(encoding="utf-8")


def test_unparse_of_trees_that_no_text_gives():
    span = (0, 0)
    x = Name("x", span)
    trees = {
        "(-1)**x": Binary("**", Literal(-1, span), x, span, span),
        "x - -1.5": Binary("-", x, Literal(-1.5, span), span, span),
        "(1+2j) * x": Binary("*", Literal(1 + 2j, span), x, span, span),
        "-1e999": Literal(-math.inf, span),
        "1e999j": Literal(complex(0, math.inf), span),
    }
    assert [unparse(tree) for tree in trees.values()] == list(trees)
