import torch

x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
try:
    y = x * 2
    y.backward()
except RuntimeError as e:
    print(type(e).__name__, "->", e)
else:
    print("no error")
finally:
    print("done")


def risky(n):
    if n > 2:
        raise RuntimeError("too big")
    return n


for n in range(4):
    try:
        print(risky(n))
    except RuntimeError as err:
        print(f"Error: {err}")
        continue


def outer():
    try:
        risky(5)
    except RuntimeError as e:
        raise ValueError("outer failed") from e


try:
    outer()
except ValueError as e:
    print(e, "caused by", e.__cause__)


class MyErr(Exception):
    pass


class Sub(MyErr):
    def __init__(self, a, b):
        self.a = a
        self.b = b
        super().__init__(f"{a} and {b}")


try:
    raise Sub(1, 2)
except MyErr as e:
    print(e, e.a, e.args, isinstance(e, Sub), type(e).__mro__ if False else "")
import torch

if __name__ == "__main__":

    def main():
        x = torch.ones(2)
        print(
            x.__class__.__name__,
            x.__class__,
            isinstance(x, torch.Tensor),
            type(x) is torch.Tensor,
            type(x) == torch.Tensor,
        )
        print(
            f"{x.mean():.2f} {x.mean().item():>8.3f} {x.shape} {tuple(x.shape)} {x.dtype} {x.size(0)} {x.numel()=}"
        )
        print(*[f"{v:.1f}" for v in x], sep=", ", end="!\n")
        for name, fn in {"relu": torch.relu, "sin": torch.sin}.items():
            print(f"{name:<6}", fn(x))
        for name, fn in [("relu", torch.relu)]:
            print(fn.__name__)
        print(torch.nn.ReLU.__name__, torch.nn.functional.relu.__name__, torch.nn.Linear.__name__)
        print("-" * 20, "=" * 10 + ">")
        print(
            "a\tb",
            "c\\n",
            r"\d",
            """multi
line""",
        )
        return None

    main()
    print(main())
