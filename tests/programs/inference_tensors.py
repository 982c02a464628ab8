import torch


def t(f):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, "|", e)


with torch.inference_mode():
    a = torch.ones(3)
    b = a * 2
    b.add_(1)
    t(lambda: a._version)
print(a.is_inference(), b)
t(lambda: a.add_(0))
t(lambda: a.requires_grad_())
w = torch.ones(3, requires_grad=True)
t(lambda: w * a)
t(lambda: w + a)
t(lambda: a._version)
c = a.clone()
print(c.is_inference(), (c + 1).is_inference())
d = a + 1
print(d.is_inference(), a[0].is_inference())
t(lambda: a.mul_(w))
x = torch.ones(3, requires_grad=True)
y = x * 1
with torch.inference_mode():
    z = y[:2]
    print(z.is_inference())
    y.add_(1)
print(y.requires_grad)
t(lambda: z.add_(1))
print(torch.is_inference(a), torch.is_inference_mode_enabled())
