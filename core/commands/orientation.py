"""``python -m core orientation``: upright films → the network that sees when a film is not, or is inverted."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.aids import FOLDER
from core.commands.options import ALL_DONE, count, say

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from core.checkpoint import Interval
    from core.orientation import Posture
    from core.orientation.making import State

HELP = "train the network that sees whether a film is upright and bone is bright"
_VAL_SHARE = 0.1


def options(parser: argparse.ArgumentParser) -> None:
    """What can be asked."""
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder with train and test films")
    parser.add_argument(
        "--others", type=Path, metavar="DIR", help="upright films of another population, to measure on as well"
    )
    parser.add_argument("--steps", type=count, default=3000, help="batches to learn from (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of all chance (default: %(default)s)")
    parser.add_argument("--out", type=Path, default=FOLDER, metavar="DIR", help="where the aid is written")


def run(options: argparse.Namespace) -> int:
    """Train, measure on films kept out, write weights and card."""
    import numpy as np

    from core.aids import store_aid
    from core.dataset import films_below, hold_out, index
    from core.orientation import NAME
    from core.orientation.making import STORED, laid, learn
    from core.orientation.network import SIZE, WIDTHS
    from core.tasks import TASKS

    films = hold_out(index(options.data, TASKS["pneumonia"]), _VAL_SHARE, options.seed)
    paths = {split: [film.path for film in films if film.split == split] for split in ("train", "val", "test")}
    if options.others:
        paths["others"] = films_below(options.others)
    squares = {split: _squares(files, split, STORED if split == "train" else SIZE) for split, files in paths.items()}
    network = learn(squares["train"], options.steps, options.seed, say)
    metrics: dict[str, Interval] = {}
    measured: dict[str, float] = {}
    for split in list(squares)[1:]:
        found = laid(network, squares[split].astype(np.float32) / np.float32(255))
        for name, one in _figures(found).items():
            metrics[f"{split}_{name}"] = one
        # Heart side of upright films, as it is and mirrored: a hint, no more.
        hints = [_hint(found[state], state) for state in found if not state.turns and not state.inverted]
        measured[f"{split}_heart_side"] = sum(hints) / len(hints)
    aid = store_aid(
        options.out,
        network.state_dict(),
        {
            "name": NAME,
            "purpose": "Sees whether a chest film lies upright, and whether bone is bright.",
            "settings": {"size": SIZE, "widths": list(WIDTHS)},
            "data": "Training films of Kermany et al. 2018 (CC BY 4.0), turned, mirrored and inverted on purpose",
            "films": {split: len(found) for split, found in squares.items()},
            "command": options.command_line,
            "metrics": metrics,
            "measured": measured,
            "limits": (
                "Frontal chest films only: of other images it says something all the same.",
                "Left-right mirroring cannot be known from the lungs: the side of the heart is a hint only.",
                "A film tilted by less than 45 degrees counts as upright.",
            ),
            "licence": "Apache-2.0 for the weights; the films they were trained on are CC BY 4.0",
            "citation": "Kermany et al. 2018, doi 10.1016/j.cell.2018.02.010",
        },
    )
    print(f"{aid.weights}: {aid.weights.stat().st_size / 1e3:.0f} kB")
    for name, one in metrics.items():
        print(f"  {name:28} {one:.4f}")
    for name, value in measured.items():
        print(f"  {name:28} {value:.4f}")
    return ALL_DONE


def _squares(paths: Sequence[Path], what: str, size: int) -> NDArray[np.uint8]:
    """Films from their files as squares, uint8 ``[N, S, S]``; what cannot be read is named and left out."""
    import numpy as np

    from core.batch import readable
    from core.errors import DataError
    from core.xray import Preprocessing

    square = Preprocessing(size=size).square
    found = [np.rint(square(xray) * 255).astype(np.uint8) for _, xray in readable(paths, what, say)]
    if not found:
        raise DataError(f"There is no {what} film that can be read. Give a folder with train and test films.")
    return np.stack(found)


def _figures(found: dict[State, list[Posture]]) -> dict[str, Interval]:
    """Name → share of films, all sixteen ways of laying each; intervals count films, not ways."""
    import numpy as np

    from core.orientation import LIKELY
    from core.orientation.making import right

    both = np.stack([right(postures, state) for state, postures in found.items()])  # [16, N]
    turn = np.stack([[p.turn == 90 * state.turns for p in postures] for state, postures in found.items()])
    polarity = np.stack([[(p.inverted >= LIKELY) == state.inverted for p in ps] for state, ps in found.items()])
    upright = [place for place, state in enumerate(found) if not (state.turns or state.mirrored or state.inverted)]
    return {
        "orientation_and_polarity": _mean(both),
        "orientation": _mean(turn),
        "polarity": _mean(polarity),
        "upright_left_alone": _mean(both[upright]),
    }


def _hint(postures: Sequence[Posture], state: State) -> float:
    from core.orientation import LIKELY

    return sum((p.mirrored >= LIKELY) == state.mirrored for p in postures) / len(postures)


def _mean(right: NDArray[np.bool_]) -> Interval:
    from core.checkpoint import Interval

    return Interval.of_share(float(right.mean()), right.shape[1])
