"""Fingers, keys and changes of what is shown, in a viewer without the app around it: any panes, real touches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.render import Look
from core.ui.reading_room import wire
from core.ui.reading_room.component import script
from tests import synthetic
from tests.browser.app import visiting
from tests.browser.viewing import pixels, readout

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PLACE = "http://viewer.test/"
PNG = synthetic.as_png8(synthetic.film(300, 300))
FILM = {"url": "film.png", "width": 300, "height": 300, "right": "", "outline": None}

START = """async (code) => {
    document.body.replaceChildren(document.createElement("main"));
    window.viewer ??= await import(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
    window.room?.leave();
    window.told = []; // of how overlays look, to the server
    window.room = new window.viewer.Room(document.querySelector("main"), (_, look) => window.told.push({ ...look }));
}"""

PRESS = """([key, modifiers]) => {
    const event = new KeyboardEvent("keydown", { key, ...modifiers, bubbles: true, cancelable: true });
    window.room.panes[1].stage.dispatchEvent(event);
    return event.defaultPrevented;
}"""
"""Press a key as another keyboard would; whether it was one of ours."""

SEND = """([kind, settings]) => window.room.panes[0].stage.dispatchEvent(
    new PointerEvent(kind, { pointerId: 1, pointerType: "mouse", isPrimary: true, bubbles: true, ...settings }))"""
"""What a pointer does, as the browser tells it."""

WINDOWS_ALTGR = {"ctrlKey": True, "altKey": True, "modifierAltGraph": True}
OPTION = {"altKey": True}


@pytest.fixture(scope="module")
def opened() -> Iterator[Any]:
    """A page that has the viewer's style and nothing else, and a film to fetch."""
    style = ":root { --st-link-color: #06c }" + (Path(wire.__file__).parent / "room.css").read_text("utf-8")
    body = f"<!doctype html><title>x</title><style>{style}</style><body></body>"
    with visiting() as found:
        found.route(f"{PLACE}**", lambda route: route.fulfill(body=body, content_type="text/html"))
        found.route(f"{PLACE}*.png", lambda route: route.fulfill(body=PNG, content_type="image/png"))
        found.route(f"{PLACE}gone.png", lambda route: route.fulfill(status=404))
        found.route(f"{PLACE}slow.png", lambda route: None)  # never answered
        found.goto(PLACE)
        yield found


@pytest.fixture
def page(opened: Any) -> Any:
    """A new viewer with a film, and a map over it."""
    opened.set_viewport_size({"width": 1440, "height": 900})
    opened.mouse.move(5, 5)
    opened.evaluate(START, script())
    show(opened, pane("Original"), pane("Overlay", mapped=True))
    opened.locator(".stage").first.focus()
    return opened


def pane(title: str, *, mapped: bool = False, why_not: str = "", film: str = "film") -> wire.Pane:
    values = np.linspace(0, 1, 49, dtype=np.float32).reshape(7, 7) if mapped else None
    return wire.Pane(film, title, title, "", values, "high" if mapped else "", why_not)


def given(*panes: wire.Pane, opacity: float = Look().opacity) -> dict[str, Any]:
    """What the server would send; a film's key is its file's name."""
    return {
        "films": {one.film: FILM | {"url": f"{one.film}.png"} for one in panes},
        "panes": [wire._pane(one) for one in panes],
        "look": asdict(Look(opacity=opacity)),
        "columns": 2,
        "colours": dict(wire.colours()),
    }


def show(page: Any, *panes: wire.Pane, opacity: float = Look().opacity) -> None:
    """Hand the viewer what the server would, and wait until it hangs."""
    page.evaluate("given => window.room.update(given)", given(*panes, opacity=opacity))


def middle(page: Any, number: int) -> tuple[float, float]:
    box = page.locator(".stage").nth(number).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def touch(page: Any, *fingers: list[tuple[float, float]]) -> None:
    """Put fingers down, move them all along their ways, and lift them."""
    hand = page.context.new_cdp_session(page)

    def tell(kind: str, step: int) -> None:
        points = [{"x": way[step][0], "y": way[step][1], "id": number} for number, way in enumerate(fingers)]
        hand.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [] if kind == "touchEnd" else points})

    tell("touchStart", 0)
    for step in range(1, len(fingers[0])):
        tell("touchMove", step)
    tell("touchEnd", -1)
    hand.detach()


