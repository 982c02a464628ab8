# Complex tensors and the conjugate Wirtinger derivative
import torch

z = torch.tensor([1 + 2j, -0.5 + 1j], requires_grad=True)
y = (z * z.conj()).real.sum()
print(y)
y.backward()
print(z.grad)
z.grad = None
(z.abs() ** 2).sum().backward()
print(z.grad)
z.grad = None
z.real.sum().backward()
print(z.grad)
z.grad = None
z.imag.sum().backward()
print(z.grad)
z.grad = None
(z**2).abs().sum().backward()
print(z.grad)
w = torch.exp(1j * torch.tensor(0.5))
print(w, w.dtype, w.abs())
print(torch.view_as_complex(torch.tensor([[1.0, 2.0]])), torch.polar(torch.tensor([2.0]), torch.tensor([0.0])))
try:
    z.sum().backward()
except RuntimeError as e:
    print(e)
z.grad = None
torch.sin(z).sum().backward(torch.tensor(1 + 0j))
print(z.grad)
p = torch.tensor([0.3, 0.4], requires_grad=True)
c = torch.complex(p[0], p[1])
(c * c).real.backward()
print(p.grad)
for step in range(30):
    u = torch.tensor(1 + 1j, requires_grad=True) if step == 0 else u.detach().requires_grad_()
    loss = (u - (0.5 - 0.25j)).abs() ** 2
    loss.backward()
    u = u - 0.2 * u.grad
print(u.detach())
f = torch.fft.fft(torch.tensor([1.0, 2.0, 3.0, 4.0]))
print(f, torch.fft.ifft(f).real)
