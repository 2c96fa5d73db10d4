"""The page of a run, of real models, as a browser draws it."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

import torch.nn.functional as F  # noqa: E402
from torch import Tensor, nn  # noqa: E402

from dropout_lint.runtime import DropoutWatch  # noqa: E402
from tests.runtime.watching.reporting.browser import played  # noqa: E402


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 4)
        self.drop = nn.Dropout(0.25)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.drop(self.linear(x))
        return out


class Head(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return F.dropout(x, 0.5)


def page_of(
    folder: Path, model: nn.Module, *, epochs: int = 8, steps: int = 20, before: Callable[[int], object]
) -> str:
    """Trains, and evaluates after each epoch; ``before`` each evaluation something sets the mode."""
    optimizer = torch.optim.SGD(model.parameters(), 0.01)
    path = folder / "run.html"
    with DropoutWatch(report=f"html={path}", quiet=True) as watching:
        for epoch in range(epochs):
            watching.log(epoch=epoch)
            for _ in range(steps):
                model.train()
                optimizer.zero_grad()
                loss = model(torch.ones(2, 4)).square().mean()
                loss.backward()
                optimizer.step()
                watching.log(loss=loss)
            before(epoch)
            with torch.no_grad():
                assert all(model(torch.ones(2, 4)).isfinite().all() for _ in range(3))
    return path.read_text("utf-8")


def data_of(page: str) -> dict[str, Any]:
    (text,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    data: dict[str, Any] = json.loads(text)
    return data


@pytest.fixture(scope="module")
def forgotten(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Two of eight evaluations are in train mode."""
    model = nn.Sequential(Block(), Block())
    return page_of(tmp_path_factory.mktemp("forgotten"), model, before=lambda epoch: epoch in (1, 6) or model.eval())


def test_the_bars_are_where_the_wrong_calls_are(forgotten: str) -> None:
    (finding,) = data_of(forgotten)["findings"]
    assert finding["name"] == "eval-loop-in-train-mode"
    assert finding["spans"] == [[44, 46], [159, 161]]


def test_an_evaluation_between_steps_in_eval_mode_is_no_wrong_call(tmp_path: Path) -> None:
    model = Block()
    model.train = lambda mode=True: nn.Module.train(model, False)  # type: ignore[method-assign]
    page = page_of(tmp_path, model, epochs=2, steps=5, before=lambda epoch: None)
    (finding,) = data_of(page)["findings"]
    assert finding["name"] == "train-step-in-eval-mode"
    assert finding["spans"] == [[1, 5], [9, 13]]


def test_the_headline_names_the_line_and_a_link_opens_it(forgotten: str) -> None:
    (line,) = re.findall(r'<div class="verdict bad">(.*?)</div>', forgotten, re.S)
    place = re.search(r"<code>(.*?:\d+)</code>", line)
    assert place is not None
    assert place[1].endswith(f"test_as_html.py:{place[1].rpartition(':')[2]}")
    (link,) = set(re.findall(r'href="(vscode:[^"]*)"', forgotten))
    assert html.unescape(link).startswith("vscode://file/")
    assert link.endswith("test_as_html.py:" + place[1].rpartition(":")[2])


TEXTS = """
const texts = () => [...document.querySelectorAll(".chart text")].map((item) => item.firstChild.textContent);
const guilty = () => [...document.querySelectorAll(".chart .guilty")].map((item) => item.firstChild.textContent);
"""


def test_a_row_shows_type_and_rate_and_the_axes_epoch_steps_and_time(forgotten: str, tmp_path: Path) -> None:
    lines = played(forgotten, TEXTS + "out.push(...texts());", tmp_path)
    assert lines.count("Dropout 0.25") == 2
    assert {"loss", "its optimizer steps", "epoch", "7", "calls of models", "optimizer steps so far", "time"} <= set(
        lines
    )


def test_the_steps_of_a_model_are_its_own(tmp_path: Path) -> None:
    first, second = (nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5)) for _ in range(2))
    path = tmp_path / "run.html"
    with DropoutWatch(report=f"html={path}", quiet=True):
        for model, steps in ((first, 3), (second, 5)):
            optimizer = torch.optim.SGD(model.parameters(), 0.01)
            for _ in range(steps):
                model(torch.ones(2, 4)).sum().backward()
                optimizer.step()
    models = data_of(path.read_text("utf-8"))["models"]
    assert sorted((model["steps"], model["own_steps"]["marks"][0]) for model in models) == [(3, [1, 1]), (5, [4, 4])]


