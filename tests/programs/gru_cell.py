# A gated recurrent cell and truncated backpropagation through time
import torch


def gru(x, h, p):
    r = torch.sigmoid(x @ p["Wr"] + h @ p["Ur"])
    z = torch.sigmoid(x @ p["Wz"] + h @ p["Uz"])
    n = torch.tanh(x @ p["Wn"] + (r * h) @ p["Un"])
    return (1 - z) * n + z * h


params = {}
for i, name in enumerate(["Wr", "Ur", "Wz", "Uz", "Wn", "Un"]):
    params[name] = (torch.arange(4.0).view(2, 2) * 0.1 - 0.05 * i).requires_grad_()

sequence = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [0.5, -0.5]])
h = torch.zeros(2)
losses = []
for t, x in enumerate(sequence):
    h = gru(x, h, params)
    loss = (h - 0.5).pow(2).sum()
    losses.append(loss)
    if t % 2 == 1:
        total = torch.stack(losses).mean()
        total.backward()
        print(f"t={t} loss={total.item():.4f}")
        losses = []
        h = h.detach()
for name, p in sorted(params.items()):
    print(name, p.grad.round(decimals=4))
