# from_numpy, numpy, tolist, item
import numpy as np
import torch

a = np.array([1.0, 2.0, 3.0])
t = torch.from_numpy(a)
print(t, t.dtype)
t.mul_(2)
print(a)
n = torch.tensor([[1.0, 2.0], [3.0, 4.0]]).numpy()
print(n)
print(n.dtype, n.shape)
x = torch.tensor([1.0, 2.0], requires_grad=True)
try:
    x.numpy()
except RuntimeError as e:
    print(e)
print(x.detach().numpy())
print(x.tolist(), x[0].item(), type(x[0].item()), type(x.tolist()))
print(torch.tensor([[1, 2], [3, 4]]).tolist(), torch.tensor(5).tolist(), torch.tensor(True).item())
try:
    x.item()
except RuntimeError as e:
    print(e)
print(torch.tensor(0.1).item())
print(torch.tensor(0.1, dtype=torch.float64).item())
print(torch.tensor(1 + 2j).item())
print(float(torch.tensor(2.5)), int(torch.tensor(7.9)), bool(torch.tensor([0.0])))
print(np.sin(1.0), np.float32(0.1), np.pi)
print(torch.tensor(np.arange(3)), torch.tensor(np.array([0.5], dtype=np.float32)))
print(np.linspace(0, 1, 3), np.zeros((2, 2)))
