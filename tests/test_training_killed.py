"""A training run that is killed while it works, as a crash or a power cut would do it: no clean-up, no last word."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from tests.test_training import write_films

ROOT = Path(__file__).parent.parent
EPOCHS, BEFORE, WAIT = 30, 5, 120
WEIGHTS = "pneumonia-five_block_cnn.safetensors"


def command(data: Path, place: Path) -> list[str]:
    """A run of many short epochs."""
    return [
        sys.executable, "-m", "core", "train", "--data", str(data), "--arch", "five_block_cnn", "--stages",
        f"80x{EPOCHS}", "--batch", "8", "--out", str(place / "out"), "--run", str(place / "run"),
    ]  # fmt: skip


def epochs(run: Path) -> int:
    """How many its history has."""
    history = run / "history.csv"
    return len(history.read_text("utf-8").splitlines()) - 1 if history.exists() else 0


def whole(data: Path, place: Path) -> str:
    """Run to the end; what was said."""
    done = subprocess.run(command(data, place), cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_a_run_killed_while_it_works_goes_on_and_ends_where_an_unbroken_one_does(tmp_path: Path) -> None:
    data, broken = write_films(tmp_path / "films"), tmp_path / "broken"
    whole(data, tmp_path / "unbroken")
    with subprocess.Popen(command(data, broken), cwd=ROOT, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as run:
        end = time.monotonic() + WAIT
        while epochs(broken / "run") < BEFORE and run.poll() is None and time.monotonic() < end:
            time.sleep(0.005)
        run.kill()
    if (reached := epochs(broken / "run")) == EPOCHS:
        pytest.fail("it was over before it was killed: give it more epochs")
    assert reached >= BEFORE
    first = re.search(r"epoch (\d+)", whole(data, broken))
    assert first
    assert int(first[1]) in {reached, reached + 1}  # no more than one epoch is lost
    one, other = (load_file(place / "out" / WEIGHTS) for place in (tmp_path / "unbroken", broken))
    for name, tensor in one.items():
        torch.testing.assert_close(tensor.float(), other[name].float(), atol=2e-3, rtol=2e-3)
