# size, shape, dim, ndim, numel, stride and what changes them
import torch

x = torch.zeros(2, 3, 4)
print(x.size(), x.shape, x.size(1), x.size(-1), x.shape[0])
print(x.dim(), x.ndim, x.numel(), x.nelement(), x.stride(), x.stride(0), len(x))
a, b, c = x.shape
print(a, b, c, tuple(x.shape), list(x.size()))
print(x.shape == (2, 3, 4), x.shape == torch.Size([2, 3, 4]), x.shape.numel())
print(x.shape[1:], x.shape + (5,), isinstance(x.shape, tuple))
print(f"shape {x.shape}", "shape %s" % (tuple(x.shape),))
print(torch.tensor(1.0).shape, torch.tensor(1.0).dim(), torch.Size([]))
print(x.element_size(), x.itemsize, x.nbytes, x.storage_offset())
print(x.unsqueeze(1).shape, x[None].shape, x[..., None].shape, x[:, None, 0].shape)
print(x.reshape(6, -1).shape, x.view(-1).shape, x.flatten(1).shape, x.permute(2, 0, 1).shape)
print(x.transpose(0, 2).shape, x.swapaxes(0, 1).shape, x.movedim(0, -1).shape, x.mT.shape)
print(x.squeeze().shape, torch.zeros(1, 3, 1).squeeze().shape, torch.zeros(1, 3, 1).squeeze(0).shape)
print(x.expand(5, 2, 3, 4).shape, x.repeat(2, 1, 1).shape, x[0].expand(2, -1, -1).shape)
print(x.unflatten(2, (2, 2)).shape, torch.broadcast_shapes((3, 1), (1, 4)))
print(torch.broadcast_to(torch.arange(3), (2, 3)))
y = torch.arange(6).reshape(2, 3)
print(y.T, y.t().stride(), y.is_contiguous(), y.T.is_contiguous(), y.T.contiguous().is_contiguous())
print(y.device, x.layout, x.is_cuda, y.dtype)
print(y.unfold(1, 2, 1).shape, y.rot90(), y.flip(0), y.roll(1, 1))
for bad in (lambda: x.view(5, 5), lambda: x.reshape(7, -1), lambda: x.size(3), lambda: x.squeeze(9),
            lambda: x.transpose(0, 3), lambda: torch.zeros(2).expand(3), lambda: x.permute(0, 1)):
    try:
        bad()
    except (RuntimeError, IndexError) as e:
        print(type(e).__name__, e)
print(torch.zeros(2, 3).view_as(torch.zeros(3, 2)).shape, torch.zeros(3).expand_as(torch.zeros(2, 3)).shape)
