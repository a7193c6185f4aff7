"""The rules of the house: who may import whom, what lies where, and what must never be in the repository."""

from __future__ import annotations

import ast
import dataclasses
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest

from core import settings
from core.architectures import ARCHITECTURES, HEADS
from core.certainty import TARGETS, WORDINGS
from core.evaluate import METRICS
from core.explain import METHODS
from core.guard import CHECKS
from core.lungs.probe import VIEWS
from core.robustness.corruptions import CORRUPTIONS
from core.tasks import TASKS
from core.trust.scores import SCORES

ROOT = Path(__file__).resolve().parent.parent
TABLES: Mapping[str, Mapping[str, Any]] = {
    "TASKS": TASKS,
    "ARCHITECTURES": ARCHITECTURES,
    "HEADS": HEADS,
    "METHODS": METHODS,
    "METRICS": METRICS,
    "SCORES": SCORES,
    "TARGETS": TARGETS,
    "WORDINGS": WORDINGS,
    "CORRUPTIONS": CORRUPTIONS,
    "CHECKS": CHECKS,
    "VIEWS": VIEWS,
}

# From the ground up. A part may import parts of its own layer and of those before it, and no two may need each other.
LAYERS: tuple[frozenset[str], ...] = (
    frozenset({"errors", "files", "heap", "records", "schema", "settings", "table", "tensors", "wilson", "words"}),
    frozenset({"tasks", "architectures"}),
    frozenset({"aids", "checkpoint", "xray", "dataset", "runs"}),
    frozenset({"classifier"}),
    frozenset({"explain", "evaluate", "models", "batch"}),
    frozenset(
        {
            "certainty",
            "compare",
            "download",
            "guard",
            "lungs",
            "orientation",
            "portable",
            "render",
            "report",
            "robustness",
            "samples",
            "training",
            "trust",
        }
    ),
    frozenset({"commands", "cli", "__main__"}),
    frozenset({"ui"}),
    frozenset({"app", "pages"}),
)
LEVEL = {part: level for level, parts in enumerate(LAYERS) for part in parts}

TOP = {
    ".ci", ".gitignore", ".gitattributes", ".streamlit", "CITATION.cff", "LICENSE", "Makefile", "README.md",
    "app.py", "core", "docs", "pages", "pyproject.toml", "requirements-dev.txt", "requirements.txt", "tests", "weights",
}  # fmt: skip
IMAGES = {
    ".png",
    ".jpg",
    ".jpeg",
    ".gif",
    ".bmp",
    ".tif",
    ".tiff",
    ".webp",
    ".dcm",
    ".dicom",
    ".npy",
    ".npz",
    ".parquet",
}
IMAGE_PLACES = (
    "core/assets/*-average.png",  # means of more than a hundred films each
    "core/assets/*-deviation.png",  # and their standard deviations
    "docs/**/*.png",  # screenshots, made with synthetic and average images
    "docs/*.png",
    "tests/fixtures/xray_crashers/*",  # mutilated synthetic files that once crashed a decoder
)
OPTIONAL = {
    "onnx",  # only to start from weights in that format; the message names it
    "google",  # protobuf, which comes with it
    "onnxruntime",  # only to export to that format; the message names it
    "cv2",  # comes with grad-cam; tests compare with it
}
LARGEST = 60 * 10**6


@cache
def tracked() -> tuple[str, ...]:
    """Every file that git tracks, or would: relative, with forward slashes."""
    command = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return tuple(name for name in names if (ROOT / name).is_file())


def sources() -> list[str]:
    return [name for name in tracked() if name.endswith(".py") and name.split("/")[0] in {"app.py", "core", "pages"}]


def part_of(module: str) -> str:
    """``core.xray.raster`` → ``xray``; ``pages/read/x.py`` is of ``pages``."""
    first, *rest = module.split(".")
    return rest[0] if first == "core" and rest else first


def module_name(name: str) -> str:
    return name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def imports(name: str) -> Iterator[tuple[str, int, bool]]:
    """Every import of a file, wherever it stands: (dotted name, line, whether it happens when the file is loaded)."""
    tree = ast.parse((ROOT / name).read_text("utf-8"))
    later = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        or (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test))
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno, node not in later
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}:{node.lineno} imports relatively; write where it is from"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                is_part = node.module == "core" or (ROOT / f"{whole.replace('.', '/')}.py").is_file()
                yield (whole if is_part else str(node.module)), node.lineno, node not in later


