"""Comparing heatmaps: figures that can be worked out by hand, words that follow them, a page that holds them all."""

from __future__ import annotations

import dataclasses
import io
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from scipy.stats import spearmanr

from core.architectures import ARCHITECTURES
from core.compare import Agreement, Bars, Opinion, Sheet, Tile, agree, common, judge, sentence, sheet
from core.compare.agreement import CHANCE, GRID, TOP, hottest
from core.compare.places import sides
from core.compare.sheet import HEIGHT, WIDTH
from core.errors import EvidenceError
from core.explain import METHODS, Heatmap
from core.explain.heatmap import inside
from core.explain.labelled import How
from core.render import FIRST, SECOND, Look, difference, scale_bar
from core.tasks import TASKS, own_task

PNEUMONIA = TASKS["pneumonia"]


def heatmap(values: NDArray[np.floating], method: str = "grad_cam", model: str = "m", **changed: object) -> Heatmap:
    adds_up = METHODS[method].adds_up
    made = Heatmap(
        values.astype(np.float32), "VIRUS", method, "layer4", model, "a" * 64, 2.0, cells=values.size, in_logits=adds_up
    )
    return dataclasses.replace(made, **changed)  # type: ignore[arg-type]


def spot(row: float, column: float, cells: int = 8) -> NDArray[np.float64]:
    """Heat that falls off around one cell."""
    y, x = np.mgrid[0:cells, 0:cells]
    values: NDArray[np.float64] = np.exp(-((y - row) ** 2 + (x - column) ** 2) / 6)
    return (values - values.min()) / (values.max() - values.min())


def of_kind(kind: str) -> Agreement:
    found = {
        "same": agree(heatmap(spot(2, 2)), heatmap(spot(2, 2))),
        "alike": agree(heatmap(spot(2, 2)), heatmap(spot(2, 3))),
        "partly": agree(heatmap(spot(2, 2)), heatmap(spot(2, 3.6))),
        "apart": agree(heatmap(spot(1, 1)), heatmap(spot(6, 6))),
    }[kind]
    assert found.kind == kind
    return found


def test_rank_correlation_is_scipys_ties_included() -> None:
    rng = np.random.default_rng(0)
    one, two = np.round(rng.random((8, 8)), 1), np.maximum(rng.random((8, 8)) - 0.5, 0)
    found = agree(heatmap(one), heatmap(two))
    assert found.spearman == pytest.approx(spearmanr(found.first.ravel(), found.second.ravel()).statistic, abs=1e-12)


def test_a_map_agrees_with_itself_and_with_its_negative_not() -> None:
    values = spot(2, 5)
    same, opposite = agree(heatmap(values), heatmap(values)), agree(heatmap(values), heatmap(1 - values))
    assert (same.kind, same.spearman, same.overlap) == ("same", pytest.approx(1), 1)
    assert (opposite.kind, opposite.spearman, opposite.overlap) == ("apart", pytest.approx(-1), 0)


def test_agreement_is_symmetric_and_does_not_care_about_the_grid() -> None:
    fine, coarse = heatmap(spot(4, 4, 14)), heatmap(spot(2, 3, 6))
    one, two = agree(fine, coarse), agree(coarse, fine)
    assert (one.spearman, one.overlap) == pytest.approx((two.spearman, two.overlap))
    np.testing.assert_array_equal(one.difference, -two.difference)
    assert one.first.shape == (GRID, GRID)


def test_independent_maps_overlap_as_chance_has_it() -> None:
    rng = np.random.default_rng(1)
    overlaps = []
    for _ in range(20):
        one, two = rng.random((2, GRID, GRID))
        overlaps.append(agree(heatmap(one), heatmap(two)).overlap)
    assert np.mean(overlaps) == pytest.approx(CHANCE, abs=0.01)


def test_the_hottest_part_is_a_fifth_and_never_holds_a_zero() -> None:
    rng = np.random.default_rng(2)
    assert hottest(rng.random((50, 50)).astype(np.float32)).mean() == pytest.approx(TOP, abs=0.01)
    few = np.zeros((10, 10), np.float32)
    few[0, :3] = 1
    assert hottest(few).sum() == 3


