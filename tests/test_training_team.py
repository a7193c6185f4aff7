"""Two processes train one network together, as torchrun starts them."""

from __future__ import annotations

import csv
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import Generator

from core.checkpoint import named
from core.training.team import ALONE, Team
from tests.test_training import write_films

ROOT = Path(__file__).resolve().parent.parent


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@pytest.mark.timeout(180)
def test_two_processes_end_with_the_same_weights_and_one_checkpoint(tmp_path: Path) -> None:
    data = write_films(tmp_path / "films", 6, 2)
    command = [
        sys.executable, "-m", "torch.distributed.run", "--nproc_per_node=2", "--master_addr=127.0.0.1",
        f"--master_port={free_port()}", "-m", "--", "tests.two_ranks", str(tmp_path / "weights"),
        "--data", str(data), "--arch", "resnet18", "--stages", "32x2", "--batch", "8",
        "--out", str(tmp_path / "out"), "--run", str(tmp_path / "run"),
    ]  # fmt: skip
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=170, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    first, second = (torch.load(tmp_path / "weights" / f"{rank}.pt", weights_only=True) for rank in (0, 1))
    assert first.keys() == second.keys()
    for name, tensor in first.items():
        assert torch.equal(tensor, second[name]), name
        assert bool(tensor.isfinite().all()), name
    assert done.stdout.count("pneumonia-resnet18.safetensors") == 1
    assert done.stderr.count("epoch 1 ") == done.stderr.count("epoch 2 ") == 1
    assert len(list((tmp_path / "out").glob("*.safetensors"))) == 1
    assert named("pneumonia-resnet18", tmp_path / "out").card.training.epochs == 2
    with (tmp_path / "run" / "history.csv").open() as file:
        assert all(float(row["train_loss"]) < 10 for row in csv.DictReader(file))


def test_shares_make_up_the_batch() -> None:
    picked = torch.arange(7)
    shares = [Team(rank, 3).share(picked) for rank in range(3)]
    assert torch.equal(torch.cat(shares), picked)
    assert ALONE.share(picked) is picked
    assert not Team(0, 4).fits(picked)
    assert Team(0, 3).fits(picked)
    rng = Generator().manual_seed(5)
    assert ALONE.draws(rng) is rng
    draws = [torch.rand(4, generator=Team(rank, 2).draws(rng)) for rank in range(2)]
    assert not torch.equal(*draws)
