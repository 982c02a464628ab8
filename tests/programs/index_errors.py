import numpy as np
import torch


def shown(f):
    try:
        print(repr(f()))
    except Exception as error:
        print(type(error).__name__, error)


x = torch.arange(6.0).reshape(2, 3)


def changed(f):
    y = x.clone()
    try:
        f(y)
        print(y)
    except Exception as e:
        print(type(e).__name__, e)


def f1(y):
    y[0] = np.float64(3)


def f2(y):
    y[0] = np.ones(3)


def f3(y):
    y[0] = None


def f4(y):
    y[0] = True


def f5(y):
    y[0, 0] = 1j


def f6(y):
    y[0] = torch.tensor([1j, 2, 3])


def f7(y):
    y.long()[0] = 2.7


def f8(y):
    y[0] = (1, 2, 3)


def f9(y):
    y[y > 2] = 0


def f10(y):
    y[[0, 1], [1, 2]] = 5


def f11(y):
    y[:, torch.tensor([0, 2])] = torch.tensor([[1.0], [2.0]])


def f12(y):
    y[5] = 1


def f13(y):
    y[0][0] = 9
    y[:, 1] += 10
    y[1, :2] *= 2


def f14(y):
    y[torch.tensor([True, False])] = 7


def f15(y):
    y[..., 0] = torch.ones(3)


for f in (f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15):
    changed(f)
shown(lambda: x[0, None, 2])
shown(lambda: x[None, 5])
shown(lambda: x[None, None, 0, 7])
shown(lambda: x[..., 5])
shown(lambda: x[:, 5])
shown(lambda: x[torch.tensor([0, 1]), None].shape)
shown(lambda: x[[True, False]])
shown(lambda: x[[[0, 1], [1, 0]]].shape)
shown(lambda: x[torch.tensor(1)])
shown(lambda: x[torch.tensor(5)])
shown(lambda: x[torch.tensor([5])])
shown(lambda: x[0, torch.tensor([5])])
shown(lambda: x[()])
shown(lambda: x[torch.tensor([[True, False, True], [False, True, False]])])
shown(lambda: x[torch.tensor([True, False, True])])
shown(lambda: x[1:0].shape)
shown(lambda: x[-1:])
shown(lambda: x[0:100:2])
shown(lambda: x[::0])
shown(lambda: x["a"])
shown(lambda: x[0.5])
shown(lambda: x[None])
shown(lambda: x[np.array([0, 1])])
shown(lambda: x[np.int64(1)])
shown(lambda: x[range(2)])
shown(lambda: x[torch.tensor([0.5])])
shown(lambda: x[slice(0, 1)])
shown(lambda: x[{}])
shown(lambda: x[0, 0, 0])
shown(lambda: x[torch.tensor([0, 1]), torch.tensor([0, 1, 2])])
