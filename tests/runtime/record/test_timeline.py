"""The modes over the run in bounded memory, and the page that draws them."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path

import pytest

pytest.importorskip("torch")  # the session listens to the dropout monitor

from dropout_lint.runtime.record.events import Call, Export, Kind, Layer, Modes, Place, Root, Step, Trained
from dropout_lint.runtime.record.timeline import StepMarks, Track
from dropout_lint.runtime.watching.reporting import as_html, as_json, as_text
from dropout_lint.runtime.watching.reporting.report import RunReport, WatchedModel
from dropout_lint.runtime.watching.session import Session
from tests.conftest import ROOT
from tests.runtime.watching.reporting.browser import played

PLACE = Place.at("/project/train.py", 42)


def layers_of_bert() -> tuple[Layer, ...]:
    names = [f"{i}.{part}" for i in range(12) for part in ("attention.self", "attention.output", "output")]
    paths = ["bert.embeddings", *(f"bert.encoder.layer.{name}" for name in names)]
    return tuple(Layer(f"{path}.dropout", "Dropout", Kind.STOCHASTIC, 0.1) for path in paths)


def call(number: int, modes: Modes, graph: bool) -> Call:
    return Call(number, 0, modes, PLACE, graph, graph, 1)


def report(steps: int = 1000, epochs: int = 10, name: str = "BertForSequenceClassification") -> RunReport:
    """Ten epochs; dropout is off from the third on; then an export in train mode."""
    root = Root(0, name, "project.Bert", layers_of_bert())
    train, off = (Modes(on, (on,) * len(root.layers)) for on in (True, False))
    session = Session(2)
    session.add(root)
    number = step = 0
    for epoch in range(epochs):
        for _ in range(steps // epochs):
            number, step = number + 1, step + 1
            session.call(call(number, train if epoch < 2 else off, True), root)
            session.step(Step(step, 0, "AdamW", PLACE, (Trained(0, (True,) * len(root.layers)),)), 1)
        for _ in range(5):
            number += 1
            session.call(call(number, off, False), root)
    session.export(Export("torch.onnx.export", root, train, PLACE))
    return RunReport(
        command=("train.py", "--epochs", "10"),
        directory="/project",
        ended="finished",
        rank=None,
        torch_version="2",
        calls=number,
        steps=step,
        findings=session.findings(),
        models=(WatchedModel(root, session.tracks[0], ()),),
        step_marks=tuple(session.step_marks.marks),
        sites=tuple(session.sites.calls.values()),
        switches=(),
        exports=tuple(session.sites.exports),
    )


def test_calls_that_are_alike_are_one_segment() -> None:
    track, modes = Track(), Modes(True, (True,))
    for number in range(1, 101):
        track.add(call(number, modes, number <= 80), number)
    assert [(s.first, s.last, dict(s.ways)) for s in track.segments] == [
        (1, 80, {(0, True): 80}),
        (81, 100, {(0, False): 20}),
    ]


def test_a_long_pause_ends_a_segment() -> None:
    track, modes = Track(), Modes(True, (True,))
    for number in (1, 2, 500, 501):
        track.add(call(number, modes, True), 0)
    assert [(s.first, s.last) for s in track.segments] == [(1, 2), (500, 501)]


def test_a_million_changes_take_no_more_room_than_some_thousands() -> None:
    track, on, off = Track(), Modes(True, (True,)), Modes(False, (False,))
    for number in range(1, 100_001):
        track.add(call(number, on if number % 2 else off, True), number)
    assert len(track.segments) <= 2048
    assert sum(sum(s.ways.values()) for s in track.segments) == 100_000
    assert all(left.last < right.first for left, right in zip(track.segments, track.segments[1:]))


def test_marks_of_steps_are_thinned_out_evenly() -> None:
    marks = StepMarks(most=100)
    for step in range(1, 10_001):
        marks.add(step, 2 * step)
    numbers = [step for step, _ in marks.marks]
    assert len(numbers) <= 100
    assert len({b - a for a, b in itertools.pairwise(numbers)}) == 1


def test_the_page_of_a_large_run_is_small_and_loads_nothing() -> None:
    page = as_html.render(report(steps=10_000))
    assert len(page.encode()) < 2_000_000
    assert re.findall(r"""(?:src|href)=["'](?!#)""", page) == []
    assert "http" not in re.sub(r"http-equiv|http://www\.w3\.org/2000/svg", "", page)


def test_names_cannot_leave_the_page() -> None:
    page = as_html.render(report(name="</script><script>alert(1)</script>"))
    assert "<script>alert" not in page


def test_the_findings_stand_in_the_text_of_the_page() -> None:
    page = as_html.render(report())
    assert "is in eval mode while <code>AdamW</code> trains it, so dropout is off" in page
    assert "<td>eval mode, gradients on: 800 calls" not in page
    assert "eval mode, gradients on: 100 calls" in page


@pytest.mark.checkout  # reads docs/, which no wheel holds
def test_json_is_read_back_with_all_that_it_promises() -> None:
    data = json.loads(as_json.render(report()))
    fields = re.findall(r"^\| (`.*?`) \|", (ROOT / "docs/watch.md").read_text("utf-8"), re.M)
    promised = {name for cell in fields for name in re.findall(r"`(\w+)(?:\[\])?`", cell)}
    assert set(data) <= promised
    assert data["sites"][0]["calls"] == {
        "train_grad": 200,
        "train_nograd": 0,
        "eval_grad": 800,
        "eval_nograd": 50,
        "mixed": 0,
    }


def test_a_run_without_findings_is_one_line_of_text() -> None:
    clean = report(steps=20, epochs=2)
    text = as_text.render(RunReport(**{**{f: getattr(clean, f) for f in clean.__slots__}, "findings": ()}))
    assert text == "dropout-lint: no findings in train.py (30 model calls, 20 optimizer steps)\n"


PLAY = """
const box = document.querySelector(".chart");
const press = (key) => box.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
const say = () => out.push(document.querySelector(".readout").textContent);
box.focus(); press("Home"); say();
press("End"); say();
press("ArrowDown"); press("ArrowDown"); say();
out.push(document.querySelectorAll(".chart svg rect").length > 20 ? "drawn" : "not drawn");
const rows = () => document.querySelector(".chart svg").getAttribute("height");
const before = Number(rows()); press("Enter"); press("Home"); press("ArrowUp"); press("Enter");
out.push(Number(rows()) < before ? "folded" : "not folded");
press("+"); press("0");
document.querySelector("[data-show='1']").click(); say();
"""


def test_a_browser_draws_the_timeline_and_the_keys_read_it(tmp_path: Path) -> None:
    lines = played(as_html.render(report()), PLAY, tmp_path)
    assert "calls 1 to" in lines[0]
    assert "train mode" in lines[0]
    assert "eval mode" in lines[1]
    assert "gradients off" in lines[1]
    assert lines[2].startswith("bert.embeddings.dropout (Dropout, p=0.1)")
    assert lines[3:5] == ["drawn", "folded"]
    assert "finding" in lines[5]