def view(page: Any) -> dict[str, float]:
    found = page.evaluate("() => window.room.view")
    assert isinstance(found, dict)
    return found


def held(page: Any) -> int:
    """How many fingers and mice the viewer takes to be down."""
    return int(page.evaluate("() => window.room.panes.reduce((sum, pane) => sum + pane.hands.size, 0)"))


def opacities(page: Any) -> list[float]:
    """What the server was told, one after the other."""
    return [look["opacity"] for look in page.evaluate("() => window.told")]


@pytest.mark.parametrize("number", [0, 1])
def test_one_finger_moves_the_film_and_windows_it_once_asked(page: Any, number: int) -> None:
    x, y = middle(page, number)
    way = [(x, y), (x - 20, y + 20), (x - 80, y + 40)]
    button = page.get_by_role("button", name="Window and level")
    assert button.get_attribute("aria-pressed") == "false"
    touch(page, way)
    assert view(page)["x"] > 0.5
    assert readout(page)["window"] == 1

    page.keyboard.press("f")
    button.click()
    assert button.get_attribute("aria-pressed") == "true"
    first = pixels(page, 0)
    touch(page, way)
    said = readout(page)
    assert said["window"] == pytest.approx(0.81, abs=0.02)  # towards the left it is narrower
    assert said["level"] == pytest.approx(0.6)
    assert view(page) == {"zoom": 1, "x": 0.5, "y": 0.5}
    assert pixels(page, 0) != first
    page.locator(".stage").first.focus()
    page.keyboard.press("h")  # without its map the overlay is the film
    readout(page)
    assert pixels(page, 0) == pixels(page, 1)

    page.keyboard.press("w")
    assert button.get_attribute("aria-pressed") == "false"
    touch(page, way)
    assert view(page)["x"] > 0.5
    assert readout(page)["level"] == pytest.approx(0.6)
    assert held(page) == 0


def test_a_plain_drag_windows_once_asked_and_says_so(page: Any) -> None:
    x, y = middle(page, 1)
    page.keyboard.press("w")
    assert "a drag changes the window" in page.locator(".spoken").inner_text()
    readout(page)
    assert "Drag: window and level" in page.locator(".readout").inner_text()
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 80, y - 40, steps=4)
    page.mouse.up()
    said = readout(page)
    assert said["window"] == pytest.approx(1.22, abs=0.02)
    assert said["level"] == pytest.approx(0.4)
    assert view(page)["x"] == 0.5


def test_a_narrow_window_is_moved_and_told_in_fine_steps(page: Any) -> None:
    page.evaluate("() => room.setTones(0.3, 0.008, false)")
    page.keyboard.press("Shift+ArrowDown")
    said = readout(page)
    assert (said["window"], said["level"]) == (0.008, 0.304)  # half a window further
    assert "window 0.0080, level 0.3040" in page.locator(".spoken").inner_text()
    page.mouse.move(*middle(page, 1))
    value = page.evaluate("() => room.panes[1].film.at(150, 150)")
    assert readout(page)["film"] == pytest.approx(value, abs=1e-5)


def test_two_fingers_zoom_and_move_whatever_one_does(page: Any) -> None:
    x, y = middle(page, 0)
    page.keyboard.press("w")
    touch(page, [(x - 40, y), (x - 60, y), (x - 80, y)], [(x + 40, y), (x + 60, y), (x + 80, y)])
    assert view(page)["zoom"] == pytest.approx(2, rel=0.05)
    touch(page, [(x - 40, y), (x - 70, y), (x - 100, y)], [(x + 40, y), (x + 10, y), (x - 20, y)])
    assert view(page)["x"] > 0.55
    said = readout(page)
    assert (said["window"], said["level"]) == (1, 0.5)
    assert held(page) == 0


