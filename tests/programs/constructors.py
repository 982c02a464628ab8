# Every way to make a tensor
import torch

print(torch.zeros(2, 3), torch.ones(2), torch.full((2, 2), 7.5))
print(torch.zeros((2,)), torch.zeros(0), torch.empty(0, 3).shape)
print(torch.arange(5), torch.arange(1, 10, 3), torch.arange(0, 1, 0.25))
print(torch.arange(3.0), torch.arange(5, 0, -2))
print(torch.linspace(0, 1, 5), torch.logspace(0, 2, 3))
print(torch.eye(3), torch.eye(2, 3, dtype=torch.int64))
print(torch.full((2,), 3), torch.full((2,), True), torch.full((2,), 1.0, dtype=torch.float64))
x = torch.tensor([[1, 2], [3, 4]])
print(torch.zeros_like(x), torch.ones_like(x, dtype=torch.float32), torch.full_like(x, 9))
print(x.new_zeros(3), x.new_ones(2, 2), x.new_full((2,), 5), x.new_tensor([1.5, 2.5]))
print(torch.tensor(3.5), torch.tensor(True), torch.tensor(7), torch.tensor([]))
print(torch.tensor([1.0, 2]), torch.tensor([True, False]), torch.tensor([[1], [2]]))
print(torch.tensor((1, 2.5)), torch.tensor(range(3)), torch.tensor([[1.0, 2.0], [3.0, 4.0]])[1])
print(torch.as_tensor([1, 2, 3]), torch.as_tensor(x) is x)
print(torch.tensor([torch.tensor(1.0), torch.tensor(2.0)]))
print(torch.diag(torch.tensor([1.0, 2.0])), torch.tril(torch.ones(3, 3)), torch.triu(torch.ones(2, 2), 1))
print(torch.stack([torch.ones(2), torch.zeros(2)]), torch.cat([x, x], dim=1))
print(torch.meshgrid(torch.arange(2), torch.arange(3), indexing="ij"))
print(torch.cartesian_prod(torch.tensor([1, 2]), torch.tensor([3, 4])))
print(torch.ones(2, requires_grad=True))
print(torch.complex(torch.tensor([1.0]), torch.tensor([-2.0])))
print(torch.zeros(2, dtype=torch.bool), torch.ones(2, dtype=torch.complex64))
try:
    torch.tensor([[1, 2], [3]])
except ValueError as e:
    print(e)
try:
    torch.tensor("abc")
except TypeError as e:
    print(e)
