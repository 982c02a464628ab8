# Linear, Sequential, Parameter, Module subclasses and their bookkeeping
import torch
import torch.nn as nn


class Affine(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(n))
        self.shift = nn.Parameter(torch.zeros(n))
        self.register_buffer("calls", torch.tensor(0))

    def forward(self, x):
        self.calls += 1
        return x * self.scale + self.shift


net = nn.Sequential(nn.Linear(3, 2), nn.ReLU(), Affine(2))
print(net)
print(len(net), type(net[1]).__name__)
with torch.no_grad():
    net[0].weight.copy_(torch.tensor([[1.0, -1.0, 0.5], [0.25, 0.5, -0.75]]))
    net[0].bias.fill_(0.1)
x = torch.tensor([[1.0, 2.0, 3.0], [-1.0, 0.5, 0.0]])
out = net(x)
print(out)
out.sum().backward()
for name, p in net.named_parameters():
    print(f"{name:10} {str(tuple(p.shape)):8} {p.grad.tolist()}")
print(net[2].calls)
print(sum(p.numel() for p in net.parameters()))
print(list(net.state_dict().keys()))
net.zero_grad()
print(all(p.grad is None for p in net.parameters()))
print(net.training)
net.eval()
print(net.training, net[0].training)
net.train()
print(isinstance(net[2].scale, nn.Parameter), isinstance(net[2].scale, torch.Tensor))
print(net[2].scale)
for p in net[0].parameters():
    p.requires_grad_(False)
print([n for n, p in net.named_parameters() if p.requires_grad])
print(net[0].in_features, net[0].out_features)
print(nn.MSELoss()(torch.tensor([1.0, 2.0]), torch.tensor([0.0, 0.0])))
print(nn.MSELoss(reduction="sum")(torch.tensor([1.0, 2.0]), torch.tensor([0.0, 0.0])))
print(nn.L1Loss()(torch.tensor([1.0, 2.0]), torch.tensor([0.0, 0.0])))
print(nn.CrossEntropyLoss()(torch.tensor([[1.0, 2.0, 0.5]]), torch.tensor([1])))
copy = nn.Linear(3, 2)
copy.load_state_dict(net[0].state_dict())
print(torch.equal(copy.weight, net[0].weight))
