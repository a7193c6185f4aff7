"""Faithfulness over many films: the command, its table, and what a run that was killed leaves."""

from __future__ import annotations

import csv
from itertools import chain
from pathlib import Path

import numpy as np
import pytest

from core import checkpoint as on_disk
from core.cli import main
from core.errors import DataError
from core.explain import DEFAULT, FAST
from core.records import from_csv, load, rows, to_csv
from core.trust import table
from core.trust.scores import SCORES
from core.trust.table import Mean, Scored
from tests.checkpoints import random_checkpoint
from tests.synthetic import as_png8, film


def row(place: int, method: str = "grad_cam", deletion: float = 0.5) -> list[Scored]:
    """The scores of one map; all figures are 0.5 but for the one given."""
    who = ("m", "0" * 64, method, f"{place}.png", f"p{place // 2}", "VIRUS", 0.5)
    return [Scored(*who, score, deletion if score == "deletion" else 0.5, 0.5, 0.5) for score in SCORES]


def means(*maps: list[Scored]) -> list[table.Mean]:
    return table.means(chain.from_iterable(maps))


def test_means_are_of_films_and_say_how_often_a_map_is_better() -> None:
    values = [0.1, 0.2, 0.3, 0.8]
    found = {mean.score: mean for mean in means(*(row(n, deletion=v) for n, v in enumerate(values)))}
    assert set(found) == set(SCORES)
    deletion = found["deletion"]
    assert deletion.films == 4
    assert deletion.value == pytest.approx(np.mean(values))
    assert deletion.better == 0.75  # lower is better, and .5 are its rivals
    assert deletion.low < deletion.value < deletion.high
    assert deletion.low >= 0.15 - 1e-9  # the mean of the better of two patients: they stay together
    assert found["road"].better == 0


def test_rows_are_added_to_a_table_and_survive_a_cut() -> None:
    text = to_csv(Scored, row(0), 6) + rows(Scored, row(1), 6)
    assert from_csv(Scored, text, "t") == row(0) + row(1)
    assert from_csv(Scored, text[:-9], "t") == (row(0) + row(1))[:-1]
    with pytest.raises(DataError, match="row 2, column before"):
        from_csv(Scored, text.replace("0.500000", "lots", 1), "mine.csv")


def test_means_survive_writing_and_foreign_ones_are_named() -> None:
    found = means(*(row(n, deletion=n / 10) for n in range(4)))
    written = to_csv(table.Mean, found)
    assert to_csv(table.Mean, from_csv(table.Mean, written, "t")) == written
    with pytest.raises(DataError, match="another kind of table"):
        from_csv(table.Mean, to_csv(Scored, []), "rows.csv")
    with pytest.raises(DataError, match=r"row 2, column films: '4.5' is no number"):
        from_csv(table.Mean, written.replace(",4,", ",4.5,", 1), "t")


def test_the_best_method_is_the_one_farthest_ahead_of_its_better_rival() -> None:
    rows = [row(n, method, value) for n in range(4) for method, value in (("grad_cam", 0.4), ("layer_cam", 0.2))]
    found = means(*rows)
    assert table.best(found) == "layer_cam"
    assert {table.lead(mean) for mean in found if mean.score == "road"} == {0.0}
    assert next(table.lead(m) for m in found if m.method == "layer_cam" and m.score == "deletion") == pytest.approx(0.3)
    assert table.best([]) is None
    slow = means(*(row(n, "rise", 0.0) for n in range(4)))  # however good, it is not what a visitor waits for at first
    assert table.best([*found, *slow]) == "layer_cam"
    assert table.best(slow) is None
    assert {mean.method for mean, _ in table.ahead_of("grad_cam", [*found, *slow])} == {"layer_cam"}
    near = [row(n, method, value) for n in range(4) for method, value in (("grad_cam", 0.4), ("layer_cam", 0.38))]
    assert table.best(means(*near)) == "grad_cam"  # no notable difference: the simplest


def test_a_method_is_clearly_better_when_it_is_on_the_same_films() -> None:
    def deletion(*values: float) -> table.Mean:
        rows = [row(n, deletion=value) for n, value in enumerate(values)]
        return next(mean for mean in means(*rows) if mean.score == "deletion")

    # All films alike a little better than .5 is clear, however much films differ among themselves.
    assert table.clear(deletion(0.4, 0.45, 0.3, 0.49))
    assert not table.clear(deletion(0.1, 0.2, 0.6, 0.7))
    assert deletion(0.4, 0.45, 0.3, 0.49).ahead_of_random == deletion(0.4, 0.45, 0.3, 0.49).ahead_of_blob > 0


def test_what_is_known_beforehand_of_a_method_names_better_ones() -> None:
    def mean(method: str, score: str, *, better: bool) -> table.Mean:
        ahead = 0.1 if better else -0.1
        return table.Mean("net", "0" * 64, method, score, 200, 0.5, 0.4, 0.6, 0.3, 0.3, 0.6, ahead, ahead)

    whole = [mean("occlusion", score, better=True) for score in SCORES]
    weak = [mean("grad_cam", score, better=score == "road") for score in SCORES]

    def says(better: int) -> str:
        return (
            f"Measured on 200 test films: by {better} of 3 figures better than a random map and than the film's centre."
        )

    assert table.standing("grad_cam", weak) == says(1)
    assert table.standing("grad_cam", [*weak, *whole]) == f"{says(1)} By all of them: Occlusion sensitivity."
    assert table.standing("occlusion", [*weak, *whole]) == says(3)
    assert not table.standing("rise", whole)


