import torch
from torch.testing import assert_close


def shown(f):
    try:
        print(f())
    except Exception as error:
        print(type(error).__name__, error)


shown(lambda: assert_close(torch.ones(2), torch.ones(2)))
shown(lambda: assert_close(torch.tensor([1.0, 2.0, 3.0]), torch.tensor([1.0, 2.5, 3.0])))
shown(lambda: assert_close(torch.ones(2), torch.ones(3)))
shown(lambda: assert_close(torch.ones(2), torch.ones(2).double()))
shown(lambda: assert_close(torch.ones(2), torch.ones(2).double(), check_dtype=False))
shown(lambda: assert_close(torch.tensor(1.0), torch.tensor(2.0)))
shown(lambda: assert_close(torch.tensor([1, 2]), torch.tensor([1, 3])))
shown(lambda: assert_close(torch.ones(2, 2), torch.zeros(2, 2), rtol=0.1, atol=0.1))
shown(lambda: assert_close(torch.ones(2, 2), torch.zeros(2, 2), rtol=0.0, atol=0.0))
shown(lambda: assert_close(1.0, 2.0))
shown(lambda: assert_close([1.0], [2.0]))
shown(lambda: assert_close(torch.tensor([float("nan")]), torch.tensor([float("nan")])))
shown(
    lambda: assert_close(torch.tensor([float("nan")]), torch.tensor([float("nan")]), equal_nan=True)
)
shown(lambda: assert_close(torch.ones(2), torch.zeros(2), msg="bad"))
shown(lambda: assert_close(torch.ones(2), torch.zeros(2), rtol=1))
shown(
    lambda: assert_close(
        torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([[1.0, 2.0], [3.5, 4.0]])
    )
)
shown(lambda: assert_close({"a": torch.ones(1)}, {"a": torch.zeros(1)}))
shown(lambda: assert_close([torch.ones(1), torch.ones(2)], [torch.ones(1), torch.zeros(2)]))
shown(lambda: assert_close((1, 2), (1, 3)))
shown(lambda: assert_close(1, 1.0))
shown(lambda: assert_close(torch.tensor(1), torch.tensor(2)))
shown(lambda: assert_close(torch.ones(2), 1.0))
shown(lambda: assert_close(torch.ones(2), torch.ones(2) + 1e-4, rtol=1e-3, atol=0.0))
shown(
    lambda: assert_close(
        torch.ones(2, dtype=torch.float64), torch.ones(2, dtype=torch.float64) + 1e-4
    )
)
shown(lambda: assert_close(torch.tensor([1 + 1j]), torch.tensor([1 + 2j])))
shown(lambda: assert_close(torch.tensor([True]), torch.tensor([False])))
shown(lambda: assert_close([1], [1, 2]))
shown(lambda: assert_close("a", "a"))
shown(lambda: assert_close(None, None))
shown(lambda: assert_close(torch.tensor(0.0), torch.tensor(1e-3)))
shown(lambda: assert_close(torch.tensor(1.0), torch.tensor(0.0)))
shown(lambda: assert_close(torch.ones(2), torch.zeros(2), msg=lambda m: "X " + m))