def test_a_map_that_cannot_be_drawn_cannot_be_compared() -> None:
    with pytest.raises(EvidenceError, match="empty"):
        agree(heatmap(spot(1, 1)), heatmap(spot(1, 1), problem="This map is empty."))


@pytest.mark.parametrize(
    ("kind", "words"),
    [("same", "are the same map"), ("alike", "much the same"), ("partly", "in part"), ("apart", "different places")],
)
def test_words_follow_the_figures(kind: str, words: str) -> None:
    assert words in sentence(of_kind(kind), "A", "B")


@pytest.mark.parametrize(
    ("row", "column", "place"),
    [(1, 1, "upper left"), (1, 6, "upper right"), (6, 1, "lower left"), (6, 6, "lower right")],
)
def test_places_are_the_viewers(row: int, column: int, place: str) -> None:
    """Row 0 is the top and column 0 the viewer's left, as the film is shown."""
    says = sentence(agree(heatmap(spot(row, column)), heatmap(spot(3, 3) * 0.5 + spot(4, 4) * 0.5)), "One", "Two")
    assert f"One has more of its heat at the {place}" in says
    assert f"strongest at the {place}" in says


def test_words_go_by_the_figures_that_are_shown() -> None:
    first, second = np.zeros((2, 2, 2), np.float32)
    second[0, 0] = 1
    assert f"{0.696:.2f}" == "0.70"
    assert Agreement(0.696, 0.396, first, second).kind == "alike"
    assert Agreement(0.694, 0.396, first, second).kind == "partly"
    assert Agreement(0.396, 0.196, first, second).kind == "partly"
    assert Agreement(0.394, 0.196, first, second).kind == "apart"


def test_where_two_maps_share_most_is_said_only_if_they_share_something() -> None:
    corners = np.zeros((2, 8, 8))
    corners[0, 0, 0] = corners[1, 7, 7] = 1
    says = sentence(agree(*map(heatmap, corners)), "One", "Two")
    assert "They share next to nothing." in says
    assert "strongest" not in says
    assert "One has more of its heat at the upper left (100 % against 0 %)" in says


def test_of_images_that_are_no_chest_films_nothing_is_said_of_patients_or_lungs() -> None:
    flowers = own_task(("daisy", "roses"))
    assert "not of a lung" in sides(PNEUMONIA)
    assert sides(flowers) == "Left and right are the viewer's."
    says = sentence(of_kind("partly"), "A", "B", flowers.image)
    assert "of the image" in says
    assert "film" not in says


def opinions(*predictions: str) -> list[Opinion]:
    return [Opinion(f"Net {number}", prediction, "70 %") for number, prediction in enumerate(predictions, 1)]


def test_different_verdicts_are_flagged_and_what_they_share_is_said() -> None:
    found = judge(opinions("BACTERIA", "VIRUS"), [of_kind("same")], PNEUMONIA)
    assert found.title == "Different verdict"
    assert found.says == "Net 1: bacterial pneumonia 70 %; Net 2: viral pneumonia 70 %. Each means pneumonia."
    assert found.adds == "Each means pneumonia."
    assert "Each means" not in judge(opinions("NORMAL", "VIRUS"), [], PNEUMONIA).says


def test_who_needs_a_human_reader_says_so_before_the_class() -> None:
    sure, unsure = opinions("VIRUS", "VIRUS")
    says = judge([sure, dataclasses.replace(unsure, human=True)], [], PNEUMONIA).says
    assert says == "Net 1: viral pneumonia 70 %; Net 2: needs a human reader, viral pneumonia 70 %."
    assert not judge([sure, unsure], [], PNEUMONIA).adds


def test_agreeing_for_other_reasons_is_flagged() -> None:
    same = opinions("VIRUS", "VIRUS", "VIRUS")
    assert judge(same, [of_kind("alike"), of_kind("apart")], PNEUMONIA).title == "Same verdict, different evidence"
    assert judge(same, [of_kind("alike"), of_kind("partly")], PNEUMONIA).kind == "mixed evidence"
    assert judge(same, [of_kind("alike"), of_kind("same")], PNEUMONIA).title == "Same verdict, similar evidence"
    assert judge(same, [], PNEUMONIA).title == "Same verdict"
    assert judge(same[:1], [], PNEUMONIA).kind == "one reading"


