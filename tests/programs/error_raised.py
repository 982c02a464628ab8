# An error of the program's own
import torch


class Diverged(Exception):
    pass


def descend(lr, steps):
    x = torch.tensor(1.0, requires_grad=True)
    for k in range(steps):
        loss = x**2
        loss.backward()
        with torch.no_grad():
            x -= lr * x.grad
            x.grad.zero_()
        print(k, round(x.item(), 4))
        if x.abs() > 10:
            raise ValueError(f"diverged after {k + 1} steps")


descend(0.4, 2)
try:
    raise Diverged("at once")
except Diverged as e:
    print("Diverged:", e)
descend(2.0, 10)