def test_functional_dropout_has_a_row_of_its_own(tmp_path: Path) -> None:
    model = nn.Sequential(Block(), Head())
    page = page_of(tmp_path, model, epochs=2, before=lambda epoch: model.eval())
    lines = played(page, TEXTS + "out.push(...guilty(), ...texts());", tmp_path)
    assert lines[0] == "1 · dropout()"
    assert "functional 0.5" in lines


@pytest.fixture(scope="module")
def deep(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Five hundred layers, one of them in train mode in every evaluation."""
    model = nn.Sequential(*(Block() for _ in range(500)))

    def before(epoch: int) -> None:
        model.eval()
        model[321].train()

    return page_of(tmp_path_factory.mktemp("deep"), model, epochs=1, steps=1, before=before)


def test_of_many_layers_the_guilty_one_is_opened(deep: str, tmp_path: Path) -> None:
    lines = played(deep, TEXTS + "out.push(...guilty(), ...texts());", tmp_path)
    assert lines[0] == "321.drop"
    assert {"7.drop", "8.drop … 320.drop (313)", "322.drop … 499.drop (178)"} <= set(lines)
    assert "9.drop" not in lines


def test_a_search_finds_layers_by_name_and_type(deep: str, tmp_path: Path) -> None:
    search = (
        TEXTS
        + """
const box = document.querySelector("input[type=search]");
const find = (text) => { box.value = text; box.dispatchEvent(new Event("input")); out.push("# " + text, ...texts()); };
find("49 DROPOUT"); find("nowhere");
"""
    )
    found, _, nothing = "\n".join(played(deep, search, tmp_path)).partition("# nowhere")
    assert {"49.drop", "149.drop", "490.drop", "499.drop", "15 layers"} <= set(found.splitlines())
    assert "48.drop" not in found.splitlines()
    assert "no layer has that in its name or type" in nothing


def test_a_click_shows_the_layers_that_were_left_out(deep: str, tmp_path: Path) -> None:
    opened = (
        TEXTS
        + """
const box = document.querySelector(".chart");
const press = (key) => box.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
box.focus();
for (let row = 0; row < 9; row++) press("ArrowDown");
out.push(document.querySelector(".readout").textContent);
press("Enter");
out.push(...texts());
"""
    )
    lines = played(deep, opened, tmp_path)
    assert lines[0].startswith("8.drop … 320.drop (313 layers whose mode matters)")
    assert {"8.drop", "320.drop", "499.drop"} <= set(lines)


def test_a_live_page_loads_itself_again_until_the_run_ends(tmp_path: Path) -> None:
    path, refresh = tmp_path / "run.html", '<meta http-equiv="refresh"'
    with DropoutWatch(report=f"html={path}", quiet=True, live=True):
        Block()(torch.ones(2, 4))
        assert refresh in path.read_text("utf-8")
    assert refresh not in path.read_text("utf-8")
    with pytest.raises(ValueError, match="add html to the reports"):
        DropoutWatch(report="text", live=True)


def test_a_page_that_is_loaded_again_shows_what_it_showed(deep: str, tmp_path: Path) -> None:
    """The first time it is searched; the second time it says what is searched for."""
    again = """
const box = document.querySelector("input[type=search]");
if (!sessionStorage.getItem("again")) {
  sessionStorage.setItem("again", "yes");
  box.value = "499";
  location.reload();
}
out.push(box.value, document.querySelectorAll(".chart .guilty").length);
"""
    assert played(deep, again, tmp_path) == ["499", "0"]


def test_it_fits_a_narrow_screen(forgotten: str, tmp_path: Path) -> None:
    framed = f'<iframe style="width:320px;height:900px;border:0" srcdoc="{html.escape(forgotten)}"></iframe>'
    wide = """
const inner = document.querySelector("iframe").contentDocument;
const root = inner.documentElement;
out.push(root.scrollWidth <= root.clientWidth ? "fits" : "too wide");
out.push(inner.querySelectorAll(".chart svg rect").length > 5);
"""
    page = f"<!DOCTYPE html><html><body>{framed}</body></html>"
    assert played(page, wide, tmp_path) == ["fits", "true"]
