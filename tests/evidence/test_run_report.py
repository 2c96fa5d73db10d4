"""The JSON of a watched run: one schema for who writes it and who reads it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dropout_lint.evidence.run_report import BrokenReport, read_report
from dropout_lint.runtime.record import schema
from dropout_lint.runtime.record.encoding import WrongField, decoded, encoded, keys
from dropout_lint.runtime.record.events import Kind, Layer, Place
from tests.conftest import ROOT
from tests.test_layers import loaded_after

PLACE = Place("/lib/loop.py", 3, "/project/train.py", 7)
LAYERS = (Layer("drop", "Dropout", Kind.STOCHASTIC, 0.5), Layer("", "BatchNorm1d", Kind.BATCH_STATS, None))
FULL = schema.WrittenReport(
    head=schema.Head(schema.SCHEMA, schema.VERSION),
    tool="0.1.0",
    torch="2.9.0",
    command=("train.py", "--epochs", "10"),
    directory="/project",
    ended="finished",
    rank=1,
    totals=schema.Totals(10, 5, 1),
    notices=("one thing could not be watched",),
    findings=(
        schema.WrittenFinding(
            code="DRP301",
            name="inference-in-train-mode",
            confidence="high",
            message="it is on",
            help="switch it off",
            model="Net",
            place=PLACE,
            count=3,
            unit="call",
            first=schema.WrittenMoment(1, 0),
            last=schema.WrittenMoment(9, 4),
            layers=LAYERS,
            notes=(schema.WrittenNote("a fact", None), schema.WrittenNote("made here", PLACE)),
            spans=((1, 2), (9, 9)),
        ),
    ),
    sites=(schema.WrittenSite(place=PLACE, model="Net", calls=schema.CallCounts(1, 2, 3, 4, 5)),),
    switches=(schema.WrittenSwitch(PLACE, "eval", "Net", 2),),
    exports=(schema.WrittenExport(place=PLACE, exporter="torch.onnx.export", model="Net", mode="train", call=9),),
    models=(
        schema.WrittenModel(
            name="Net",
            type="net.Net",
            file="/project/net.py",
            line=5,
            layers=LAYERS,
            modes=(schema.WrittenModes(True, "te"),),
            segments=(schema.WrittenSegment((1, 9), (0, 4), ((0, True, 8), (0, False, 1))),),
            classes=(schema.WrittenClass("net.Net", "/project/net.py", 5, 9, 8, 1),),
            steps=2,
            own_steps=((1, 1), (2, 3)),
        ),
    ),
    step_marks=((1, 1), (2, 3)),
    started="2026-01-02T03:04:05Z",
    seconds=12.5,
    times=((1, 0.25), (9, 12.0)),
    epochs=((0.0, 0, 0), (1.0, 5, 4)),
    losses=((0.75, 1, 0), (None, 2, 1)),
)


def places_in(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The way to every key in ``value``."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = [(*path, key) for key, _ in items] if isinstance(value, dict) else []
    return found + [place for key, inner in items for place in places_in(inner, (*path, key))]


def without(data: Any, path: tuple[str | int, ...]) -> Any:
    """A copy of ``data`` without the key at the end of ``path``."""
    copy = json.loads(json.dumps(data))
    inner = copy
    for key in path[:-1]:
        inner = inner[key]
    del inner[path[-1]]
    return copy


DATA: dict[str, Any] = encoded(FULL)
PLACES = places_in(DATA)


def name_of(path: tuple[str | int, ...]) -> str:
    return re.sub(r"\.(\d+)", r"[\1]", ".".join(map(str, path)))


def test_every_field_comes_back_as_it_was_written() -> None:
    assert decoded(schema.WrittenReport, json.loads(json.dumps(DATA))) == FULL


def test_every_field_of_the_schema_is_in_the_report_that_these_tests_write() -> None:
    kinds = [kind for name, kind in vars(schema).items() if name.startswith("Written")]
    kinds += [schema.Head, schema.Totals, schema.CallCounts, Layer, Place]
    written = {str(path[-1]) for path in PLACES}
    assert {key for kind in kinds for key in keys(kind)} == written


NEEDED = {
    *("schema", "version", "directory", "findings", "sites", "exports", "models"),
    *(f"findings[0].{key}" for key in ("code", "confidence", "message", "help", "count", "unit", "notes")),
    *(f"findings[0].notes[{number}].message" for number in (0, 1)),
    *(f"sites[0].calls{key}" for key in ("", ".train_grad", ".train_nograd", ".eval_grad", ".eval_nograd", ".mixed")),
    *(f"exports[0].{key}" for key in ("exporter", "mode")),
    *(f"models[0].{key}" for key in ("type", "classes")),
    *(f"models[0].classes[0].{key}" for key in ("type", "file", "line", "end_line", "calls_train", "calls_eval")),
    *(
        f"{place}.{key}"
        for place in ("findings[0]", "findings[0].notes[1]", "sites[0]", "exports[0]")
        for key in ("file", "line", "user_file", "user_line")
    ),
}
"""What static findings are compared with.  Another key here turns reports of earlier versions away: see `VERSION`."""


@pytest.mark.parametrize("path", PLACES, ids=name_of)
def test_a_key_that_is_not_written_is_missed(path: tuple[str | int, ...]) -> None:
    """A writer that forgets a key, or spells it in another way, cannot pass."""
    name, data = name_of(path), without(DATA, path)
    if name in NEEDED:
        with pytest.raises(WrongField, match=re.escape(f"`{name}` is not ")):
            decoded(schema.WrittenReport, data)
    else:
        assert decoded(schema.WrittenReport, data) != FULL


@pytest.mark.parametrize("path", PLACES, ids=name_of)
def test_a_key_of_a_later_version_is_left_alone(path: tuple[str | int, ...]) -> None:
    data = json.loads(json.dumps(DATA))
    inner = data
    for key in path[:-1]:
        inner = inner[key]
    inner["of_a_later_version"] = {"anything": [1]}
    assert decoded(schema.WrittenReport, data) == FULL


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (-1, "a whole number that a run can reach"),
        (1 << 53, "a whole number that a run can reach"),
        (True, "a whole number"),
        (2.0, "a whole number"),
        ("2", "a whole number"),
        (None, "a whole number"),
    ],
    ids=repr,
)
def test_a_count_that_no_run_reaches_is_refused(value: object, expected: str) -> None:
    data = json.loads(json.dumps(DATA))
    data["sites"][0]["calls"]["mixed"] = value
    with pytest.raises(WrongField) as caught:
        decoded(schema.WrittenReport, data)
    assert str(caught.value) == f"`sites[0].calls.mixed` is not {expected}"


@pytest.mark.parametrize("value", [5, None, [{}], [{"path": "x"}], [3]], ids=repr)
def test_what_findings_are_not_compared_with_may_be_anything(value: object) -> None:
    data = json.loads(json.dumps(DATA))
    data["models"][0]["layers"] = value
    assert decoded(schema.WrittenReport, data) == replace(FULL, models=(replace(FULL.models[0], layers=()),))


def test_the_check_reads_what_is_written(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text(json.dumps(DATA), "utf-8")
    read = read_report(str(path))
    (found,), (site,), (cls,) = read.observations, read.sites, read.classes
    assert (found.code, found.count, found.unit, found.place.places) == (
        "DRP301",
        3,
        "call",
        (("/project/train.py", 7), ("/lib/loop.py", 3)),
    )
    assert [(remark.message, remark.file, remark.line) for remark in found.remarks] == [
        ("a fact", None, None),
        ("made here", "/project/train.py", 7),
    ]
    assert (site.train_grad, site.train_nograd, site.eval_grad, site.eval_nograd, site.mixed) == (1, 2, 3, 4, 5)
    assert [(export.exporter, export.mode) for export in read.exports] == [("torch.onnx.export", "train")]
    assert (cls.line, cls.end_line, cls.calls_train, cls.calls_eval, cls.root) == (5, 9, 8, 1, True)


def test_another_version_is_named_before_anything_in_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text(json.dumps({"schema": schema.SCHEMA, "version": 2}), "utf-8")
    with pytest.raises(BrokenReport, match="a report of version 2; this dropout-lint reads version 1"):
        read_report(str(path))


@pytest.mark.checkout  # reads docs/, which no wheel holds
def test_the_documentation_names_every_key_and_no_other() -> None:
    text = ROOT.joinpath("docs/watch.md").read_text("utf-8").partition("## The JSON report")[2]
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    named = set(re.findall(r"\b\w+\b", " ".join(re.findall(r"`[^`]*`", " ".join(rows)))))
    assert {str(path[-1]) for path in PLACES if isinstance(path[-1], str)} - named == set()
    firsts = {name for row in rows for name in re.findall(r"`(\w+)(?:\[\])?`", row.split("|")[1])}
    assert firsts == set(keys(schema.WrittenReport))


def test_the_schema_imports_neither_torch_nor_the_linter() -> None:
    loaded = loaded_after(
        "import sys, dropout_lint.runtime.record.schema\n"
        "assert not [name for name in sys.modules if name.startswith(('dropout_lint.lint', 'dropout_lint.syntax'))]"
    )
    assert loaded & {"torch", "libcst"} == set()