def test_one_scale_makes_colours_comparable() -> None:
    """A fine map says with four cells what a coarse one says with one."""
    coarse = heatmap(spot(1, 1, 4), model="coarse", peak=2.0)
    fine = heatmap(spot(2, 2, 8), model="fine", peak=0.5 * 2.0 / 4)
    one, two = common([coarse, fine])
    assert one.name == two.name
    assert one.in_logits
    assert one.top == pytest.approx(32)
    assert one.heatmap.values.max() == pytest.approx(1)
    assert two.heatmap.values.max() == pytest.approx(0.5)
    assert not two.heatmap.values.flags.writeable


def test_units_that_differ_share_no_scale() -> None:
    other = [name for name, method in METHODS.items() if not method.adds_up]
    for name in other:
        one, two = common([heatmap(spot(1, 1), name, "x", peak=1.0), heatmap(spot(1, 1), name, "y", peak=2.0)])
        assert one.name != two.name
        assert two.heatmap.values.max() == 1
        one, two = common([heatmap(spot(1, 1), name, "x", peak=1.0), heatmap(spot(1, 1), name, "x", peak=2.0)])
        assert one.name == two.name  # two films through one network
        assert one.heatmap.values.max() == pytest.approx(0.5)
    one, two = common([heatmap(spot(1, 1)), heatmap(spot(1, 1), "layer_cam")])
    assert one.name != two.name


@pytest.mark.parametrize(
    ("layer", "head", "method", "adds_up"),
    [
        ("layer4", "pooled", "grad_cam", True),
        ("layer4", "pooled", "grad_cam_pp", False),
        ("layer4", "mlp", "grad_cam", False),
        ("layer4", "classic", "grad_cam", False),
        ("layer3", "pooled", "grad_cam", False),
        ("layer3 + layer4", "pooled", "grad_cam", False),
        ("input", "pooled", "rise", False),
    ],
)
def test_only_cells_before_a_pooled_head_add_up_to_the_logit(
    layer: str, head: str, method: str, *, adds_up: bool
) -> None:
    checkpoint = SimpleNamespace(
        architecture=ARCHITECTURES["resnet18"], card=SimpleNamespace(head=head), grid=lambda _: None
    )
    how = How.of(SimpleNamespace(checkpoint=checkpoint), method, layer)  # type: ignore[arg-type]
    assert how.in_logits == adds_up


def test_maps_are_compared_where_both_networks_looked() -> None:
    rng, middle = np.random.default_rng(0), (0.2, 0.0, 0.8, 1.0)
    seen = inside(middle, 60, 60)
    maps = [
        dataclasses.replace(heatmap(np.where(seen, rng.random((60, 60)), 0).astype(np.float32)), window=middle)
        for _ in range(2)
    ]
    assert abs(agree(*maps).spearman) < 0.1  # chance alone, and no agreement on what neither saw
    (shown, _) = common([dataclasses.replace(maps[0], floor=0.5, peak=1.0), dataclasses.replace(maps[1], floor=0.0)])
    assert not shown.heatmap.values[~seen].any()
    assert shown.heatmap.values[seen].min() > 0


def test_a_map_that_marks_nothing_where_the_other_looked_is_compared_over_the_whole_film() -> None:
    whole = np.zeros((8, 8))
    whole[3, 7] = 1
    part = dataclasses.replace(heatmap(spot(4, 4)), window=(0.25, 0.0, 0.75, 1.0))
    assert np.isfinite(agree(heatmap(whole), part).spearman)


def test_maps_that_do_not_add_up_share_no_scale_between_networks_or_layers() -> None:
    last, before = (heatmap(spot(1, 1), layer=layer, in_logits=False) for layer in ("layer4", "layer3"))
    assert len({one.name for one in common([last, before, dataclasses.replace(last, model="another")])}) == 3
    one, _ = common([last, dataclasses.replace(last, peak=4.0)])  # two films
    assert not one.in_logits
    assert one.top == pytest.approx(4)


