"""Indexes made by code, of any size: no film is behind them."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd

from core.tasks import TASKS

CLASSES = TASKS["pneumonia"].classes


def table(films: int, seed: int = 0, copies: int = 20) -> pd.DataFrame:
    """An index as :func:`core.dataset.census.parse` reads it.

    Args:
        films: rows.
        seed: of everything random.
        copies: films that are byte-for-byte copies of another.
    """
    rng = np.random.default_rng(seed)
    label = rng.choice(CLASSES, films, p=[0.3, 0.45, 0.25])
    split = rng.choice(["train", "test"], films, p=[0.8, 0.2])
    patient = rng.integers(0, max(films // 3, 1), films)
    numbers = np.arange(films)
    copied = rng.choice(films, min(copies, films // 2), replace=False)
    numbers[copied] = (copied + 1) % films
    group = pd.factorize(numbers)[0]
    twice = np.isin(group, np.flatnonzero(np.bincount(group) > 1))
    brightness = np.clip(rng.normal(0.5, 0.08, films) + 0.03 * (label == CLASSES[1]), 0, 1)
    return pd.DataFrame(
        {
            "file": [f"{s}/{c}/film{i:06}.png" for i, (s, c) in enumerate(zip(split, label, strict=True))],
            "label": label,
            "split": split,
            "patient": [f"p{number:05}" for number in patient],
            "width": rng.integers(800, 3000, films),
            "height": rng.integers(800, 3000, films),
            "sha256": [hashlib.sha256(str(number).encode()).hexdigest() for number in numbers],
            "phash": [f"{value:016x}" for value in rng.integers(0, 2**63, films)],
            "brightness": brightness.round(4),
            "contrast": rng.uniform(0.15, 0.3, films).round(4),
            "dark": rng.uniform(0, 0.1, films).round(4),
            "bright": rng.uniform(0.7, 1, films).round(4),
            "twins": [str(number) if has else "" for number, has in zip(group, twice, strict=True)],
            "problem": "",
        }
    )


def csv(films: int, seed: int = 0) -> bytes:
    """The same as a file."""
    return table(films, seed).to_csv(index=False).encode()
