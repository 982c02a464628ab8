# backward of something that was not recorded
import torch

x = torch.tensor(3.0, requires_grad=True)
with torch.no_grad():
    y = x * x
print(y, y.requires_grad)
y.backward()
