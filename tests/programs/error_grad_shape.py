# A gradient of another shape than the output
import torch

x = torch.ones(2, 2, requires_grad=True)
y = x * 2
y.backward(torch.ones(2, 2))
print(x.grad)
z = x * 2
z.backward(torch.ones(3))
