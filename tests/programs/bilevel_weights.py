# Differentiate a validation loss with respect to weights of the training data
import torch

x = torch.tensor([0.0, 1.0, 2.0, 3.0])
y = torch.tensor([0.1, 0.9, 2.1, 9.0])
example_weights = torch.ones(4, requires_grad=True)
w = torch.zeros((), requires_grad=True)
b = torch.zeros((), requires_grad=True)
params = [w, b]
for step in range(3):
    loss = (example_weights * (params[0] * x + params[1] - y) ** 2).mean()
    grads = torch.autograd.grad(loss, params, create_graph=True)
    params = [p - 0.1 * g for p, g in zip(params, grads)]
print([round(p.item(), 4) for p in params])
validation = ((params[0] * 1.5 + params[1] - 1.5) ** 2)
validation.backward()
print(validation)
print(example_weights.grad)
print(example_weights.grad.argmax())
