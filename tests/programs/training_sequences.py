# A training program as tutorials have them
import torch, math
from torch import nn, Tensor

torch.set_default_dtype(torch.float64)


class PositionalEncoding(nn.Module):
    def __init__(self, d_model, dropout=0.0, max_len=20):
        super().__init__()
        self.dropout = nn.Dropout(p=dropout)
        position = torch.arange(max_len).unsqueeze(1)
        div_term = torch.exp(torch.arange(0, d_model, 2) * (-math.log(10000.0) / d_model))
        pe = torch.zeros(max_len, 1, d_model)
        pe[:, 0, 0::2] = torch.sin(position * div_term)
        pe[:, 0, 1::2] = torch.cos(position * div_term)
        self.register_buffer("pe", pe)

    def forward(self, x: Tensor) -> Tensor:
        return self.dropout(x + self.pe[: x.size(0)])


class Model(nn.Module):
    def __init__(self, ntoken=7, d=4):
        super().__init__()
        self.pos = PositionalEncoding(d)
        layer = nn.TransformerEncoderLayer(d, 2, 8, 0.0)
        self.enc = nn.TransformerEncoder(layer, 2)
        self.emb = nn.Embedding(ntoken, d)
        self.out = nn.Linear(d, ntoken)
        self.d = d
        self.init_weights()

    def init_weights(self):
        for i, p in enumerate(self.parameters()):
            nn.init.constant_(p, 0.1)
            with torch.no_grad():
                p.add_(torch.cos(torch.arange(p.numel()) * 1.3 + i).view_as(p) * 0.3)

    def forward(self, src, mask=None):
        src = self.pos(self.emb(src) * math.sqrt(self.d))
        if mask is None:
            mask = nn.Transformer.generate_square_subsequent_mask(len(src))
        return self.out(self.enc(src, mask))


m = Model()
src = torch.tensor([[1, 2], [3, 4], [5, 6]])
tgt = torch.tensor([[2, 3], [4, 5], [6, 0]])
opt = torch.optim.AdamW(m.parameters(), lr=0.01)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 10)
for e in range(5):
    out = m(src)
    loss = nn.CrossEntropyLoss()(out.view(-1, 7), tgt.view(-1))
    opt.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(m.parameters(), 0.5)
    opt.step()
    sched.step()
    print(e, f"{loss.item():.6f}", sched.get_last_lr())


class CharLSTM(nn.Module):
    def __init__(self, v=5, h=6):
        super().__init__()
        self.emb = nn.Embedding(v, 3)
        self.lstm = nn.LSTM(3, h, num_layers=2, batch_first=True)
        self.fc = nn.Linear(h, v)

    def forward(self, x, state=None):
        o, state = self.lstm(self.emb(x), state)
        return self.fc(o), state


c = CharLSTM()
with torch.no_grad():
    for i, p in enumerate(c.parameters()):
        p.copy_(torch.sin(torch.arange(p.numel()) * 0.7 + i).view_as(p) * 0.5)
x = torch.tensor([[0, 1, 2, 3], [1, 2, 3, 4]])
opt = torch.optim.Adam(c.parameters(), lr=0.05)
for e in range(5):
    logits, (h, cc) = c(x[:, :-1])
    loss = nn.functional.cross_entropy(logits.reshape(-1, 5), x[:, 1:].reshape(-1))
    opt.zero_grad()
    loss.backward()
    opt.step()
    print(e, f"{loss.item():.6f}", h.shape, f"{h.sum().item():.5f}")
print(c)