def test_a_finger_left_down_after_two_moves_the_film(page: Any) -> None:
    page.keyboard.press("w")
    page.evaluate("() => { window.room.panes[0].stage.setPointerCapture = () => {}; }")  # there is nothing to capture
    x, y = middle(page, 0)
    one, two = ({"pointerType": "touch", "pointerId": each, "isPrimary": each == 11, "buttons": 1} for each in (11, 12))
    page.evaluate(SEND, ["pointerdown", one | {"clientX": x - 40, "clientY": y}])
    page.evaluate(SEND, ["pointerdown", two | {"clientX": x + 40, "clientY": y}])
    page.evaluate(SEND, ["pointermove", two | {"clientX": x + 120, "clientY": y}])
    page.evaluate(SEND, ["pointerup", one | {"clientX": x - 40, "clientY": y}])
    before = view(page)
    page.evaluate(SEND, ["pointermove", two | {"clientX": x + 90, "clientY": y}])
    assert view(page)["x"] > before["x"]
    assert readout(page)["window"] == 1


def test_no_finger_or_button_stays_down(page: Any) -> None:
    x, y = middle(page, 0)
    page.mouse.move(x, y)
    page.mouse.down()
    assert held(page) == 1
    page.evaluate("() => { window.pane = window.room.panes[0]; window.kept = pane.film; pane.film = null; }")
    page.mouse.up()  # while another film is fetched
    page.evaluate("() => { window.pane.film = window.kept; }")
    assert held(page) == 0

    page.mouse.down()
    page.keyboard.press("v")  # the original has no pane of its own any more
    page.mouse.up()
    page.keyboard.press("v")
    page.keyboard.press("v")
    page.mouse.move(x + 40, y)
    assert held(page) == 0
    assert view(page)["x"] == 0.5

    page.evaluate("() => { window.pane.stage.setPointerCapture = () => {}; }")
    lost = {"pointerType": "touch", "pointerId": 21, "clientX": x, "clientY": y}
    page.evaluate(SEND, ["pointerdown", lost | {"buttons": 1}])
    page.evaluate(SEND, ["lostpointercapture", lost])
    assert held(page) == 0
    page.evaluate(SEND, ["pointerdown", lost | {"buttons": 1}])  # and nothing more is heard of it
    touch(page, [(x, y), (x - 20, y), (x - 60, y)])
    assert view(page)["zoom"] == 1
    assert view(page)["x"] > 0.5
    assert held(page) == 0

    page.evaluate(SEND, ["pointerdown", {"buttons": 1, "clientX": x, "clientY": y}])
    before = view(page)
    page.evaluate(SEND, ["pointermove", {"buttons": 0, "clientX": x + 50, "clientY": y}])
    assert held(page) == 0
    assert view(page) == before


def test_the_divider_lets_go_as_well(page: Any) -> None:
    page.keyboard.press("v")
    divider = page.get_by_role("slider", name="Original at its left")
    box = divider.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + 60
    touch(page, [(x, y), (x + 30, y), (x + 100, y)])
    now = int(divider.get_attribute("aria-valuenow"))
    assert now > 52
    page.mouse.move(x + 100, y)
    page.mouse.move(x, y, steps=2)
    assert int(divider.get_attribute("aria-valuenow")) == now
    divider.focus()
    page.evaluate("() => history.pushState(null, '')")
    page.keyboard.press("Alt+ArrowLeft")  # is the browser's way back
    assert int(divider.get_attribute("aria-valuenow")) == now


@pytest.mark.parametrize("modifiers", [WINDOWS_ALTGR, OPTION, {"modifierAltGraph": True}, OPTION | {"shiftKey": True}])
def test_signs_that_need_another_key_to_type_are_ours(page: Any, modifiers: dict[str, bool]) -> None:
    opacity = page.get_by_label("Heatmap opacity, percent")
    assert page.evaluate(PRESS, ["[", modifiers])
    assert opacity.input_value() == "55"
    assert page.evaluate(PRESS, ["]", modifiers])
    assert page.evaluate(PRESS, ["]", modifiers])
    assert opacity.input_value() == "65"
    assert page.evaluate(PRESS, ["?", modifiers])
    assert page.get_by_role("dialog").is_visible()


