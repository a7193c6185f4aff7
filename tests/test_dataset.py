"""Data sets: reading a folder into an index, indexes as tables, balance, copies, health, shortcuts, averages."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from PIL import Image
from sklearn.metrics import roc_auc_score

from core.cli import main
from core.dataset import averages, balance, health, index, shortcut, twins
from core.dataset.averages import deviation_path, differences, make_averages, portraits, signed
from core.dataset.census import COLUMNS, MAX_CLASSES, SHIPPED, Census, load, of_columns, parse, to_csv
from core.dataset.distribution import distribution
from core.dataset.survey import survey
from core.errors import DataError
from core.tasks import TASKS
from tests import indexes, synthetic

PNEUMONIA = TASKS["pneumonia"]
ROOT = Path(__file__).parent.parent


def folder_of(root: Path, films: dict[str, bytes]) -> Path:
    for file, data in films.items():
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return root


def census(**columns: list[object]) -> Census:
    """An index of a few columns; files are numbered."""
    count = len(next(iter(columns.values())))
    rows = pd.DataFrame({"file": [f"{i}.png" for i in range(count)], "label": ["NORMAL"] * count} | columns)
    return parse(rows.to_csv(index=False).encode(), "made.csv")


# ---------------------------------------------------------------- folder → index


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Census]:
    """A folder with a copy, a near copy, a copy in the other split, and a file that is no film."""
    pixels = synthetic.film(300, 260)
    films = {
        "train/NORMAL/a.png": synthetic.as_png8(pixels),
        "train/NORMAL/a_again.png": synthetic.as_png8(pixels),
        "train/PNEUMONIA/person1_bacteria_1.jpeg": synthetic.as_jpeg(synthetic.film(300, 300, seed=1)),
        "train/PNEUMONIA/person1_virus_2.jpeg": synthetic.as_jpeg(synthetic.film(280, 300, seed=2)[::-1]),
        "train/PNEUMONIA/person2_virus_3.jpeg": b"no film",
        "test/NORMAL/a_smaller.jpeg": synthetic.as_jpeg(pixels[::2, ::2], quality=60),
    }
    root = folder_of(tmp_path_factory.mktemp("films"), films)
    return root, survey(index(root, PNEUMONIA), "made")


def test_every_film_is_measured_and_the_unreadable_keep_their_row(made: tuple[Path, Census]) -> None:
    root, found = made
    rows = found.rows.set_index("file")
    assert list(rows.index) == sorted(rows.index)
    first = rows.loc["train/NORMAL/a.png"]
    assert (first["width"], first["height"]) == (260, 300)
    data = (root / "train/NORMAL/a.png").read_bytes()
    assert first["sha256"] == hashlib.sha256(data).hexdigest()
    grey = np.asarray(Image.open(io.BytesIO(data)), dtype=np.float64) / 255
    assert first["brightness"] == pytest.approx(grey.mean(), abs=1e-6)
    assert first["contrast"] == pytest.approx(grey.std(), abs=1e-6)
    assert [first["dark"], first["bright"]] == pytest.approx(np.percentile(grey, (5, 95)), abs=1e-6)
    broken = rows.loc["train/PNEUMONIA/person2_virus_3.jpeg"]
    assert "not an image" in broken["problem"]
    assert np.isnan(broken["brightness"])
    assert broken["phash"] == ""
    assert broken["sha256"] == hashlib.sha256(b"no film").hexdigest()
    assert broken["label"] == "VIRUS"


def test_copies_and_near_copies_are_one_group_and_others_in_none(made: tuple[Path, Census]) -> None:
    rows = made[1].rows.set_index("file")["twins"]
    same = {"train/NORMAL/a.png", "train/NORMAL/a_again.png", "test/NORMAL/a_smaller.jpeg"}
    assert set(rows[rows == 1].index) == same
    assert rows.drop(list(same)).isna().all()


def test_who_is_on_a_film_is_not_known_where_its_name_does_not_say(made: tuple[Path, Census]) -> None:
    _, found = made
    known = found.rows.set_index("file")["patient"]
    assert known[known != ""].to_dict() == {
        f"train/PNEUMONIA/{name}.jpeg": f"train/{label}/{name[:7]}"
        for name, label in {
            "person1_bacteria_1": "BACTERIA",
            "person1_virus_2": "VIRUS",
            "person2_virus_3": "VIRUS",
        }.items()
    }
    nameless = found.where((found.rows["patient"] == "").to_numpy())  # a copy is no second patient's
    results = health.examine(of_columns({name: nameless.rows[name].tolist() for name in COLUMNS}, "nameless"))
    assert {results[name].state for name in ("split_patients", "class_patients", "two_patients")} == {"unknown"}
    assert "'patient' is missing or empty" in results["class_patients"].says


def test_the_command_writes_what_the_page_reads_and_no_folder(
    made: tuple[Path, Census], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root, found = made
    out = tmp_path / "index.csv"
    assert main(["index", str(root), "--out", str(out)]) == 1  # one film cannot be read
    said = capsys.readouterr()
    assert said.out == ""
    assert "train/PNEUMONIA/person2_virus_3.jpeg: This is not an image" in said.err
    assert "6 films, 1 unreadable, 1 groups of copies" in said.err
    text = out.read_text("utf-8")
    assert str(root) not in text
    assert root.name not in text
    again = load(out)
    assert to_csv(again) == text == to_csv(found)
    assert main(["index", str(root)]) == 1
    assert capsys.readouterr().out == text


def test_the_command_says_what_is_wrong_with_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["index", str(tmp_path / "nowhere")]) == 1
    assert "There is no folder" in capsys.readouterr().err


def test_films_of_no_class_are_said_to_be_left_out_and_classes_may_be_ones_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    grey = synthetic.as_png8(synthetic.film(72, 64))
    root = folder_of(tmp_path / "films", {"NORMAL/a.png": grey, "PNEUMONIA/b.png": grey})
    out = tmp_path / "index.csv"
    assert main(["index", str(root), "--out", str(out)]) == 0
    assert "left out: 1 films in 'PNEUMONIA', which is none of the classes NORMAL" in capsys.readouterr().err
    assert main(["index", str(root), "--task", "own", "--out", str(out)]) == 0
    assert "left out" not in capsys.readouterr().err
    assert load(out).classes == ("NORMAL", "PNEUMONIA")


@pytest.mark.parametrize("command", ["index", "faithfulness", "lungs measure", "lungs probe", "robustness", "sketch"])
def test_a_table_that_cannot_be_written_is_said_before_it_is_made(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    needed = [str(tmp_path)] if command == "index" else []
    for out, says in {".": "is a folder", "nowhere/table.csv": "there is no folder"}.items():
        with pytest.raises(SystemExit, match="2"):
            main([*command.split(), *needed, "--out", str(tmp_path / out)])
        assert says in capsys.readouterr().err


# ---------------------------------------------------------------- tables


def test_an_index_survives_being_written() -> None:
    table = indexes.table(500, seed=3)
    read = parse(table.to_csv(index=False).encode(), "x.csv")
    again = parse(to_csv(read).encode(), "x.csv")
    assert read.task is PNEUMONIA
    assert read.splits == ("train", "test")
    assert read.given == again.given == frozenset(COLUMNS) - {"problem"} | {"problem"}
    pd.testing.assert_frame_equal(read.rows, again.rows)
    assert list(read.rows["label"]) == list(table["label"])
    assert [read.classes[place] for place in read.labels] == list(table["label"])


def test_columns_may_be_missing_and_in_any_order_and_others_are_left_out() -> None:
    found = parse("﻿label,colour,file\nA,red,1.png\nB,blue,2.png\n".encode(), "x.csv")
    assert found.classes == ("A", "B")
    assert found.task is None
    assert found.splits == ("",)
    assert found.given == {"file", "label"}
    assert list(found.rows.columns) == list(COLUMNS)
    assert (found.patients == -1).all()


GOOD = "file,label,split,patient,width,sha256,brightness\n"
SHA = "a" * 64


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "x.csv is empty"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"file,split\n1.png,train\n", "row 1: there is no column label"),
        (b"file,label\n", "no film in this index"),
        (b"file,label\n1.png,A,B,C\n2.png,A,B,C,D\n", "row 3"),
        (b"file,label\n1.png,A,x\n2.png,B,y\n", "row 2: there are more cells than columns in row 1"),
        (b"file,label\n1.png,A,\n2.png,B,\n", "row 2: there are more cells than columns in row 1"),
        (b"file,label,label\n1.png,A,B\n", "row 1: the column label is there twice"),
        (b"file,label\n1.png,A\n2.png\n", "row 3, column label: the cell is empty"),
        (b"file,label\n1.png,A\n,A\n", "row 3, column file: the cell is empty"),
        (b"file,label\n1.png,A\n2.png,A\n1.png,B\n", "row 4, column file: '1.png' is in row 2 already"),
        (b"file,label\n/etc/passwd,A\n", "row 2, column file: '/etc/passwd' is not a path below"),
        (b"file,label\na/../../b.png,A\n", "row 2, column file"),
        (b"file,label\nC:/b.png,A\n", "row 2, column file"),
        (b"file,label\na\\b.png,A\n", "row 2, column file"),
        (f"{GOOD}1.png,A,train,p,9,,.5\n2.png,A,holdout,p,9,,.5\n".encode(), "row 3, column split: 'holdout'"),
        (f"{GOOD}1.png,A,,p,wide,{SHA},.5\n".encode(), "row 2, column width: 'wide' is not a whole number of pixels"),
        (f"{GOOD}1.png,A,,p,10.5,{SHA},.5\n".encode(), "row 2, column width: '10.5'"),
        (f"{GOOD}1.png,A,,p,,{SHA[1:]},.5\n".encode(), "row 2, column sha256"),
        (f"{GOOD}1.png,A,,p,,,\n2.png,A,,p,,,1.5\n".encode(), "row 3, column brightness: '1.5' is not a number"),
        (f"{GOOD}1.png,A,,p,,,nan\n".encode(), "row 2, column brightness: 'nan'"),
    ],
)  # fmt: skip
def test_a_wrong_table_is_refused_naming_row_and_column(text: bytes, words: str) -> None:
    with pytest.raises(DataError) as error:
        parse(text, "x.csv")
    assert words in str(error.value)


def test_free_text_is_no_class() -> None:
    lines = "".join(f"{i}.png,finding {i}\n" for i in range(MAX_CLASSES + 1))
    with pytest.raises(DataError, match="41 different classes"):
        parse(f"file,label\n{lines}".encode(), "x.csv")
    names = [str(i) for i in range(MAX_CLASSES + 1)]
    assert (
        len(of_columns({"file": names, "label": names}, "films").classes) == MAX_CLASSES + 1
    )  # to train on, any number


def test_a_file_that_cannot_be_read_is_said_without_its_folder(tmp_path: Path) -> None:
    with pytest.raises(DataError) as error:
        load(tmp_path / "none.csv")
    assert "none.csv" in str(error.value)
    assert str(tmp_path) not in str(error.value)


@settings(max_examples=200, deadline=None)
@given(some.binary(max_size=300))
def test_any_bytes_are_an_index_or_a_sentence(data: bytes) -> None:
    with suppress(DataError):  # any other error fails the test
        assert len(parse(b"file,label\n" + data, "x.csv")) >= 1


def test_the_shipped_index_is_the_public_set() -> None:
    found = load(SHIPPED)
    assert found.task is PNEUMONIA
    counted = balance.balance(found)
    assert counted.films.tolist() == [[1341, 2530, 1345], [234, 242, 148]]
    assert found.given == frozenset(COLUMNS)
    assert (found.rows["problem"] == "").all()
    assert health.counted_per_class(found)
    assert to_csv(found) == SHIPPED.read_text("utf-8")


@pytest.mark.realdata
def test_the_shipped_index_has_the_digests_of_the_films(data_root: Path) -> None:
    found = load(SHIPPED).rows.iloc[::97]
    for file, sha256 in zip(found["file"], found["sha256"], strict=True):
        assert hashlib.sha256((data_root / "chest_xray" / file).read_bytes()).hexdigest() == sha256


def test_looking_at_an_index_loads_neither_torch_nor_streamlit() -> None:
    code = "import sys, core.dataset.health, core.dataset.survey, core.dataset.averages; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT)
    assert not {"torch", "streamlit"} & set(run.stdout.split())


# ---------------------------------------------------------------- balance


@settings(max_examples=30, deadline=None)
@given(some.integers(1, 300), some.integers(0, 1000))
def test_counts_are_those_of_pandas(films: int, seed: int) -> None:
    table = indexes.table(films, seed)
    read = parse(table.to_csv(index=False).encode(), "x.csv")
    found = balance.balance(read)
    for s, split in enumerate(found.splits):
        for k, name in enumerate(found.classes):
            part = table[(table["split"] == split) & (table["label"] == name)]
            assert found.films[s, k] == len(part)
            assert found.patients[s, k] == part["patient"].nunique()
            assert found.most[s, k] == (part["patient"].value_counts().max() if len(part) else 0)
    for k, name in enumerate(found.classes):
        each = table[table["label"] == name]["patient"].value_counts()
        assert found.people[k] == len(each)
        assert found.spread[k].tolist() == [
            int((each == n).sum() if n < balance.MANY else (each >= n).sum()) for n in range(1, balance.MANY + 1)
        ]
    assert found.everyone == table["patient"].nunique()
    assert found.shares.sum(axis=1) == pytest.approx(1)


def test_a_patient_of_several_classes_and_splits_is_one_patient() -> None:
    read = census(label=["A", "B", "A", "A"], split=["train", "train", "train", "test"], patient=["p", "p", "q", "q"])
    found = balance.balance(read)
    assert (found.everyone, found.several, found.busiest) == (2, 2, 2)


def test_merged_classes_add_up_and_the_table_has_all() -> None:
    read = parse(indexes.csv(400), "x.csv")
    three, two = balance.balance(read), balance.balance(read.merged())
    assert two.classes == ("NORMAL", "PNEUMONIA")
    assert two.films.tolist() == [[row[0], row[1] + row[2]] for row in three.films.tolist()]
    made = balance.table(two)
    assert list(made["split"].unique()) == ["train", "test", balance.ALL]
    assert made[made["split"] == balance.ALL]["films"].sum() == 400
    with pytest.raises(DataError, match="no known task"):
        census(label=["A", "B"]).merged()


def test_unknown_patients_are_not_counted_as_one() -> None:
    found = balance.balance(census(patient=["", "", "p"], label=["NORMAL", "NORMAL", "VIRUS"]))
    assert found.everyone == 1
    made = balance.table(found).set_index("class")
    assert np.isnan(made.loc["NORMAL", "patients"])
    assert np.isnan(made.loc["NORMAL", "films_per_patient"])
    assert made.loc["VIRUS", "patients"] == 1
    half = balance.table(balance.balance(census(patient=["", "", "p", "p"])))  # half of the films are nobody's
    assert half.set_index("class").loc["NORMAL", ["patients", "films_per_patient"]].tolist() == [1, 2]


# ---------------------------------------------------------------- copies


def test_candidates_are_all_pairs_that_are_near() -> None:
    rng = np.random.default_rng(0)
    hashes = rng.integers(0, 2**63, 400, dtype=np.uint64)
    for place in range(0, 400, 4):  # some that differ in a few bits
        bits = rng.choice(64, place % 12, replace=False)
        hashes[place + 1] = hashes[place] ^ np.bitwise_or.reduce(np.uint64(1) << bits.astype(np.uint64), initial=0)
    found = {tuple(sorted(pair)) for block in twins._candidates(hashes) for pair in block.tolist()}
    distance = np.bitwise_count(hashes[:, None] ^ hashes[None])
    near = {tuple(pair) for pair in np.argwhere(np.triu(distance <= twins.FARTHEST, k=1)).tolist()}
    assert found == near
    assert len(near) > 50


def test_groups_join_what_is_alike_through_others() -> None:
    rng = np.random.default_rng(1)
    one, other = (rng.integers(0, 255, (twins.SIDE, twins.SIDE), dtype=np.uint8) for _ in range(2))
    lighter = (one * 0.8 + 30).astype(np.uint8)  # contrast does not matter
    pictures = np.stack([other, one, lighter, one, 255 - other])
    hashes = np.array([7, 1, 1, 0, 7], dtype=np.uint64)
    assert twins.groups(hashes, pictures).tolist() == [0, 1, 1, 1, 0]  # a negative is another picture
    assert twins.groups(hashes[:0], pictures[:0]).tolist() == []


def test_an_even_picture_is_like_none() -> None:
    even = np.full((2, twins.SIDE, twins.SIDE), 9, np.uint8)
    assert twins.correlation(even[:1], even[1:]).tolist() == [0]


# ---------------------------------------------------------------- health


def states(found: Census) -> dict[str, str]:
    return {name: finding.state for name, finding in health.examine(found).items()}


def test_each_check_finds_what_it_is_for() -> None:
    a, b, c = ("abc"[i] * 64 for i in range(3))
    found = census(
        label=["NORMAL", "NORMAL", "VIRUS", "VIRUS", "VIRUS", "NORMAL"],
        split=["train", "test", "train", "train", "train", "test"],
        patient=["p1", "p1", "p2", "p3", "p3", "p3"],
        sha256=[a, a, b, b, c, "d" * 64],
        twins=[1, 1, 2, 2, 3, 3],
        problem=["", "", "", "", "torn", ""],
    )
    results = health.examine(found)
    assert {name: finding.state for name, finding in results.items()} == {
        "split_patients": "warning",  # p1 and p3
        "copies_across": "warning",  # a
        "twins_across": "warning",  # 3
        "two_labels": "warning",  # 3
        "class_patients": "warning",  # p3
        "two_patients": "warning",  # b
        "copies_within": "warning",  # b
        "twins_within": "good",
        "unreadable": "warning",
    }
    assert results["split_patients"].films["group"].tolist() == [1, 1, 2, 2, 2]
    assert results["copies_across"].films["file"].tolist() == ["0.png", "1.png"]
    assert results["copies_within"].films["file"].tolist() == ["2.png", "3.png"]
    assert results["two_labels"].films["file"].tolist() == ["4.png", "5.png"]
    assert results["unreadable"].films["problem"].tolist() == ["torn"]
    assert "1 group of copies under the numbers of different patients, 2 films in all" in results["two_patients"].says


def test_of_what_an_index_does_not_hold_nothing_is_said() -> None:
    found = states(census(label=["NORMAL", "VIRUS"], patient=["a", "b"]))
    assert found["class_patients"] == "good"
    assert {name for name, state in found.items() if state == "unknown"} == set(found) - {"class_patients"}
    copied = states(census(patient=["a", "b"], twins=[10**9, 10**9]))  # numbers as large as may be cost nothing
    assert (copied["two_patients"], copied["two_labels"], copied["split_patients"]) == ("warning", "good", "unknown")


def test_most_films_of_a_patient_are_counted_over_all_splits() -> None:
    made = census(split=["train"] * 3 + ["test"] * 2, patient=["a", "a", "b", "a", "b"])
    rows = balance.table(balance.balance(made)).set_index(["class", "split"])["most_films_of_one_patient"]
    assert rows["NORMAL"].to_dict() == {"train": 2, "test": 1, "all": 3}


def test_a_healthy_set_is_said_to_be() -> None:
    found = census(
        split=["train", "test"], patient=["a", "b"], sha256=["a" * 64, "b" * 64], twins=["", ""], problem=["", ""]
    )
    assert set(states(found).values()) == {"good"}
    assert all(finding.films.empty for finding in health.examine(found).values())


def test_what_the_index_does_not_tell_is_not_called_good() -> None:
    assert set(states(census(label=["NORMAL", "VIRUS"])).values()) == {"unknown"}
    only_hashes = census(sha256=["a" * 64, "b" * 64])
    assert states(only_hashes)["twins_within"] == "unknown"
    assert states(only_hashes)["copies_within"] == "good"


def test_numbers_counted_per_class_tell_nothing_of_patients() -> None:
    found = census(
        label=["BACTERIA", "VIRUS"], split=["train", "train"], patient=["train/BACTERIA/person1", "train/VIRUS/person1"]
    )
    assert health.counted_per_class(found)
    result = health.examine(found)["class_patients"]
    assert result.state == "unknown"
    assert "need not be the same child" in result.says


@settings(max_examples=30, deadline=None)
@given(some.integers(2, 200), some.integers(0, 1000))
def test_patients_across_splits_are_those_of_pandas(films: int, seed: int) -> None:
    table = indexes.table(films, seed)
    read = parse(table.to_csv(index=False).encode(), "x.csv")
    several = table.groupby("patient")["split"].transform("nunique") > 1
    found = health.examine(read)["split_patients"].films
    assert sorted(found["file"]) == sorted(table[several]["file"])
    again = table.groupby("sha256")["split"].transform("nunique") > 1
    assert sorted(health.examine(read)["copies_across"].films["file"]) == sorted(table[again]["file"])


# ---------------------------------------------------------------- shortcuts


@settings(max_examples=60, deadline=None)
@given(some.integers(4, 200), some.integers(0, 1000), some.integers(1, 30))
def test_the_area_is_that_of_scikit_learn(films: int, seed: int, values: int) -> None:
    rng = np.random.default_rng(seed)
    score, truth = rng.integers(0, values, films), rng.random(films) < 0.4
    truth[:2] = True, False
    area, _ = shortcut.clustered_auroc(score, truth, rng.integers(films, size=films))
    assert area == pytest.approx(roc_auc_score(truth, score), abs=1e-12)


def test_the_error_is_that_of_a_bootstrap_over_patients() -> None:
    rng = np.random.default_rng(0)
    people, each = 150, 3
    patients = np.repeat(np.arange(people), each)
    tendency = rng.normal(size=people)[patients]  # films of one patient are alike
    truth = rng.random(people * each) < 1 / (1 + np.exp(-tendency))
    score = tendency + truth + rng.normal(size=people * each)
    rank = score.argsort().argsort()
    _, error = shortcut.clustered_auroc(rank, truth, patients)
    areas = []
    for _ in range(400):
        rows = (rng.integers(0, people, people)[:, None] * each + np.arange(each)).ravel()
        areas.append(roc_auc_score(truth[rows], score[rows]))
    assert error == pytest.approx(np.std(areas), rel=0.15)
    alone = shortcut.clustered_auroc(rank, truth, np.arange(people * each))[1]
    assert alone < error  # films taken for independent promise too much


def test_brightness_that_gives_the_class_away_is_warned_of() -> None:
    rng = np.random.default_rng(0)
    label = ["NORMAL"] * 60 + ["VIRUS"] * 60
    bright = np.clip(np.r_[rng.normal(0.6, 0.05, 60), rng.normal(0.4, 0.05, 60)], 0, 1)
    found = shortcut.shortcuts(census(label=label, brightness=list(bright), width=[224] * 120))
    assert [(one.trait, one.label, one.above, one.warns) for one in found] == [
        ("brightness", "NORMAL", True, True),
        ("brightness", "VIRUS", False, True),
    ]  # the width is the same for all, BACTERIA has no films
    assert found[0].auroc.value == found[1].auroc.value > 0.95
    chance = shortcut.shortcuts(census(label=label, brightness=list(rng.permutation(bright))))
    assert not any(one.warns for one in chance)


def test_distributions_count_every_film_once() -> None:
    read = parse(indexes.csv(3000), "x.csv")
    trait = shortcut.TRAITS["brightness"]
    found = distribution(read, trait)
    assert found.shares.sum(axis=1) == pytest.approx(1)
    assert found.films.tolist() == np.bincount(read.labels).tolist()
    by_class = read.rows.groupby("label", observed=False)["brightness"]
    assert found.quartiles == pytest.approx(np.stack([by_class.quantile(q) for q in (0.25, 0.5, 0.75)], axis=1))
    aspect = shortcut.TRAITS["aspect"].values(read)
    assert aspect == pytest.approx((read.rows["width"] / read.rows["height"]).to_numpy())


@pytest.mark.parametrize("values", [[0.5, 0.5], ["", ""]])
def test_a_trait_that_never_changes_is_not_drawn(values: list[object]) -> None:
    assert distribution(census(brightness=values), shortcut.TRAITS["brightness"]).constant


# ---------------------------------------------------------------- averages


def test_portraits_come_back_as_they_were_made(tmp_path: Path) -> None:
    films = {}
    for label, shades in {"NORMAL": (20, 60), "BACTERIA": (100, 200), "VIRUS": (50, 50)}.items():
        for shade in shades:
            pixels = np.full((100, 80), shade, np.uint8)
            pixels[0, 0] = 255  # an even picture is refused
            buffer = io.BytesIO()
            Image.fromarray(pixels).save(buffer, "PNG")
            films[f"train/{label}/{len(films)}.png"] = buffer.getvalue()
    rows = index(folder_of(tmp_path, films), PNEUMONIA)
    make_averages(rows, PNEUMONIA, tmp_path, least=2)
    found = portraits("pneumonia", tmp_path)
    assert [(one.label, one.films) for one in found] == [("NORMAL", 2), ("BACTERIA", 2), ("VIRUS", 2)]
    assert [255 * one.mean[150, 150] for one in found] == pytest.approx([40, 150, 50])
    assert [255 * one.deviation[150, 150] for one in found] == pytest.approx([20, 50, 0], abs=0.5)
    assert [255 * one[150, 150] for one in differences(found)] == pytest.approx([-40, 70, -30])
    with Image.open(deviation_path(tmp_path, PNEUMONIA, "NORMAL")) as image:
        assert "white is 0.5" in str(image.info["Description"])
        assert "not a patient" in str(image.info["Description"])
    deviation_path(tmp_path, PNEUMONIA, "VIRUS").unlink()
    assert portraits("pneumonia", tmp_path) == ()


def test_the_shipped_portraits_are_of_many_films() -> None:
    found = portraits("pneumonia")
    assert [one.films for one in found] == [1341, 2530, 1345]
    assert all(one.mean.shape == one.deviation.shape == (averages.SIDE, averages.SIDE) for one in found)
    assert all(0 < one.deviation.max() <= averages.MOST for one in found)
    weighted = sum(one.films * apart for one, apart in zip(found, differences(found), strict=True))
    assert np.abs(weighted).max() < 1e-6


def test_signed_colours_are_dark_or_light_in_the_middle() -> None:
    values = np.array([[-2.0, 0.0, 2.0]])
    low, middle, high = signed(values, 1, "RdBu_r")[0].astype(int)
    assert middle.min() > 240
    assert low[2] > low[0]
    assert high[0] > high[2]
    assert signed(values, 1, "berlin")[0][1].max() < 40
