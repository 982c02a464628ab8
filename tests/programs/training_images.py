# A training program as tutorials have them
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torch.utils.data import DataLoader, TensorDataset


class Net(nn.Module):
    def __init__(self, num_classes: int = 3):
        super(Net, self).__init__()
        self.conv1 = nn.Conv2d(1, 4, kernel_size=3, padding=1)
        self.bn1 = nn.BatchNorm2d(4)
        self.pool = nn.MaxPool2d(2, 2)
        self.conv2 = nn.Conv2d(4, 8, 3)
        self.drop = nn.Dropout(p=0.0)
        self.fc = nn.Linear(8 * 2 * 2, num_classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.pool(F.relu(self.bn1(self.conv1(x))))
        x = F.relu(self.conv2(x))
        x = torch.flatten(x, 1)
        return self.fc(self.drop(x))


device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
torch.set_default_dtype(torch.float64)
net = Net().to(device)
with torch.no_grad():
    for i, (name, p) in enumerate(net.named_parameters()):
        p.copy_(
            torch.linspace(-0.5, 0.5, p.numel()).reshape(p.shape).sin()
            + (1 if "bn1.weight" in name else 0)
        )
print(net)
x = torch.sin(torch.arange(12 * 64).double()).reshape(12, 1, 8, 8)
y = torch.arange(12) % 3
loader = DataLoader(TensorDataset(x, y), batch_size=4, shuffle=False)
criterion = nn.CrossEntropyLoss()
optimizer = optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)
best = float("inf")
for epoch in range(4):
    net.train()
    running = 0.0
    correct = 0
    total = 0
    for i, data in enumerate(loader, 0):
        inputs, labels = data[0].to(device), data[1].to(device)
        optimizer.zero_grad()
        outputs = net(inputs)
        loss = criterion(outputs, labels)
        loss.backward()
        optimizer.step()
        running += loss.item() * inputs.size(0)
        _, predicted = torch.max(outputs.data, 1)
        total += labels.size(0)
        correct += (predicted == labels).sum().item()
    scheduler.step()
    net.eval()
    with torch.no_grad():
        val = sum(criterion(net(a), b).item() for a, b in loader) / len(loader)
    print(
        f"Epoch [{epoch + 1}/4] Loss: {running / total:.4f} Acc: {100 * correct / total:.2f}% val {val:.4f} lr {scheduler.get_last_lr()[0]:.4f}"
    )
    if val < best:
        best = val
print(f"{best:.4f}", sum(p.numel() for p in net.parameters() if p.requires_grad))
print(net.bn1.running_mean, net.bn1.num_batches_tracked)
print({k: tuple(v.shape) for k, v in net.state_dict().items()})
print(optimizer)
