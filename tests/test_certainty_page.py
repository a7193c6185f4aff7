"""How sure, on the pages: a set and words above the numbers, a reader called for, the spread, and what is exported."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core import checkpoint as on_disk
from core import models, render, settings
from core.certainty import HUMAN, certainty_of, either
from core.checkpoint import Checkpoint
from core.evaluate import from_csv, to_csv
from core.explain import Heatmap
from core.guard import Verdict
from core.ui import cache, certainty, cutoff, exports, state
from core.ui.kept import Result
from tests import checkpoints, synthetic
from tests.torchless import shown_without_torch

ROOT = Path(__file__).parent.parent
WAIT = 120
FILMS = [(f"{seed}.png", synthetic.as_png8(synthetic.film(90, 100, seed)), "image/png") for seed in range(2)]


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Checkpoint]:
    """The app's only network, of random weights; nothing is left in caches."""
    found = checkpoints.random_checkpoint(tmp_path)
    monkeypatch.setattr(on_disk, "SHIPPED", tmp_path)
    monkeypatch.delenv(settings.WEIGHTS, raising=False)
    monkeypatch.setenv(settings.STILL, "1")
    for each in (st.cache_resource.clear, st.cache_data.clear, models.get_pool.cache_clear):
        each()
    yield found
    for each in (st.cache_resource.clear, st.cache_data.clear, models.get_pool.cache_clear):
        each()


