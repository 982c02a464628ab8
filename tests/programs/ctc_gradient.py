# the gradient of ctc_loss takes log-probabilities for normalised, also where they are leaves
import torch
import torch.nn.functional as F

base = torch.arange(24).reshape(4, 2, 3) % 7 * 0.3
targets, full, lengths = torch.tensor([[1, 2], [2, 2]]), torch.tensor([4, 4]), torch.tensor([2, 1])
for reduction in ("mean", "sum", "none"):
    lp = base.log_softmax(2).requires_grad_()
    loss = F.ctc_loss(lp, targets, full, lengths, reduction=reduction)
    print(loss.detach(), torch.autograd.grad(loss.sum(), lp)[0])
free = base.clone().requires_grad_()
loss = F.ctc_loss(free, targets, torch.tensor([4, 3]), lengths, reduction="sum")
print(loss.detach(), torch.autograd.grad(loss, free)[0])
loss = F.ctc_loss(free.log_softmax(2), targets, torch.tensor([4, 3]), lengths)
print(torch.autograd.grad(loss, free)[0])
lp = torch.log_softmax(torch.zeros(2, 1, 2), 2).requires_grad_()
loss = F.ctc_loss(lp, torch.tensor([[1]]), torch.tensor([2]), torch.tensor([1]))
print(torch.autograd.grad(loss, lp)[0].flatten())
