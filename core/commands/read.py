"""``python -m core read``: films → probabilities, and heatmaps on request."""

from __future__ import annotations

import argparse
import glob
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from core import checkpoint, render, report
from core.certainty import HUMAN, LEVEL, LEVELS, TARGET, TARGETS, certainty_of, set_in_words
from core.commands.options import ALL_DONE, SOME_FAILED, json_option, model_option, say
from core.errors import DataError, PneumoLensError, RefusedError, UnknownNameError, UsageError
from core.explain import DEFAULT, METHODS
from core.files import write
from core.guard import Known, Seen, Verdict, judge, known_of, see, with_aids
from core.lungs import in_short, inside_of, there
from core.report import Caveats
from core.tasks import OWN

if TYPE_CHECKING:
    from core.batch import Outcome
    from core.certainty import Certainty
    from core.checkpoint import Checkpoint
    from core.classifier import Classifier
    from core.evaluate import OperatingPoint
    from core.explain import Heatmap

HELP = "read X-rays: probabilities, and heatmaps on request"


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """What became of one film, and what must be known of its reading.

    Attributes:
        outcome: without its reading where the guard refuses the film.
        seen: the film before any reading; ``None`` where there is none, as for the next.
        verdict: of the guard.
        caveats: for whatever leaves this command.
    """

    outcome: Outcome
    seen: Seen | None
    verdict: Verdict | None
    caveats: Caveats


def options(parser: argparse.ArgumentParser) -> None:
    """What can be asked."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="files, folders or patterns such as 'films/*.dcm'")
    model_option(parser)
    json_option(parser)
    parser.add_argument("--heatmaps", type=Path, metavar="DIR", help="write an overlay per film into this folder")
    parser.add_argument("--target", metavar="CLASS", help="class whose evidence is drawn (default: the predicted one)")
    parser.add_argument(
        "--against", metavar="CLASS", help="draw the evidence for that class rather than this one (default: by itself)"
    )
    parser.add_argument("--method", choices=METHODS, default=DEFAULT, help="default: %(default)s")
    parser.add_argument(
        "--layer",
        type=lambda text: text.split(","),
        metavar="NAME[,NAME]",
        help="stage of the network whose map is explained; those of several are averaged (default: the last)",
    )
    sure = parser.add_argument_group("how sure (networks with validation predictions: see 'python -m core certainty')")
    sure.add_argument(
        "--level",
        type=_level,
        default=LEVEL,
        metavar="SHARE",
        help="of prediction sets, .80 to .99 (default: %(default)s)",
    )
    sure.add_argument(
        "--target-error", choices=TARGETS, default=TARGET, help="wrong readings allowed in 100 (default: %(default)s)"
    )
    parser.add_argument("--anyway", action="store_true", help="also read films that the guard refuses, marked")
    parser.add_argument("--raw", action="store_true", help="print the softmax before calibration as well")
    parser.add_argument(
        "--threshold",
        type=Path,
        metavar="FILE",
        help="also decide at this operating point (JSON, downloaded on the Performance page for this network)",
    )


def run(options: argparse.Namespace) -> int:
    """Read films: a line each, as text or as one JSON object."""
    from core.batch import of_file, read_many
    from core.models import get_pool

    chosen = checkpoint.named(options.model, *options.weights)
    _check(options, chosen)
    point = _point(options.threshold, chosen) if options.threshold else None
    sure = _sure(chosen)
    known = known_of(chosen)
    files = _files(options.files)
    if options.heatmaps:
        options.heatmaps.mkdir(parents=True, exist_ok=True)
    classifier = get_pool().get(chosen)
    failed = 0
    sources = map(of_file, files)
    judged = (_judged(outcome, known, sure, options) for outcome in read_many(sources, classifier))
    bar = tqdm(total=len(files), desc=f"reading with {chosen.name}", unit="film", disable=len(files) < 2)  # noqa: PLR2004
    for file, film in zip(files, judged, strict=True):
        failed += film.outcome.error is not None
        heatmap = _explained(film.outcome, classifier, options)
        if options.heatmaps and heatmap:
            _draw(film, classifier, heatmap, _told(film, heatmap, classifier, sure, options), options.heatmaps)
        with bar.external_write_mode(file=sys.stdout):
            if options.json:
                row = _row(file, film.outcome, classifier, point, raw=options.raw)
                row |= film.caveats.as_json() | _in_lungs(film, heatmap) | _facts(heatmap)
                print(json.dumps(row), flush=True)
            else:
                lead = f"{HUMAN}. " if film.caveats.abstain else ""
                says = _line(film.outcome, classifier, point, raw=options.raw)
                print(f"{file}: {lead}{says}{_behind(film, classifier, sure)}", flush=True)
        bar.update()
    bar.close()
    return SOME_FAILED if failed else ALL_DONE


def _check(options: argparse.Namespace, chosen: Checkpoint) -> None:
    """Whether what is asked for goes together, and with this network.

    Raises:
        UnknownNameError, UsageError: it does not.
    """
    for name in (options.target, options.against):
        if name and name not in chosen.card.classes:
            raise UnknownNameError("class", name, chosen.card.classes)
    if options.target and options.target == options.against:
        raise UsageError("--target and --against name the same class. Name two.")
    if options.layer and not METHODS[options.method].by_layer:
        raise UsageError(f"{METHODS[options.method].title} explains the network's input: leave out --layer.")
    for name in options.layer or ():
        chosen.architecture.stage(name)


def _judged(outcome: Outcome, known: Known | None, sure: Certainty | None, options: argparse.Namespace) -> Judged:
    """What the guard says of a film, and how sure its reading is."""
    from core.batch import Outcome

    if outcome.xray is None or outcome.reading is None:
        return Judged(outcome, None, None, report.UNKNOWN)
    seen = with_aids(see(outcome.xray), outcome.xray)
    verdict = judge(known.beside(seen, outcome.reading.pooled) if known else seen, outcome.reading.task, known)
    if outcome.reading.task == OWN:
        seen = replace(seen, lungs=None)  # whatever was taken for lungs on a flower
    if verdict.refused and not options.anyway:
        error = RefusedError(f"Not read: the guard refused it. {verdict.says} With --anyway it is read all the same.")
        refused = Outcome(outcome.index, outcome.xray, None, error)
        return Judged(refused, seen, verdict, Caveats(verdict.facts(read=False)))
    how_sure = sure.facts(outcome.reading.by_class, options.level, options.target_error) if sure else {}
    return Judged(outcome, seen, verdict, Caveats(verdict.facts(read=True), **how_sure))


def _level(text: str) -> float:
    """A share; argparse names the option when this fails."""
    value = float(text)
    if value not in LEVELS:  # a set is named by its level, in whole percent
        raise argparse.ArgumentTypeError(f"{text} is none of {LEVELS[0]:g}, {LEVELS[1]:g} … {LEVELS[-1]:g}")
    return value


def _sure(chosen: Checkpoint) -> Certainty | None:
    """What is fitted to the network's validation films; ``None``, and why on standard error, where it has none."""
    try:
        return certainty_of(chosen)
    except DataError as error:
        say(str(error))
        return None


