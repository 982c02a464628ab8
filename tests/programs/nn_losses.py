# All losses over their settings
import warnings

warnings.simplefilter("ignore")
import torch, torch.nn as nn, torch.nn.functional as F

torch.set_default_dtype(torch.float64)


def seq(*s, req=True):
    n = 1
    for k in s:
        n *= k
    return (
        (torch.sin(torch.arange(n, dtype=torch.float64) * 1.7 + n)).reshape(s).requires_grad_(req)
    )


def show(name, f, *leaves):
    try:
        y = f()
        print(name, tuple(y.shape), y.grad_fn.name() if y.grad_fn else None)
        print(y.detach())
        if leaves:
            for g in torch.autograd.grad(
                (y * torch.cos(torch.arange(y.numel()).reshape(y.shape) + 0.5) ** 2).sum(),
                leaves,
                allow_unused=True,
            ):
                print("  g", None if g is None else g.flatten())
    except Exception as e:
        print(name, type(e).__name__, str(e).split("\n")[0])


R = ("none", "mean", "sum")
x = seq(4, 3)
t = torch.tensor([0, 2, 1, 2])
w = torch.tensor([0.5, 2.0, 1.0])
y = seq(4, 3, req=False).cos()
p = torch.softmax(seq(4, 3, req=False).cos() * 2, 1)
s = torch.tensor([1.0, -1.0, 1.0, -1.0])
for r in R:
    for kw in ({}, {"weight": w}, {"ignore_index": 2}, {"weight": w, "ignore_index": 1}):
        show(f"nll {r} {kw}", lambda: F.nll_loss(F.log_softmax(x, 1), t, reduction=r, **kw), x)
        for ls in (0.0, 0.2):
            show(
                f"ce {r} {kw} {ls}",
                lambda: F.cross_entropy(x, t, reduction=r, label_smoothing=ls, **kw),
                x,
            )
    show("ce soft", lambda: F.cross_entropy(x, p, reduction=r), x)
    show("ce soft w", lambda: F.cross_entropy(x, p, w, reduction=r, label_smoothing=0.1), x)
    show("ce1", lambda: F.cross_entropy(x[0], t[1], reduction=r), x)
    z = seq(2, 3, 4)
    tt = torch.tensor([[0, 1, 2, 1], [2, 2, 0, 1]])
    show("ce3", lambda: F.cross_entropy(z, tt, w, reduction=r), z)
    z4 = seq(2, 3, 2, 2)
    show("ce4", lambda: F.cross_entropy(z4, tt.reshape(2, 2, 2), reduction=r), z4)
    for kw in ({}, {"weight": y.abs()}):
        q = torch.sigmoid(x)
        show(
            f"bce {r} {kw}",
            lambda: F.binary_cross_entropy(torch.sigmoid(x), p, reduction=r, **kw),
            x,
        )
        show(
            f"bcel {r} {kw}", lambda: F.binary_cross_entropy_with_logits(x, p, reduction=r, **kw), x
        )
        show(
            f"bcelp {r} {kw}",
            lambda: F.binary_cross_entropy_with_logits(
                x, p, reduction=r, pos_weight=torch.tensor([0.5, 2.0, 1.0]), **kw
            ),
            x,
        )
        for f in (F.mse_loss, F.l1_loss, F.huber_loss):
            show(f"{f.__name__} {r} {kw}", lambda: f(x, y, reduction=r, **kw), x)
    show("sl1", lambda: F.smooth_l1_loss(x, y, reduction=r, beta=0.3), x)
    show("sl10", lambda: F.smooth_l1_loss(x, y, reduction=r, beta=0.0), x)
    show("hub", lambda: F.huber_loss(x, y, reduction=r, delta=0.3), x)
    for lt in (False, True):
        show(
            f"kl {lt}",
            lambda: F.kl_div(F.log_softmax(x, 1), p.log() if lt else p, reduction=r, log_target=lt),
            x,
        )
    for li in (True, False):
        for fu in (True, False):
            show(
                f"poisson {li} {fu}",
                lambda: F.poisson_nll_loss(
                    x.abs(), y.abs() * 3, log_input=li, full=fu, reduction=r
                ),
                x,
            )
    for fu in (True, False):
        show(f"gauss {fu}", lambda: F.gaussian_nll_loss(x, y, y.abs(), full=fu, reduction=r), x)
    show("gaussf", lambda: F.gaussian_nll_loss(x, y, 0.5, reduction=r), x)
    v = seq(4, 1).abs()
    show("gaussv", lambda: F.gaussian_nll_loss(x, y, seq(4, 1, req=False).abs(), reduction=r), x)
    show("gaussv", lambda: F.gaussian_nll_loss(x, y, seq(4, req=False).abs(), reduction=r), x)
    show(
        "hinge", lambda: F.hinge_embedding_loss(x, torch.where(y > 0.6, 1.0, -1.0), reduction=r), x
    )
    show(
        "hinge",
        lambda: F.hinge_embedding_loss(x, torch.where(y > 0.6, 1.0, -1.0), 0.2, reduction=r),
        x,
    )
    show("soft", lambda: F.soft_margin_loss(x, torch.where(y > 0.6, 1.0, -1.0), reduction=r), x)
    show("rank", lambda: F.margin_ranking_loss(x[:, 0], x[:, 1], s, 0.3, reduction=r), x)
    show("cosemb", lambda: F.cosine_embedding_loss(x, y, s, 0.1, reduction=r), x)
    for kw in ({}, {"p": 2}, {"margin": 0.4}, {"weight": w}):
        show(f"mm {kw}", lambda: F.multi_margin_loss(x, t, reduction=r, **kw), x)
    show("mm1", lambda: F.multi_margin_loss(x[0], t[0], reduction=r), x)
    x = (seq(4, 3, req=False) * 9).requires_grad_()
    ml = torch.tensor([[2, 0, -1], [1, -1, 0], [-1, 1, 2], [0, 1, 2]])
    show("mlm", lambda: F.multilabel_margin_loss(x, ml, reduction=r), x)
    show("mlm1", lambda: F.multilabel_margin_loss(x[0], ml[0], reduction=r), x)
    for kw in ({}, {"weight": w}):
        show(
            f"mls {kw}",
            lambda: F.multilabel_soft_margin_loss(x, (y > 0.6).double(), reduction=r, **kw),
            x,
        )
    a, b, c = seq(4, 3), seq(4, 3).cos(), seq(4, 3).exp()
    for kw in ({}, {"p": 1}, {"swap": True}, {"margin": 0.1, "eps": 0.01}):
        show(f"tri {kw}", lambda: F.triplet_margin_loss(a, y, y.exp(), reduction=r, **kw), a)
    show(
        "trid",
        lambda: F.triplet_margin_with_distance_loss(
            a,
            y,
            y.exp(),
            distance_function=lambda u, v: (u - v).abs().sum(-1),
            reduction=r,
            swap=True,
            margin=2.0,
        ),
        a,
    )
    show("trid", lambda: F.triplet_margin_with_distance_loss(a, y, y.exp(), reduction=r), a)
    lp = seq(6, 2, 4)
    show(
        "ctc",
        lambda: F.ctc_loss(
            F.log_softmax(lp, 2),
            torch.tensor([[1, 2, 2], [3, 1, 0]]),
            torch.tensor([6, 5]),
            torch.tensor([3, 2]),
            reduction=r,
        ),
        lp,
    )
    show(
        "ctcf",
        lambda: F.ctc_loss(
            F.log_softmax(lp, 2),
            torch.tensor([1, 2, 2, 3, 1]),
            (6, 5),
            (3, 2),
            reduction=r,
            zero_infinity=True,
        ),
        lp,
    )
    show(
        "ctci",
        lambda: F.ctc_loss(
            F.log_softmax(lp, 2),
            torch.tensor([1, 2, 2, 3, 1]),
            (2, 5),
            (3, 2),
            reduction=r,
            zero_infinity=True,
        ),
        lp,
    )
    l1 = seq(6, 4)
    show(
        "ctc1",
        lambda: F.ctc_loss(
            F.log_softmax(l1, 1),
            torch.tensor([1, 2, 2]),
            torch.tensor(6),
            torch.tensor(3),
            reduction=r,
        ),
        l1,
    )
