"""Ask PyTorch for the answers to all calls in tests/data/torch, and write them down.

    python tests/record_torch.py

Run this where PyTorch is installed, after adding calls or for another version of it.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import torch

from tests.torch_calls import DATA, Case, answer, cases

warnings.simplefilter("ignore")
torch.set_num_threads(1)

for path in sorted(DATA.glob("*.txt")):
    lines = []
    for block in cases(path):
        if isinstance(block, Case):
            reason = f"  # last digit: {block.reason}" if block.reason else ""
            lines += [f">>> {block.call}{reason}", answer(block.call, torch)]
        else:
            lines.append(block)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