def test_imports_go_one_way() -> None:
    wrong = [
        f"{name}:{line} {part_of(module_name(name))} must not import {other}"
        for name in sources()
        if module_name(name) != "core"
        for other, line, _ in imports(name)
        if other.split(".")[0] in {"core", "app", "pages"} and LEVEL[part_of(other)] > LEVEL[part_of(module_name(name))]
    ]
    assert wrong == []


def test_every_part_has_its_layer() -> None:
    parts = {part_of(module_name(name)) for name in sources()} - {"core"}
    assert parts - set(LEVEL) == set(), "new part of core: say in LAYERS and in core/__init__.py where it belongs"
    described = ast.get_docstring(ast.parse((ROOT / "core/__init__.py").read_text("utf-8"))) or ""
    undescribed = [part for part in parts - {"__main__", "app", "pages"} if f"``{part}``" not in described]
    assert undescribed == []
    told = (ROOT / "README.md").read_text("utf-8").split("## How it is built")[1].split("\n## ")[0]
    untold = [part for part in parts - {"__main__", "cli", "commands"} if not re.search(rf"\b{part}(\.py|/)?", told)]
    assert untold == []


def test_every_map_of_a_package_names_all_its_modules() -> None:
    missing = []
    for package in sorted((ROOT / "core").rglob("__init__.py")):
        described = ast.get_docstring(ast.parse(package.read_text("utf-8"))) or ""
        if "::" not in described:  # no map: one sentence says it all
            continue
        modules = {path.stem for path in package.parent.glob("*.py")} - {"__init__", "__main__"}
        here = package.parent.relative_to(ROOT)
        missing += [f"{here}: {name}" for name in sorted(modules) if not re.search(rf"\b{name}\b", described)]
    assert missing == []


def test_no_two_parts_need_each_other() -> None:
    needs: dict[str, set[str]] = {}
    for name in sources():
        here = part_of(module_name(name))
        for other, _, _ in imports(name):
            if other.startswith("core.") and part_of(other) != here:
                needs.setdefault(here, set()).add(part_of(other))
    while free := [part for part in needs if not needs[part] & set(needs)]:
        for part in free:
            del needs[part]
    assert needs == {}, "these import each other in a circle"


def test_only_ui_and_the_pages_know_streamlit() -> None:
    wrong = [
        f"{name}:{line}"
        for name in sources()
        if name.startswith("core/") and not name.startswith("core/ui/")
        for other, line, _ in imports(name)
        if other.split(".")[0] == "streamlit"
    ]
    assert wrong == []


def test_pages_never_import_torch() -> None:
    heavy = {"torch", "torchvision", "pytorch_grad_cam"}
    wrong = [
        f"{name}:{line} {other}"
        for name in sources()
        if not name.startswith("core/") or name.startswith("core/ui/")
        for other, line, at_once in imports(name)
        if other.split(".")[0] in heavy and (at_once or not name.startswith("core/"))
    ]
    assert wrong == []


def test_nothing_imports_the_command_line() -> None:
    wrong = [
        f"{name}:{line}"
        for name in sources()
        if name not in {"core/__main__.py", "core/cli.py"} and not name.startswith("core/commands/")
        for other, line, _ in imports(name)
        if part_of(other) in {"cli", "commands", "__main__"}
    ]
    assert wrong == []


def loaded_by(*modules: str) -> set[str]:
    """Top-level names in sys.modules after a fresh Python imported these."""
    code = f"import sys, {', '.join(modules)}; print(*{{name.split('.')[0] for name in sys.modules}})"
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT)
    return set(run.stdout.split())


@pytest.mark.parametrize(
    "module",
    [
        "core", "core.checkpoint", "core.explain", "core.xray", "core.cli", "core.dataset", "core.render",
        "core.report", "core.samples", "core.download", "core.models", "core.evaluate", "core.runs",
    ],
)  # fmt: skip
def test_light_parts_load_neither_torch_nor_streamlit(module: str) -> None:
    assert loaded_by(module) & {"torch", "torchvision", "streamlit", "pytorch_grad_cam", "pyarrow"} == set()


def test_the_screen_appears_without_torch() -> None:
    modules = [module_name(name) for name in sources() if name.startswith("core/ui/")]
    assert loaded_by(*modules) & {"torch", "torchvision", "pytorch_grad_cam"} == set()


