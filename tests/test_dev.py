"""The tools for contributors."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dropout_lint import dev
from dropout_lint.lint.registry import all_rules
from tests.conftest import ROOT, Run


@pytest.mark.parametrize(
    ("code", "name", "says"),
    [
        ("DRP1", "some-name", "no code"),
        ("ABC123", "some-name", "no code"),
        ("DRP999", "Some_Name", "no name"),
        ("DRP999", "single", "no name"),
        ("DRP101", "some-name", "exists already"),
        ("DRP999", "integer-probability", "exists already"),
    ],
)
def test_a_malformed_or_taken_code_or_name_is_refused(code: str, name: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(dev.Refused, match=says):
        dev.new_rule(code, name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_existing_file_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "fixtures" / "DRP999").mkdir(parents=True)
    (tmp_path / "fixtures" / "DRP999" / "bad.py").write_text("mine", "utf-8")
    with pytest.raises(dev.Refused, match="exists already"):
        dev.new_rule("DRP999", "some-pattern", tmp_path)
    assert (tmp_path / "fixtures" / "DRP999" / "bad.py").read_text("utf-8") == "mine"


@pytest.mark.checkout
def test_a_new_rule_fails_only_for_want_of_content(run: Run, tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    for folder in ("dropout_lint", "rules", "fixtures", "tests"):
        shutil.copytree(ROOT / folder, checkout / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("pyproject.toml", "README.md", "CHANGELOG.md"):
        shutil.copy(ROOT / file, checkout / file)
    wrote = run("-m", "dropout_lint.dev", "new-rule", "DRP999", "some-pattern", cwd=checkout)
    assert wrote.returncode == 0, wrote.stderr
    assert wrote.stdout.splitlines() == [
        "wrote rules/drp999_some_pattern.py",
        "wrote fixtures/DRP999/bad.py",
        "wrote fixtures/DRP999/good.py",
    ]
    tests = ["tests/test_fixtures.py", "tests/test_pages.py", "tests/test_registry.py"]
    tests = [test for test in tests if (checkout / test).exists()]
    result = run("-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "not programs", *tests, cwd=checkout)
    failed = sorted(line.split()[1] for line in result.stdout.splitlines() if line.startswith("FAILED"))
    assert failed, result.stdout
    other = [name for name in failed if "DRP999" not in name and "every_rule_finds_something" not in name]
    assert other == []
    assert any("test_what_is_marked_is_found" in name for name in failed)
    assert any("first_example" in name for name in failed)


@pytest.mark.checkout
def test_write_docs_says_what_is_out_of_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "rules").mkdir()
    for name in ("dropout_lint", "CONTRIBUTING.md"):  # the table of packages is made from them
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "rules" / "__init__.py").symlink_to(ROOT / "rules" / "__init__.py")
    (tmp_path / "docs").mkdir()
    shutil.copy(ROOT / "docs" / "settings.md", tmp_path / "docs")
    text = (ROOT / "README.md").read_text("utf-8")
    (tmp_path / "README.md").write_text(text.replace(all_rules()[0].name, "another-name"), "utf-8")
    documents = dev.documents
    monkeypatch.setattr(dev, "documents", lambda: documents(tmp_path))
    monkeypatch.setattr(dev, "ROOT", tmp_path)
    assert dev.main(["write-docs", "--check"]) == 1
    assert "README.md is out of date" in capsys.readouterr().err
    assert dev.main(["write-docs"]) == 0
    assert dev.main(["write-docs", "--check"]) == 0
    assert (tmp_path / "README.md").read_text("utf-8") == text


def test_a_readme_without_markers_is_refused(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("nothing", "utf-8")
    with pytest.raises(dev.Refused, match="lacks the markers"):
        dev.documents(tmp_path)