def test_a_map_that_cannot_be_drawn_makes_no_scale() -> None:
    bad = heatmap(np.zeros((4, 4)), peak=float("nan"), floor=float("nan"), problem="This map is not a number.")
    good, still_bad = common([heatmap(spot(1, 1)), bad])
    assert good.heatmap.values.max() == pytest.approx(1)
    assert not still_bad.heatmap.values.any()
    assert common([bad])[0].heatmap is bad


def test_the_difference_is_drawn_where_one_map_is_hotter() -> None:
    grey = np.full((80, 80), 100, np.uint8)
    found = agree(heatmap(spot(1, 1)), heatmap(spot(6, 6)))
    drawn = difference(grey, found.first, found.second, Look(opacity=1.0, contour=False), TOP)
    assert np.abs(drawn[15, 15].astype(int) - FIRST).max() < 12
    assert np.abs(drawn[65, 65].astype(int) - SECOND).max() < 12
    same = difference(grey, found.first, found.first, Look(contour=False), TOP)
    assert (same == 100).all()


def page(tiles: int = 4) -> Sheet:
    picture = np.full((300, 240, 3), (200, 30, 30), np.uint8)
    return Sheet(
        title="Different verdict",
        says="Net 1: viral pneumonia 70 %.",
        bars=[Bars("Net 1", "Viral pneumonia 70 %", {"No pneumonia": 0.1, "Viral pneumonia": 0.7, "Other": 0.2})],
        tiles=[Tile(f"Map {number}", picture, ("a line",)) for number in range(tiles)],
        figures=["Spearman 0.5"],
        foot=["weights sha256 " + "a" * 64, "Research use only."],
    )


