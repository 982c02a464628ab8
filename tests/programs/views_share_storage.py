# Views: one storage, many shapes
import torch

base = torch.arange(12.0)
m = base.view(3, 4)
row = m[1]
col = m[:, 2]
t = m.t()
flat = m.flatten()
print(m)
row[0] = 100.0
print(base)
col.zero_()
print(m)
print(t.shape, t.stride(), t.is_contiguous())
print(m.stride(), m.is_contiguous(), m.storage_offset(), col.storage_offset())
print(row._base is base, base._base)
print(m.data_ptr() == base.data_ptr(), row.data_ptr() == base.data_ptr())
print(flat.data_ptr() == base.data_ptr())
r = t.reshape(-1)
print(r.data_ptr() == base.data_ptr())
print(r)
try:
    t.view(-1)
except RuntimeError as e:
    print(e)
print(t.contiguous().view(-1)[:4])
u = base.unsqueeze(0).expand(2, -1)
print(u.shape, u.stride())
base.fill_(7)
print(u[1, :3], col)
a, b = torch.arange(6).chunk(2)
print(a, b, b._base)
s = torch.arange(24).reshape(2, 3, 4)
print(s.permute(2, 0, 1).shape, s.transpose(0, 2).stride(), s.select(1, 2))
print(s.narrow(2, 1, 2)[0], s.diagonal(dim1=1, dim2=2))
print([p.shape for p in s.split([1, 2], dim=1)], s.unbind(0)[1][0])
