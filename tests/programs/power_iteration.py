# Dominant eigenvalue by power iteration, differentiated
import torch

A = torch.tensor([[4.0, 1.0, 0.0], [1.0, 3.0, 1.0], [0.0, 1.0, 2.0]], dtype=torch.double, requires_grad=True)
v = torch.ones(3, dtype=torch.double)
for _ in range(60):
    v = A @ v
    v = v / v.norm()
eigenvalue = v @ A @ v
print(f"{eigenvalue.item():.8f}")
eigenvalue.backward()
print(A.grad)

values, vectors = torch.linalg.eigh(A.detach())
print(values)
top = vectors[:, -1]
print(torch.outer(top, top))
print(torch.allclose(A.grad, torch.outer(top, top)))
print(type(values).__name__, values.dtype)
