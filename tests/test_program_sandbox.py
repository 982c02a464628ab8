"""Programs reach what is offered to them and nothing else of Python, NumPy or the machine."""

from __future__ import annotations

import pytest

from diffcli.errors import DiffcliError, Source
from diffcli.program import attributes
from diffcli.program.builtins import language
from diffcli.program.modules import module
from diffcli.program.run import run_program
from diffcli.program.values import Namespace


def failure(text: str) -> str:
    """The message of the error that ends a program."""
    with pytest.raises(DiffcliError) as caught:
        run_program(Source(text, "program.py"), lambda _: None, steps=200_000)
    return caught.value.message


REFUSED = """
().__class__.__bases__
().__class__.__base__.__subclasses__()
[].__class__.__base__
(1).__class__.__mro__
type(5).__mro__
type(5).__subclasses__()
object.__subclasses__()
type.mro(int)
int.__dict__
print.__globals__
print.__self__
print.function
print.name
len.__module__
"".format.__self__
[].append.__self__
[].append.owner
(lambda: 0).__code__
(lambda: 0).__globals__
(lambda: 0).code
(lambda: 0).run
(i for i in [1]).gi_frame
(lambda: (yield))().gi_frame
(lambda: (yield))().gi_code
(lambda: (yield))().gi_yieldfrom
(lambda: (yield))()._produced
(lambda: (yield))()._handling
(lambda: (yield))()._resume
type((lambda: (yield))())("f", iter([]))
(lambda: (yield))().throw(5)
(i for i in [1]).send(None)
ValueError("x").__traceback__
ValueError("x").with_traceback(None)
KeyError.__init__.__globals__
"{0.__class__}".format(5)
"{0[__class__]}".format(5)
"{x.real.__class__}".format(x=5)
"{:{0.__class__}}".format(5)
getattr(5, "__base__")
getattr("", "__mo" + "dule__")
getattr(print, "func" + "tion")
setattr(int, "x", 1)
setattr(print, "x", 1)
setattr(5, "__class__", int)
delattr(print, "name")
type("X", (), {})
type(print)("x", 5)
type(lambda: 0)(1, 2, 3, 4)
type((i for i in []))()
type(None)()
list(iter(type, 1))
{}.keys().mapping
iter([]).__reduce__()
range(3).__reduce_ex__(2)
property(5).fget
staticmethod(len).__func__
staticmethod(len).__wrapped__
list[int].__origin__
(int | str).__args__
"a".encode()
open("/etc/passwd")
__import__("os")
__builtins__
eval("1")
exec("1")
compile("1", "", "eval")
globals()
vars()
input()
breakpoint()
math.__loader__
math.__spec__
torch.__builtins__
torch.os
torch.load("x")
torch.save(1, "x")
torch._table
torch.tensor.__globals__
torch.tensor(1.0).__class__.__dict__
torch.tensor(1.0).node
torch.Tensor.__init__
torch.float32.numpy
torch.nn.Module.__init__.__globals__
torch.nn.Module().__dict__
torch.nn.Module().members
itertools.chain.__reduce__
itertools.count(1).__reduce__()
itertools.count(1).__setstate__(1)
functools.partial.__new__
functools.partial(len).__reduce__()
functools.partial(len).func.__self__
functools.lru_cache(len).kept
functools.lru_cache(len).__wrapped__
functools.lru_cache(len).cache_parameters
functools.cached_property(len).function
functools.WRAPPER_ASSIGNMENTS
collections.namedtuple("P", "x y").__new__
collections.namedtuple("P", "x y").__slots__
collections.namedtuple("P", "__class__")
collections.namedtuple("P", "x, print(1)")
collections.namedtuple("P(", "x")
collections.deque.__init__
collections.defaultdict(list).__missing__
collections.Counter.__init__
collections.abc.Callable.__origin__
random.Random(1).__reduce__()
random.Random(1).getstate()
random.SystemRandom
random._inst
random.os
copy._reconstruct
copy.dispatch_table
copy.deepcopy(i for i in [1])
contextlib.contextmanager(len)().made
contextlib.ExitStack
dataclasses.make_dataclass("A", ["x"])
dataclasses.dataclass(int)
dataclasses.field().__set_name__
dataclasses.sys
enum.Enum.__members__
enum.Enum("A", "x y")
enum.EnumMeta
enum.sys
abc.ABCMeta
typing.get_type_hints(print)
typing.sys
sys.modules
sys.path
sys._getframe()
sys.stdout.buffer
sys.stdout.shown
sys.float_info.__class__.__new__
time.os
operator.attrgetter("__class__.__base__")(5)
operator.attrgetter("__globals__")(len)
operator.methodcaller("__reduce__")(5)
operator.call
json.JSONEncoder
json.dumps(5, default=print)
json.dumps(5, cls=int)
json.load("x")
json.codecs
statistics.sys
string.Formatter()
string.Template("x")
torch.utils.data.DataLoader([1])._collate
torch.utils.data.DataLoader([1])._order()
torch.utils.data.Dataset.__dict__
torch.utils.data.get_worker_info
torch.utils.cpp_extension
np.load("x")
np.fromfile("x")
np.frombuffer
np.lib
np.zeros(3).__array_interface__
np.zeros(3).ctypes
np.zeros(3).data
np.zeros(3).base
np.zeros(3).tofile("x")
np.zeros(3).astype(object)
np.zeros(3).astype("O")
np.zeros(3).view("O")
np.zeros(3, dtype="O")
np.zeros(3, dtype={"names": ["a"], "formats": ["O"]})
np.array([1], dtype=str)
np.array([len])
np.array([None])
np.ndarray((3,))
np.zeros(3).dtype.type
np.float64.__mro__
""".strip().splitlines()

