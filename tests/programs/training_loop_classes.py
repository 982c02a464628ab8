# A training loop with a dataset class, early stopping and a scheduler by hand
import torch
from torch import nn, optim


class Data:
    def __init__(self, n):
        self.x = torch.linspace(-1, 1, n).unsqueeze(1)
        self.y = 3 * self.x + 1

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i]


class Trainer:
    def __init__(self, model, data, lr=0.2, patience=3):
        self.model, self.data = model, data
        self.optimizer = optim.SGD(model.parameters(), lr=lr)
        self.criterion = nn.MSELoss()
        self.best = float("inf")
        self.bad = 0
        self.patience = patience
        self.history = []

    def epoch(self):
        total = 0.0
        for i in range(0, len(self.data), 4):
            x, y = self.data[i : i + 4]
            self.optimizer.zero_grad()
            loss = self.criterion(self.model(x), y)
            loss.backward()
            self.optimizer.step()
            total += loss.item() * len(x)
        return total / len(self.data)

    def fit(self, epochs):
        for e in range(epochs):
            value = self.epoch()
            self.history.append(value)
            if value < self.best - 1e-2:
                self.best, self.bad = value, 0
            else:
                self.bad += 1
            if self.bad >= self.patience:
                print("stopped after", e + 1)
                return self
            if (e + 1) % 5 == 0:
                for group in self.optimizer.param_groups:
                    group["lr"] *= 0.9
        return self


model = nn.Linear(1, 1)
with torch.no_grad():
    model.weight.zero_()
    model.bias.zero_()
trainer = Trainer(model, Data(12)).fit(40)
print([f"{v:.3f}" for v in trainer.history[:4]])
print(f"lr {trainer.optimizer.param_groups[0]['lr']:.4f}")
print(f"{model.weight.item():.2f} {model.bias.item():.2f}")
print(model)
model.eval()
with torch.no_grad():
    print(model(torch.tensor([[2.0]])).item() > 5)