@pytest.mark.parametrize(
    ("key", "modifiers"),
    [
        ("c", {"ctrlKey": True}),
        ("f", {"ctrlKey": True}),
        ("f", {"metaKey": True}),
        ("r", {"metaKey": True, "shiftKey": True}),
        ("+", {"ctrlKey": True}),
        ("-", {"metaKey": True}),
        ("[", {"metaKey": True}),
        ("[", {"metaKey": True, "altKey": True}),
        ("[", {"ctrlKey": True}),
        ("[", {"ctrlKey": True, "modifierAltGraph": True}),  # Control with a sign that AltGr types
        ("[", {"ctrlKey": True, "altKey": True}),
        ("f", OPTION),  # a menu
        ("1", OPTION),  # a tab
        ("ArrowLeft", OPTION),  # back
        ("f", WINDOWS_ALTGR),
        ("€", WINDOWS_ALTGR),
        ("@", OPTION),
    ],
)
def test_the_browsers_keys_stay_the_browsers(page: Any, key: str, modifiers: dict[str, bool]) -> None:
    state = "() => JSON.stringify([room.view, room.look, room.level, room.width, room.inverted, room.mode])"
    before = page.evaluate(state)
    assert not page.evaluate(PRESS, [key, modifiers])
    assert page.evaluate(state) == before


def test_a_new_pane_has_its_divider_where_the_others_have_it(page: Any) -> None:
    page.keyboard.press("v")
    page.evaluate("() => room.swipeTo(0.7)")
    show(page, pane("Original"), pane("Overlay", mapped=True), pane("Another", mapped=True))
    dividers = page.get_by_role("slider", name="Original at its left")
    assert [one.get_attribute("aria-valuenow") for one in dividers.all()] == ["70", "70"]
    for number in (1, 2):
        stage = page.locator(".stage").nth(number).bounding_box()
        box = page.locator(".divider").nth(number).bounding_box()
        assert (box["x"] + box["width"] / 2 - stage["x"]) / stage["width"] == pytest.approx(0.7, abs=0.01)


@pytest.mark.parametrize("mode", ["Swipe", "Fade"])
def test_why_there_is_no_map_stays_to_be_read(page: Any, mode: str) -> None:
    show(page, pane("Original"), pane("Overlay", mapped=True), pane("Weak", why_not="Too weak to be drawn."))
    page.get_by_role("button", name=f"{mode} (V)").click()
    assert page.locator(".title:visible").all_inner_texts() == ["Overlay", "Weak"]
    assert page.get_by_text("Too weak to be drawn.").is_visible()
    assert page.locator(".divider:visible").count() == (mode == "Swipe")

    show(page, pane("Original"), pane("Weak", why_not="Too weak to be drawn."))  # nothing to share a pane with
    assert page.locator(".title:visible").all_inner_texts() == ["Original", "Weak"]


def test_the_keyboards_place_is_seen_and_everything_has_a_name(page: Any) -> None:
    page.keyboard.press("v")
    names = page.evaluate(
        """() => [...document.querySelectorAll("button, input, select, [tabindex], [role=img]")].map((one) =>
            one.getAttribute("aria-label") || one.closest("label")?.textContent || one.outerHTML)"""
    )
    assert not [name for name in names if name.startswith("<")]
    page.get_by_role("button", name="Side by side").focus()
    seen = 0
    for _ in range(30):
        page.keyboard.press("Tab")
        style = page.evaluate(
            """() => {
                const { activeElement: at } = document;
                return at === document.body ? null : getComputedStyle(at).outlineStyle;
            }"""
        )
        if style is None:
            break
        assert style == "solid"
        seen += 1
    assert seen > 12


