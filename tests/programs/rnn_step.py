# A recurrent network by hand: unrolled in time, gradients through all steps
import torch

Wx = torch.tensor([[0.5, -0.3], [0.1, 0.8]], requires_grad=True)
Wh = torch.tensor([[0.2, 0.4], [-0.6, 0.3]], requires_grad=True)
b = torch.tensor([0.05, -0.05], requires_grad=True)

inputs = [torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0]), torch.tensor([0.5, 0.5])]
h = torch.zeros(2)
states = []
for t, x in enumerate(inputs):
    h = torch.tanh(x @ Wx + h @ Wh + b)
    h.retain_grad()
    states.append(h)
    print(f"t={t}:", h)

loss = states[-1].pow(2).sum()
loss.backward()
for t, state in enumerate(states):
    print("dL/dh", t, state.grad, state.is_leaf)
print(Wx.grad)
print(Wh.grad)
print(b.grad)

stacked = torch.stack([s.detach() for s in states])
print(stacked.shape)
print(stacked)
print(torch.cat(inputs).view(3, 2))
