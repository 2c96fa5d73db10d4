"""Cache and workers change nothing but the time."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from dropout_lint.driver import cache as cache_module
from dropout_lint.driver import runner, worker
from dropout_lint.driver.cache import Cache, stamp_of
from dropout_lint.driver.config import Settings
from dropout_lint.driver.discovery import Target
from dropout_lint.lint.file_check import lint_needed
from dropout_lint.lint.file_result import FileResult
from dropout_lint.lint.selection import Selection
from tests.conftest import Run

BAD = "import torch\nfrom torch import nn\nnn.Dropout({value})\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for number in range(40):
        (tmp_path / f"file{number:02}.py").write_text(BAD.format(value=number + 2), "utf-8")
    return tmp_path


def targets(tree: Path) -> list[Target]:
    settings = Settings(tree)
    return [Target.at(str(path), settings) for path in sorted(tree.glob("*.py"))]


def checked(tree: Path, jobs: int = 1, cache: Cache | None = None) -> list[FileResult]:
    return list(runner.run(targets(tree), jobs=jobs, cache=cache))


def test_results_come_in_order_whatever_the_workers(tree: Path) -> None:
    serial = checked(tree)
    assert [result.filename for result in serial] == [target.path for target in targets(tree)]
    assert all(len(result.findings) == 1 for result in serial)
    assert checked(tree, jobs=2) == serial


def told(results: list[FileResult]) -> list[FileResult]:
    """``results`` as they are without a cache: nobody asks then what they rest on."""
    return [result._replace(dependencies=()) for result in results]


def test_cached_results_are_the_same(tree: Path) -> None:
    first = checked(tree, cache=Cache(tree / "cache"))
    assert checked(tree, cache=Cache(tree / "cache")) == first
    assert checked(tree) == told(first)


def test_a_cached_result_is_used(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = checked(tree, cache=Cache(tree / "cache"))
    monkeypatch.setattr(worker, "lint_needed", lambda *arguments: pytest.fail("checked again"))
    assert checked(tree, cache=Cache(tree / "cache")) == plain


def test_a_file_that_was_not_written_since_is_not_read(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_module, "_RACY", 0)
    plain = checked(tree, cache=Cache(tree / "cache"))
    monkeypatch.setattr(runner, "open", lambda *arguments: pytest.fail("read again"), raising=False)
    assert checked(tree, cache=Cache(tree / "cache")) == plain


def test_a_change_that_keeps_size_and_time_is_seen(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_module, "_RACY", 0)
    path = tree / "file00.py"
    checked(tree, cache=Cache(tree / "cache"))
    before = path.stat()
    path.write_text(BAD.format(value="1"), "utf-8")  # one digit, as before
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    assert [finding.code for finding in checked(tree, cache=Cache(tree / "cache"))[0].findings] == ["DRP103"]


def test_a_file_that_has_just_been_written_is_read_again(tree: Path) -> None:
    assert stamp_of(str(tree / "file00.py")) is None  # two writes within one tick of the clock would look the same
    assert stamp_of(str(tree / "nowhere.py")) is None
    checked(tree, cache=Cache(tree / "cache"))
    entries = [json.loads(path.read_bytes())["folders"] for path in (tree / "cache").glob("results-*.json")]
    assert {entry[0] for folders in entries for names in folders.values() for entry in names.values()} == {None}


def test_a_file_that_was_only_touched_is_not_checked_again(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_module, "_RACY", 0)
    plain = checked(tree, cache=Cache(tree / "cache"))
    for path in tree.glob("*.py"):
        os.utime(path)
    monkeypatch.setattr(worker, "lint_needed", lambda *arguments: pytest.fail("checked again"))
    assert checked(tree, cache=Cache(tree / "cache")) == plain
    monkeypatch.setattr(runner, "open", lambda *arguments: pytest.fail("read again"), raising=False)
    assert checked(tree, cache=Cache(tree / "cache")) == plain  # its new times were kept


def test_other_rules_are_another_result(tree: Path) -> None:
    checked(tree, cache=Cache(tree / "cache"))
    others = Settings(tree, (Selection(("DRP103",)),))
    wanted = [Target.at(target.path, others) for target in targets(tree)]
    results = list(runner.run(wanted, jobs=1, cache=Cache(tree / "cache")))
    assert {finding.code for result in results for finding in result.findings} == set()


def test_a_changed_file_is_checked_again(tree: Path) -> None:
    checked(tree, cache=Cache(tree / "cache"))
    (tree / "file00.py").write_text(BAD.format(value="0.5"), "utf-8")
    assert checked(tree, cache=Cache(tree / "cache"))[0].findings == ()


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff\xfe", b"[]", b"null", b'{"tool": "other", "folders": {}}', b'{"tool": 1}', b"[" * 100_000],
    ids=["empty", "truncated", "binary", "list", "null", "other version", "no entries", "deep"],
)
def test_a_foreign_cache_is_ignored_and_rewritten(tree: Path, content: bytes) -> None:
    plain = checked(tree, cache=Cache(tree / "cache"))
    shards = sorted((tree / "cache").glob("results-*.json"))
    whole = {shard: shard.read_bytes() for shard in shards}
    for shard in shards:
        shard.write_bytes(content)
    assert checked(tree, cache=Cache(tree / "cache")) == plain
    assert {shard: json.loads(shard.read_bytes()) for shard in shards} == {s: json.loads(w) for s, w in whole.items()}


@pytest.mark.parametrize(
    "damage",
    [
        lambda entry: entry.clear(),
        lambda entry: entry.__setitem__(slice(2), []),
        lambda entry: entry[3].pop("kept"),
        lambda entry: entry[3].update(kept=[{}]),
        lambda entry: entry[3].update(kept=[{"text": [1] * 6}]),
        lambda entry: entry[3]["kept"][0].update(span=[1, 2]),
        lambda entry: entry[3]["kept"][0]["text"].__setitem__(4, "fatal"),
        lambda entry: entry[3].update(dependencies=7),
    ],
    ids=["empty", "short", "missing", "empty finding", "numbers", "short span", "unknown severity", "dependencies"],
)
def test_a_damaged_entry_is_ignored(tree: Path, damage: object) -> None:
    plain = checked(tree, cache=Cache(tree / "cache"))
    for shard in (tree / "cache").glob("results-*.json"):
        content = json.loads(shard.read_bytes())
        for entries in content["folders"].values():
            for entry in entries.values():
                damage(entry)  # type: ignore[operator]
        shard.write_text(json.dumps(content), "utf-8")
    assert checked(tree, cache=Cache(tree / "cache")) == plain


def test_a_result_rests_on_the_files_that_it_read(tmp_path: Path) -> None:
    (tmp_path / "setup.py").write_text("", "utf-8")
    base = tmp_path / "base.py"
    base.write_text("class Base:\n    pass\n", "utf-8")
    net = "import torch.nn.functional as F\nfrom base import Base\n\n\nclass Net(Base):\n"
    net += "    def forward(self, x):\n        return F.dropout(x)\n"
    (tmp_path / "net.py").write_text(net, "utf-8")

    def found() -> list[str]:
        results = runner.run(
            [Target.at(str(tmp_path / "net.py"), Settings(tmp_path))], jobs=1, cache=Cache(tmp_path / "cache")
        )
        return [finding.code for result in results for finding in result.findings]

    assert found() == []
    base.write_text("from torch import nn\n\n\nclass Base(nn.Module):\n    pass\n", "utf-8")
    assert found() == ["DRP201"]
    assert found() == ["DRP201"]
    base.unlink()
    assert found() == []


def test_cached_results_follow_callers_and_callees(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_module, "_RACY", 0)
    files = {
        "lib.py": "import torch\n\n\ndef evaluate(model, loader):\n    with torch.no_grad():\n"
        "        for batch in loader:\n            model(batch)\n",
        "net.py": "from torch import nn\n\n\nclass Net(nn.Module):\n    def __init__(self):\n"
        "        super().__init__()\n        self.drop = nn.Dropout(0.5)\n\n"
        "    def forward(self, x):\n        return self.drop(x)\n",
        "main.py": "import torch\nfrom lib import evaluate\nfrom net import Net\n\nmodel = Net()\n"
        'model.load_state_dict(torch.load("weights.pt"))\nevaluate(model, [])\n',
        "setup.py": "",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, "utf-8")

    def told() -> list[tuple[str, str]]:
        fresh, cached = (
            [
                (finding.code, Path(finding.filename).name)
                for result in runner.run(targets(tmp_path), jobs=1, cache=cache)
                for finding in result.findings
            ]
            for cache in (None, Cache(tmp_path / "cache"))
        )
        assert cached == fresh
        return cached

    def change(name: str, old: str, new: str) -> None:
        text = (tmp_path / name).read_text("utf-8")
        assert old in text
        (tmp_path / name).write_text(text.replace(old, new), "utf-8")

    assert told() == told() == [("DRP301", "lib.py")]
    change("main.py", "\nevaluate", "\nmodel.eval()\nevaluate")  # the caller
    assert told() == []
    change("main.py", "model.eval()\n", "")
    change("net.py", "nn.Dropout(0.5)", "nn.Identity()")  # the callee
    assert told() == []
    change("net.py", "nn.Identity()", "nn.Dropout(0.5)")
    assert told() == [("DRP301", "lib.py")]
    other = tmp_path / "other.py"
    other.write_text("from lib import evaluate\nfrom net import Net\nevaluate(Net().eval(), [])\n", "utf-8")
    assert told() == [("DRP301", "main.py")]  # another caller appears
    other.unlink()
    assert told() == [("DRP301", "lib.py")]


def test_a_cache_that_cannot_be_written_is_no_error(tree: Path) -> None:
    (tree / "file").write_text("in the way", "utf-8")
    assert told(checked(tree, cache=Cache(tree / "file" / "cache"))) == checked(tree)


def test_a_file_that_kills_its_worker_is_reported_and_hides_nothing(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = checked(tree)
    real = lint_needed
    parent = os.getpid()

    def deadly(path: str, *rest: object) -> FileResult:
        if path.endswith("file07.py") and os.getpid() != parent:
            os._exit(1)
        return real(path, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(worker, "lint_needed", deadly)
    results = checked(tree, jobs=2)
    assert [result.filename for result in results] == [result.filename for result in whole]
    assert [finding.code for finding in results[7].findings] == ["DRP001"]
    assert results[:7] + results[8:] == whole[:7] + whole[8:]


def test_outputs_are_byte_identical(tree: Path, run: Run) -> None:
    variants = [["-j1", "--no-cache"], ["-j2", "--no-cache"], ["-j2"], ["-j1"]]
    outputs = {run("-m", "dropout_lint", "check", *words, ".", cwd=tree).stdout for words in variants}
    assert len(outputs) == 1
    assert "Found 40 findings." in outputs.pop()