def _explained(outcome: Outcome, classifier: Classifier, options: argparse.Namespace) -> Heatmap | None:
    """The heatmap asked for; ``None`` where nobody asks, or the class is the one to explain others against."""
    from core.explain import explain_film

    reading = outcome.reading
    if reading is None or outcome.xray is None or not (options.heatmaps or (options.json and there())):
        return None
    target = options.target or reading.prediction
    if target == options.against:
        if options.heatmaps:
            says = f"no picture. {target} is what was read, not what to explain it against."
            say(f"{outcome.xray.key}: {says}")
        return None
    asked = classifier, outcome.xray, reading, options.method, options.against, options.layer or ()
    if METHODS[options.method].fast:
        return explain_film(*asked)[target]
    with tqdm(desc=f"{options.method} of {outcome.xray.key}", leave=False, disable=None) as bar:

        def progress(done: int, of: int) -> None:
            bar.total = of
            bar.update(done - bar.n)

        return explain_film(*asked, progress)[target]


def _facts(heatmap: Heatmap | None) -> dict[str, Any]:
    """Which heatmap the picture and the share in the lungs are of."""
    if heatmap is None:
        return {"heatmap": None}
    names = ("method", "layer", "target", "against", "problem")
    return {"heatmap": {name: getattr(heatmap, name) for name in names}}


def _in_lungs(film: Judged, heatmap: Heatmap | None) -> dict[str, Any]:
    """How much of the evidence lies in the lung fields; nothing where the network that finds them is not here."""
    if film.outcome.reading is None or film.seen is None or film.seen.lungs is None:
        return {}
    fields = film.seen.lungs
    inside = inside_of(fields, None if heatmap is None else heatmap.values)
    return {
        "lungs": {
            "share_of_film": round(fields.share, 4) if fields.plausible else None,
            "evidence_inside": None if inside is None else round(inside, 4),
            "doubt": fields.doubt,
        }
    }


def _set_says(film: Judged, classifier: Classifier) -> str:
    """The prediction set in words; empty where none can be made."""
    caveats, reading = film.caveats, film.outcome.reading
    if reading is None or caveats.prediction_set is None or caveats.set_level is None:
        return ""
    words = classifier.checkpoint.task.words
    return set_in_words(caveats.prediction_set, words, caveats.set_level, reading.prediction, known=not caveats.mark)


def _told(
    film: Judged, heatmap: Heatmap, classifier: Classifier, sure: Certainty | None, options: argparse.Namespace
) -> tuple[str, ...]:
    """What a plate says of the reading besides: how sure it is, and how much of the evidence lies in the lungs."""
    reading, seen, held = film.outcome.reading, film.seen, _set_says(film, classifier)
    lines = [in_short(seen.lungs, inside_of(seen.lungs, heatmap.values))] if seen else []
    if sure and reading and held:
        lines.insert(0, f"{sure.headline(reading.by_class, options.target_error)}. {held}.")
    return tuple(lines)