def test_layout() -> None:
    assert {name.split("/")[0] for name in tracked()} - TOP == set()
    pages = [name for name in tracked() if name.startswith("pages/")]
    # A script directly in pages/ is found by Streamlit on its own, and then runs without app.py.
    assert [name for name in pages if not re.fullmatch(r"pages/(read|study|about)/[a-z_]+\.py", name)] == []


@pytest.mark.parametrize("table", TABLES)
def test_rows_of_tables_are_documented(table: str) -> None:
    told = "".join(page.read_text("utf-8") for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")))
    for name, row in TABLES[table].items():
        assert row.name == name
        empty = [
            field.name
            for field in dataclasses.fields(row)
            if isinstance(value := getattr(row, field.name), str) and not value.strip()
        ]
        assert empty == [], f"{table}[{name!r}] says nothing in {empty}"
        # Metrics are explained where they are shown; what a user chooses from is named in the documents.
        named = table == "METRICS" or name in told or getattr(row, "title", name) in told
        assert named, f"neither README.md nor docs/ name {name} of {table}"


def test_every_setting_is_documented_and_made_in_one_place() -> None:
    known = {value for name, value in vars(settings).items() if name.isupper() and isinstance(value, str)}
    told = set(re.findall(r"PNEUMOLENS_[A-Z_]+", (ROOT / "README.md").read_text("utf-8")))
    assert known == told
    others = [
        (name, found)
        for name in sources()
        if name != "core/settings.py"
        for found in re.findall(r"[\"']PNEUMOLENS_[A-Z_]+[\"']", (ROOT / name).read_text("utf-8"))
    ]
    assert others == []


def test_modules_say_what_they_are() -> None:
    mute = [
        name
        for name in tracked()
        if name.endswith(".py")
        and (text := (ROOT / name).read_text("utf-8")).strip()
        and not ast.get_docstring(ast.parse(text))
    ]
    assert mute == []


def test_no_file_is_too_large() -> None:
    assert [name for name in tracked() if (ROOT / name).stat().st_size > LARGEST] == []


def test_no_film_is_in_the_repository() -> None:
    images = [name for name in tracked() if Path(name).suffix.lower() in IMAGES]
    assert [name for name in images if not any(Path(name).match(place) for place in IMAGE_PLACES)] == []


def test_nothing_names_a_machine() -> None:
    places = re.compile(r"(?<![\w.$}<>-])/(?:work|home/\w+|Users/\w+|root|opt/\w+)/[\w.]+")
    hosts = re.compile(
        r"\b(?:pypi\.org|pythonhosted\.org|deb\.debian\.org|registry\.npmjs\.org|--(?:extra-)?index-url)\b"
    )
    private = re.compile(r"\b(?:10\.\d+|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.\d+\.\d+\b")
    wrong = []
    for name in tracked():
        if name == "tests/test_house.py" or Path(name).suffix in IMAGES | {".safetensors"} or "fixtures/" in name:
            continue
        for number, line in enumerate((ROOT / name).read_text("utf-8").splitlines(), start=1):
            if places.search(line) or hosts.search(line) or private.search(line):
                wrong.append(f"{name}:{number}: {line.strip()[:100]}")
    assert wrong == []


def requirements(file: str) -> dict[str, str]:
    """Package, in lower case with dashes → the version it is pinned to."""
    found = {}
    for line in (ROOT / file).read_text("utf-8").splitlines():
        text = line.split("#")[0].strip()
        if text and not text.startswith("-r "):
            pinned = re.fullmatch(r"([A-Za-z0-9._-]+)==([A-Za-z0-9.+]+)", text)
            assert pinned, f"{file}: {text!r} is not pinned with =="
            found[pinned[1].lower().replace("_", "-")] = pinned[2]
    return found


def test_requirements_are_pinned_and_direct() -> None:
    app, dev = requirements("requirements.txt"), requirements("requirements-dev.txt")
    assert not set(app) & set(dev)
    distributions = packages_distributions()
    missing = {}
    for name in tracked():
        if not name.endswith(".py"):
            continue
        allowed = set(app) | (set(dev) if name.startswith("tests/") else set())
        for other, line, _ in imports(name):
            top = other.split(".")[0]
            if top in sys.stdlib_module_names or top in OPTIONAL | {"core", "tests", "app", "pages"}:
                continue
            packages = {package.lower().replace("_", "-") for package in distributions.get(top, [])}
            if not packages & allowed:
                missing[f"{name}:{line}"] = top
    assert missing == {}
