import torch
x = torch.tensor([1.0, 2.0], requires_grad=True)
z = (x**3).sum()
z.backward()
print(x.grad)
z.backward()