def opened(count: int = 1) -> AppTest:
    """Diagnose with films."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=WAIT).run()
    app.button(key="accept").click().run()
    app.file_uploader[0].set_value(FILMS[:count])
    app.run()
    assert not app.exception
    return app


def said(app: AppTest) -> str:
    kinds = ("markdown", "caption", "warning", "info")
    return "\n".join(element.value for kind in kinds for element in getattr(app, kind))


def result(made: Checkpoint) -> Result:
    upload = state.Upload("a" * 64, *FILMS[0][:2])
    return cache.read(made, [upload], lambda *_: None)[0]


def test_a_reading_comes_with_words_a_set_and_what_both_were_worth(made: Checkpoint) -> None:
    app = opened()
    found, one = certainty_of(made), result(made)
    assert one.reading is not None
    by_class, words = one.reading.by_class, made.task.words
    assert f"**{found.wording(by_class).title}**" in said(app)
    assert f"90 % set: {either(found.sets.of(by_class, 0.9), words)}**" in said(app)
    assert re.search(r"On the test films it was in \d+ of 100 \(\d+ to \d+\)", said(app))
    app.slider(key=state.reading.SET_LEVEL).set_value(99).run()
    assert f"99 % set: {either(found.sets.of(by_class, 0.99), words)}**" in said(app)


def test_an_unsure_reading_leads_with_a_human_reader_until_any_error_will_do(made: Checkpoint) -> None:
    app = opened()
    one = result(made)
    assert one.reading is not None
    assert certainty_of(made).defers(one.reading.by_class, "5")  # random weights are sure of nothing
    app.selectbox(key=state.reading.TARGET_ERROR).set_value("5").run()
    assert app.warning[0].value.startswith(f"**{HUMAN}.**")
    app.selectbox(key=state.reading.TARGET_ERROR).set_value("none").run()
    assert HUMAN not in said(app)


def test_the_figure_behind_it_is_called_calibrated_where_the_heading_is_not(made: Checkpoint) -> None:
    card = made.folder / f"{made.name}.json"
    card.write_text(json.dumps(json.loads(card.read_text("utf-8")) | {"temperature": 1.2}), "utf-8")
    app = opened()
    app.selectbox(key=state.reading.TARGET_ERROR).set_value("5").run()
    assert "Its highest probability is 4" in app.warning[0].value
    app.toggle(key=state.reading.UNCALIBRATED).set_value(True).run()
    assert "Its highest calibrated probability is 4" in app.warning[0].value
    assert app.header[0].value.split()[-2] not in app.warning[0].value  # hence the word


def test_a_probability_just_below_what_it_takes_is_not_said_to_be_the_same(
    made: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = result(made)
    assert one.reading is not None
    top = max(one.reading.by_class.values())
    found = replace(certainty_of(made), cuts=dict.fromkeys(certainty_of(made).cuts, top + 1e-5))
    monkeypatch.setattr(certainty, "of", lambda _: found)
    has, least = re.findall(r"\d+\.?\d* %", opened().warning[0].value)
    assert has != least
    assert has.startswith(f"{100 * top:.2f}")


def test_before_calibration_the_table_has_the_headings_figure_and_the_spread_says_what_its_are(
    made: Checkpoint,
) -> None:
    card = made.folder / f"{made.name}.json"
    card.write_text(json.dumps(json.loads(card.read_text("utf-8")) | {"temperature": 0.2}), "utf-8")
    app = opened(2)
    app.button(key="measure_spread").click().run()
    for kind in ("", "Calibrated probabilities. "):
        highest = app.dataframe[0].value[list(made.task.words.values())].max(axis=1)[0]
        assert app.header[0].value.endswith(f"{highest:.0f} %")
        assert [one for one in app.caption if one.value.startswith(f"{kind}Small differences")]
        app.toggle(key=state.reading.UNCALIBRATED).set_value(True).run()


def test_where_no_film_is_left_to_a_reader_that_is_said(made: Checkpoint) -> None:
    found = from_csv(made.validation)
    sure = np.full_like(found.probabilities, 0.01)
    sure[np.arange(len(found)), found.labels] = 1 - 0.01 * (len(found.classes) - 1)
    made.validation.write_text(to_csv(replace(found, probabilities=sure)), "utf-8")
    app = opened()
    assert "**A human reader** is called for on no film" in said(app)
    assert "< 1 %, chosen" not in said(app)
    app.selectbox(key=state.reading.TARGET_ERROR).set_value("none").run()
    assert "**A human reader**" not in said(app)


def test_without_validation_predictions_the_page_says_what_to_run(made: Checkpoint) -> None:
    made.validation.unlink()
    app = opened()
    assert "has no validation predictions" in said(app)
    assert "python -m core certainty --model pneumonia-resnet18 --data DIR" in said(app)
    assert " % set:" not in said(app)
    assert certainty.columns(result(made), made) == {}
    assert certainty.facts(made)(result(made)) == {}


def test_a_caution_takes_the_promise_back(made: Checkpoint) -> None:
    def page() -> None:
        from dataclasses import replace

        from core.checkpoint import find
        from core.guard import Verdict
        from core.ui import cache, certainty, state

        made = next(iter(find()[0].values()))
        upload = state.Upload("a" * 64, "", state.films.given()[0].data if state.films.given() else b"")
        strange = replace(cache.read(made, [upload], lambda *_: None)[0], verdict=Verdict("caution", (), 1.0))
        certainty.words(strange, made)
        certainty.behind(strange, made)

    cache.read(made, [state.Upload("a" * 64, *FILMS[0][:2])], lambda *_: None)  # kept, whatever its bytes
    app = AppTest.from_function(page, default_timeout=WAIT).run()
    assert not app.exception
    assert "without a promise" in said(app)
    assert "does not hold for this film" in said(app)
    assert "On the test films" not in said(app)
    assert "how often that is right on such a film is not known" in said(app)
    assert "it was right in" not in said(app)


def test_of_a_film_unlike_those_known_nothing_is_promised_in_few_words_either(made: Checkpoint) -> None:
    one = result(made)
    assert certainty.line(one, made).endswith(" pneumonia")
    average = replace(one, upload=replace(one.upload, aggregate=True))
    for strange in (replace(one, verdict=Verdict("caution", (), 1.0)), average):
        assert certainty.line(strange, made).endswith("without a promise")


def test_the_spread_is_measured_when_asked_for_and_only_once(made: Checkpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    real = certainty._spread

    def counted(*given: object) -> object:
        asked.append(1)
        return real(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(certainty, "_spread", counted)
    app = opened()
    assert not asked
    app.button(key="measure_spread").click().run()
    app.run()
    assert asked == [1]
    assert re.search(r"(All 6|\d of 6) say |No majority", said(app))
    assert "Lowest to highest" in said(app)


def test_several_films_and_their_exports_carry_it(made: Checkpoint) -> None:
    app = opened(2)
    table = app.dataframe[0].value
    assert {"90 % set", "How sure"} <= set(table.columns)
    one = result(made)
    row = exports._row(one, made, certainty.facts(made), named=False)
    assert one.reading is not None
    assert row.caveats.prediction_set == certainty_of(made).sets.of(one.reading.by_class, 0.9)
    assert (row.caveats.set_level, row.caveats.abstain) == (0.9, certainty_of(made).defers(one.reading.by_class, "10"))


def test_the_overlay_to_take_away_says_it(made: Checkpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    offered: dict[str, Callable[[], bytes]] = {}
    written: list[str] = []
    plate = render.plate

    def watched(picture: render.Rgb, heatmap: Heatmap, look: render.Look, lines: tuple[str, ...]) -> render.Rgb:
        written.extend(lines)
        return plate(picture, heatmap, look, lines)

    monkeypatch.setattr(st, "download_button", lambda label, data, *_, **__: offered.update({label: data}))
    monkeypatch.setattr(cutoff, "SHOWN_FROM", 0.0)
    monkeypatch.setattr(render, "plate", watched)
    opened()
    assert offered["Overlay PNG"]().startswith(b"\x89PNG")
    assert [line for line in written if "90 % set: " in line]
    assert [line for line in written if "of the evidence in the lung fields" in line]


def test_the_section_of_performance_is_shown_without_torch(made: Checkpoint) -> None:
    shown_without_torch(
        "app.switch_page('pages/study/performance.py')\n"
        "app.query_params['view'] = 'certainty'\n"
        "app.run()\n"
        "said = [one.value for kind in (app.subheader, app.caption) for one in kind]\n"
        "assert {'Prediction sets', 'Left to a human reader', 'Words for it'} <= set(said), said\n"
        "assert len(app.get('plotly_chart')) == 2\n"
        "assert {len(one.value) for one in app.dataframe} == {1, 3, 4, 5}\n",
        made.folder,
    )


def test_the_section_says_of_which_networks_it_knows_nothing(made: Checkpoint) -> None:
    made.validation.unlink()
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=WAIT).run()
    app.button(key="accept").click().run()
    app.switch_page("pages/study/performance.py")
    app.query_params["view"] = "certainty"
    app.run()
    assert not app.exception
    assert "python -m core certainty --model pneumonia-resnet18" in said(app)
    assert len(app.get("plotly_chart")) == 1  # risk and coverage need no validation films