def test_what_was_changed_last_holds_whatever_the_server_answers_first(page: Any) -> None:
    panes = pane("Original"), pane("Overlay", mapped=True)
    x, y = middle(page, 1)

    def press(keys: str) -> None:
        """In the viewer, which is left at once."""
        page.mouse.move(x, y)
        for key in keys:
            page.keyboard.press(key)
        page.mouse.move(5, 5)

    def answer(*shares: float) -> list[str]:
        """What the viewer shows after each of the server's answers."""
        shown = []
        for share in shares:
            show(page, *panes, opacity=share)
            shown.append(page.get_by_label("Heatmap opacity, percent").input_value())
        return shown

    press("[[[[")
    press("[[[[")
    assert opacities(page) == [0.4, 0.2]
    assert answer(0.6, 0.4, 0.2) == ["20", "20", "20"]
    press("]]")
    press("[[")  # back to what the server gave last, but not to what it was told last
    press("]]")
    assert opacities(page)[2:] == [0.3, 0.2, 0.3]
    assert answer(0.3, 0.2, 0.3) == ["30", "30", "30"]
    assert answer(0.8) == ["80"]  # what nobody told it is its own


def test_a_change_is_told_soon_but_not_while_a_slider_is_held(page: Any) -> None:
    for _ in range(3):
        page.keyboard.press("[")
    page.wait_for_function("() => window.told.length")  # nobody leaves the viewer
    assert opacities(page) == [0.45]  # the last of them

    box = page.get_by_label("Heatmap opacity, percent").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.45, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 1, box["y"] + box["height"] / 2, steps=3)
    page.wait_for_timeout(600)
    assert opacities(page) == [0.45]
    page.mouse.up()
    page.wait_for_function("() => window.told.length > 1")
    assert opacities(page) == [0.45, 1]


def test_a_small_film_at_one_to_one_is_not_enlarged_by_minus(page: Any) -> None:
    page.set_viewport_size({"width": 1440, "height": 1400})  # the whole film stands at more than twice its size
    assert readout(page)["zoom"] > 200
    page.keyboard.press("1")
    page.keyboard.press("-")
    assert readout(page)["zoom"] == 100
    page.keyboard.press("+")
    assert readout(page)["zoom"] == 125
    page.keyboard.press("f")
    for _ in range(9):
        page.keyboard.press("-")
    assert readout(page)["zoom"] == 100


def test_full_screen_leaves_something_of_every_film_on_a_small_screen(page: Any) -> None:
    page.set_viewport_size({"width": 390, "height": 700})
    show(page, *(pane(f"Map {number}", mapped=True) for number in range(7)))
    page.locator(".stage").first.focus()
    page.keyboard.press("s")
    page.wait_for_function("() => document.fullscreenElement")
    readout(page)
    heights = [page.locator(".stage").nth(number).bounding_box()["height"] for number in range(7)]
    page.evaluate("() => document.exitFullscreen()")
    assert min(heights) >= 240


def test_full_screen_on_a_projector_leaves_the_line_with_the_figures_in_view(page: Any) -> None:
    page.set_viewport_size({"width": 800, "height": 600})
    words = "Colours are scaled within this image. " * 4
    show(page, replace(pane("Original"), says=words), replace(pane("Overlay", mapped=True), says=words))
    page.keyboard.press("s")
    page.wait_for_function("() => document.fullscreenElement")
    readout(page)
    line, stage = page.locator(".readout").bounding_box(), page.locator(".stage").first.bounding_box()
    page.evaluate("() => document.exitFullscreen()")
    assert line["y"] + line["height"] <= 600
    assert stage["height"] >= 352


def test_films_beside_each_other_hang_level_whatever_stands_above_them(page: Any) -> None:
    page.set_viewport_size({"width": 900, "height": 600})
    show(
        page,
        pane("Original"),
        pane("A network of one's own with a long name and an element-wise method " * 2, mapped=True),
    )
    first, second = (page.locator(".stage").nth(number).bounding_box() for number in range(2))
    assert (first["y"], first["height"]) == (second["y"], second["height"])
    titles = [page.locator(".title").nth(number).bounding_box()["height"] for number in range(2)]
    assert titles[0] < titles[1]


