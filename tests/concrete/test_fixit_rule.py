"""Our rules in Fixit: the codes, places and fixes of `check`, by its own runner and by its command."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

fixit = pytest.importorskip("fixit", reason="the extra `fixit` is not installed")

from fixit.api import fixit_bytes  # noqa: E402
from fixit.ftypes import Config, LintViolation, QualifiedRule  # noqa: E402

from dropout_lint.concrete.nodes import range_of  # noqa: E402
from dropout_lint.finding import Applicability, Finding  # noqa: E402
from dropout_lint.lint.file_check import lint_text  # noqa: E402
from dropout_lint.lint.registry import all_rules  # noqa: E402
from dropout_lint.semantic.project import Project  # noqa: E402
from dropout_lint.syntax.splicing import apply_edits  # noqa: E402
from tests.conftest import ROOT, clean_environment  # noqa: E402

BAD = [path for path in sorted((ROOT / "fixtures").glob("DRP*/bad.py")) if path.parent.name not in ("DRP000", "DRP002")]
MODULES = {True: "dropout_lint.fixit", False: "dropout_lint.fixit.off_by_default"}

TWO = """\
import torch
from torch import nn

drop = nn.Dropout(30)
other = nn.Dropout(30)
"""


def violations(path: Path, text: str, *enabled: str) -> list[LintViolation]:
    """What Fixit reports for ``text`` as the content of ``path``, with the rules of the modules ``enabled``."""
    rules = [QualifiedRule(module, code or None) for module, _, code in (name.partition(":") for name in enabled)]
    config = Config(path=path, root=path.parent, enable=rules)
    results = list(fixit_bytes(path, text.encode(), config=config))
    assert [result.error for result in results if result.error] == []
    return [result.violation for result in results if result.violation is not None]


def in_order(findings: tuple[Finding, ...]) -> list[Finding]:
    return sorted(findings, key=lambda finding: (finding.code, finding.span, finding.message))


@pytest.mark.parametrize("on", [True, False], ids=["on", "off by default"])
@pytest.mark.parametrize("path", BAD, ids=lambda path: path.parent.name)
def test_fixit_reports_what_check_does_with_the_same_fixes(path: Path, on: bool, tmp_path: Path) -> None:
    text, copy = path.read_text("utf-8"), tmp_path / "bad.py"
    copy.write_text(text, "utf-8")
    found = in_order(lint_text(str(copy), text, [rule for rule in all_rules() if rule.on is on], Project()).findings)
    reported = sorted(
        violations(copy, text, MODULES[on]),
        key=lambda each: (each.rule_name, each.range.start.line, each.range.start.column, each.message),
    )
    assert [(each.rule_name, each.range) for each in reported] == [
        (finding.code, range_of(finding.span)) for finding in found
    ]
    for each, finding in zip(reported, found):
        is_unsafe = finding.fix is not None and finding.fix.applicability is Applicability.UNSAFE
        assert each.message == finding.one_line + (" (the fix changes results)" if is_unsafe else "")
        assert (each.replacement is None) == (finding.fix is None)
        if finding.fix is not None:
            assert replaced(text, each) == apply_edits(text, finding.fix.edits)


def replaced(text: str, violation: LintViolation) -> str:
    """``text`` with the replacement of ``violation``, as Fixit shows and applies it."""
    from moreorless.patch import apply_single_file

    assert violation.diff
    return str(apply_single_file(text, violation.diff))


def test_a_comment_of_fixit_suppresses_and_so_does_noqa(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    for comment in ("# lint-ignore", "# lint-ignore: DRP101", "# lint-fixme: DRP101", "# noqa: DRP101"):
        text = TWO.replace("drop = nn.Dropout(30)", f"drop = nn.Dropout(30)  {comment}")
        assert [each.range.start.line for each in violations(path, text, MODULES[True])] == [5], comment
    text = TWO.replace("drop = nn.Dropout(30)", "drop = nn.Dropout(30)  # lint-ignore: DRP102")
    assert [each.range.start.line for each in violations(path, text, MODULES[True])] == [4, 5]


def test_a_comment_counts_where_the_finding_is_though_the_fix_is_elsewhere(tmp_path: Path) -> None:
    text = (ROOT / "fixtures" / "DRP301" / "bad.py").read_text("utf-8")
    path = tmp_path / "a.py"
    path.write_text(text, "utf-8")
    fixable = [each for each in violations(path, text, "dropout_lint.fixit:DRP301") if each.replacement is not None]
    lines = text.splitlines(keepends=True)
    number = fixable[0].range.start.line
    lines[number - 1] = lines[number - 1].rstrip("\n").partition("  #")[0] + "  # lint-ignore: DRP301\n"
    left = violations(path, "".join(lines), "dropout_lint.fixit:DRP301")
    assert number not in {each.range.start.line for each in left}


def test_one_rule_can_be_enabled_by_its_code(tmp_path: Path) -> None:
    text = TWO + "rnn = nn.LSTM(8, 8, dropout=0.3)\n"
    assert {each.rule_name for each in violations(tmp_path / "a.py", text, "dropout_lint.fixit:DRP108")} == {"DRP108"}


def test_modes_are_followed_into_other_files(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    net = "from torch import nn\n\n\nclass Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
    net += "        self.drop = nn.Dropout(0.5)\n\n    def forward(self, x):\n        return self.drop(x)\n"
    (tmp_path / "net.py").write_text(net, "utf-8")
    text = 'import torch\nfrom net import Net\n\nmodel = Net()\nmodel.load_state_dict(torch.load("net.pt"))\n'
    text += 'with torch.no_grad():\n    print(model(torch.load("x.pt")).argmax())\n'
    path = tmp_path / "predict.py"
    path.write_text(text, "utf-8")
    assert [each.rule_name for each in violations(path, text, MODULES[True])] == ["DRP301"]


def test_the_commands_of_fixit_run_our_rules(tmp_path: Path) -> None:
    configuration = '[tool.fixit]\nroot = true\nenable = ["dropout_lint.fixit"]\ndisable = ["fixit.rules"]\n'
    (tmp_path / "pyproject.toml").write_text(configuration, "utf-8")
    (tmp_path / "a.py").write_text(TWO, "utf-8")

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "fixit", *words]
        environment = clean_environment(PYTHONPATH=str(ROOT))
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    said = run("lint", "a.py").stdout
    assert "a.py@4:18 DRP101: `nn.Dropout` gets 30" in said
    assert "a.py@5:19 DRP101:" in said
    run("fix", "--automatic", "a.py")
    assert (tmp_path / "a.py").read_text("utf-8") == TWO.replace("30", "0.3")
    examples = run("test", "dropout_lint.fixit")
    assert examples.returncode == 0, examples.stderr
    assert "OK" in examples.stderr
