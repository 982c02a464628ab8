"""Two objectives of ADBench: Gaussian mixtures and bundle adjustment.

Written from the definitions in Srajer, Kukelova and Fitzgibbon, "A benchmark of selected
algorithmic differentiation tools on some problems in computer vision and machine learning"
(Optimization Methods and Software, 2018). Sizes are some of theirs, numbers are random.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse, special

from diffcli import api
from diffcli.errors import Source
from tests.benchmarks.measure import HAND, OURS, Comparison, Target
from tests.benchmarks.peers import Peers, compared
from tests.benchmarks.problem import Problem

# ----- Gaussian mixtures --------------------------------------------------------------------------

GAMMA, M = 1.0, 0
"""Parameters of the Wishart prior of the inverse covariances."""

MIXTURE = """
d = x.shape[1]
logs = icf[:, :d]
L = concatenate([icf, zeros((icf.shape[0], 1))], axis=1)[:, place]
Q = L + eye(d)*exp(logs)[:, None, :]
z = einsum('kij,nj->nki', Q, x) - einsum('kij,kj->ki', Q, means)
main = logsumexp(alphas + sum(logs, axis=1) - 0.5*sum(z**2, axis=2), axis=1)
prior = 0.5*GAMMA**2*sum(Q**2) - M*sum(logs)
sum(main) - x.shape[0]*logsumexp(alphas) + prior + constant
"""
"""`place` says which number of `icf` an entry of L is; the last one is 0."""

MIXTURE_SPELLED = """
def logsumexp(a, axis):
    top = (a.max(axis) if xp.__name__ != "torch" else xp.amax(a, axis))
    return top + xp.log(xp.sum(xp.exp(a - top[..., None]), axis))
def f(alphas, means, icf, x, place, constant):
    d = x.shape[1]
    logs = icf[:, :d]
    join = xp.concatenate
    L = join([icf, 0*icf[:, :1]], 1)[:, place]
    Q = L + xp.eye(d, dtype=x.dtype)*xp.exp(logs)[:, None, :]
    z = xp.einsum('kij,nj->nki', Q, x) - xp.einsum('kij,kj->ki', Q, means)
    main = logsumexp(alphas + xp.sum(logs, 1) - 0.5*xp.sum(z**2, 2), 1)
    prior = 0.5*GAMMA**2*xp.sum(Q**2) - M*xp.sum(logs)
    return xp.sum(main) - x.shape[0]*logsumexp(alphas, 0) + prior + constant