show("bm", lambda: F.kl_div(F.log_softmax(x, 1), p, reduction="batchmean"), x)
show("old", lambda: F.mse_loss(x, y, size_average=False), x)
show("old", lambda: F.mse_loss(x, y, reduce=False), x)
show("old", lambda: nn.L1Loss(size_average=True)(x, y), x)
for f in (
    lambda: F.mse_loss(x),
    lambda: F.cross_entropy(x, t, reduction="foo"),
    lambda: F.cross_entropy(x, t, foo=1),
    lambda: F.nll_loss(x, t[:2]),
    lambda: F.cross_entropy(x, torch.tensor([0, 5, 1, 1])),
    lambda: F.binary_cross_entropy(x, p),
    lambda: F.binary_cross_entropy(x.sigmoid(), p[:2]),
    lambda: F.binary_cross_entropy_with_logits(x, p[0]),
    lambda: F.multi_margin_loss(x, t, p=3),
    lambda: F.huber_loss(x, y, delta=0),
    lambda: F.smooth_l1_loss(x, y, beta=-1.0),
    lambda: F.cross_entropy(x, t.double()),
    lambda: F.gaussian_nll_loss(x, y, -y.abs()),
    lambda: F.multilabel_margin_loss(x, t),
    lambda: F.mse_loss(x, y[:2]),
    lambda: F.mse_loss(),
):
    show("err", f)
c = nn.CrossEntropyLoss(weight=w, label_smoothing=0.1)
print(c.state_dict(), c.weight, c.reduction, c.label_smoothing, c(x, t), c)
print(nn.BCEWithLogitsLoss(pos_weight=torch.tensor([0.5, 2.0, 1.0]))(x, p))
print(
    nn.TripletMarginWithDistanceLoss()(a, y, y.exp()),
    nn.CTCLoss()(F.log_softmax(lp, 2), torch.tensor([1, 2, 2, 3, 1]), (6, 5), (3, 2)),
)
show("cs", lambda: F.cosine_similarity(x, y, 0), x)
show("pd", lambda: F.pairwise_distance(x, y, 1.0, keepdim=True), x)
show("pdist", lambda: F.pdist(x), x)
show("pdist1", lambda: F.pdist(x, 1.0), x)
print(
    nn.NLLLoss(ignore_index=1)(F.log_softmax(x, 1), t),
    nn.PoissonNLLLoss()(x, y),
    nn.HingeEmbeddingLoss(0.5)(x, torch.where(y > 0.6, 1.0, -1.0)),
    nn.MultiLabelSoftMarginLoss()(x, (y > 0.6).double()),
    nn.CosineEmbeddingLoss(0.1)(x, y, s),
    nn.HuberLoss(delta=0.2)(x, y),
    nn.KLDivLoss(reduction="batchmean")(F.log_softmax(x, 1), p),
)
