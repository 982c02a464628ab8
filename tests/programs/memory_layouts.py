import torch


def t(f):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, "|", e)


a = torch.arange(6.0).reshape(2, 3)
b = a.t()
print(
    b.stride(), b.is_contiguous(), (b + 1).stride(), (b * b).is_contiguous(), torch.exp(b).stride()
)
print(b.clone().stride(), b.contiguous().stride(), b.neg().stride(), torch.zeros_like(b).stride())
b += 1
print(b.stride(), a)
b.mul_(2)
print(b.stride(), b.is_contiguous())
c = torch.matmul(b, a)
print(c.stride())
print((b == 1).stride(), b.double().stride(), b.to(torch.int64).stride(), (b > 0).stride())
print(torch.empty(2, 3).t().stride(), torch.where(b > 0, b, b).stride())
p = torch.arange(24.0).reshape(2, 3, 4).permute(2, 0, 1)
print(
    p.stride(),
    (p + 1).stride(),
    (p * p[:1]).stride(),
    p.sum(0).stride(),
    p.sum(1, keepdim=True).stride(),
)
print(p.reshape(-1).stride(), p.transpose(0, 1).stride(), p.sin().contiguous().stride())
print(
    a[:, ::2].stride(),
    (a[:, ::2] + 1).stride(),
    a[:, 1].stride(),
    (a[:, 1] * 2).stride(),
    a.expand(4, 2, 3).stride(),
    (a.expand(4, 2, 3) + 1).stride(),
)
print(
    torch.cat([b, b]).stride(),
    torch.stack([b, b]).stride(),
    b.flatten().stride(),
    b.cumsum(0).stride(),
)
print(
    a.flip(0).stride(),
    b.max(0)[0].stride(),
    torch.relu(b).stride(),
    torch.sigmoid(b).stride(),
    b.clamp(0).stride(),
)

x = torch.zeros(2, 3, 4, 5)
print(
    x.contiguous(memory_format=torch.channels_last).stride(),
    x.is_contiguous(memory_format=torch.channels_last),
)
y = x.to(memory_format=torch.channels_last)
print(y.stride(), y.is_contiguous(), y.is_contiguous(memory_format=torch.channels_last))
print(
    (y + 1).stride(),
    y.clone(memory_format=torch.contiguous_format).stride(),
    y.clone(memory_format=torch.preserve_format).stride(),
)
print(torch.zeros_like(y, memory_format=torch.contiguous_format).stride())
print(torch.channels_last, torch.preserve_format, torch.contiguous_format, torch.strided)
a = torch.zeros(3, 1, 2)
print(
    a.stride(),
    a.transpose(0, 1).is_contiguous(),
    torch.zeros(0, 3).stride(),
    torch.tensor(1.0).stride(),
)
print(torch.zeros(2, 3).t().stride(0), torch.zeros(2, 3).stride(-1))
t(lambda: torch.zeros(2, 3).stride(2))
print(
    torch.empty_strided((2, 3), (1, 2)).stride(),
    torch.as_strided(torch.arange(6.0), (2, 2), (1, 2)),
    torch.zeros(2, 3).as_strided((3,), (1,)).stride(),
)
print(
    torch.arange(6.0).storage_offset(),
    torch.arange(6.0)[2:].storage_offset(),
    torch.arange(6.0).reshape(2, 3)[1, 1:].storage_offset(),
)
t(lambda: torch.zeros(2, 3).t().view(6))
t(lambda: torch.zeros(2, 3).t().view(-1))
x = torch.zeros(2, 3)
x.t_()
print(x.shape, x.stride())
