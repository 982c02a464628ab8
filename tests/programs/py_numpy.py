import numpy as np
import math

print(
    np.array([1, 2.5]),
    np.linspace(0, 1, 5),
    np.arange(3),
    np.arange(0, 1, 0.25),
    np.allclose([1.0], [1.0 + 1e-9]),
)
np.testing.assert_allclose([1.0], [1.0 + 1e-9])
rng = np.random.default_rng(0)
print(
    rng.normal(size=2),
    rng.random(),
    rng.integers(0, 10, 3),
    rng.standard_normal(2),
    rng.uniform(0, 1, 2),
)
np.random.seed(0)
print(
    np.random.rand(2),
    np.random.randn(2),
    np.random.randint(0, 5, 3),
    np.random.permutation(4),
    np.random.normal(0, 1, 2),
    np.random.uniform(size=1),
    np.random.choice([1, 2, 3]),
)
np.set_printoptions(precision=3, suppress=True)
print(np.array([1.23456, 1e-9]))
a = np.zeros((2, 3))
a[0] = 1
a[:, 1] += 2
print(a, a.shape, a.dtype, a.T, a.mean(axis=0), a.sum(), a.reshape(-1), a.max(), a.argmax())
print(
    np.dot([1, 2], [3, 4]),
    np.eye(2),
    np.ones(2) @ np.ones((2, 2)),
    np.concatenate([[1], [2]]),
    np.stack([[1], [2]]),
    np.vstack([[1], [2]]),
    np.hstack([[1], [2]]),
)
print(
    np.sin(np.pi),
    np.exp(1.0),
    np.sqrt(2),
    np.abs([-1]),
    np.where([True, False], 1, 2),
    np.clip([1, 5], 0, 3),
    np.float32(1.5),
    np.int64(3),
    np.isnan(np.nan),
    np.inf,
    np.meshgrid([1, 2], [3]),
)
print(
    np.linalg.norm([3, 4]),
    np.linalg.inv(np.eye(2) * 2),
    np.linalg.solve(np.eye(2), [1, 2]),
    np.random.RandomState(0).rand(2),
)
print(
    np.mean([1, 2]),
    np.std([1, 2]),
    np.var([1, 2]),
    np.median([1, 2, 3]),
    np.cumsum([1, 2]),
    np.prod([2, 3]),
    np.unique([1, 1, 2]),
    np.argsort([3, 1]),
    np.sort([3, 1]),
    np.diff([1, 4]),
    np.outer([1, 2], [3]),
    np.round(1.2345, 2),
    np.full(2, 7),
    np.zeros_like([1, 2]),
    np.array_equal([1], [1]),
    np.any([0, 1]),
    np.all([1]),
    np.isclose(1, 1),
    np.maximum(1, [0, 2]),
    np.log(2),
    np.tanh(0.5),
    np.logspace(0, 2, 3),
    np.tile([1], 2),
    np.repeat([1], 2),
    np.split(np.arange(4), 2),
    np.newaxis,
    np.expand_dims([1], 0),
    np.squeeze([[1]]),
    np.transpose([[1, 2]]),
    np.trace(np.eye(2)),
    np.asarray([1]),
    np.ndarray,
    isinstance(a, np.ndarray),
    np.float64,
    np.einsum("ij->i", np.eye(2)),
    np.sign(-2),
    np.floor(1.5),
    np.power(2, 3),
    np.triu(np.ones((2, 2))),
    np.diag([1, 2]),
    np.pi,
    np.e,
    np.empty((0,)).size,
)
print(
    math.prod([1, 2]),
    math.comb(5, 2),
    math.isclose(1, 1 + 1e-10),
    math.floor(2.5),
    math.ceil(2.1),
    math.tau,
    math.dist([0], [1]),
    math.log(8, 2),
    math.factorial(5),
    math.inf,
    math.e,
)
with np.printoptions(precision=2):
    print(np.array([1.23456]))
