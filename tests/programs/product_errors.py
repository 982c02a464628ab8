import torch
import torch.nn.functional as F


def shown(f):
    try:
        print(repr(f()))
    except Exception as error:
        print(type(error).__name__, error)


d = torch.float64
x32, x64 = torch.ones(2, 3), torch.ones(2, 3, dtype=d)
shown(lambda: F.linear(x64, x32, torch.ones(2)))
shown(lambda: F.linear(x64, x32))
shown(lambda: F.linear(x64[None], x32, torch.ones(2)))
shown(lambda: F.linear(x64[None], x32))
shown(lambda: F.linear(x64[0], x32, torch.ones(2)))
shown(lambda: F.linear(x32, x32, torch.ones(2, dtype=d)))
shown(lambda: torch.addmm(torch.ones(2), x64, x32.t()))
shown(lambda: torch.mv(x64, torch.ones(3)))
shown(lambda: torch.bmm(x64[None], x32.t()[None]))
shown(lambda: x64 @ torch.ones(3))
shown(lambda: x64.long() @ x32.t())
shown(lambda: torch.addmv(torch.ones(2), x64, torch.ones(3)))
shown(lambda: torch.baddbmm(torch.ones(1), x64[None], x32.t()[None]))
shown(lambda: torch.einsum("ij,kj->ik", x64, x32))
shown(lambda: torch.outer(torch.ones(2), x32))
shown(lambda: torch.max(torch.ones(0, 3), 1))
shown(lambda: torch.ones(2, 0).min(1))
shown(lambda: torch.ones(0).min())
shown(lambda: torch.argmin(torch.ones(0, 2), 0))
shown(lambda: torch.ones(0).mean())
shown(lambda: torch.ones(0).median())
shown(lambda: torch.ones(0).sum())
shown(lambda: torch.einsum("ij,jk", x32, x32))
shown(lambda: torch.einsum("ijk", x32))
shown(lambda: torch.einsum("ij,jk->il", x32, x32.t()))
shown(lambda: torch.einsum("ij->ii", x32))
shown(lambda: torch.einsum("ij,ij,ij", x32, x32))
shown(lambda: torch.einsum("i j", x32))
