# Relax a chain of springs by descending its energy
import torch

pos = torch.tensor([0.0, 0.3, 1.1, 1.4, 3.0], requires_grad=True)
rest = 0.75


def energy(p):
    return 0.5 * ((p[1:] - p[:-1] - rest) ** 2).sum()


history = []
for step in range(200):
    E = energy(pos)
    history.append(E.item())
    (g,) = torch.autograd.grad(E, [pos])
    g[0] = 0.0
    g[-1] = 0.0
    with torch.no_grad():
        pos.sub_(0.3 * g)
print(["%.4f" % h for h in history[:4]])
print(pos)
print(torch.diff(pos.detach()))
print(max(history) == history[0], sorted(history, reverse=True) == history)