"""


def mixture(n: int, d: int, k: int) -> Problem:
    """The gradient of the log-likelihood of n points in d dimensions, k components.

    By the logits of the weights, the means, and the inverse covariance factors: the logarithms of
    their diagonals, then the columns below.
    """
    rng = np.random.default_rng(0)
    rest = d * (d - 1) // 2
    place = np.full((d, d), d + rest)
    column, row = np.triu_indices(d, 1)
    place[row, column] = d + np.arange(rest)
    parameters = {
        "alphas": rng.standard_normal(k),
        "means": rng.standard_normal((k, d)),
        "icf": rng.standard_normal((k, d + rest)) / 5,
    }
    freedom = d + M + 1
    scale = freedom * d * (np.log(GAMMA) - 0.5 * np.log(2))
    wishart = k * (scale - special.multigammaln(0.5 * freedom, d))
    constant = np.array(-0.5 * n * d * np.log(2 * np.pi) - wishart)
    numbers = {"GAMMA": repr(GAMMA), "M": repr(M)}
    texts = [MIXTURE.strip(), MIXTURE_SPELLED]
    for name, number in numbers.items():
        texts = [text.replace(name, number) for text in texts]
    return Problem(
        "grad",
        texts[0],
        {**parameters, "x": rng.standard_normal((n, d)), "place": place, "constant": constant},
        _mixture_by_hand,
        [Target(1.5), Target(1.0, "best peer")],
        spelled=texts[1],
        count=3,
    )


def _mixture_by_hand(
    alphas: np.ndarray,
    means: np.ndarray,
    icf: np.ndarray,
    x: np.ndarray,
    place: np.ndarray,
    constant: np.ndarray,
) -> list[np.ndarray]:
    (n, d), k = x.shape, alphas.size
    logs, diagonal = icf[:, :d], np.arange(d)
    Q = np.concatenate([icf, np.zeros((k, 1))], axis=1)[:, place]
    Q[:, diagonal, diagonal] = np.exp(logs)
    z = (x @ Q.reshape(k * d, d).T).reshape(n, k, d)
    z -= (Q @ means[:, :, None])[:, :, 0]
    inner = alphas + logs.sum(1) - 0.5 * np.einsum("nki,nki->nk", z, z)
    top = inner.max(1, keepdims=True)
    r = np.exp(inner - top)
    total = r.sum(1, keepdims=True)
    r /= total
    main = np.sum(top + np.log(total))
    e = np.exp(alphas - alphas.max())
    weights = alphas.max() + np.log(e.sum())
    value = main - n * weights + 0.5 * GAMMA**2 * np.sum(Q**2) - M * np.sum(logs) + constant
    z *= r[:, :, None]
    sums = z.sum(0)
    d_means = (sums[:, None, :] @ Q)[:, 0]
    d_Q = sums[:, :, None] * means[:, None, :] - (z.reshape(n, k * d).T @ x).reshape(k, d, d)
    d_Q += GAMMA**2 * Q
    counts = r.sum(0)
    d_icf = np.zeros((k, icf.shape[1] + 1))
    d_icf[:, place] = d_Q
    d_icf[:, :d] = d_Q[:, diagonal, diagonal] * np.exp(logs) + counts[:, None] - M
    return [value, counts - n * e / e.sum(), d_means, d_icf[:, :-1]]


# ----- bundle adjustment --------------------------------------------------------------------------

BUNDLE = """
c = cams[camera]
r = c[:, :3]
v = X[point] - c[:, 3:6]
t = sqrt(sum(r**2, axis=1, keepdims=True))
a = r/t
p = cos(t)*v + sin(t)*cross(a, v) + (1 - cos(t))*sum(a*v, axis=1, keepdims=True)*a
q = p[:, :2]/p[:, 2:]
s = sum(q**2, axis=1, keepdims=True)
q = q*(1 + c[:, 9:10]*s + c[:, 10:]*s**2)
ravel(w[:, None]*(c[:, 6:7]*q + c[:, 7:9] - feats))
"""
"""The errors of reprojection: a camera is rotation, centre, focal length, offset, distortion."""

BUNDLE_SPELLED = """
def one(c, X, w, feat):
    r, v = c[:3], X - c[3:6]
    t = xp.sqrt(xp.sum(r**2))
    a = r/t
    cross = xp.linalg.cross if xp.__name__ == "torch" else xp.cross
    p = xp.cos(t)*v + xp.sin(t)*cross(a, v) + (1 - xp.cos(t))*xp.sum(a*v)*a
    q = p[:2]/p[2]
    s = xp.sum(q**2)
    q = q*(1 + c[9]*s + c[10]*s**2)
    return w*(c[6]*q + c[7:9] - feat)
"""

BUNDLE_PEERS = {
    "jax": """
import jax, jax.numpy as xp
jax.config.update("jax_enable_x64", True)
cams, X, w, feats, camera, point = (xp.asarray(v) for v in values.values())
derived = jax.jit(lambda *a: jax.vmap(jax.jacrev(one, (0, 1, 2)))(cams[camera], X[point], *a))
def call():
    return jax.block_until_ready(derived(w, feats))
""",
    "torch": """
import os, torch, torch as xp
torch.set_num_threads(len(os.sched_getaffinity(0)))
cams, X, w, feats, camera, point = (torch.tensor(v) for v in values.values())
derived = torch.func.vmap(torch.func.jacrev(one, (0, 1, 2)))
def call():
    return derived(cams[camera], X[point], w, feats)
""",
    "casadi": """
import casadi, numpy as np, os
class xp:
    sqrt, cos, sin, cross = casadi.sqrt, casadi.cos, casadi.sin, casadi.cross
    sum = staticmethod(casadi.sum1)
by = [casadi.SX.sym(n, k) for n, k in zip("cXw", (11, 3, 1))]
feat = casadi.SX.sym("f", 2)
y = one(*by, feat)
cams, X, w, feats, camera, point = values.values()
f = casadi.Function("f", [*by, feat], [casadi.densify(casadi.jacobian(y, x)) for x in by])
f = f.map(len(w), "thread", len(os.sched_getaffinity(0)))
fixed = [casadi.DM(v) for v in (w[None], feats.T)]
def call():
    found = f(casadi.DM(cams[camera].T), casadi.DM(X[point].T), *fixed)
    blocks = [a.toarray().reshape(2, len(w), -1).transpose(1, 0, 2) for a in found]
    return [*blocks[:2], blocks[2][:, :, 0]]
