"""A stand-in for the Hugging Face hub on this machine: the two endpoints a download needs, and ways to misbehave."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pyarrow as pa
from PIL import Image
from pyarrow import parquet

from core.download import REPO, REVISION


def jpeg(seed: int) -> bytes:
    """A little grey picture."""
    pixels = np.random.default_rng(seed).integers(0, 255, (80, 70), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG")
    return buffer.getvalue()


def table(rows: Sequence[tuple[str | None, int]]) -> bytes:
    """A Parquet file as the hub has them: ``image {bytes, path}`` and ``label``."""
    images = [{"bytes": jpeg(seed), "path": name} for seed, (name, _) in enumerate(rows)]
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    data = pa.table({"image": pa.array(images, kind), "label": pa.array([label for _, label in rows], pa.int64())})
    buffer = io.BytesIO()
    parquet.write_table(data, buffer, row_group_size=3)
    return buffer.getvalue()


class Hub:
    """What the server has and does; tests change it while it runs.

    Attributes:
        files: path in the repository → content.
        status: path → HTTP status to answer with instead; "tree" for the listing.
        short: paths whose answer is 10 bytes short, as after a proxy that gave up.
        cut: paths whose connection breaks in the middle, every time.
        flipped: paths of which one byte arrives changed.
        asked: every request, "METHOD path".
        tokens: every Authorization header that came with one.
    """

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = dict(files)
        self.status: dict[str, int] = {}
        self.short: set[str] = set()
        self.cut: set[str] = set()
        self.flipped: set[str] = set()
        self.asked: list[str] = []
        self.tokens: list[str] = []

    def listing(self) -> list[dict[str, Any]]:
        """The answer of the tree endpoint."""
        return [
            {
                "type": "file",
                "path": path,
                "size": len(data),
                "oid": "0" * 40,
                "lfs": {"oid": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 132},
            }
            for path, data in self.files.items()
        ]


class _Handler(BaseHTTPRequestHandler):
    hub: Hub

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        self.hub.asked.append(f"{self.command} {self.path}")
        self.hub.tokens += self.headers.get_all("Authorization", [])
        path = self.path.split("?")[0]
        if path == f"/api/datasets/{REPO}/tree/{REVISION}/data":
            self._send("tree", json.dumps(self.hub.listing()).encode(), body=body)
            return
        name = path.removeprefix(f"/datasets/{REPO}/resolve/{REVISION}/")
        if name in self.hub.files:
            self._send(name, self.hub.files[name], body=body)
        else:
            self._send("", b"", body=body, status=404)

    def _send(self, name: str, data: bytes, *, body: bool, status: int = 200) -> None:
        hub = self.hub
        status = hub.status.get(name, status)
        etag = hashlib.sha256(data).hexdigest()
        if name in hub.flipped:
            data = data[:-20] + bytes([data[-20] ^ 1]) + data[-19:]
        if body and name in hub.short:
            data = data[:-10]
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("X-Repo-Commit", REVISION)
        self.send_header("ETag", f'"{etag}"')
        self.end_headers()
        if body:
            self.wfile.write(data[: len(data) // 2] if name in hub.cut else data)


@contextmanager
def serving(files: Mapping[str, bytes]) -> Iterator[tuple[str, Hub]]:
    """Run a hub on the loopback address.

    Yields:
        Its address for HF_ENDPOINT, and the hub.
    """
    hub = Hub(files)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": hub}))
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def films_below(folder: Path) -> list[str]:
    """Every visible file, relative and sorted."""
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )
