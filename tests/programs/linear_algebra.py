# Products, solves, factorisations and their gradients
import torch

A = torch.tensor([[4.0, 1.0], [2.0, 3.0]], dtype=torch.float64, requires_grad=True)
b = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
x = torch.linalg.solve(A, b)
print(x)
x.sum().backward()
print(A.grad)
print(b.grad)


def show(name, f):
    y = f(A)
    (g,) = torch.autograd.grad(y, A)
    print(name, f"{y.item():.5f}")
    print(g)


show("det", torch.det)
show("logdet", torch.logdet)
show("inv", lambda M: torch.inverse(M).sum())
show("trace", lambda M: torch.trace(M @ M))
show("chol", lambda M: torch.linalg.cholesky(M @ M.T)[1, 0])
show("eigvalsh", lambda M: torch.linalg.eigvalsh(M + M.T)[-1])
show("svdvals", lambda M: torch.linalg.svdvals(M).sum())
show("matrix_exp", lambda M: torch.matrix_exp(M / 4).sum())
show("norm", lambda M: torch.linalg.norm(M))
show("einsum", lambda M: torch.einsum("ij,jk,ki->", M, M, M))
show("power", lambda M: torch.linalg.matrix_power(M, 3).sum())
show("kron", lambda M: torch.kron(M, torch.eye(2, dtype=torch.float64)).sum())

u = torch.tensor([1.0, 2.0, 3.0])
v = torch.tensor([4.0, 5.0, 6.0])
print(u @ v, torch.dot(u, v), torch.outer(u, v), torch.linalg.cross(u, v))
M = torch.arange(6.0).reshape(2, 3)
print(M @ u, torch.mv(M, u), torch.matmul(M, M.T), torch.mm(M.T, M).shape)
B = torch.arange(12.0).reshape(2, 2, 3)
print(torch.bmm(B, B.transpose(1, 2)), (B @ u).shape, torch.baddbmm(torch.ones(2, 2), B, B.mT)[0])
print(torch.addmm(torch.ones(2, 2), M, M.T, beta=0.5, alpha=2.0), torch.tensordot(M, M, dims=2))
print(torch.einsum("ij,j->i", M, u), torch.linalg.matrix_norm(M), torch.linalg.cond(A.detach()))
print(torch.linalg.lstsq(torch.eye(2), torch.ones(2, 1)).solution, torch.linalg.pinv(torch.eye(2)))
print(torch.vander(u), torch.block_diag(torch.ones(1, 1), torch.eye(2)), torch.linalg.matrix_rank(M))
