"""The page "Data set", run by Streamlit's own test harness."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core import settings
from core.dataset.balance import balance
from core.dataset.census import of_columns
from core.ui import state
from core.ui.dataset import counts, downloads, films, portraits
from core.ui.dataset.source import OWN, PUBLIC, SERVER, Source
from core.words import DISCLAIMER
from tests import indexes, synthetic
from tests.torchless import shown_without_torch

ROOT = Path(__file__).parent.parent
WAIT = 180
SECTIONS = ("balance", "health", "measurements", "portraits", "films")


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Neither an index nor films on the server, and nothing in caches."""
    monkeypatch.delenv(settings.INDEX, raising=False)
    monkeypatch.delenv(settings.DATA, raising=False)
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


def opened(**query: str | list[str]) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=WAIT)
    app.run()
    app.button(key="accept").click().run()
    app.switch_page("pages/study/dataset.py")
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def said(app: AppTest) -> str:
    """All words on the page."""
    kinds = ("header", "subheader", "markdown", "caption", "info", "warning", "error")
    return "\n".join(element.value for kind in kinds for element in getattr(app, kind))


def section(app: AppTest, name: str) -> AppTest:
    app.session_state[state.dataset.SECTION] = name
    app.run()
    assert not app.exception
    return app


def link(app: AppTest, part: str) -> list[str]:
    """A part of the page's address."""
    found = app.query_params[part]
    return found if isinstance(found, list) else [found]


def metric(app: AppTest, label: str) -> str:
    return next(str(one.value) for one in app.metric if one.label == label)


def test_the_shipped_set_is_shown_at_once() -> None:
    app = opened()
    assert app.header[0].value == "Data set"
    assert metric(app, "Films") == "5,840"
    assert metric(app, "Patients") == "4,082"
    table = app.dataframe[0].value
    test = table[(table["Split"] == "Test") & (table["Class"] == "Viral pneumonia")]
    assert test["Films"].tolist() == [148]
    assert "1.89 films of bacterial pneumonia for each film of no pneumonia" in said(app)
    assert len(app.get("plotly_chart")) == 3


@pytest.mark.parametrize(
    ("labels", "says"),
    [
        ("AABB", "No split: as many films of each class."),
        ("AA", "No split: one class only."),
        ("AAAB", "No split: 3.00 films of A for each film of B."),
        (["NORMAL"], "No split: no film of bacterial pneumonia or viral pneumonia."),
    ],
)
def test_how_unequal_classes_are_is_said(labels: Sequence[str], says: str) -> None:
    made = of_columns({"file": list(labels), "label": list(labels)}, "made")
    assert counts._ratio(Source(OWN, "made", "", made), balance(made), 0) == says


def test_the_same_number_is_not_said_to_be_the_same_child() -> None:
    app = section(opened(), "health")
    words = said(app)
    assert "Of 9 checks: **2** found something, **5** found nothing, **2** cannot be told." in words
    assert metric(app, "Checks with a finding") == "2 of 7"
    assert "the same number in two classes need not be the same child" in words
    assert "30 groups of exact copies within one split, 62 films in all" in words
    assert "AUROC of .73" in words
    assert "Brightness alone: .56" in words


def test_filters_change_every_figure_and_the_address() -> None:
    app = opened()
    app.multiselect(key=state.dataset.SPLITS).set_value(["test"]).run()
    assert metric(app, "Films") == "624"
    app.multiselect(key=state.dataset.LABELS).set_value(["VIRUS"]).run()
    assert metric(app, "Films") == "148"
    assert metric(app, "Imbalance") == "one class"
    assert app.query_params["split"] == "test"
    assert app.query_params["class"] == "VIRUS"
    app.text_input(key=state.dataset.PATIENT).set_value("person1000").run()
    assert metric(app, "Imbalance") == "no film"
    assert metric(app, "Patients") == "0"
    assert "**No film matches:** split test; class viral pneumonia; 'person1000' in the patient's number" in said(app)
    assert app.button(key="any_class").disabled  # would not help
    assert app.button(key="any_split").label == "Any split (1 film)"
    app.button(key="any_patient").click().run()
    assert metric(app, "Films") == "148"
    app.text_input(key=state.dataset.PATIENT).set_value("person1000").run()
    next(button for button in app.button if button.label == "Show all films").click().run()
    assert metric(app, "Films") == "5,840"
    assert "class" not in app.query_params


