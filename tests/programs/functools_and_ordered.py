from functools import partial, reduce, wraps
import functools
from collections import OrderedDict
import torch.nn as nn
def f(a, b, c=1): return a + b * c
print(partial(f, 1, c=5)(2), reduce(lambda a, b: a * b, [1, 2, 3, 4]), functools.reduce(f, (1, 2, 3), 10))
def deco(g):
    @wraps(g)
    def inner(*a): return g(*a) + 1
    return inner
@deco
def h(x): return x * 2
print(h(3))
d = OrderedDict([("a", 1), ("b", 2)]); d["c"] = 3; d.move_to_end("a")
print(d, list(d.keys()), d == {"b": 2, "c": 3, "a": 1})
m = nn.Sequential(OrderedDict([("fc", nn.Linear(2, 1)), ("act", nn.ReLU())]))
print(m)
