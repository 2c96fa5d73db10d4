"""The playground of the site: what it asks of the linter, and the page in a browser."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dropout_lint.lint.registry import all_rules
from tests.browsed import browsed
from tests.checkout import copy_checkout
from tests.conftest import clean_environment

pytest.importorskip("website.playground")  # of the checkout

from website.playground.answer import answer
from website.playground.gather import examples

pytestmark = [pytest.mark.checkout]

LSTM = "from torch import nn\n\nrnn = nn.LSTM(64, 64, dropout=0.3)\ndrop = nn.Dropout(30)\n"


def asked(files: dict[str, str], *, select: str = "", fix: str | None = None) -> Any:
    return json.loads(answer(json.dumps({"files": files, "select": select, "fix": fix})))


def codes(told: Any) -> list[tuple[str, str]]:
    return [(finding["filename"], finding["code"]) for finding in told["findings"]]


def test_findings_have_the_names_of_the_files_that_were_sent() -> None:
    told = asked({"a/net.py": LSTM, "b.py": "x = 1\n"})
    assert codes(told) == [("a/net.py", "DRP108"), ("a/net.py", "DRP101")]
    assert told["error"] == ""


def test_files_import_each_other() -> None:
    net = "from torch import nn\n\n\ndef make():\n    return nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.5))\n"
    run = "import torch\n\nfrom net import make\n\nmodel = make()\nmodel.load_state_dict(torch.load('w.pt'))\n"
    run += "x = torch.load('x.pt')\nwith torch.no_grad():\n    print(model(x).argmax())\n"
    told = asked({"run.py": run, "net.py": net})
    assert codes(told) == [("run.py", "DRP301")]
    assert {note["filename"] for note in told["findings"][0]["notes"] if note["filename"]} <= {"run.py", "net.py"}


def test_only_the_rules_that_were_chosen_run() -> None:
    assert codes(asked({"net.py": LSTM}, select="DRP101")) == [("net.py", "DRP101")]
    assert "unknown code `DRP999`" in asked({"net.py": LSTM}, select="DRP999")["error"]


def test_fixes_are_applied_and_what_is_left_is_told() -> None:
    safe = asked({"net.py": LSTM}, fix="safe")
    assert safe["files"] == {"net.py": LSTM.replace(", dropout=0.3", "")}
    assert codes(safe) == [("net.py", "DRP101")]
    assert asked({"net.py": LSTM}, fix="all")["files"]["net.py"].endswith("nn.Dropout(0.3)\n")


@pytest.mark.parametrize("name", ["../out.py", "/tmp/out.py", "net.txt", "a//b.py", "pyproject.toml", ""])
def test_a_name_that_is_none_of_a_python_file_is_refused(name: str) -> None:
    assert asked({name: LSTM}) == {
        "files": {name: LSTM},
        "findings": [],
        "error": f"`{name}` is no name of a file, such as net.py",
    }


def test_each_rule_with_an_example_has_it_in_the_playground() -> None:
    for example in examples():
        select = "" if example["default"] else str(example["code"])
        told = asked({"example.py": str(example["example"])}, select=select)
        assert (example["code"], {code for _, code in codes(told)}) == (example["code"], {example["code"]})
    assert len(examples()) == len(all_rules()) - 3  # those of the tool itself have none


PAGE = """<!doctype html><title>Playground</title><body>
<div id="pg"></div><script src="playground/playground.js"></script></body>"""

SCRIPT = """
const root = document.getElementById("pg");
const answered = async () => {
  while (root.dataset.state !== "answered") await new Promise((again) => setTimeout(again, 50));
  delete root.dataset.state;
};
const press = (text) => [...root.querySelectorAll("button")].find((each) => each.textContent === text).click();
const text = root.querySelector("textarea");
const codes = () => [...root.querySelectorAll("li a")].map((each) => each.textContent);
const type = (typed) => { text.value = typed; text.dispatchEvent(new Event("input")); };
await answered();
const first = codes();
type("from torch import nn\\n\\nrnn = nn.LSTM(64, 64, dropout=0.3)\\n");
await answered();
const typed = codes();
press("Apply safe fixes");
await answered();
const fixed = text.value;
type("from torch import nn\\n\\nnn.LSTM(64, 64, dropout=0.3  # ä\\n");
await answered();
const broken = codes();
press("Copy link");
const other = document.createElement("iframe");
other.src = "page.html" + location.hash;
document.body.append(other);
await new Promise((loaded) => other.addEventListener("load", loaded));
const opened = other.contentDocument.querySelector("textarea").value === text.value;
const hosts = [...new Set(performance.getEntriesByType("resource").map((each) => new URL(each.name).host))];
return { first, typed, fixed, broken, opened, elsewhere: hosts.filter((each) => each !== location.host) };
"""


@pytest.mark.installs
def test_the_page_lints_what_is_typed_without_any_other_host(tmp_path: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("no npm to fetch Pyodide with")
    checkout, served = copy_checkout(tmp_path / "checkout"), tmp_path / "site"
    wheels = served / "playground" / "wheels"
    wheels.mkdir(parents=True)
    download: list[str | Path] = ["download", "--no-deps", "--only-binary", ":all:", "--dest", wheels, "pathspec>=0.12"]
    commands: list[tuple[list[str | Path], Path]] = [
        ([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], checkout / "website" / "playground"),
        ([sys.executable, "-m", "build", "--wheel", "--outdir", wheels, "."], checkout),
        ([sys.executable, "-m", "pip", *download], checkout),
        ([sys.executable, "-m", "website.playground.gather", served / "playground"], checkout),
    ]
    for command, folder in commands:
        done = subprocess.run(command, cwd=folder, env=clean_environment(), capture_output=True, encoding="utf-8")
        assert done.returncode == 0, done.stderr
    (served / "page.html").write_text(PAGE, "utf-8")
    assert browsed(served, "page.html", SCRIPT, tmp_path / "profile") == {
        "first": ["DRP201", "DRP301"],
        "typed": ["DRP201", "DRP108"],
        "fixed": "from torch import nn\n\nrnn = nn.LSTM(64, 64)\n",
        "broken": ["DRP201", "DRP000"],
        "opened": True,
        "elsewhere": [],
    }
