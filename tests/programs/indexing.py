# Reading and writing by index, with gradients
import torch

x = torch.arange(12.0).reshape(3, 4).requires_grad_()
print(x[0], x[1, 2], x[-1], x[:, 1], x[1:, ::2])
print(x[[0, 2]], x[torch.tensor([0, 2]), torch.tensor([1, 3])])
print(x[x > 8], x[..., 0], x[None, 0], x[:, [1, 1]])
print(x[torch.tensor([True, False, True])])
print([x[0].grad_fn.name(), x[[0]].grad_fn.name(), x[x > 8].grad_fn.name(), x[:, 1].grad_fn.name()])
x[[0, 0, 2]].sum().backward()
print(x.grad)
x.grad = None
x[1:, ::2].pow(2).sum().backward()
print(x.grad)
x.grad = None
x[x > 8].sum().backward()
print(x.grad)
x.grad = None
x.gather(1, torch.tensor([[0], [1], [3]])).sum().backward()
print(x.grad)

y = torch.zeros(3, 4)
y[0] = 1
y[1, 1:3] = torch.tensor([5.0, 6.0])
y[:, -1] = 9
y[y == 0] = -1
y[[0, 2], [0, 0]] = torch.tensor([7.0, 8.0])
print(y)
y[1] += 10
y[:, 0] *= 2
print(y)
z = torch.zeros(4)
w = torch.tensor([1.0, 2.0], requires_grad=True)
z[1:3] = w * w
z[0] = w[0]
print(z)
z.sum().backward()
print(w.grad)
print(x.detach().index_select(0, torch.tensor([2, 0])), torch.take(x.detach(), torch.tensor([0, 11])))
print(torch.zeros(3).scatter(0, torch.tensor([0, 2]), torch.tensor([1.0, 2.0])))
print(torch.zeros(3).scatter_add_(0, torch.tensor([0, 0]), torch.tensor([1.0, 2.0])))
print(torch.zeros(3).index_add(0, torch.tensor([1, 1]), torch.ones(2)))
print(torch.masked_select(x.detach(), x.detach() < 2), torch.nonzero(torch.tensor([0, 1, 1])))
print(torch.where(torch.tensor([0, 1, 1])), x.detach().masked_fill(x.detach() > 1, 0.0)[0])
print(x[0, 0].item(), x[2][3], len(x[0]), x[:0].shape, x[0:1].shape)
try:
    x[3]
except IndexError as e:
    print(e)
try:
    y[0] = torch.ones(3)
except RuntimeError as e:
    print(e)
