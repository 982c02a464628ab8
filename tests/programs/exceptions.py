# try, except, else, finally and PyTorch's messages
import torch


def attempt(f):
    try:
        result = f()
    except RuntimeError as e:
        print("RuntimeError:", e)
    except (TypeError, ValueError) as e:
        print(type(e).__name__ + ":", str(e).split("\n")[0])
    except IndexError as e:
        print("IndexError:", e)
    except Exception as e:
        print("other", type(e).__name__, e)
    else:
        print("fine", result)
    finally:
        print("--")


a = torch.ones(2, 3)
attempt(lambda: a.sum())
attempt(lambda: a @ a)
attempt(lambda: a + torch.ones(2, 2))
attempt(lambda: torch.dot(a, a))
attempt(lambda: a[5])
attempt(lambda: a[0, 0, 0])
attempt(lambda: torch.cat([a, torch.ones(3, 2)]))
attempt(lambda: torch.stack([a, torch.ones(3)]))
attempt(lambda: a.view(4))
attempt(lambda: torch.mm(torch.ones(2), a))
attempt(lambda: a.sum(dim=2))
attempt(lambda: torch.linalg.inv(torch.zeros(2, 2)))
attempt(lambda: torch.linalg.inv(torch.ones(2, 3)))
attempt(lambda: torch.ones(2, dtype=torch.long).requires_grad_())
attempt(lambda: torch.ones(3).backward())
attempt(lambda: (torch.ones(2, requires_grad=True) * 2).backward())
attempt(lambda: [1, 2][7])
attempt(lambda: {}["missing"])
attempt(lambda: 1 / 0)
attempt(lambda: int("x"))
attempt(lambda: "a" + 1)
attempt(lambda: torch.arange(3) @ torch.ones(3))
attempt(lambda: torch.ones(3)[[0, 5]])
attempt(lambda: torch.ones(2, 3).t().view(6))
attempt(lambda: torch.tensor([1, 2]) / 0)
attempt(lambda: torch.tensor([1, 2]) // 0)
attempt(lambda: torch.ones(2, 2).item())
attempt(lambda: torch.ones(1, 1).item())
attempt(lambda: float(torch.ones(2)))


class TooBig(ValueError):
    pass


def check(x):
    if x.norm() > 1:
        raise TooBig(f"norm {x.norm():.2f}")
    return x


try:
    check(torch.tensor([3.0, 4.0]))
except TooBig as e:
    print("caught", e)
try:
    assert False, "message"
except AssertionError as e:
    print(e)
try:
    try:
        raise KeyError("k")
    finally:
        print("cleanup")
except KeyError as e:
    print(e)
try:
    raise NotImplementedError
except NotImplementedError as e:
    print(repr(e), isinstance(e, RuntimeError))
try:
    undefined_name
except NameError as e:
    print(e)
try:
    torch.ones(2).no_such_method()
except AttributeError as e:
    print(e)
