"""How far a map can be believed: figures that a toy network of known evidence must give, and honest words."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import torch
from pytorch_grad_cam.metrics.road import NoisyLinearImputer
from torch import Tensor, nn

from core.architectures import ARCHITECTURES, Architecture, Stage
from core.architectures.grid import Grid
from core.checkpoint import Checkpoint
from core.classifier import Classifier
from core.compare.agreement import GRID
from core.errors import EvidenceError
from core.explain import Heatmap, explain, explain_film
from core.render import spread
from core.trust import words
from core.trust.faithful import Beside, Faithfulness, measure, measure_all
from core.trust.imputation import blurred, imputed, replaced
from core.trust.orders import as_fed, orders
from core.trust.redone import redone
from core.trust.sanity import Step, sanity
from core.trust.scores import SCORES
from core.trust.stable import Stability, stability
from core.xray import WHOLE, Xray, read_xray
from tests.checkpoints import SIZE, random_checkpoint
from tests.synthetic import as_png8

CELLS = Grid().after(4, 4)
CORNER = (slice(8, 24), slice(40, 56))
"""Where the evidence is, on a film of SIZE pixels a side: neither at the centre nor at an edge."""


class Spots(nn.Module):
    """A trunk whose two maps are what is brighter than .75, and what is not, in cells of 4 pixels."""

    def forward(self, images: Tensor) -> Tensor:
        """``[N, 3, S, S]`` normalised → ``[N, 2, S/4, S/4]``."""
        grey = images[:, :1] * 0.236 + 0.482
        bright = nn.functional.avg_pool2d((grey - 0.75).clamp_min(0) * 4, 4)
        return torch.cat([bright, 1 - bright], dim=1)


class Fours(Checkpoint):
    """A checkpoint of a network whose cells are of 4 pixels."""

    @property
    def architecture(self) -> Architecture:
        """A row, with the trunk as it is here."""
        row = ARCHITECTURES[self.card.architecture]
        return dataclasses.replace(row, trunk=Spots, stages=(Stage("spots", 0, 2, CELLS),))

    def tensors(self) -> dict[str, Tensor]:
        """Its head's: bright is VIRUS."""
        weight = torch.tensor([[0.0, 0.0], [0.0, 0.0], [150.0, 0.0]])
        return {"head.linear.weight": weight, "head.linear.bias": torch.tensor([0.0, 0.0, -3.0])}


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Classifier:
    """A network that says VIRUS as far as a film has something bright on it, and cannot be fooled by anything else."""
    checkpoint = random_checkpoint(tmp_path_factory.mktemp("weights"))
    return Classifier(Fours(**{one.name: getattr(checkpoint, one.name) for one in fields(Checkpoint)}))


@pytest.fixture(scope="module")
def spotted() -> Xray:
    pixels = np.full((SIZE, SIZE), 0.3, dtype=np.float32)
    pixels[CORNER] = 1
    return read_xray(as_png8(pixels))


@pytest.fixture(scope="module")
def evidence(toy: Classifier, spotted: Xray) -> Heatmap:
    return explain(toy, toy.read([spotted])[0])["VIRUS"]


def test_the_true_evidence_scores_near_the_optimum(toy: Classifier, spotted: Xray, evidence: Heatmap) -> None:
    found = measure(toy, spotted, evidence)
    assert found.before > 0.98
    assert found.after.marked < 0.1  # the spot is a sixteenth of the film
    assert min(found.after.random, found.after.blob) > 0.9
    assert found.deletion.marked < 0.15
    assert found.insertion.marked > 0.9
    assert found.road.marked > 0.4
    for name in SCORES:
        assert words.beats(name, getattr(found, name))
    assert "every figure" in words.verdict(found)


def test_a_map_that_points_elsewhere_is_found_out(toy: Classifier, spotted: Xray, evidence: Heatmap) -> None:
    found = measure(toy, spotted, dataclasses.replace(evidence, values=1 - evidence.values))
    assert not any(words.beats(name, getattr(found, name)) for name in SCORES)
    assert "do not rely" in words.verdict(found)


def test_one_class_against_another_is_measured_by_those_two(toy: Classifier, spotted: Xray) -> None:
    reading = toy.read([spotted])[0]
    heatmap = explain(toy, reading, against="NORMAL")["VIRUS"]
    by = reading.by_class
    assert measure(toy, spotted, heatmap).before == pytest.approx(by["VIRUS"] / (by["VIRUS"] + by["NORMAL"]), abs=1e-4)


