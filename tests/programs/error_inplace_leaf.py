# In-place on a leaf that requires grad
import torch

w = torch.tensor([1.0, 2.0], requires_grad=True)
print(w)
w += 1
print("not reached")