def _behind(film: Judged, classifier: Classifier, sure: Certainty | None) -> str:
    """How sure a reading is and what the guard has against it, at the end of its line."""
    reading, verdict, held = film.outcome.reading, film.verdict, _set_says(film, classifier)
    if reading is None:
        return ""
    says = f"; {sure.wording(reading.by_class).title.lower()}; {held}" if sure and held else ""
    if verdict and verdict.caution:
        says += f"; {'REFUSED, READ ANYWAY' if verdict.refused else 'CAUTION'}: {verdict.says}"
    return says


def _point(path: Path, chosen: Checkpoint) -> OperatingPoint:
    """The operating point in a file.

    Raises:
        DataError: it is none, or of another network.
    """
    from core.evaluate import OperatingPoint

    try:
        point = OperatingPoint.from_json(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise DataError(f"{path.name} is no operating point: it is no text.") from error
    if point.weights_sha256 != chosen.card.weights_sha256:
        raise DataError(
            f"The threshold in {path.name} is of {point.model} with weights {point.weights_sha256[:12]}…, not of "
            f"{chosen.name} with weights {chosen.card.weights_sha256[:12]}…: it would mean nothing here. Choose one "
            "for this network on the Performance page."
        )
    return point


def _files(patterns: Sequence[str]) -> list[Path]:
    """Files, the films in folders, and matches of patterns the shell left alone; each once, in order."""
    from core.dataset import films_below

    found: list[Path] = []
    for pattern in patterns:
        if not pattern:  # which would be the current folder
            raise UsageError("A name is empty, as of a variable of the shell that is not set. Give files or folders.")
        path = Path(pattern)
        if path.is_dir():
            found += films_below(path)
        elif not path.exists() and glob.has_magic(pattern):
            matches = sorted(Path(match) for match in glob.glob(pattern, recursive=True))  # noqa: PTH207 (Path.glob takes no absolute pattern)
            found += [match for match in matches if not match.is_dir()] or [path]
        else:
            found.append(path)  # a missing file is reported as one that failed, a pattern without a match too
    if not found:
        raise PneumoLensError(f"No film in {', '.join(patterns)}. Give files, folders or patterns.")
    return list(dict.fromkeys(found))


def _row(
    file: Path, outcome: Outcome, classifier: Classifier, point: OperatingPoint | None, *, raw: bool = False
) -> dict[str, Any]:
    reading, error = outcome.reading, outcome.error
    row = {
        "file": str(file),
        "sha256": reading.xray_sha256 if reading else None,
        "model": classifier.name if reading else None,
        "task": reading.task if reading else None,
        "probabilities": {k: round(v, 6) for k, v in reading.by_class.items()} if reading else None,
        "prediction": reading.prediction if reading else None,
        "error": None if error is None else {"type": type(error).__name__, "message": _says(error)},
    }
    if raw:
        row["raw_probabilities"] = {k: round(v, 6) for k, v in reading.raw_by_class.items()} if reading else None
    if point is not None:
        row["decision"] = point.decide(reading.by_class) if reading else None
    return row


def _line(outcome: Outcome, classifier: Classifier, point: OperatingPoint | None, *, raw: bool = False) -> str:
    reading = outcome.reading
    if reading is None:
        return _says(outcome.error)
    words = classifier.checkpoint.task.words
    shares = ", ".join(f"{name} {share:.3f}" for name, share in reading.by_class.items())
    says = f"{words[reading.prediction]} ({shares})"
    if raw:
        says += f"; raw {', '.join(f'{share:.3f}' for share in reading.raw.tolist())}"
    if point is None:
        return says
    side = "at or above" if point.decide(reading.by_class) == point.positive else "below"
    score = f"{point.positive} {point.score(reading.by_class):.3f}"
    return f"{says}; at this threshold {point.decide(reading.by_class)} ({score} is {side} {point.threshold:.3f})"


def _says(error: Exception | None) -> str:
    """An OSError speaks of files by path; the path is beside it already."""
    if isinstance(error, OSError):
        return f"The file cannot be read: {error.strerror}."
    return str(error)


def _draw(film: Judged, classifier: Classifier, heatmap: Heatmap, told: Sequence[str], folder: Path) -> None:
    """The overlay of one film as PNG, or on standard error why there is none."""
    reading, xray = film.outcome.reading, film.outcome.xray
    if reading is None or xray is None:
        return
    if heatmap.problem:
        say(f"{xray.key}: no picture. {heatmap.problem}")
        return
    look = render.Look()
    picture = render.overlay(render.on_screen(xray), heatmap.values, look)
    lines = report.lines(heatmap, reading.by_class[heatmap.target], classifier.checkpoint, film.caveats, *told)
    plate = render.plate(picture, heatmap, look, lines)
    write(folder / f"{heatmap.stem}.png", report.overlay_png(plate, heatmap, reading.weights_sha256, film.caveats))
