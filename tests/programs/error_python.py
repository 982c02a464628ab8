# Python's own errors, uncaught
import torch

values = [torch.tensor(float(i)) for i in range(3)]
total = sum(values)
print(total, len(values))
print(values[3])
