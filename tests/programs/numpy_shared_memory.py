import numpy as np
import torch


def shown(f):
    try:
        print(f())
    except Exception as error:
        print(type(error).__name__, error)


a = np.array([1.0, 2.0, 3.0])
x = torch.from_numpy(a)
a[0] = 9
print(x)
x[1] = 7
print(a)
x.add_(1)
print(a)
y = torch.ones(3)
b = y.numpy()
y.add_(1)
print(b, b.dtype)
b[0] = 5
print(y)
v = y[1:]
c = v.numpy()
y.mul_(2)
print(c)
v.add_(1)
print(c, b, y)
c[0] = -1
print(y)
print(np.array(y), np.asarray(y).dtype)
print(np.sum(y.numpy()), np.mean(np.array([1.0, 2.0])), np.sqrt(y.numpy()))
shown(lambda: np.sin(torch.ones(2)))
shown(lambda: np.add(torch.ones(2), np.ones(2)))
shown(lambda: torch.ones(2) + np.ones(2))
shown(lambda: torch.ones(2) * np.float64(2))
shown(lambda: np.float64(2) * torch.ones(2))
shown(lambda: torch.tensor(np.float32(2)))
shown(lambda: torch.tensor([np.float64(2)]))
shown(lambda: torch.tensor(np.array([1, 2])))
shown(lambda: torch.as_tensor(a))
shown(lambda: torch.from_numpy([1]))
shown(lambda: torch.ones(2, requires_grad=True).numpy())
shown(lambda: np.array(torch.ones(2, requires_grad=True)))
shown(lambda: torch.ones(2, requires_grad=True).detach().numpy())
shown(lambda: np.array([torch.tensor(1.0), torch.tensor(2.0)]))
shown(lambda: np.concatenate([torch.ones(1), torch.zeros(1)]))
shown(lambda: torch.tensor(3.0).numpy())
shown(lambda: torch.tensor(3).numpy() + 1)
shown(lambda: np.allclose(torch.ones(2), torch.ones(2)))
shown(lambda: torch.ones(2).numpy().tolist())
d = torch.tensor([1.0, 2.0])
e = torch.as_tensor(d.numpy())
e[0] = 8
print(d)
a = np.arange(6.0).reshape(2, 3)
x = torch.from_numpy(a)
x.mul_(2)
print(a)
a += 1
print(x)
x[0, 0] = 50
print(a)
x[1].zero_()
print(a)
y = torch.zeros(2, 2)
b = y.numpy()
y[0] = 1
print(b)
y.t().add_(1)
print(b)
b[1, 1] = 9
print(y, y.t())
w = torch.ones(2, requires_grad=True)
c = w.detach().numpy()
c[0] = 5
print(w)
with torch.no_grad():
    w.add_(1)
print(c, w)
shown(lambda: torch.tensor(a).data_ptr() == x.data_ptr())
shown(lambda: torch.ones(2, dtype=torch.float16).numpy().dtype)
shown(lambda: torch.tensor([True]).numpy())
shown(lambda: torch.as_tensor(a) is x)
shown(lambda: torch.asarray(a))
shown(lambda: np.isnan(torch.ones(2)))
shown(lambda: np.exp(torch.zeros(2)))
shown(lambda: np.maximum(torch.ones(2), 3))
shown(lambda: torch.ones(2) > np.zeros(2))
shown(lambda: torch.ones(2) ** np.float32(2))
shown(lambda: np.float32(2) - torch.ones(2))
shown(lambda: torch.sin(np.ones(2)))
shown(lambda: torch.tensor([np.float32(1), 2.0]))
shown(lambda: torch.from_numpy(np.array([1, 2], dtype=np.int32)))
shown(lambda: torch.from_numpy(np.array(1.0)))
shown(lambda: torch.from_numpy(np.array([1 + 2j])))
shown(lambda: torch.tensor(np.float64(3.0)))
shown(lambda: x.sum().item())
shown(lambda: float(np.float64(3.0)))
shown(lambda: list(np.array([1.0, 2.0])))
shown(lambda: [v for v in torch.ones(2).numpy()])
