"""Programs that want more steps, time, elements or depth than they may have end with a sentence."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

from diffcli.errors import DiffcliError, ExitStatus, Source
from diffcli.limits import limited
from diffcli.program.run import run_program

ENDLESS = {
    "while": "while True: pass",
    "for": "for i in range(10**12): pass",
    "comprehension": "[i for i in range(10**12)]",
    "generator": "sum(1 for i in range(10**12))",
    "print": "while True: print('x' * 100)",
    "calls": "def f(n): return [f(n - 1), f(n - 1)] if n else 0\nf(60)",
    "sum": "sum(range(10**12))",
    "list": "list(range(10**12))",
    "iter": "list(iter(int, 1))",
    "in": "5 in iter(int, 1)",
    "in range": "1.5 in range(10**12)",
    "unpacking": "a, *b = iter(int, 1)",
    "items": "[*iter(int, 1)]",
    "arguments": "print(*iter(int, 1))",
    "many arguments": "print(*range(10**10))",
    "filter": "next(filter(None, iter(int, 1)))",
    "dict": "dict(iter(lambda: (1, 2), 3))",
    "update": "{}.update(iter(lambda: (1, 2), 3))",
    "union": "set().union(iter(int, 1))",
    "difference": "{1}.difference(iter(int, 1))",
    "slice": "a = []\na[:] = iter(int, 1)",
    "extend": "[].extend(iter(int, 1))",
    "in place": "a = []\na += iter(int, 1)",
    "join": "','.join(iter(str, 1))",
    "fsum": "import math\nmath.fsum(iter(int, 1))",
    "prod": "import math\nmath.prod(iter(int, 1))",
    "sorted": "sorted(iter(int, 1))",
    "max": "max(iter(int, 1))",
    "all": "all(iter(lambda: 1, 2))",
    "zip": "list(zip(iter(int, 1)))",
    "map": "list(map(str, iter(int, 1)))",
    "json of shared lists": "import json\na = []\nfor i in range(100): a = [a, a]\njson.dumps(a)",
    "mean": "import statistics\nstatistics.mean(iter(int, 1))",
    "sampler": "from torch.utils.data import *\nlist(DataLoader([1], sampler=iter(int, 1)))",
    "batch": "from torch.utils.data import *\nlist(DataLoader([1], 10**9, sampler=iter(int, 1)))",
    "batches": """
        from torch.utils.data import DataLoader
        list(DataLoader([1], batch_sampler=[iter(int, 1)]))
        """,
    "lengths": "from torch.utils.data import *\nrandom_split([1], iter(int, 1))",
    "indices": "from torch.utils.data import *\nSubset([1], iter(int, 1))",
    "collate": "from torch.utils.data import *\ndefault_collate(iter(int, 1))",
    "keys": "{}.keys() & iter(int, 1)",
    "keys without": "{}.keys() - iter(int, 1)",
    "keys in place": "a = {}.keys()\na |= iter(int, 1)",
    "Size": "import torch\ntorch.Size(iter(int, 1))",
    "optimizer": "import torch\ntorch.optim.SGD(iter(int, 1), lr=0.1)",
    "grad": "import torch\ntorch.autograd.grad(torch.ones(1), iter(int, 1))",
    "norm": "import torch\ntorch.nn.utils.clip_grad_norm_(iter(int, 1), 1)",
    "count": "import itertools\nlist(itertools.count())",
    "cycle": "import itertools\nfor x in itertools.cycle([1]): pass",
    "islice": "import itertools\nnext(itertools.islice(itertools.count(), 10**12, None))",
    "dropwhile": "import itertools\nnext(itertools.dropwhile(lambda n: True, itertools.count()))",
    "filterfalse": "import itertools\nnext(itertools.filterfalse(None, itertools.count(1)))",
    "compress": "from itertools import *\nnext(compress(count(), repeat(0)))",
    "empty chains": "from itertools import *\nnext(chain.from_iterable(repeat([])))",
    "starmap": "from itertools import *\nnext(starmap(print, [count()]))",
    "groups": "from itertools import *\ng = groupby(repeat(1))\nnext(g)\nnext(g)",
    "product of an endless one": "from itertools import *\nproduct(count())",
    "product": "from itertools import *\nsum(1 for p in product(range(100), repeat=10))",
    "repeated product": "from itertools import *\nproduct([1], repeat=10**12)",
    "permutations": "from itertools import *\nlist(permutations(range(100)))",
    "combinations": "from itertools import *\nlist(combinations(range(100), 50))",
    "tee": "from itertools import *\na, b = tee(count())\nlist(a)",
    "zip_longest": "from itertools import *\nlist(zip_longest(count(), []))",
    "accumulate": "from itertools import *\nlist(accumulate(repeat(1)))",
    "deque": "from collections import *\nfrom itertools import count\ndeque(count(), maxlen=3)",
    "extended deque": "from collections import *\ndeque().extend(iter(int, 1))",
    "deque in place": "from collections import *\nd = deque()\nd += iter(int, 1)",
    "Counter": "from collections import *\nfrom itertools import count\nCounter(count())",
    "elements": "from collections import *\nlist(Counter(a=10**12).elements())",
    "reduce": "from functools import *\nfrom itertools import count\nreduce(max, count())",
    "namedtuple": "from collections import *\nnamedtuple('P', iter(str, 1))",
    "shuffle": "import random\nx = [0] * 10**5\nwhile True: random.shuffle(x)",
    "sample": "import random\nwhile True: random.sample(range(10**6), 1000)",
    "choices": "import random\nwhile True: random.choices([1, 2], k=1000)",
    "print of shared deques": """
        from collections import deque
        a = deque()
        for i in range(100): a = deque([a, a])
        print(a)
        """,
    "print of shared default dicts": """
        from collections import defaultdict
        a = defaultdict(int)
        for i in range(100): a = defaultdict(int, x=a, y=a)
        print(a)
        """,
    "print of shared errors": "a = 1\nfor i in range(100): a = ValueError(a, a)\nprint(a)",
    "print of shared data": """
        from dataclasses import dataclass
        @dataclass
        class A:
            x: int
            y: int
        a = 1
        for i in range(100): a = A(a, a)
        print(a)
        """,
    "equal data": """
        from dataclasses import dataclass
        @dataclass
        class A:
            x: int
            y: int
        a = b = 1
        for i in range(100): a, b = A(a, a), A(b, b)
        a == b
        """,
    "shared named tuples": """
        from collections import namedtuple
        P = namedtuple('P', 'x y')
        a = 1
        for i in range(100): a = P(a, a)
        print(a)
        """,
    "shared values": "a = {}\nfor i in range(100): a = {1: a, 2: a}\nprint(a.values())",
    "copies": "import copy\nx = [0] * 10**5\nwhile True: copy.copy(x)",
    "deep copies": "import copy\nx = [[0] for i in range(1000)]\nwhile True: copy.deepcopy(x)",
    "pattern": "match range(10**12):\n    case [*x]: pass",
    "infinite generator": "def f():\n    while True: yield\nlist(f())",
    "generator in a loop": "def f():\n    while True: yield\nfor x in f(): pass",
    "generator of a generator": """
        def f():
            while True: yield
        def g(): yield from f()
        for x in g(): pass
        """,
    "generator that does not yield": "def f():\n    while True: pass\n    yield\nnext(f())",
    "generator that never ends": """
        def f():
            while True:
                try: yield
                except: pass
        g = f()
        next(g)
        del g
        while True: pass
        """,
    "yield in finally": """
        def f():
            while True:
                try: yield
                finally: continue
        while True: next(f())
        """,
    "finally of an abandoned generator": """
        def f():
            try: yield
            finally:
                while True: pass
        next(f())
        while True: pass
        """,
    "finally": """
        while True:
            try:
                while True: pass
            finally: continue
        """,
    "except": """
        while True:
            try:
                while True: pass
            except BaseException: pass
        """,
    "with": """
        class S:
            def __enter__(self): pass
            def __exit__(self, *a): return True
        while True:
            with S():
                while True: pass
        """,
    "repr of shared lists": "a = []\nfor i in range(100): a = [a, a]\nrepr(a)",
    "print of shared lists": "a = []\nfor i in range(100): a = [a, a]\nprint('x', [a])",
    "f-string of shared lists": "a = []\nfor i in range(100): a = {1: a, 2: a}\nf'{a}'",
    "format of shared lists": "a = []\nfor i in range(100): a = (a, a)\n'{}'.format(a)",
    "percent of shared lists": "a = []\nfor i in range(100): a = [a, a]\n'%s' % [a]",
    "equal lists": "a = b = 0\nfor i in range(100): a, b = [a, a], [b, b]\na == b",
    "hash of shared tuples": "a = ()\nfor i in range(100): a = (a, a)\nhash(a)",
    "keys of shared tuples": "a = ()\nfor i in range(100): a = (a, a)\n{a: 1}",
    "items of shared tuples": "a = ()\nfor i in range(100): a = (a, a)\nd = {}\nd[a]",
    "sets of shared tuples": "a = ()\nfor i in range(100): a = (a, a)\nset([a])",
}


def ends_with(text: str, **limits: float) -> DiffcliError:
    with pytest.raises(DiffcliError) as caught:
        run_program(Source(textwrap.dedent(text)), lambda _: None, **limits)
    return caught.value


@pytest.mark.parametrize("text", ENDLESS.values(), ids=list(ENDLESS))
def test_an_endless_program_ends(text: str) -> None:
    error = ends_with(text, steps=30_000)

    assert (error.code, error.status) == ("limit", ExitStatus.FAILED)
    assert "--max-" in (error.hint or "")


def test_time_ends_a_program() -> None:
    error = ends_with("while True: pass", seconds=0.05)

    assert error.code == "limit"
    assert "--timeout" in (error.hint or "")


LONG_STEPS = {
    "products": "x = torch.zeros(500, 500).double()\nwhile True: x = x @ x",
    "decompositions": "while True: torch.linalg.svd(torch.ones(100, 100))",
    "derivatives of derivatives": """
        x = torch.ones(1, requires_grad=True)
        y = x.sin().exp().tanh()
        for i in range(40): y, = torch.autograd.grad(y, x, create_graph=True)
        """,
    "nested transforms": """
        f = lambda x: x.sin().exp().tanh()
        for i in range(25): f = torch.func.grad(f)
        f(torch.tensor(1.0))
        """,
    "handlers": """
        while True:
            try: torch.linalg.svd(torch.ones(100, 100))
            except: pass
            finally: pass
        """,
    "a Hessian": "torch.autograd.functional.hessian(lambda x: (x**3).sum(), torch.ones(15000))",
}


@pytest.mark.parametrize("text", LONG_STEPS.values(), ids=list(LONG_STEPS))
def test_time_ends_a_program_of_few_long_steps(text: str) -> None:
    """In a process of its own, which may end in the middle of a call of a library."""
    done = subprocess.run(
        [sys.executable, "-m", "diffcli", "run", "-", "--timeout", "0.5"],
        input="import torch\n" + textwrap.dedent(text),
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert done.returncode == ExitStatus.FAILED, done.stderr
    assert "the program took longer than 0.5 seconds" in done.stderr


LARGE = {
    "text": "'a' * 10**9",
    "deque": "from collections import deque\ndeque([0]) * 10**9",
    "deque in place": "from collections import deque\nd = deque([0])\nd *= 10**9",
    "accumulated": "from itertools import *\nlist(accumulate(repeat('ab' * 1000)))",
    "choices": "import random\nrandom.choices([1], k=10**9)",
    "product": "import operator\noperator.mul([0], 10**9)",
    "bits": "import random\nrandom.getrandbits(10**9)",
    "members": """
        from enum import IntEnum
        class A(IntEnum):
            X = 10
        A.X ** 10**9
        """,
    "list": "[0] * 10**9",
    "tuple": "10**9 * (0,)",
    "doubled text": "s = 'ab'\nwhile True: s = s + s",
    "doubled list": "s = [1]\nwhile True: s += s",
    "power": "10**10**9",
    "pow": "pow(10, 10**9)",
    "power of a modulus": "pow(3, 2**100_000, 2**100_000 - 1)",
    "squares": "x = 3\nwhile True: x = x * x",
    "shift": "1 << 10**10",
    "factorial": "import math\nmath.factorial(10**7)",
    "prod": "import math\nmath.prod([2**5000] * 10**6)",
    "comb": "import math\nmath.comb(10**7, 5 * 10**6)",
    "round": "round(5, -10**9)",
    "padding": "'a'.ljust(10**10)",
    "zeros": "'1'.zfill(10**10)",
    "replacement": "('a' * 10**5).replace('', 'b' * 10**6)",
    "joined": "('a' * 10**6).join(['b'] * 10**6)",
    "caught": "try: 'a' * 10**10\nexcept: pass",
    "swallowed": """
        class S:
            def __enter__(self): pass
            def __exit__(self, *a): return True
        with S(): 'a' * 10**10
        """,
}


@pytest.mark.parametrize("text", LARGE.values(), ids=list(LARGE))
def test_a_large_value_is_refused(text: str) -> None:
    with limited(elements=2**24):
        error = ends_with(text)

    assert (error.code, error.status) == ("limit", ExitStatus.FAILED)


@pytest.mark.parametrize(
    "text",
    [
        "torch.zeros(10**9)",
        "torch.zeros(10**5) + torch.zeros(10**5, 1)",
        "np.zeros(10**9)",
        "np.outer(np.zeros(10**5), np.zeros(10**5))",
        "np.zeros(10**5) + np.zeros((10**5, 1))",
        "np.tile(np.zeros(1000), 10**8)",
        "np.pad(np.zeros(10), 10**11)",
    ],
)
def test_a_large_array_is_refused(text: str) -> None:
    with limited(elements=2**24):
        error = ends_with(f"import torch, numpy as np\ntry:\n    {text}\nexcept: pass")

    assert error.code in ("too-large", "limit")


@pytest.mark.parametrize(
    "text",
    [
        "def f(): return f()\nf()",
        "class A:\n    def __repr__(self): return repr(self)\nrepr(A())",
        "class A:\n    def __getattr__(self, name): return self.x\nA().y",
        "class A:\n    def __eq__(self, other): return self == other\nA() == A()",
        "class A:\n    def __init__(self): A()\nA()",
        "def f(x): return sorted([2, 1], key=f)\nf(1)",
        "from torch.utils.data import *\na = []\na.append(a)\ndefault_collate(a)",
        "from functools import *\n@cache\ndef f(x): return f(x + 1)\nf(1)",
        "from functools import *\nf = partial(lambda: f())\nf()",
        "import copy\na = []\nfor i in range(5000): a = [a]\ncopy.deepcopy(a)",
        "def f():\n    yield from f()\nnext(f())",
        "def f():\n    for x in f(): yield x\nlist(f())",
        "def f(x): return list(map(f, [1]))\nf(1)",
        "a = ()\nfor i in range(5000): a = (a,)\nhash(a)",
        "a = []\nfor i in range(5000): a = [a]\nprint(a)",
        "a = []\na.append(a)\nb = []\nb.append(b)\na == b",
    ],
)
def test_recursion_has_an_end(text: str) -> None:
    error = ends_with(text)

    assert error.message.startswith("RecursionError: maximum recursion depth exceeded")


@pytest.mark.parametrize("opened", ["(", "-", "not ", "[", "abs(", "lambda: ", "1 if 1 else "])
def test_deep_texts_run_or_are_refused(opened: str) -> None:
    closed = {"(": ")", "[": "]", "abs(": ")"}.get(opened, "")
    count = 3000
    try:
        run_program(Source("x = " + opened * count + "1" + closed * count), lambda _: None)
    except DiffcliError as error:
        assert error.code in ("limit", "syntax")


def test_formats_are_bounded() -> None:
    for text in ("f'{1:1000000000}'", "'%1000000000d' % 1", "'%*d' % (10**9, 1)"):
        assert ends_with(text).message.startswith("ValueError: a width of ")
    assert ends_with("'{:{}}'.format(1, 10**9)").message.startswith("ValueError: a width of ")


def test_stars_and_long_numbers_beside_a_format_are_text() -> None:
    printed: list[str] = []
    run_program(Source("print('*** 123456 %5d ***' % 7, '%(a)s' % {'a': 2})"), printed.append)

    assert "".join(printed) == "*** 123456     7 *** 2\n"


def test_generators_that_are_left_halfway_are_closed_at_the_end() -> None:
    text = """
        def f(name):
            try: yield
            finally: print(name)
        a, b = f('a'), f('b')
        next(a), next(b)
        print('end')
        """
    printed: list[str] = []
    run_program(Source(textwrap.dedent(text)), printed.append)

    assert "".join(printed) == "end\na\nb\n"
