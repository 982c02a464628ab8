# Matrices whose sizes do not match
import torch

W = torch.ones(3, 4, requires_grad=True)
x = torch.ones(5)
print("shapes", W.shape, x.shape)
y = W @ x
