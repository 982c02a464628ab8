# the forms of einsum: `...` that is summed or used twice, lists of numbers, and what is refused
import torch

a = torch.arange(6.0).reshape(2, 3).requires_grad_()
b = torch.arange(24.0).reshape(2, 4, 3)
one = torch.ones(2, 1, 3)
forms = [
    ("n...,m...->nm", a, a),
    ("...i->i", a),
    ("i...->", a),
    ("i...", a),
    ("...,...", a, a),
    ("i...,i...->...", a, a),
    ("i...,j...->ij...", a, a),
    ("b...i,b...i->b", b, one),
    ("...i,i->", b, torch.ones(3)),
    (a, [0, 1]),
    (a, [1, 0]),
    (a, [0, ...], [...]),
    (a, [0, 1], a, [0, 1], [0]),
    (a, [0, 51], a, [0, 51], [51]),
    ("ij,ij->i", [a, a]),
    ("ij", 3),
    ("i1->i", a),
    (" i $", a),
    ("ii", a),
    ("ijk", a),
    ("...ijk", a),
    ("i.j->i", a),
    ("i...j...", a),
    ("ij->i.", a),
    (a, [0, 60]),
    (a, [0, -1]),
]
for given in forms:
    try:
        y = torch.einsum(*given)
        print(y)
        if y.requires_grad:
            print(torch.autograd.grad(y.sum(), a)[0])
    except (RuntimeError, ValueError, TypeError) as e:
        print(type(e).__name__, e)
for join in (torch.stack, torch.cat, torch.hstack):
    try:
        join([a, 2])
    except TypeError as e:
        print(e)
