"""A real Chromium with its hands on the viewer: what it does needs no server, and what it cannot do is said."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests import synthetic
from tests.browser.app import accept, drop, running, settled, visiting
from tests.browser.viewing import READY, Talk, frames_a_second, pixels, readout

BYTES = """c => {
    const data = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
    let text = "";
    for (let at = 0; at < data.length; at += 32768) text += String.fromCharCode(...data.subarray(at, at + 32768));
    return btoa(text);
}"""
"""A canvas's pixels as base64: as a list of numbers they take minutes to arrive."""

pytestmark = [pytest.mark.browser, pytest.mark.slow]

FILM = synthetic.as_png8(synthetic.film(640, 500))


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A running app."""
    with running(tmp_path_factory.mktemp("app")) as found:
        yield found


@pytest.fixture(scope="module")
def talk() -> Talk:
    """What the browser tells the server."""
    return Talk()


@pytest.fixture(scope="module")
def opened(address: str, talk: Talk) -> Iterator[Any]:
    """A visitor with one film in the viewer; one for all tests that only look."""
    with visiting("diagnose") as page:
        talk.hear(page)
        page.goto(address)
        accept(page)
        drop(page, ("Doe.png", FILM))
        page.locator(READY).wait_for()
        settled(page)
        yield page


@pytest.fixture
def page(opened: Any, talk: Talk) -> Any:
    """The viewer as it is at first, the mouse beside it."""
    opened.mouse.move(5, 5)
    opened.locator(".stage").first.focus()
    opened.keyboard.press("r")
    opened.get_by_role("button", name="Side by side").click()
    opened.locator(".stage").first.focus()
    opened.mouse.move(5, 5)
    settled(opened)
    talk.forget()
    return opened


def middle(page: Any, number: int = 0) -> tuple[float, float]:
    """The middle of a pane."""
    page.locator(".stage").nth(number).scroll_into_view_if_needed()
    box = page.locator(".stage").nth(number).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


# Those with a visitor of their own come first: Playwright runs one browser at a time, and the shared one stays.


def test_a_film_of_three_thousand_pixels_and_sixteen_bits_moves_without_the_server(address: str) -> None:
    film = np.rint(synthetic.film(2600, 3000) * 65535).astype(np.uint16)
    buffer = io.BytesIO()
    Image.fromarray(film).save(buffer, "PNG", compress_level=1)
    talk = Talk()
    with visiting("diagnose") as page:
        talk.hear(page)
        page.goto(address)
        accept(page)
        drop(page, ("Doe.png", buffer.getvalue()))
        page.locator(READY).wait_for()
        settled(page)
        page.mouse.move(5, 5)
        talk.forget()
        frames = frames_a_second(page)
        page.locator(".stage").first.focus()
        page.keyboard.press("1")
        closer = frames_a_second(page)
        print(f"panning 3,000 pixels: {frames:.0f} frames a second, {closer:.0f} at one to one")  # noqa: T201
        assert talk.messages == 0
        assert talk.requests == []
        said = readout(page)
        assert said["zoom"] == 100


def test_where_the_viewer_cannot_start_there_are_still_images_and_a_note(address: str) -> None:
    with visiting("diagnose") as page:
        page.add_init_script("delete window.DecompressionStream")  # as in an old browser
        page.goto(address)
        accept(page)
        drop(page, ("Doe.png", FILM))
        page.get_by_text("could not start in this browser").wait_for()
        page.get_by_alt_text("The film as it is").wait_for()
        page.get_by_alt_text(re.compile("heatmap for")).wait_for()
        page.locator(".room").wait_for(state="detached")
        page.get_by_text("Heatmap opacity").wait_for()  # with the controls that stills need


def test_original_and_overlay_stand_side_by_side_with_all_that_must_be_said(page: Any) -> None:
    assert page.get_by_role("img", name="The film as it is").count() == 1
    assert page.get_by_role("img", name=re.compile("heatmap for")).count() == 1
    assert pixels(page, 0) != pixels(page, 1)
    words = page.locator(".room").inner_text()
    assert "Colours are scaled within this image" in words
    assert "high: evidence for" in words
    assert "Line at 50 % of the scale" in words
    assert "patient's right at the left, if hung as usual" in words
    assert "500 x 640 px" in words


def test_wheel_zooms_at_the_pointer_and_the_hand_takes_the_film_along(page: Any, talk: Talk) -> None:
    x, y = middle(page)
    page.mouse.move(x + 60, y - 40)
    before = readout(page)
    page.mouse.wheel(0, -600)
    after = readout(page)
    assert after["zoom"] > 1.5 * before["zoom"]
    assert abs(after["x"] - before["x"]) <= 2  # what was under the pointer still is
    assert abs(after["y"] - before["y"]) <= 2
    assert 0 <= after["film"] <= 1
    assert 0 <= after["heatmap"] <= 1
    page.mouse.down()
    page.mouse.move(x - 20, y + 30, steps=6)
    page.mouse.up()
    moved = readout(page)
    assert abs(moved["x"] - after["x"]) <= 2
    assert abs(moved["y"] - after["y"]) <= 2
    page.keyboard.press("1")
    assert readout(page)["zoom"] == 100
    page.keyboard.press("f")
    assert readout(page)["zoom"] == before["zoom"]
    assert (talk.messages, talk.requests) == (0, [])


def test_panes_share_position_and_window(page: Any) -> None:
    page.keyboard.press("h")  # without its map the overlay is the film
    assert readout(page)
    assert pixels(page, 0) == pixels(page, 1)
    first = pixels(page, 0)
    x, y = middle(page, 1)
    page.mouse.move(x, y)
    page.mouse.wheel(0, -500)
    page.mouse.down()
    page.mouse.move(x + 50, y + 20, steps=3)
    page.mouse.up()
    page.mouse.down(button="right")
    page.mouse.move(x - 90, y + 10, steps=3)
    page.mouse.up(button="right")
    assert readout(page)["window"] < 1
    assert pixels(page, 0) == pixels(page, 1) != first
    assert page.locator(".cross:visible").count() == 1  # the place looked at is marked in the other pane
    page.keyboard.press("h")
    assert readout(page)
    assert pixels(page, 0) != pixels(page, 1)


def test_window_level_invert_and_reset(page: Any, talk: Talk) -> None:
    first = pixels(page, 0)
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("Shift+ArrowDown")
    said = readout(page)
    assert said["window"] == pytest.approx(0.95)
    assert said["level"] == pytest.approx(0.55)
    x, y = middle(page)
    page.mouse.move(x, y)
    page.keyboard.down("Shift")
    page.mouse.down()
    page.mouse.move(x - 80, y, steps=2)
    page.mouse.up()
    page.keyboard.up("Shift")
    assert readout(page)["window"] < 0.9
    page.keyboard.press("i")
    readout(page)  # written with the next frame
    assert "inverted" in page.locator(".readout").inner_text()
    assert page.get_by_role("button", name="Invert (I)").get_attribute("aria-pressed") == "true"
    assert pixels(page, 0) != first
    page.keyboard.press("r")
    assert readout(page)["window"] == 1
    assert pixels(page, 0) == first
    assert talk.messages == 0


def test_swipe_and_fade_lead_from_the_original_to_the_overlay(page: Any, talk: Talk) -> None:
    page.keyboard.press("v")
    assert page.get_by_role("button", name="Swipe (V)").get_attribute("aria-pressed") == "true"
    assert page.locator(".stage:visible").count() == 1  # both are in one pane
    divider = page.get_by_role("slider", name="Original at its left, overlay at its right")
    canvas = page.locator(".stage:visible canvas")

    def seen() -> np.ndarray:
        readout(page)
        data = np.frombuffer(base64.b64decode(canvas.evaluate(BYTES)), np.uint8)
        size = canvas.evaluate("c => [c.height, c.width, 4]")
        return data.reshape(size)[:, :, :3]

    mixed = seen()
    page.keyboard.press("h")
    film = seen()
    page.keyboard.press("h")
    half = film.shape[1] // 2
    assert np.array_equal(mixed[:, :half], film[:, :half])
    assert (mixed[:, half:] != film[:, half:]).any()
    box = divider.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 80)
    page.mouse.down()
    page.mouse.move(box["x"] + 400, box["y"] + 90, steps=4)
    page.mouse.up()
    assert int(divider.get_attribute("aria-valuenow")) > 60
    divider.focus()
    now = int(divider.get_attribute("aria-valuenow"))
    page.keyboard.press("ArrowLeft")
    assert int(divider.get_attribute("aria-valuenow")) == now - 5

    page.get_by_role("button", name="Fade (V)").click()
    full = seen()
    page.locator(".stage:visible").focus()
    for _ in range(20):
        page.keyboard.press("<")
    assert np.array_equal(seen(), film)
    for _ in range(20):
        page.keyboard.press(">")
    assert np.array_equal(seen(), full)
    assert talk.messages == 0


def test_every_key_is_listed_under_the_question_mark(page: Any) -> None:
    page.keyboard.press("?")
    help_ = page.get_by_role("dialog", name="Keys of the viewer")
    words = help_.inner_text()
    for key in (
        "whole film",
        "window narrower",
        "one finger",
        "invert",
        "reset",
        "contour lower",
        "next colour map",
        "full screen",
    ):
        assert key in words
    assert page.get_by_role("button", name="Close (Esc)").evaluate("b => b.getRootNode().activeElement === b")
    page.keyboard.press("Escape")
    assert not help_.is_visible()


def test_streamlits_own_keys_are_not_pressed_along(page: Any) -> None:
    for key in "rcmvh":
        page.keyboard.press(key)
    page.keyboard.press("h")
    for _ in range(4):
        page.keyboard.press("m")
    page.keyboard.press("c")
    settled(page)
    assert page.get_by_role("dialog").count() == 0


def test_two_fingers_zoom(page: Any, talk: Talk) -> None:
    before = readout(page)["zoom"]
    page.locator(".stage").first.evaluate(
        """stage => {
            stage.setPointerCapture = () => {};
            const box = stage.getBoundingClientRect();
            const x = box.left + box.width / 2, y = box.top + box.height / 2;
            const send = (kind, pointerId, dx) => stage.dispatchEvent(new PointerEvent(kind, {
                bubbles: true, pointerId, pointerType: "touch", button: 0, buttons: 1, clientX: x + dx, clientY: y }));
            send("pointerdown", 11, -40);
            send("pointerdown", 12, 40);
            send("pointermove", 12, 120);
            send("pointerup", 11, -40);
            send("pointerup", 12, 120);
        }"""
    )
    assert readout(page)["zoom"] == pytest.approx(2 * before, rel=0.05)
    assert talk.messages == 0


def test_downloads_show_what_was_seen(page: Any, talk: Talk, tmp_path: Path) -> None:
    page.get_by_role("button", name="Overlay PNG").hover()  # and stay there: the viewer is not left again
    page.keyboard.press("c")
    for _ in range(20):
        page.keyboard.press("[")
    settled(page)
    assert talk.messages > 0
    with page.expect_download() as kept:
        page.get_by_role("button", name="Overlay PNG").click()
    kept.value.save_as(tmp_path / "overlay.png")
    with Image.open(io.BytesIO((tmp_path / "overlay.png").read_bytes())) as image:
        film = np.asarray(image.convert("RGB"))[:600]
    assert np.array_equal(film[..., 0], film[..., 1])  # faded to nothing it is grey
    assert np.array_equal(film[..., 0], film[..., 2])
    assert page.get_by_label("Heatmap opacity, percent").input_value() == "0"