def test_more_random_maps_change_nothing_of_the_map(toy: Classifier, spotted: Xray, evidence: Heatmap) -> None:
    (one,), (many,) = (measure_all(toy, spotted, (evidence,), randoms=randoms) for randoms in (1, 3))
    assert (one.deletion.marked, one.road.blob) == (many.deletion.marked, many.road.blob)
    assert one.deletion.random != many.deletion.random


def test_the_same_seed_gives_the_same_figures(toy: Classifier, spotted: Xray, evidence: Heatmap) -> None:
    assert measure(toy, spotted, evidence, 3) == measure(toy, spotted, evidence, 3)
    assert measure(toy, spotted, evidence, 3) != measure(toy, spotted, evidence, 4)


def test_an_empty_map_and_one_of_another_film_are_refused(toy: Classifier, spotted: Xray, evidence: Heatmap) -> None:
    empty = dataclasses.replace(evidence, problem="This map is empty.")
    for judge in (measure, stability, sanity):
        with pytest.raises(EvidenceError, match="empty"):
            judge(toy, spotted, empty)
    with pytest.raises(ValueError, match="another film"):
        measure(toy, dataclasses.replace(spotted, sha256="0" * 64), evidence)


def test_asking_is_reading(tmp_path: Path) -> None:
    classifier = Classifier(random_checkpoint(tmp_path))
    film = read_xray(as_png8(np.random.default_rng(0).random((90, 70), dtype=np.float32)))
    square = classifier.checkpoint.preprocessing.squash(film.pixels)
    expected = classifier.read([film])[0].probabilities
    np.testing.assert_allclose(classifier.ask([square] * 17), np.tile(expected, (17, 1)), atol=1e-5)