def test_a_link_reproduces_the_view() -> None:
    app = opened(**{"view": "measurements", "split": ["train"], "class": ["VIRUS", "NORMAL"], "trait": "contrast"})
    assert metric(app, "Films") == "2,686"
    assert app.selectbox(key=state.dataset.TRAIT).value == "contrast"
    assert app.session_state[state.dataset.SECTION] == "measurements"
    merged = opened(merged="yes", view="balance")
    assert merged.toggle(key=state.dataset.MERGED).value
    assert set(merged.dataframe[0].value["Class"]) == {"Normal", "Pneumonia"}


def test_a_link_that_makes_no_sense_shows_the_page() -> None:
    app = opened(
        **{"view": "nonsense", "class": ["CAT"], "page": "-3", "index": "../../etc/passwd", "trait": "x" * 999}
    )
    assert metric(app, "Films") == "5,840"
    assert app.session_state[state.dataset.INDEX] == PUBLIC


@pytest.mark.parametrize("name", SECTIONS)
def test_every_section_says_something_without_films(name: str) -> None:
    app = section(opened(), name)
    assert app.query_params["view"] == name
    if name == "films":
        assert settings.DATA in said(app)
        assert len(app.dataframe[0].value) == films.ROWS
    if name == "portraits":
        assert "1,341 films" in said(app)
        assert len(app.get("image")) == 9


def test_sections_about_the_whole_set_say_so() -> None:
    app = opened(view="health", split=["test"])
    assert "About the whole set" in said(app)
    assert "62 films in all" in said(app)


def test_averages_that_are_missing_are_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portraits, "portraits", lambda task: ())
    assert "python -m core averages" in said(section(opened(), "portraits"))


# ---------------------------------------------------------------- other indexes


def test_an_index_named_at_start_can_be_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "clinic.csv"
    path.write_bytes(indexes.csv(300))
    monkeypatch.setenv(settings.INDEX, str(path))
    app = opened()
    picker = app.selectbox(key=state.dataset.INDEX)
    assert picker.options == ["Public pneumonia set", "clinic"]
    picker.set_value(SERVER).run()
    assert metric(app, "Films") == "300"
    app.text_input(key=state.dataset.PATIENT).set_value("p00001").run()
    assert "patient" not in app.query_params  # an own patient's number is in no address
    assert "clinic" not in str(dict(app.query_params))
    path.write_bytes(indexes.csv(200))
    app.text_input(key=state.dataset.PATIENT).set_value("").run()
    assert metric(app, "Films") == "200"  # a changed file is seen at once
    for name in SECTIONS:
        section(app, name)
    assert str(tmp_path) not in said(app)


def test_classes_that_are_alike_are_not_set_against_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "clinic.csv"
    rows = "".join(f"{name}{number}.png,{name},{name}{number}\n" for name in ("cat", "dog") for number in range(2))
    path.write_text(f"file,label,patient\n{rows}", "utf-8")
    monkeypatch.setenv(settings.INDEX, str(path))
    app = opened(index=SERVER)
    assert "No split: as many films of each class." in said(app)
    assert "Each patient has one film." in said(app)


def test_a_wrong_index_named_at_start_gets_a_panel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(settings.INDEX, str(tmp_path / "none.csv"))
    app = opened(index=SERVER)
    assert "none.csv cannot be read" in app.error[0].value
    assert str(tmp_path) not in app.error[0].value
    assert "python -m core index" in said(app)


def test_a_visitor_gives_an_index_and_takes_it_back() -> None:
    app = opened()
    app.file_uploader[0].set_value(("mine.csv", b"file,label\na.png,CAT\nb.png,DOG\nc.png,DOG\n", "text/csv")).run()
    assert not app.exception
    assert metric(app, "Films") == "3"
    assert metric(app, "Patients") == "not known"
    assert app.session_state[state.dataset.INDEX] == OWN
    assert "Cat" not in str(dict(app.query_params))
    assert "mine" not in str(dict(app.query_params))
    assert not app.toggle  # classes of no task are not merged
    for name in SECTIONS:
        section(app, name)
    assert "no measurements" in said(section(app, "measurements"))
    app.file_uploader[0].set_value([]).run()
    assert app.session_state[state.dataset.INDEX] == PUBLIC
    assert "This link" not in said(app)


