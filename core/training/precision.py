"""What to compute training steps in: bfloat16 where that is faster, float32 where the processor only emulates it.

Processors with instructions for bfloat16 train about twice as fast in it; on others a step takes thirty times as long.
Which of the two this is no public function tells, so one convolution is timed both ways.
"""

from __future__ import annotations

import time
from contextlib import AbstractContextManager
from functools import cache

import torch


def autocast(device: torch.device) -> AbstractContextManager[object]:
    """A context in which a network computes in bfloat16 where ``device`` gains by it, and as it is elsewhere."""
    return torch.autocast(device.type, torch.bfloat16, enabled=gains(device.type))


@cache
def gains(device_type: str) -> bool:
    """Whether bfloat16 is faster than float32; always so on a GPU."""
    return device_type != "cpu" or _seconds(torch.bfloat16) < _seconds(torch.float32)


def _seconds(dtype: torch.dtype, turns: int = 3) -> float:
    """The fastest of a few convolutions in ``dtype`` on the CPU."""
    with torch.random.fork_rng([]):  # what training draws must not depend on when this is asked first
        layer = torch.nn.Conv2d(32, 32, 3, dtype=dtype).to(memory_format=torch.channels_last)
    x = torch.ones(4, 32, 32, 32, dtype=dtype).contiguous(memory_format=torch.channels_last)
    spent = []
    with torch.no_grad():
        for _ in range(turns):
            started = time.perf_counter()
            layer(x)
            spent.append(time.perf_counter() - started)
    return min(spent)