""",
}
BUNDLE_PEERS = {name: BUNDLE_SPELLED + script for name, script in BUNDLE_PEERS.items()}
BUNDLE_PEERS["torch.compile"] = BUNDLE_PEERS["torch"].replace(
    "derived(cams", "torch.compile(derived, dynamic=False)(cams"
)


def bundle(about: str, peers: Peers, cameras: int, points: int, observations: int) -> Comparison:
    """The sparse Jacobian of the errors of reprojection by cameras, points and weights.

    Ours is everything from parsing on, with `--sparse always`. By hand the blocks of all
    observations are made at once and put together by SciPy. Peers make the blocks alone, which
    takes knowing that there are blocks.
    """
    rng = np.random.default_rng(0)
    centre = np.array([0, 0, 0, 0, 0, -6, 2, 0, 0, 0, 0])
    values = {
        "cams": rng.standard_normal((cameras, 11)) / 10 + centre,
        "X": rng.standard_normal((points, 3)),
        "w": rng.standard_normal(observations),
        "feats": rng.standard_normal((observations, 2)),
        "camera": rng.integers(0, cameras, observations),
        "point": rng.integers(0, points, observations),
    }
    places = (values["camera"], values["point"], np.arange(observations))

    def ours() -> list[Any]:
        traced = api.trace(Source(BUNDLE.strip()), values)
        found = api.jacobian(traced, ["cams", "X", "w"], sparse="always").by_name
        return list(found.values())

    def hand() -> list[Any]:
        blocks = _bundle_by_hand(**values)
        sizes = (cameras, points, observations)
        return [_assembled(*made) for made in zip(blocks, places, sizes, strict=True)]

    works = {HAND: hand, OURS: ours}
    blocks = _bundle_by_hand(**values)
    return compared(about, works, BUNDLE_PEERS, values, [Target(3.0)], peers, answer=blocks)


def _bundle_by_hand(
    cams: np.ndarray,
    X: np.ndarray,
    w: np.ndarray,
    feats: np.ndarray,
    camera: np.ndarray,
    point: np.ndarray,
) -> list[np.ndarray]:
    """The blocks of each observation by its camera, its point and its weight.

    The derivative of a rotation R(r) @ v by r is that of Gallego and Yezzi, "A compact formula for
    the derivative of a 3-D rotation in exponential coordinates" (2015), -R [v] (r r.T + (R.T - I)
    [r]) / r.r, in which [a] @ b is the cross product.
    """
    c = cams[camera]
    r, v = c[:, :3], X[point] - c[:, 3:6]
    square = np.einsum("ni,ni->n", r, r)[:, None, None]
    t = np.sqrt(square)
    skew = _cross_matrix(r)
    R = np.eye(3) + np.sin(t) / t * skew + (1 - np.cos(t)) / square * (skew @ skew)
    p = (R @ v[:, :, None])[:, :, 0]
    inner = r[:, :, None] * r[:, None, :] + (R.transpose(0, 2, 1) - np.eye(3)) @ skew
    p_r = -R @ (_cross_matrix(v) @ inner) / square
    q = p[:, :2] / p[:, 2:]
    q_p = np.zeros((len(w), 2, 3))
    q_p[:, 0, 0] = q_p[:, 1, 1] = 1 / p[:, 2]
    q_p[:, :, 2] = -q / p[:, 2:]
    s = np.einsum("ni,ni->n", q, q)[:, None]
    stretch = 1 + c[:, 9:10] * s + c[:, 10:] * s * s
    slope = 2 * c[:, 9:10] + 4 * c[:, 10:] * s
    by_q = stretch[:, :, None] * np.eye(2) + q[:, :, None] * (slope * q)[:, None, :]
    focal = c[:, 6:7]
    by_p = (w[:, None] * focal)[:, :, None] * (by_q @ q_p)
    by_camera = np.zeros((len(w), 2, 11))
    by_X = by_p @ R
    by_camera[:, :, :3], by_camera[:, :, 3:6] = by_p @ p_r, -by_X
    by_camera[:, :, 6] = w[:, None] * stretch * q
    by_camera[:, 0, 7] = by_camera[:, 1, 8] = w
    by_camera[:, :, 9] = (w[:, None] * focal) * s * q
    by_camera[:, :, 10] = by_camera[:, :, 9] * s
    return [by_camera, by_X, focal * stretch * q + c[:, 7:9] - feats]


def _cross_matrix(a: np.ndarray) -> np.ndarray:
    """The matrices of cross products with the rows of a."""
    found = np.zeros((len(a), 3, 3))
    found[:, 2, 1], found[:, 0, 2], found[:, 1, 0] = a.T
    return found - found.transpose(0, 2, 1)


def _assembled(blocks: np.ndarray, at: np.ndarray, count: int) -> Any:
    """The sparse matrix with a block of columns `at[i]` in the two rows of observation i."""
    width = blocks[0, 0].size
    rows = np.arange(blocks.shape[0] * 2).repeat(width)
    columns = ((at * width)[:, None] + np.arange(width)).repeat(2, axis=0)
    shape = (blocks.shape[0] * 2, count * width)
    return sparse.coo_array((blocks.ravel(), (rows, columns.ravel())), shape=shape)
