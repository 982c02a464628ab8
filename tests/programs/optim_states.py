# Groups, states, closures and optimizers of a program's own
import torch
from torch import nn, optim

torch.set_default_dtype(torch.float64)
a, b, c = (nn.Parameter(torch.full((2,), float(k + 1))) for k in range(3))
opt = optim.SGD([{"params": [a], "lr": 0.5}, {"params": b}], lr=0.1, momentum=0.9)
opt.add_param_group({"params": [c], "momentum": 0.0})
print(opt)
for _ in range(2):
    opt.zero_grad()
    (a**2).sum().backward()
    (b * c).sum().backward()
    opt.step()
print(a, b, c)
saved = opt.state_dict()
print(saved)
other = optim.SGD([{"params": [a]}, {"params": [b]}, {"params": [c]}], lr=9.0)
other.load_state_dict(saved)
print(
    other.param_groups[0]["lr"],
    other.param_groups[2]["momentum"],
    other.state[a]["momentum_buffer"],
)
opt.step()
print(a)
try:
    optim.SGD([a]).load_state_dict(saved)
except ValueError as error:
    print(error)
try:
    optim.SGD(
        [{"params": [a, b]}, {"params": [c]}, {"params": [nn.Parameter(torch.ones(1))]}]
    ).load_state_dict(saved)
except ValueError as error:
    print(error)
try:
    opt.add_param_group({"params": [a]})
except ValueError as error:
    print(error)
print(len(opt.param_groups), [len(g["params"]) for g in opt.param_groups], opt.defaults)

opt.zero_grad(set_to_none=False)
print(a.grad)
opt.zero_grad()
print(a.grad)


class Sign(optim.Optimizer):
    def __init__(self, params, lr=0.1):
        super().__init__(params, dict(lr=lr))

    @torch.no_grad()
    def step(self, closure=None):
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                state["n"] = state.get("n", 0) + 1
                p.add_(p.grad.sign(), alpha=-group["lr"])
        return loss


x = torch.tensor([1.0, -2.0], requires_grad=True)
own = Sign([x], lr=0.25)


def closure():
    own.zero_grad()
    loss = (x**2).sum()
    loss.backward()
    return loss


for _ in range(3):
    print(own.step(closure), x, own.state[x])
print(own, own.state_dict())

net = nn.Linear(2, 1)
with torch.no_grad():
    net.weight.copy_(torch.tensor([[0.5, -0.25]]))
    net.bias.zero_()
decayed = [p for n, p in net.named_parameters() if not n.endswith("bias")]
others = [p for n, p in net.named_parameters() if n.endswith("bias")]
opt = optim.AdamW(
    [{"params": decayed, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}], lr=0.01
)
for _ in range(3):
    opt.zero_grad()
    net(torch.tensor([[1.0, 2.0]])).pow(2).sum().backward()
    opt.step()
print(net.weight, net.bias)
named = optim.SGD(net.named_parameters(), lr=0.1)
print(named.param_groups[0]["param_names"])

for search in (None, "strong_wolfe"):
    for lr, rounds in ((1, 8), (0.5, 3)):
        z = torch.tensor([-1.5, 2.0], requires_grad=True)
        solver = optim.LBFGS([z], lr=lr, max_iter=rounds, history_size=3, line_search_fn=search)
        calls = []

        def bowl():
            solver.zero_grad()
            loss = (1 - z[0]) ** 2 + 3 * (z[1] - z[0] / 2) ** 2 + (z[0] * z[1]).cos()
            loss.backward()
            calls.append(loss.item())
            return loss

        for _ in range(3):
            loss = solver.step(bowl)
            print(search, lr, f"{loss.item():.6g}", [f"{x:.5f}" for x in z.tolist()], len(calls))
        print([f"{v:.5g}" for v in calls])
w, v = nn.Parameter(torch.ones(3)), nn.Parameter(torch.tensor(2.0))
solver = optim.LBFGS([w, v], max_iter=4)
t = torch.tensor([1.0, 2.0, 3.0])


def fit():
    solver.zero_grad()
    loss = ((w * v - t) ** 2).mean()
    loss.backward()
    return loss


for _ in range(3):
    print(solver.step(fit).item(), w.data, v.data)
