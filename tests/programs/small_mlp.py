# A small multilayer perceptron with fixed weights
import torch
import torch.nn as nn


class MLP(nn.Module):
    def __init__(self, n_in, n_hidden, n_out):
        super().__init__()
        self.hidden = nn.Linear(n_in, n_hidden)
        self.out = nn.Linear(n_hidden, n_out)

    def forward(self, x):
        x = torch.tanh(self.hidden(x))
        return self.out(x)


model = MLP(2, 3, 1)
with torch.no_grad():
    for i, p in enumerate(model.parameters()):
        n = p.numel()
        p.copy_(torch.linspace(-0.4, 0.9, n).reshape(p.shape) * (1 + 0.1 * i))

for name, p in model.named_parameters():
    print(name, tuple(p.shape), p.requires_grad)

X = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
y = torch.tensor([[0.0], [1.0], [1.0], [0.5]])
criterion = nn.MSELoss()
loss = criterion(model(X), y)
print(loss)
loss.backward()
for name, p in model.named_parameters():
    print(name)
    print(p.grad)

optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
for epoch in range(20):
    optimizer.zero_grad()
    loss = criterion(model(X), y)
    loss.backward()
    optimizer.step()
print(f"{loss.item():.4f}")
print(model(X))
