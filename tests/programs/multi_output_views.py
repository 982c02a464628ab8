import torch


def t(f):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, "|", e)


x = torch.arange(6.0, requires_grad=True)
y = x * 2
a, b = y.split(3)
print(a.output_nr, b.output_nr, a.grad_fn.name(), b.grad_fn is a.grad_fn)
print(a.grad_fn.next_functions[0][0].name())
t(lambda: a.add_(1))
c = y.chunk(2)
print(c[1].output_nr, c[1].grad_fn.name())
t(lambda: c[0].mul_(2))
u = y.unbind(0)
print(len(u), u[3].output_nr)
t(lambda: u[0].zero_())
w = torch.stack(u)
print([n[1] for n in w.grad_fn.next_functions])
print(w.grad_fn.next_functions[0][0] is w.grad_fn.next_functions[1][0])
w.sum().backward()
print(x.grad)

x = torch.arange(6.0)
a, b = x.split(3)
a += 1
print(x, a, b)
y = torch.arange(6.0).reshape(2, 3)
for r in y.unbind():
    r.mul_(2)
print(y)
for r in y:
    r.add_(1)
print(y)
z = torch.ones(2, 2, requires_grad=True) * 3
for r in z:
    t(lambda: r.add_(1))

x = torch.arange(6.0, requires_grad=True)
y = x * 2
a, b = y.split(3)
y.add_(1)
print(y.grad_fn.name())
t(lambda: a.sum().backward())
t(lambda: a.grad_fn)
with torch.no_grad():
    c, d = (x * 1).split(3)
t(lambda: c.add_(1))
v = x * 1
with torch.no_grad():
    w = v[:2]
t(lambda: w.mul_(x[:2]))
p, q = torch.split(x, [2, 4])
print(q.output_nr, p.grad_fn.name())
m = torch.max(torch.stack([x, x]), 0)
print(m.values.output_nr, m.values.grad_fn.name())
s = torch.sort(x)
print(s[0].output_nr, s[0].grad_fn.name())
tk = torch.topk(x, 2)
print(tk.values.output_nr)