@pytest.mark.parametrize("tiles", [1, 3, 4, 5, 7, 8])
def test_the_page_holds_every_picture_whole(tiles: int) -> None:
    red = (np.asarray(page(tiles).image()) == (200, 30, 30)).all(axis=2)
    assert red.shape == (HEIGHT, WIDTH)
    rows, columns = red.any(axis=1), red.any(axis=0)
    blocks = [int((np.diff(np.r_[False, side].astype(int)) == 1).sum()) for side in (rows, columns)]
    assert blocks[0] == (1 if tiles <= 4 else 2)
    assert blocks[1] == -(-tiles // blocks[0])
    assert red.sum() > 0.05 * red.size


def test_a_page_without_a_map_says_why() -> None:
    sheet = dataclasses.replace(page(1), tiles=[Tile("Map", None, ("No heatmap: empty.",))])
    assert sheet.image().size == (WIDTH, HEIGHT)


def test_png_and_pdf_carry_their_facts() -> None:
    texts = {"notice": "Research use only.", "weights_sha256": "b" * 64}
    with Image.open(io.BytesIO(page().png(texts))) as image:
        assert image.size == (WIDTH, HEIGHT)
        assert image.info["weights_sha256"] == "b" * 64
    pdf = page().pdf(texts)
    assert pdf.startswith(b"%PDF")
    assert (
        pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") + pdf.count(b"/Type /Page/") <= 1 or b"/Count 1" in pdf
    )
    assert ("b" * 64).encode() in pdf or ("b" * 64).encode("utf-16-be") in pdf


def test_a_long_digest_is_broken_and_a_long_foot_leaves_room_for_pictures() -> None:
    long = dataclasses.replace(page(), foot=["x" * 4000, *("line " * 60 for _ in range(20))])
    assert (np.asarray(long.image()) == (200, 30, 30)).all(axis=2).any()


@pytest.mark.parametrize("lines", [0, 1, 16, 70])
def test_a_long_foot_is_set_smaller_down_to_what_can_be_read(lines: int, monkeypatch: pytest.MonkeyPatch) -> None:
    used: set[int] = set()
    font = sheet.typeface

    def watched(size: int) -> object:
        used.add(size)
        return font(size)

    monkeypatch.setattr(sheet, "typeface", watched)
    image = dataclasses.replace(page(), figures=[], foot=["line " * 30] * lines).image()
    assert min(used) == {0: 24, 1: 24, 16: 24, 70: 18}[lines]
    assert (np.asarray(image) == (200, 30, 30)).all(axis=2).any()


def many(classes: int) -> Bars:
    """A reading of so many classes of long names, the last ones the most probable."""
    shares = np.arange(1, classes + 1) / np.arange(1, classes + 1).sum()
    names = [f"A class of one's own, of a long name {number}" for number in range(classes)]
    return Bars("Net", "A class 5 %", dict(zip(names, shares.tolist(), strict=True)), ("Needs a human reader",))


def test_of_many_classes_the_most_probable_are_drawn_and_the_others_counted() -> None:
    drawn, others = sheet._most(many(102).shares)
    assert [name.split()[-1] for name in drawn] == ["101", "100", "99", "98", "97", "96"]
    assert others == f"and 96 more: {100 * (1 - sum(drawn.values())):.1f} %"
    few = many(7).shares
    assert sheet._most(few) == (few, "")


@pytest.mark.parametrize(("classes", "readings"), [(40, 2), (102, 4)])
def test_many_classes_leave_room_for_pictures_and_foot(classes: int, readings: int) -> None:
    full = dataclasses.replace(page(6), bars=[many(classes)] * readings, foot=["line " * 25] * 25)
    red = (np.asarray(full.image()) == (200, 30, 30)).all(axis=2)
    blocks = np.diff(np.r_[False, red.any(axis=1)].astype(int))
    assert (blocks == 1).sum() == 2  # two rows of pictures
    assert red.any(axis=1).sum() > 2 * 100


@pytest.mark.parametrize("box", [(700, 300), (560, 220), (560, 600), (1100, 260)])
def test_the_lines_of_a_picture_stay_in_its_tile(box: tuple[int, int]) -> None:
    paper, (width, height) = Image.new("RGB", (1300, 900), "white"), box
    lines = (
        "Grad-CAM for bacterial pneumonia rather than viral pneumonia, scale up to 12.4 logits",
        "by layer3 + layer4, line at 50 %",
        "This map is the same for every class: it says what stands out, not what speaks for a class.",
        "Most of the evidence lies outside: 22 % of it in the lung fields (36 % of the film)",
    )
    sheet._tile(paper, Tile("VGG-16-BN · Grad-CAM", page().tiles[0].picture, lines), (50, 50, width, height))
    drawn = (np.asarray(paper) != 255).any(axis=2)
    inside = np.zeros_like(drawn)
    inside[50 : 50 + height, 48 : 52 + width] = True  # a letter may lean out by a pixel
    assert not (drawn & ~inside).any()
    assert (np.asarray(paper) == (200, 30, 30)).all(axis=2).sum() > 0.05 * width * height


def test_the_page_has_the_colours_of_its_maps() -> None:
    bar = scale_bar(Look("viridis", 1.0), 300, 22)
    shown = np.asarray(dataclasses.replace(page(), scale=bar).image())
    top = int((shown == bar[0, -1]).all(axis=2).any(axis=1).argmax())
    left = int((shown[top] == bar[0, -1]).all(axis=1).argmax()) - 299
    assert np.array_equal(shown[top : top + 22, left : left + 300], bar)


def test_no_two_classes_look_alike_on_the_page() -> None:
    def drawn(name: str) -> bytes:
        return dataclasses.replace(page(), bars=[Bars("Net", "70 %", {name: 0.7, "Other": 0.3})]).image().tobytes()

    assert len({drawn(name) for name in ("肺炎", "胃炎", "é", "ä", "Ж", "Д", "\N{EN DASH}")}) == 7


def test_what_must_be_known_first_stands_above_the_verdict() -> None:
    def marked(one: Sheet) -> np.ndarray:
        return (np.asarray(one.image()) == sheet._WARNING).all(axis=2).any(axis=1)

    (bars,) = page().bars
    assert not marked(page()).any()
    rows = marked(dataclasses.replace(page(), bars=[dataclasses.replace(bars, first=("Needs a human reader",))]))
    assert rows[: HEIGHT // 5].any()
