# The fast gradient sign method
import torch
import torch.nn.functional as F

W = torch.tensor([[1.0, -0.5], [0.2, 0.8], [-1.0, 0.3]])
x = torch.tensor([[0.6, 0.1, -0.4], [0.1, 0.9, 0.2]], requires_grad=True)
labels = torch.tensor([0, 1])
loss = F.cross_entropy(x @ W, labels)
loss.backward()
print(x.grad.sign())
for eps in [0.0, 0.1, 0.5]:
    adversarial = (x + eps * x.grad.sign()).clamp(-1, 1).detach()
    logits = adversarial @ W
    predicted = logits.argmax(dim=1)
    print(f"eps={eps}: loss={F.cross_entropy(logits, labels):.4f} correct={(predicted == labels).sum().item()}/2", predicted)
saliency = x.grad.abs().max(dim=1)
print(saliency.values, saliency.indices)
