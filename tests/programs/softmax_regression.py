# Softmax regression written out, checked against cross_entropy
import torch
import torch.nn.functional as F


def softmax(z):
    shifted = z - z.max(dim=1, keepdim=True).values
    e = torch.exp(shifted)
    return e / e.sum(dim=1, keepdim=True)


def nll(p, labels):
    return -torch.log(p[range(len(labels)), labels]).mean()


X = torch.tensor([[1.0, 2.0], [0.5, -1.0], [-1.5, 0.3], [2.0, 0.1]])
labels = torch.tensor([0, 1, 2, 0])
W = torch.tensor([[0.1, -0.2, 0.3], [0.4, 0.0, -0.1]], requires_grad=True)
b = torch.zeros(3, requires_grad=True)

logits = X @ W + b
print(logits)
p = softmax(logits)
print(p)
print(p.sum(dim=1))
loss = nll(p, labels)
print(loss)
loss.backward()
print(W.grad)
print(b.grad)

W.grad = None
b.grad = None
loss2 = F.cross_entropy(X @ W + b, labels)
print(loss2)
loss2.backward()
print(W.grad)
print(b.grad)

onehot = F.one_hot(labels, num_classes=3)
print(onehot)
print(onehot.dtype)
print(((F.softmax(logits, dim=1) - onehot) / 4).detach())
print(F.log_softmax(logits, dim=-1).argmax(dim=1))
