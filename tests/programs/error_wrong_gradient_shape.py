# A backward that returns a gradient of another shape
import torch


class Bad(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a):
        return a.sum()

    @staticmethod
    def backward(ctx, g):
        return torch.ones(5)


a = torch.ones(3, requires_grad=True)
Bad.apply(a).backward()
