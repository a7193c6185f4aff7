"""Shares in sentences."""

from __future__ import annotations

import pytest

from core.words import of_100


@pytest.mark.parametrize(
    ("share", "said"), [(0.823, "82"), (1.0, "100"), (0.0, "0"), (621 / 624, "99.5"), (0.002, "0.2"), (0.994, "99")]
)
def test_all_or_none_of_a_hundred_is_said_only_where_it_is_so(share: float, said: str) -> None:
    assert of_100(share) == said
