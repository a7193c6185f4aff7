"""How sure: sets that cover as often as promised, films left to a reader, words, and what all of it is worth."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.certainty import (
    LEVELS,
    TARGETS,
    WORDINGS,
    certainty_of,
    coverage,
    either,
    fit,
    kept,
    risk,
    said,
    set_in_words,
    votes,
)
from core.certainty.deferral import cut
from core.certainty.noise import shares, slips
from core.certainty.sets import Sets, quantile
from core.checkpoint import SHIPPED, find
from core.classifier import Classifier
from core.cli import main
from core.errors import DataError, UnknownNameError
from core.evaluate import Predictions, from_csv
from core.tasks import TASKS, own_task
from core.xray import read_xray
from tests import synthetic
from tests.checkpoints import random_checkpoint
from tests.test_training import write_films

TASK = TASKS["pneumonia"]
CLEAN = np.eye(3)


def films(count: int, seed: int, rate: NDArray[np.float64] = CLEAN) -> tuple[Predictions, NDArray[np.int64]]:
    """Calibrated predictions whose recorded classes slip at a rate; and the true classes."""
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet((0.35, 0.35, 0.35), count)
    true = (probabilities.cumsum(axis=1) > rng.random((count, 1))).argmax(axis=1)
    recorded = (rate[true].cumsum(axis=1) > rng.random((count, 1))).argmax(axis=1)
    names = tuple(f"{number}.png" for number in range(count))
    return Predictions(TASK.classes, names, names, recorded, probabilities), true


# ---------------------------------------------------------------- prediction sets


@pytest.mark.parametrize("level", [0.8, 0.9, 0.95])
def test_sets_of_exchangeable_films_cover_as_often_as_promised_and_hardly_more(level: float) -> None:
    """Over many draws of few films: at least the level, at most one film in n + 1 more; class by class."""
    inside: list[list[float]] = [[], [], []]
    for seed in range(150):
        found, _ = films(240, seed)
        some, others = slice(120), slice(120, 240)
        sets = Sets(TASK.classes, 1 - found.probabilities[some], CLEAN[found.labels[some]])
        held = sets.hold(found.probabilities[others], level)
        for place in range(3):
            mine = found.labels[others] == place
            inside[place].append(float(held[mine, place].mean()))
    for shares_held in inside:
        assert level - 0.012 < np.mean(shares_held) < level + 1 / 25 + 0.012


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60), st.floats(0.5, 0.99))
@settings(max_examples=200, deadline=None)
def test_with_equal_weights_the_quantile_is_the_one_of_the_paper(scores: list[float], level: float) -> None:
    rank = int(np.ceil((len(scores) + 1) * level - 1e-9))
    expected = sorted(scores)[rank - 1] if rank <= len(scores) else np.inf
    assert quantile(np.array(scores), np.ones(len(scores)), level) == expected


@pytest.mark.filterwarnings("ignore")  # its own and scikit-learn's, of no interest here
@pytest.mark.parametrize("level", [0.8, 0.9, 0.95])
def test_sets_are_those_of_mapie(level: float) -> None:
    mapie = pytest.importorskip("mapie.classification")
    from sklearn.base import BaseEstimator, ClassifierMixin

    class Said(ClassifierMixin, BaseEstimator):
        """Hands on what was predicted long ago."""

        classes_ = np.arange(3)
        is_fitted_ = True

        def fit(self, *_: object) -> Said:
            return self

        def predict(self, x: NDArray[np.float64]) -> NDArray[np.int64]:
            return self.predict_proba(x).argmax(axis=1)

        def predict_proba(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
            return x / x.sum(axis=1, keepdims=True)

    found, _ = films(400, 5)
    some, others = slice(200), slice(200, 400)
    theirs = mapie.SplitConformalClassifier(Said(), confidence_level=level, conformity_score="lac", prefit=True)
    theirs.conformalize(found.probabilities[some], found.labels[some])
    _, expected = theirs.predict_set(found.probabilities[others])
    scores = 1 - found.probabilities[some][np.arange(200), found.labels[some]]
    ours = 1 - found.probabilities[others] <= quantile(scores, np.ones(200), level) + 1e-9
    assert np.array_equal(ours, expected[:, :, 0])


def test_sets_grow_with_the_level_and_name_the_most_probable_class_first() -> None:
    found, _ = films(300, 1)
    sets = Sets.fit(found, CLEAN[found.labels])
    held = [sets.hold(found.probabilities, level) for level in LEVELS]
    assert all((low <= high).all() for low, high in pairwise(held))
    assert sets.of({"NORMAL": 0.01, "BACTERIA": 0.39, "VIRUS": 0.6}, 0.95)[:2] == ("VIRUS", "BACTERIA")


def test_of_too_few_films_the_set_holds_every_class() -> None:
    found, _ = films(12, 1)
    assert Sets.fit(found, CLEAN[found.labels]).hold(found.probabilities, 0.99).all()


# ---------------------------------------------------------------- slips of the labels

SLIPS = np.array([[1.0, 0.0, 0.0], [0.0, 0.93, 0.07], [0.0, 0.2, 0.8]])


def test_slips_between_kinds_are_found_and_none_where_there_are_none() -> None:
    found, _ = films(6000, 2, SLIPS)
    assert slips(found, TASK) == pytest.approx(SLIPS, abs=0.03)
    clean, _ = films(6000, 2)
    assert slips(clean, TASK) == pytest.approx(CLEAN, abs=0.02)


def test_labels_without_slips_count_once_and_slips_leave_the_number_of_films_alone() -> None:
    labels = np.array([0, 1, 2, 1])
    assert np.array_equal(shares(labels, CLEAN), CLEAN[labels])
    assert shares(labels, SLIPS).sum(axis=1) == pytest.approx(1)


def test_of_classes_of_somebody_else_nothing_is_taken_for_a_slip() -> None:
    found, _ = films(200, 3, SLIPS)
    assert np.array_equal(slips(found, own_task(TASK.classes)), CLEAN)


def test_of_few_films_nothing_is_taken_for_a_slip() -> None:
    """What looks like slips among forty films of a class is what the network gets wrong."""
    found, _ = films(120, 3, SLIPS)
    assert np.array_equal(slips(found, TASK), CLEAN)
    assert not fit(found, TASK).allowing
    assert fit(films(6000, 2, SLIPS)[0], TASK).allowing


def test_sets_fitted_to_slipping_labels_cover_the_true_classes() -> None:
    """As if the labels were right, sets would cover too much."""
    noisy, _ = films(3000, 4, SLIPS)
    plain = Sets.fit(noisy, CLEAN[noisy.labels])
    allowed = fit(noisy, TASK).sets
    other, true = films(6000, 5)

    def covers(sets: Sets) -> float:
        return float(sets.hold(other.probabilities, 0.9)[np.arange(6000), true].mean())

    assert covers(allowed) == pytest.approx(0.9, abs=0.025)
    assert covers(plain) > covers(allowed)


# ---------------------------------------------------------------- a human reader, and words


def test_films_read_are_wrong_no_more_often_than_asked() -> None:
    top = np.array([0.9, 0.8, 0.7, 0.6, 0.5])
    wrongness = np.array([0.0, 0.0, 1.0, 0.0, 1.0])
    assert cut(top, wrongness, 0.0) == 0.8
    assert cut(top, wrongness, 0.25) == 0.6
    assert cut(top, wrongness, 1.0) == 0.0
    assert cut(top, np.ones(5), 0.5) > 1


def test_films_of_one_probability_are_read_or_left_together() -> None:
    assert cut(np.array([0.9, 0.9, 0.5]), np.array([0.0, 1.0, 0.0]), 0.1) > 1


def test_a_surer_target_leaves_more_films_to_a_reader() -> None:
    found = fit(films(2000, 6)[0], TASK)
    asked = sorted(TARGETS.values(), key=lambda target: target.error)
    cuts = [found.cuts[target.name] for target in asked]
    assert cuts == sorted(cuts, reverse=True)
    assert cuts[-1] == 0.0
    sure, unsure = {"NORMAL": 0.99, "BACTERIA": 0.01, "VIRUS": 0.0}, {"NORMAL": 0.34, "BACTERIA": 0.33, "VIRUS": 0.33}
    assert (found.defers(sure, "5"), found.defers(unsure, "5"), found.defers(unsure, "none")) == (False, True, False)
    assert (found.wording(sure).name, found.wording(unsure).name) == ("high", "low")
    with pytest.raises(UnknownNameError, match="Choose one of: 5, 10, 15, none"):
        found.defers(sure, "7")


def test_every_film_is_said_in_one_of_the_words() -> None:
    found, test = fit(films(800, 7)[0], TASK), films(500, 8)[0]
    groups = said(test, found)
    assert list(groups) == list(WORDINGS)
    assert sum(group.films for group in groups.values()) == len(test)
    right = [group.right.value for group in groups.values() if group.right]
    assert right == sorted(right, reverse=True)
    assert kept(test, found)["none"].films == len(test)


def test_words_for_sets_and_votes() -> None:
    words = TASK.words
    assert either(("VIRUS", "BACTERIA"), words) == "Viral pneumonia or bacterial pneumonia"
    assert "no class" in either((), words)
    assert either(("PNEUMONIA", "COVID-19"), TASKS["covid"].words) == "Other pneumonia or COVID-19 pneumonia"
    assert set_in_words(("VIRUS",), words, 0.9, "VIRUS", known=True) == "90 % set: Viral pneumonia"
    assert (
        set_in_words(("VIRUS",), words, 0.9, "NORMAL", known=True)
        == "90 % set: Viral pneumonia, without the class read"
    )
    assert votes(("VIRUS", "BACTERIA", "VIRUS", "VIRUS"), words) == "3 of 4 say viral pneumonia"
    assert votes(("VIRUS",) * 3, words) == "All 3 say viral pneumonia"
    assert votes(("VIRUS", "NORMAL"), words) == "No majority: 1 viral pneumonia, 1 no pneumonia"
    assert not votes(("VIRUS",), words)


# ---------------------------------------------------------------- what it is worth


def test_coverage_is_what_counting_gives_with_intervals_around_it() -> None:
    found, test = fit(films(600, 9)[0], TASK), films(400, 10)[0]
    measured = coverage(test, found, draws=200)
    for at in (0, 10, 19):
        held = found.sets.hold(test.probabilities, LEVELS[at])
        inside = held[np.arange(400), test.labels]
        assert measured.overall[at].value == pytest.approx(inside.mean())
        assert measured.overall[at].told
        assert measured.by_class["VIRUS"][at].value == pytest.approx(inside[test.labels == 2].mean())
        assert measured.size[at] == pytest.approx(held.sum(axis=1).mean())
        assert measured.empty[at] == pytest.approx((~held.any(axis=1)).mean())


def test_a_class_without_films_has_no_coverage() -> None:
    found, test = fit(films(600, 9)[0], TASK), films(100, 10)[0]
    measured = coverage(replace(test, labels=np.zeros(100, dtype=np.int64)), found, draws=50)
    assert measured.by_class["VIRUS"] == ()
    assert len(measured.by_class["NORMAL"]) == len(LEVELS)


def test_risk_falls_to_what_the_surest_films_have_and_ends_at_the_error_of_all() -> None:
    test, _ = films(500, 11)
    wrong = test.decisions != test.labels
    found = risk(test, draws=200)
    assert found.risk[-1] == pytest.approx(wrong.mean())
    order = np.argsort(-test.probabilities.max(axis=1))
    by_hand = np.cumsum(wrong[order]) / np.arange(1, 501)
    assert found.area.value == pytest.approx(by_hand.mean(), abs=1e-9)
    assert found.accuracy_at[0.8].value == pytest.approx(1 - by_hand[399])
    assert (found.low <= found.risk).all()
    assert (found.risk <= found.high).all()


def test_the_area_is_of_every_film_however_many_there_are() -> None:
    test, _ = films(3000, 11)
    wrong = test.decisions != test.labels
    by_hand = np.cumsum(wrong[np.argsort(-test.probabilities.max(axis=1))]) / np.arange(1, 3001)
    found = risk(test, draws=200).area
    assert found.value == pytest.approx(by_hand.mean(), abs=1e-9)
    assert found.low < found.value < found.high


def test_a_network_without_errors_has_no_risk_and_an_interval_all_the_same() -> None:
    test, _ = films(60, 12)
    found = risk(replace(test, labels=test.decisions), draws=50)
    assert found.area.value == 0
    assert found.accuracy_at[0.9].value == 1
    assert found.accuracy_at[0.9].low < 1


# ---------------------------------------------------------------- checkpoints and commands


def test_without_validation_predictions_the_message_says_what_to_run(tmp_path: Path) -> None:
    made = random_checkpoint(tmp_path)
    assert certainty_of(made).films == 300
    made.validation.unlink()
    with pytest.raises(DataError, match="python -m core certainty --model pneumonia-resnet18 --data DIR"):
        certainty_of(made)


def test_predictions_of_other_classes_are_refused() -> None:
    found, _ = films(50, 13)
    with pytest.raises(DataError, match="the task 'covid' asks for"):
        fit(found, TASKS["covid"])


def test_the_command_makes_validation_predictions_and_measures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = random_checkpoint(tmp_path / "weights")
    made.validation.unlink()
    asked = ["certainty", "--model", made.name, "--weights", str(made.folder)]
    assert main(asked) != 0
    card = json.loads(made.card_file.read_text())
    card["training"]["recipe"] |= {"val_share": 0.25, "seed": 1}
    made.card_file.write_text(json.dumps(card))
    write_films(tmp_path / "data")
    assert main([*asked, "--data", str(tmp_path / "data"), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out.splitlines()[-1])
    validation = from_csv(made.validation)
    assert facts["validation_films"] == len(validation)
    assert all(file.startswith("train/") for file in validation.files)
    assert [one["level"] for one in facts["sets"]] == list(LEVELS)
    assert set(facts["deferral"]) == set(TARGETS)
    assert main(asked) == 0
    assert "AURC" in capsys.readouterr().out


def test_networks_that_lack_predictions_are_named_beside_those_that_do_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    random_checkpoint(tmp_path)
    random_checkpoint(tmp_path, arch="resnet34").validation.unlink()
    assert main(["certainty", "--weights", str(tmp_path)]) == 1
    out, problems = capsys.readouterr()
    assert "pneumonia-resnet18: fitted to 300 validation films" in out
    assert "pneumonia-resnet34 has no validation predictions" in problems


def test_readings_carry_set_and_abstention(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = random_checkpoint(tmp_path / "weights")
    film = tmp_path / "film.png"
    film.write_bytes(synthetic.as_png8(synthetic.film(90, 80)))
    asked = ["read", str(film), "--model", made.name, "--weights", str(made.folder)]
    assert main([*asked, "--json", "--level", ".99"]) == 0
    row = json.loads(capsys.readouterr().out)
    assert row["set_level"] == 0.99
    assert row["prediction_set"] == list(certainty_of(made).sets.of(row["probabilities"], 0.99))
    assert row["abstain"] is certainty_of(made).defers(row["probabilities"], "10")
    assert main(asked) == 0
    assert "confidence; 90 % set: " in capsys.readouterr().out
    for level in ("1.5", ".855"):  # which would be called a set of 86 %
        with pytest.raises(SystemExit):
            main([*asked, "--level", level])
        assert f"{level} is none of 0.8, 0.81 … 0.99" in capsys.readouterr().err
    made.validation.unlink()
    assert main([*asked, "--json"]) == 0
    out, problems = capsys.readouterr()
    assert {json.loads(out)[name] for name in ("prediction_set", "set_level", "abstain")} == {None}
    assert "Make them: python -m core certainty" in problems


def test_a_spread_is_one_pass_whose_first_row_is_the_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from core.architectures.network import Network
    from core.certainty.spread import spread

    classifier = Classifier(random_checkpoint(tmp_path))
    film = read_xray(synthetic.as_png8(synthetic.film(200, 180)))
    reading = classifier.read([film])[0]
    passes: list[int] = []
    real = Network.features
    monkeypatch.setattr(Network, "features", lambda self, x: passes.append(len(x)) or real(self, x))
    found = spread(classifier, film)
    assert passes == [6]
    assert found.probabilities[0] == pytest.approx(reading.probabilities, abs=1e-5)
    assert found.probabilities.sum(axis=1) == pytest.approx(1)
    assert all(low <= found.mean[name] <= high for name, (low, high) in found.ends.items())
    assert max(found.deviation.values()) > 0
    assert len(found.said) == 6


def test_a_film_that_looks_the_same_mirrored_and_shifted_has_no_spread(tmp_path: Path) -> None:
    from core.certainty.spread import spread

    grey = np.tile(np.linspace(0.5, 0.5, 64, dtype=np.float32), (64, 1))
    grey[32, 32] = 0.50001  # a film without any contrast is refused
    classifier = Classifier(random_checkpoint(tmp_path))
    film = replace(read_xray(synthetic.as_png8(synthetic.film(64, 64))), pixels=grey)
    assert max(spread(classifier, film).deviation.values()) < 1e-3


# ---------------------------------------------------------------- what is shipped


@pytest.mark.parametrize("name", sorted(path.stem for path in SHIPPED.glob("*.json")))
def test_shipped_networks_know_how_sure_they_are(name: str) -> None:
    """Within five points of the level, or three standard errors where films are few; nobody's test films are used."""
    made = find()[0][name]
    validation, test = from_csv(made.validation), from_csv(made.predictions)
    assert not set(validation.files) & set(test.files)
    assert not set(validation.patients) & set(test.patients)
    assert len(validation) == sum(made.card.training.films["val"].values())
    found = certainty_of(made)
    measured = coverage(test, found, draws=50)
    for at, level in enumerate(LEVELS):
        chance = 3 * (level * (1 - level) * (1 / len(test) + 1 / len(validation))) ** 0.5
        assert measured.overall[at].value == pytest.approx(level, abs=max(0.05, chance))
    groups = [group.right.value for group in said(test, found).values() if group.right]
    assert groups == sorted(groups, reverse=True)