def test_a_finger_hits_every_button_on_a_narrow_screen(page: Any) -> None:
    page.set_viewport_size({"width": 900, "height": 600})
    page.wait_for_function("() => document.querySelector('.tools').clientWidth < 900")
    sizes = [one.bounding_box() for one in page.locator(".tools button").all()]
    assert min(min(size["width"], size["height"]) for size in sizes) >= 24  # WCAG 2.5.8


def test_the_list_of_keys_is_in_view_wherever_the_viewer_is_scrolled_to(page: Any) -> None:
    page.set_viewport_size({"width": 720, "height": 450})
    show(page, *(pane(f"Map {number}", mapped=True) for number in range(4)))
    page.locator(".stage").last.focus()
    page.evaluate("() => scrollTo(0, document.body.scrollHeight)")
    page.keyboard.press("?")
    box = page.get_by_role("dialog").bounding_box()
    assert 0 <= box["y"] < box["y"] + box["height"] <= 450


def test_keys_have_a_place_when_a_change_of_mode_hides_the_one_that_had_them(page: Any) -> None:
    at = "() => document.activeElement.className || document.activeElement.getAttribute('aria-label')"
    page.keyboard.press("v")  # swipe
    page.locator(".divider:visible").focus()
    page.keyboard.press("v")  # fade, without a divider
    assert page.evaluate(at) == "stage with-map"
    page.get_by_label("From original to overlay, percent").focus()
    page.keyboard.press("v")  # side by side, without a slider
    assert page.evaluate(at) == "stage"
    page.get_by_role("button", name="Fade (V)").focus()
    page.keyboard.press("Enter")
    assert page.evaluate(at) == "Fade (V)"  # what is still there keeps them


def test_a_button_is_heard_and_so_is_a_film_that_is_lost(page: Any) -> None:
    spoken = page.locator(".spoken")
    page.get_by_role("button", name="+: Larger").focus()
    page.keyboard.press("Enter")
    assert "Zoom 125 % of fit" in spoken.inner_text()
    for keys, said in (("v<", "Swipe 45 %"), ("v<<", "Fade 90 %"), ("v", "Side by side")):
        for key in keys:
            page.keyboard.press(key)
        assert spoken.inner_text().endswith(said)
    show(page, pane("Original", film="gone"), pane("Overlay", mapped=True))
    assert "no longer on the server" in spoken.inner_text()
    pictures = page.locator("canvas").all()
    assert "Original. This film is no longer on the server" in pictures[0].get_attribute("aria-label")
    assert pictures[1].get_attribute("aria-label") == "Overlay"


def test_a_film_that_stalls_holds_up_no_other_and_is_given_up_once_left_behind(page: Any) -> None:
    update = "given => { window.room.update(given) }"  # not waited for
    page.evaluate(update, given(pane("A", film="slow"), pane("B", mapped=True)))
    page.wait_for_function("() => window.room.panes[1].film")
    assert page.locator(".busy:visible").all_inner_texts() == ["Fetching the film …"]
    show(page, pane("A", film="next"), pane("B", mapped=True))
    with page.expect_event("requestfailed") as dropped:
        show(page, pane("A", film="third"), pane("B", mapped=True))
    assert dropped.value.url == f"{PLACE}slow.png"
    assert page.locator(".busy:visible").count() == 0
    with page.expect_request("**/slow.png"):  # who comes back to it asks for it anew
        page.evaluate(update, given(pane("A", film="slow"), pane("B", mapped=True)))


def test_a_call_that_was_overtaken_leaves_the_viewer_to_the_next(page: Any) -> None:
    """Streamlit starts a second call while the first still loads the module, then clears up after the first."""
    page.evaluate(
        """(data) => {
            const parentElement = document.querySelector("main");
            const call = () => window.viewer.default({ data, parentElement, setStateValue: () => {} });
            window.room.leave();
            window.ends = [call(), call()];
        }""",
        given(pane("Original"), pane("Overlay", mapped=True)),
    )
    page.evaluate("() => window.ends[0]()")
    page.locator(".room[data-ready=true]").wait_for()
    page.evaluate("() => window.ends[1]()")
    assert page.locator(".room").count() == 0
