# Recurrent layers and cells, attention, transformers
import torch, torch.nn as nn, torch.nn.functional as F

torch.set_default_dtype(torch.float64)


def seq(*s, req=True):
    n = 1
    for k in s:
        n *= k
    return (
        (torch.sin(torch.arange(n, dtype=torch.float64) * 1.7 + n)).reshape(s).requires_grad_(req)
    )


def fill(m):
    for n, p in m.named_parameters():
        with torch.no_grad():
            p.copy_(seq(*p.shape, req=False) * 0.7)
    return m


def flat(y):
    return [z for x in y for z in flat(x)] if isinstance(y, tuple) else [y]


def show(name, y, *leaves):
    ys = [y for y in flat(y) if y is not None]
    for y in ys:
        print(name, tuple(y.shape), y.grad_fn.name())
        print(y.detach().flatten()[:: max(1, y.numel() // 6)])
    l = sum(
        (y * torch.cos(torch.arange(y.numel()).reshape(y.shape) + 0.5)).sum()
        for y in ys
        if y.requires_grad
    )
    gs = torch.autograd.grad(l, leaves, allow_unused=True)
    for g in gs:
        print("  g", None if g is None else g.flatten()[:: max(1, g.numel() // 4)])


for K in (nn.RNN, nn.LSTM, nn.GRU):
    for kw in (
        {},
        {"num_layers": 2},
        {"batch_first": True},
        {"bidirectional": True},
        {"num_layers": 2, "bidirectional": True, "batch_first": True},
        {"bias": False},
    ):
        m = fill(K(3, 2, **kw))
        x = seq(4, 5, 3)
        show(f"{m}", m(x), x, *m.parameters())
    m = fill(K(3, 2))
    x = seq(4, 3)
    show("unb", m(x), x)
    h = seq(1, 5, 2)
    x = seq(4, 5, 3)
    st = (h, seq(1, 5, 2)) if K is nn.LSTM else h
    show("h0", m(x, st), x, h)
    for f in (
        lambda: m(seq(4, 5, 2)),
        lambda: m(seq(2)),
        lambda: m(x, (seq(1, 4, 2), seq(1, 4, 2)) if K is nn.LSTM else seq(1, 4, 2)),
    ):
        try:
            f()
        except Exception as e:
            print(type(e).__name__, e)
m = fill(nn.RNN(3, 2, nonlinearity="relu"))
x = seq(4, 5, 3)
show("relu", m(x), x)
m = fill(nn.LSTM(3, 4, proj_size=2, num_layers=2))
show("proj", m(x), x, *m.parameters())
for K in (nn.RNNCell, nn.LSTMCell, nn.GRUCell):
    m = fill(K(3, 2))
    x = seq(4, 3)
    show("cell", m(x), x, *m.parameters())
    h = seq(4, 2)
    show("cellh", m(x, (h, h) if K is nn.LSTMCell else h), x, h)
    show("1d", m(x[0]), x)
m = fill(nn.MultiheadAttention(4, 2))
q, k, v = seq(3, 2, 4), seq(5, 2, 4), seq(5, 2, 4)
show("mha", m(q, k, v), q, k, v, m.in_proj_weight, m.out_proj.weight, m.out_proj.bias)
show("mha", m(q, k, v, average_attn_weights=False), q, k, v)
print(m(q, k, v, need_weights=False)[1])
mask = torch.tensor([[False, True, False, False, True]] * 3)
show("mask", m(q, k, v, attn_mask=mask), q, k)
kp = torch.tensor([[False, False, False, True, True], [False, False, False, False, True]])
show("kp", m(q, k, v, key_padding_mask=kp), q, k)
show("fm", m(q, k, v, attn_mask=seq(3, 5), key_padding_mask=kp), q, k)
m = fill(nn.MultiheadAttention(4, 2, batch_first=True, bias=False))
q = seq(2, 3, 4)
show("bf", m(q, q, q), q)
show("unb", m(q[0], q[0], q[0]), q)
m = fill(nn.MultiheadAttention(4, 2, kdim=3, vdim=5))
q, k, v = seq(3, 2, 4), seq(5, 2, 3), seq(5, 2, 5)
show("kv", m(q, k, v), q, k, v)
print(list(m.state_dict()))
for nf in (False, True):
    m = fill(nn.TransformerEncoderLayer(4, 2, 6, dropout=0.0, norm_first=nf))
    x = seq(3, 2, 4)
    show("tel", m(x), x, *[p for n, p in m.named_parameters() if n != "self_attn.in_proj_bias"])
m = fill(
    nn.TransformerEncoder(
        nn.TransformerEncoderLayer(4, 2, 6, dropout=0.0, activation="gelu", batch_first=True),
        2,
        norm=nn.LayerNorm(4),
    )
)
x = seq(2, 3, 4)
show("te", m(x), x)
show("tem", m(x, mask=torch.triu(torch.full((3, 3), float("-inf")), 1)), x)
m = fill(nn.TransformerDecoderLayer(4, 2, 6, dropout=0.0))
x, y = seq(3, 2, 4), seq(5, 2, 4)
show("tdl", m(x, y), x, y)
q = seq(2, 3, 4)
show("sdpa", F.scaled_dot_product_attention(q, q, q, is_causal=True), q)
print(nn.Transformer.generate_square_subsequent_mask(3))
