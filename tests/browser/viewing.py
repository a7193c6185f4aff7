"""Hands and eyes in the viewer: what it shows, what it says, how fast it moves, and what it tells the server."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

READY = ".room[data-ready=true]"

CUT = """[...document.querySelectorAll(".js-plotly-plot")].flatMap((figure) => {
    const box = figure.getBoundingClientRect();
    return [...figure.querySelectorAll("text")].filter((one) => {
        const own = one.getBoundingClientRect();
        return own.width && (own.left < box.left - 1 || own.right > box.right + 1);
    }).map((one) => one.textContent);
})"""
"""Words of figures that their edges cut."""

_PAN = """async (seconds) => {
    const host = [...document.querySelectorAll("[data-testid=stBidiComponentIsolated]")].find((one) => one.shadowRoot);
    const stage = host.shadowRoot.querySelector(".stage");
    const box = stage.getBoundingClientRect();
    const send = (kind, x, y) => stage.dispatchEvent(new PointerEvent(kind, {
        bubbles: true, composed: true, pointerId: 1, isPrimary: true, button: 0, buttons: 1, clientX: x, clientY: y,
    }));
    stage.setPointerCapture = () => {}; // there is no real pointer to capture
    const x = box.left + box.width / 2, y = box.top + box.height / 2;
    send("pointerdown", x, y);
    let frames = 0, first = 0, last = 0;
    await new Promise((done) => {
        const turn = (now) => {
            first ||= now;
            last = now;
            if (now - first > seconds * 1000) { send("pointerup", x, y); return done(); }
            frames += 1;
            const angle = frames / 15;
            send("pointermove", x + 90 * Math.sin(angle), y + 90 * Math.cos(angle));
            requestAnimationFrame(turn);
        };
        requestAnimationFrame(turn);
    });
    return (frames * 1000) / (last - first);
}"""


@dataclass
class Talk:
    """What the browser sends to the server from now on."""

    messages: int = 0
    requests: list[str] = field(default_factory=list)

    def hear(self, page: Any) -> None:
        """Listen. Before the page is opened."""
        page.on("websocket", lambda socket: socket.on("framesent", self._count))
        page.on("request", lambda request: self.requests.append(request.url))

    def forget(self) -> None:
        """Count from now on."""
        self.messages = 0
        self.requests.clear()

    def _count(self, _: object) -> None:
        self.messages += 1


def pixels(page: Any, number: int) -> str:
    """What a pane shows, as text that is equal where the pictures are."""
    return str(page.locator(".stage canvas").nth(number).evaluate("canvas => canvas.toDataURL()"))


def readout(page: Any) -> dict[str, float]:
    """The figures in the line under the panes: place, values, zoom, window, level."""
    page.evaluate("() => new Promise(requestAnimationFrame)")
    page.evaluate("() => new Promise(requestAnimationFrame)")
    said = page.locator(".room .readout").inner_text()
    found = re.findall(r"(x|y|film|heatmap|zoom|window|level) (-?[\d.]+)", said)
    return {name: float(value) for name, value in found}


def frames_a_second(page: Any, seconds: float = 2) -> float:
    """Frames drawn each second while the film is dragged about in every frame."""
    return float(page.evaluate(_PAN, seconds))