MODULES = (
    "abc, collections, contextlib, copy, dataclasses, enum, functools, itertools, math, random, "
    "sys, time, torch, typing, json, operator, statistics, string"
)

KINDS = ("AttributeError", "TypeError", "NameError", "ValueError")


@pytest.mark.parametrize("text", REFUSED)
def test_an_expression_is_refused(text: str) -> None:
    program = f"import {MODULES}\nimport numpy as np\n{text}"

    assert failure(program).split(":")[0] in (
        "AttributeError",
        "TypeError",
        "NameError",
        "ValueError",
    )


INTERFACE = "{'data': (id(5), False), 'shape': (4,), 'typestr': '<i8', 'version': 3}"


@pytest.mark.parametrize(
    "text",
    [
        f"class A: __array_interface__ = {INTERFACE}",
        f"class A:\n    __array_interface__ = property(lambda self: {INTERFACE})",
        "class A:\n    def __array__(self, *args): return 5",
        f"class A:\n    def __getattribute__(self, name): return {INTERFACE}",
        f"a = A()\na.__array_interface__ = {INTERFACE}",
        f"setattr(A(), '__array_interface__', {INTERFACE})",
        f"A.__array_interface__ = {INTERFACE}",
        "class B(A):\n    def __init__(s): super().__setattr__('__array_interface__', 5)\nB()",
        f"torch.nn.Module().register_buffer('__array_interface__', {INTERFACE})",
        f"torch.nn.Module().register_parameter('__array_interface__', {INTERFACE})",
        f"torch.nn.Module().add_module('__array_interface__', {INTERFACE})",
        f"torch.nn.Sequential({{'__array_interface__': {INTERFACE}}})",
        f"@dataclass\nclass A:\n    __array_interface__: dict\nA({INTERFACE})",
        "@dataclass\nclass B(A):\n    __class__: type\nB(A)",
        f"class A:\n    @cached_property\n    def __array_interface__(self): return {INTERFACE}",
        f"class A(NamedTuple):\n    __array_interface__: dict = {INTERFACE}",
        "class A:\n    def __del__(self): pass",
        "class A:\n    def __new__(cls): pass",
        "class A:\n    def __init_subclass__(cls): pass",
        "class A(type): pass",
        "class A(int): pass",
        "class A(type(print)): pass",
    ],
)
def test_memory_is_not_offered_to_libraries(text: str) -> None:
    imports = (
        "import torch, numpy as np\nfrom dataclasses import dataclass\n"
        "from functools import cached_property\nfrom typing import NamedTuple\n"
    )
    failure(f"{imports}class A: pass\n{text}")


@pytest.mark.parametrize(
    "use", ["np.zeros(4) + a", "np.array(a)", "np.sum([a])", "torch.tensor(a)"]
)
def test_libraries_never_ask_a_program_for_special_names(use: str) -> None:
    asked = (
        "import torch, numpy as np\nasked = []\n"
        "class A:\n    def __getattr__(self, name): asked.append(name)\n"
        f"a = A()\ntry:\n    {use}\nexcept (TypeError, RuntimeError): pass\n"
    )
    names = run_program(Source(asked), lambda _: None)

    assert [name for name in names["asked"] if name.startswith("__")] == []


FORBIDDEN = (
    "__dict__ __globals__ __code__ __closure__ __self__ __func__ __module__ __mro__ "
    "__bases__ __base__ __subclasses__ __reduce__ __getattribute__ __builtins__ __loader__ "
    "__spec__ __wrapped__ __traceback__ gi_frame f_globals func_globals function owner code run"
).split()


def test_nothing_reachable_has_a_forbidden_attribute() -> None:
    pending: list[object] = list(language().values())
    pending += [module(path, (0, 0)) for path in ("numpy", *MODULES.split(", "))]
    pending += [5, 2.0, 1j, "text", [1], (1,), {1: 2}, {1}, range(3), slice(1), None, ...]
    pending += [ValueError(), Exception, super, type]
    pending += [iter([1]), zip(), map(len, []), enumerate([]), {}.items(), (i for i in ())]
    seen: dict[int, object] = {}
    found = []
    while pending:
        value = pending.pop()
        if id(value) in seen:
            continue
        seen[id(value)] = value
        for name in FORBIDDEN:
            try:
                if not isinstance(attributes.get(value, name), Namespace):
                    found.append((value, name))
            except AttributeError:
                pass
        if isinstance(value, Namespace):
            pending += [attributes.get(value, name) for name in value.table]

    assert len(seen) > 500
    assert found == []