def test_how_far_others_are_ahead_is_told_network_by_network() -> None:
    rows = [row(n, method, value) for n in range(4) for method, value in (("grad_cam", 0.4), ("layer_cam", 0.2))]
    ahead = table.ahead_of("grad_cam", means(*rows))
    assert {mean.method for mean, _ in ahead} == {"layer_cam"}
    assert {mean.score: round(by, 6) for mean, by in ahead} == {"deletion": 0.2, "insertion": 0.0, "road": 0.0}
    assert table.ahead_of("hires_cam", means(*rows)) == []


@pytest.mark.skipif(not table.SHIPPED.is_file(), reason="no table is shipped")
def test_the_default_method_is_what_the_shipped_table_says() -> None:
    assert table.best(from_csv(table.Mean, table.SHIPPED.read_text("utf-8"), table.SHIPPED.name)) == DEFAULT


@pytest.mark.skipif(not any(on_disk.SHIPPED.glob("*.safetensors")), reason="no network is shipped")
def test_the_method_page_names_the_network_whose_head_is_not_pooled() -> None:
    others = [one.name for one in on_disk.find(on_disk.SHIPPED)[0].values() if one.card.head != "pooled"]
    says = (Path(__file__).parents[1] / "pages" / "about" / "method.py").read_text("utf-8")
    assert len(others) == 1
    assert f"the classic head of {others[0]} they differ" in says


def values(found: list[Scored]) -> dict[tuple[str, str, str], float]:
    return {(one.method, one.file, one.score): one.value for one in found}


def test_the_command_measures_every_method_and_goes_on_where_it_was_stopped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = tmp_path / "weights"
    weights.mkdir()
    random_checkpoint(weights)
    for place, label in enumerate(("NORMAL", "BACTERIA", "VIRUS")):
        folder = tmp_path / "data" / "test" / label
        folder.mkdir(parents=True)
        (folder / f"{place}.png").write_bytes(as_png8(film(80, 80, place)))
    scored, out = tmp_path / "rows.csv", tmp_path / "out.csv"
    command = ["faithfulness", "--data", str(tmp_path / "data"), "--weights", str(weights), "--films", "2"]
    command += ["--rows", str(scored), "--out", str(out)]
    assert main([*command, "--method", "grad_cam"]) == 0
    assert main(command) == 0
    whole = scored.read_text("utf-8")
    first = load(Scored, scored)
    assert {one.method for one in first} == set(FAST)
    scored.write_text(whole[: len(whole) // 2], "utf-8")
    assert main(command) == 0
    again = load(Scored, scored)
    # Last digits differ with what else was in the batch.
    assert values(again) == {key: pytest.approx(value, abs=1e-5) for key, value in values(first).items()}
    with out.open(encoding="utf-8") as file:
        summary = list(csv.DictReader(file))
    assert len(summary) == len(FAST) * len(SCORES)
    same = {
        line["value"] for line in summary if line["score"] == "road" and line["method"] in {"grad_cam", "hires_cam"}
    }
    assert len(same) == 1  # with a pooled head they are one map
    assert capsys.readouterr().out.count("of 8 methods") == 2 * len(SCORES)  # each of the later runs says
    assert main([*command, "--method", "ablation_cam", "--rows", str(tmp_path / "slow.csv")]) == 0
    assert capsys.readouterr().out.count("of 9 methods") == len(SCORES)  # what the table had stays
    slow = load(Scored, tmp_path / "slow.csv")
    rivals = {(one.file, one.score): (one.random, one.blob) for one in again}
    for one in slow:  # and is measured beside the same rivals
        assert (one.random, one.blob) == pytest.approx(rivals[one.file, one.score], abs=1e-5)
    assert main([*command, "--films", "1", "--out", str(tmp_path / "one.csv")]) == 0
    assert {one.films for one in load(Mean, tmp_path / "one.csv")} == {1}  # rows of more films do not count
    assert capsys.readouterr().out.count("0 of 8 methods") == len(SCORES)  # one film says nothing of others
    scored.write_text(again_of_weights := scored.read_text("utf-8").replace(first[0].weights_sha256, "0" * 64), "utf-8")
    assert main([*command, "--out", str(tmp_path / "new.csv")]) == 0
    assert again_of_weights in scored.read_text("utf-8")
    assert {one.weights_sha256 for one in load(Mean, tmp_path / "new.csv")} == {first[0].weights_sha256}
    capsys.readouterr()
    assert main(["faithfulness", "--out", str(out)]) == 0  # and without films, what the table says
    said = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in said] == list(SCORES)
    assert main(["faithfulness", "--out", str(tmp_path / "none.csv")]) != 0
    assert "Give --data DIR" in capsys.readouterr().err
