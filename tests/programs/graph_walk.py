# Walk the recorded graph and draw it
import torch

x = torch.tensor([1.0, 2.0], requires_grad=True)
w = torch.tensor([0.5, -0.5], requires_grad=True)
loss = (torch.sigmoid(x * w) - 1).pow(2).mean()


def walk(node, depth=0, seen=None):
    if node is None:
        return
    print("  " * depth + node.name())
    for parent, index in node.next_functions:
        walk(parent, depth + 1)


walk(loss.grad_fn)


def count(node):
    stack, total = [node], 0
    while stack:
        current = stack.pop()
        total += 1
        stack.extend(f for f, _ in current.next_functions if f is not None)
    return total


print(count(loss.grad_fn))
print(type(loss.grad_fn).__name__)
print(x.grad_fn is None, loss.grad_fn.next_functions[0][1])
leaf = loss.grad_fn
while leaf.next_functions:
    leaf = leaf.next_functions[0][0]
print(leaf.name(), leaf.variable is x)
y = x * 2
print(y.grad_fn is y.grad_fn, y.grad_fn == y.grad_fn)
a, b = torch.split(x * 1.0, 1)
print(a.grad_fn.name(), b.tolist())
print((x + w).grad_fn.next_functions[0][0] is (x - w).grad_fn.next_functions[0][0])