def test_orders_hold_every_pixel_once_hottest_first(evidence: Heatmap) -> None:
    found = orders(evidence, WHOLE, SIZE, (8, 8), Grid().after(8, 8).over(SIZE), seed=1)
    for order in (found.marked, *found.random, found.blob):
        assert np.array_equal(np.sort(order), np.arange(SIZE**2))
    on_film = as_fed(evidence.values, WHOLE, SIZE).ravel()
    assert np.all(np.diff(on_film[found.marked]) <= 0)
    cold = found.marked[on_film[found.marked] == 0]
    assert abs(float(np.corrcoef(np.arange(len(cold)), cold)[0, 1])) < 0.1, "ties go row by row"
    middle = found.blob[: SIZE**2 // 100]
    assert np.abs(np.stack([middle // SIZE, middle % SIZE]) - (SIZE - 1) / 2).max() < 8


def test_a_cropped_film_is_taken_away_where_the_network_sees_it() -> None:
    values = np.zeros((8, 16), dtype=np.float32)
    values[:, 8:] = 1  # the right half of a wide film, of which the network sees the middle
    seen = as_fed(values, (0.25, 0.0, 0.75, 1.0), 32)
    assert seen.shape == (32, 32)
    assert seen[:, :12].max() == 0
    assert seen[:, 20:].min() == 1


@pytest.mark.filterwarnings("ignore:__array_wrap__:DeprecationWarning")  # the library's own
def test_imputation_agrees_with_the_reference_library() -> None:
    rng = np.random.default_rng(0)
    square = rng.random((24, 24), dtype=np.float32)
    places = rng.permutation(square.size)[:200]
    mask = torch.ones(24, 24)
    mask.view(-1)[places] = 0
    expected = NoisyLinearImputer(noise=0.0)(torch.from_numpy(square)[None], mask)[0].numpy()
    found = imputed(square, places, rng, noise=0)
    inside = np.ix_(range(1, 23), range(1, 23))  # at the border the library divides by neighbours that are not there
    untouched = mask.numpy().astype(bool)
    assert np.array_equal(found[untouched], square[untouched])
    assert np.abs(found - expected)[inside].max() < 0.05
    assert np.abs(found - imputed(square, places, rng))[~untouched].std() < 0.02


def test_imputation_of_a_smooth_film_restores_it() -> None:
    y, x = np.mgrid[0:32, 0:32]
    ramp = ((x + 2 * y) / 100).astype(np.float32)  # a plane is what linear imputation can know
    places = (y[5:20, 6:21] * 32 + x[5:20, 6:21]).ravel()
    np.testing.assert_allclose(imputed(ramp, places, np.random.default_rng(0), noise=0), ramp, atol=1e-4)
    assert np.array_equal(replaced(ramp, places, ramp), ramp)
    assert blurred(ramp).std() < ramp.std()


def test_stability_of_a_network_that_looks_at_single_pixels(toy: Classifier, spotted: Xray, evidence: Heatmap) -> None:
    found = stability(toy, spotted, evidence)
    assert found.noise > 0.99
    assert 0.8 < found.turn <= 1


def test_sanity_starts_at_the_head_and_leaves_the_network_alone(tmp_path: Path) -> None:
    classifier = Classifier(random_checkpoint(tmp_path))
    film = read_xray(as_png8(np.random.default_rng(1).random((80, 80), dtype=np.float32)))
    reading = classifier.read([film])[0]
    before = {name: value.clone() for name, value in classifier.network.state_dict().items()}
    heatmap = next(h for h in explain(classifier, reading).values() if not h.problem)
    state = torch.random.get_rng_state()
    steps = sanity(classifier, film, heatmap)
    assert [step.layer for step in steps] == ["head", "layer4", "layer3", "layer2", "layer1", "conv1"]
    assert steps == sanity(classifier, film, heatmap) or any(math.isnan(step.similarity) for step in steps)
    assert all(torch.equal(before[name], value) for name, value in classifier.network.state_dict().items())
    assert torch.equal(state, torch.random.get_rng_state())


def test_sanity_of_a_map_that_ignores_what_was_learnt(toy: Classifier, spotted: Xray, evidence: Heatmap) -> None:
    steps = sanity(toy, spotted, dataclasses.replace(evidence, method="eigen_cam"))
    assert [step.layer for step in steps] == ["head"]
    assert steps[-1].similarity > 0.99
    assert "more than what the network learnt" in words.learnt(steps)


def test_words() -> None:
    found = Faithfulness(
        "VIRUS", 0.93, Beside(0.41, 0.9, 0.88), Beside(0.3, 0.5, 0.31), Beside(0.8, 0.5, 0.5), Beside(0.3, 0.0, 0.1)
    )
    assert words.removal(found, "viral pneumonia") == (
        "Smoothing away the marked 10 % takes viral pneumonia from 93 % to 41 %; a random 10 %: to 90 %; the middle "
        "10 %: to 88 %."
    )
    sure = dataclasses.replace(found, before=0.998, after=Beside(0.002, 0.9, 0.88))
    assert "from > 99 % to < 1 %; a random" in words.removal(sure, "viral pneumonia")
    assert words.verdict(found).startswith("Only by insertion and ROAD is")
    by_chance = dataclasses.replace(found, insertion=Beside(0.59, 0.5, 0.4), road=Beside(0.05, 0.0, 0.0))
    assert "do not rely" in words.verdict(by_chance)
    assert "too little to fall" in words.verdict(dataclasses.replace(found, before=0.004))
    assert words.steadiness(Stability(0.95, 0.93)).endswith("it stays where it is.")
    assert "does not stay" in words.steadiness(Stability(0.95, 0.5))
    assert "vanishes" in words.steadiness(Stability(0.95, math.nan))
    assert "another one" in words.learnt((Step("head", 0.9), Step("conv1", 0.1)))
    assert "stays open" in words.learnt((Step("head", 0.9), Step("conv1", math.nan)))


@pytest.mark.parametrize("layers", [("layer4",), ("layer3", "layer4")])
def test_a_map_made_again_lies_where_it_was_shown(tmp_path: Path, layers: tuple[str, ...]) -> None:
    classifier = Classifier(random_checkpoint(tmp_path))  # a ResNet, whose cells do not lie evenly
    film = read_xray(as_png8(np.random.default_rng(1).random((80, 80), dtype=np.float32)))
    made = explain_film(classifier, film, classifier.read([film])[0], layers=layers)
    shown = next(one for one in made.values() if not one.problem)
    again = redone(classifier, classifier.network, classifier.checkpoint.preprocessing.square(film), shown)
    assert again == pytest.approx(spread(shown.values, GRID, GRID), abs=1e-4)