def test_what_is_taken_away_holds_no_formula_and_says_what_it_is_not_for(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: dict[str, Any] = {}
    monkeypatch.setattr("core.ui.widgets.download", lambda label, data, *_args, **_more: taken.update({label: data()}))
    downloads.table("Table", lambda: pd.DataFrame({"file": ["=A1", "b"], "n": [1.5, None]}), "t")
    assert taken["Table"] == f"file,n,notice\n'=A1,1.5,{DISCLAIMER}\nb,,{DISCLAIMER}\n"


def test_an_index_called_as_the_servers_is_told_apart_and_can_be_removed_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "index.csv").write_bytes(indexes.csv(20))
    monkeypatch.setenv(settings.INDEX, str(tmp_path / "index.csv"))
    app = opened()
    app.file_uploader[0].set_value(("index.csv", b"file,label\na.png,CAT\nb.png,DOG\n", "text/csv")).run()
    assert app.selectbox(key=state.dataset.INDEX).options == ["Public pneumonia set", "index", "index (yours)"]
    app.switch_page("pages/about/method.py").run()
    app.switch_page("pages/study/dataset.py").run()
    app.button(key="index_remove").click().run()
    assert app.selectbox(key=state.dataset.INDEX).options == ["Public pneumonia set", "index"]
    assert not app.exception


def test_a_wrong_index_names_row_and_column_and_another_can_be_given() -> None:
    app = opened()
    app.file_uploader[0].set_value(("mine.csv", b"file,label,width\na.png,CAT,wide\n", "text/csv")).run()
    assert "mine.csv, row 2, column width: 'wide'" in app.error[0].value
    app.file_uploader[0].set_value(("mine.csv", b"file,label,width\na.png,CAT,200\n", "text/csv")).run()
    assert not app.error
    assert metric(app, "Films") == "1"
    app.file_uploader[0].set_value(("other.csv", b"file,label\na.png,CAT\na.png,DOG\n", "text/csv")).run()
    (error,) = app.error
    assert "other.csv, row 3, column file: 'a.png' is in row 2 already" in error.value
    assert "This link" not in said(app)
    assert link(app, "index") == [OWN]


def test_a_link_to_a_visitors_index_says_that_it_is_gone() -> None:
    app = opened(index=OWN)
    assert "not kept on the server" in said(app)
    assert metric(app, "Films") == "5,840"


# ---------------------------------------------------------------- films


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Films on the server, and their index."""
    lines = ["file,label,split,patient"]
    for number in range(films.PAGE + 2):
        file = f"train/NORMAL/film{number:02}.png"
        path = tmp_path / "set" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(synthetic.as_png8(synthetic.film(120, 100, seed=number)))
        lines.append(f"{file},NORMAL,train,p{number}")
    (tmp_path / "index.csv").write_text("\n".join([*lines, "train/VIRUS/gone.png,VIRUS,train,p0"]) + "\n")
    monkeypatch.setenv(settings.DATA, str(tmp_path / "set"))
    monkeypatch.setenv(settings.INDEX, str(tmp_path / "index.csv"))
    return tmp_path


def test_the_gallery_shows_a_page_and_a_click_opens_the_film_in_diagnose(server: Path) -> None:
    app = opened(index=SERVER, view="films")
    assert len(app.get("image")) == films.PAGE
    assert f"Films 1 to {films.PAGE} of {films.PAGE + 3}" in said(app)
    app.session_state[state.dataset.FILM_PAGE] = 2
    app.run()
    assert len(app.get("image")) == 2
    assert "not in the folder of films" in said(app)  # the one that is gone
    assert app.query_params["page"] == "2"
    app.button(key="open_film_1").click().run()
    assert not app.exception
    tray = app.session_state["films"]
    data = (server / "set" / f"train/NORMAL/film{films.PAGE + 1:02}.png").read_bytes()
    assert [upload.data for upload in tray.values()] == [data]


def test_films_of_another_set_are_said_to_be_elsewhere(server: Path) -> None:
    app = opened(view="films")
    assert "None of these films is in the folder" in said(app)
    assert len(app.dataframe[0].value) == films.ROWS


def test_the_page_loads_no_torch() -> None:
    shown_without_torch(
        "app.switch_page('pages/study/dataset.py').run()\n"
        f"for name in {SECTIONS!r}:\n"
        f"    app.session_state[{state.dataset.SECTION!r}] = name\n"
        "    app.run()\n"
        "    assert not app.exception, app.exception\n"
    )
