# max and min of two tensors broadcast and promote as maximum and minimum, and refuse what these do
import torch

a = torch.tensor([1.0, 5.0, 2.0], requires_grad=True)
print(torch.max(a, torch.tensor([2.0, 5.0, 1.0])), a.max(torch.tensor(3)))
print(torch.min(a, other=torch.zeros(3)))
print(torch.max(torch.tensor([1, 2]), torch.tensor([1.5, 0.0])))
for f in (torch.max, torch.min):
    try:
        f(a, torch.ones(2))
    except RuntimeError as e:
        print(e)
del a[0]
