"""The pytest plugin, as its users run it: every test here runs pytest on a small project."""

from __future__ import annotations

import re

import pytest

from tests.conftest import ROOT, Run

pytest_plugins = ["pytester"]

MODEL = """import pytest
import torch
import torch.nn.functional as F
from torch import nn


class Net(nn.Module):
    def forward(self, x):
        return F.dropout(x, 0.5)


def predict(model=None):
    with torch.no_grad():
        return (model or Net().eval())(torch.ones(3))
"""

LEAKS = MODEL + "\n\ndef test_predict():\n    predict()\n"
PLAIN = "def test_plain():\n    pass\n"
SAYS_WHETHER_TORCH_IS_THERE = "import sys\n\n\ndef test_torch():\n    assert 'torch' not in sys.modules\n"


@pytest.fixture(autouse=True)
def _alone(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep this project's settings, and the options of the run around, out of the small projects."""
    pytester.makeini("[pytest]\n")
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)


def outcome(pytester: pytest.Pytester, source: str, *options: str) -> pytest.RunResult:
    """The result of a run on one test file, in a process of its own, as the plugin changes torch for good."""
    pytester.makepyfile(test_it=source)
    return pytester.runpytest_subprocess("-p", "no:cacheprovider", *options)


def test_it_is_off_unless_asked_for(pytester: pytest.Pytester) -> None:
    result = outcome(pytester, LEAKS)
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*dropout-guard*")


def test_nothing_imports_torch_while_it_is_off(pytester: pytest.Pytester) -> None:
    outcome(pytester, SAYS_WHETHER_TORCH_IS_THERE).assert_outcomes(passed=1)


def test_the_check_for_torch_can_fail(pytester: pytest.Pytester) -> None:
    outcome(pytester, SAYS_WHETHER_TORCH_IS_THERE, "--dropout-guard=fail").assert_outcomes(failed=1)


def test_collecting_alone_imports_no_torch(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("import sys\n\ndef pytest_unconfigure():\n    assert 'torch' not in sys.modules\n")
    result = outcome(pytester, PLAIN, "--dropout-guard=fail", "--collect-only", "-q")
    assert result.ret == 0


def test_fail_fails_the_test_and_names_the_line(pytester: pytest.Pytester) -> None:
    result = outcome(pytester, LEAKS, "--dropout-guard=fail")
    result.assert_outcomes(failed=1)
    line = 1 + LEAKS.splitlines().index("        return F.dropout(x, 0.5)")
    result.stdout.fnmatch_lines([f"*test_it.py:{line}*", "*active_dropout(reason=*"])
    result.stdout.no_fnmatch_line("*pytest_guard.py*")


def test_warn_warns_and_passes(pytester: pytest.Pytester) -> None:
    result = outcome(pytester, LEAKS, "--dropout-guard=warn")
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(["*DropoutLintWarning*"])


def test_the_warning_can_be_made_an_error(pytester: pytest.Pytester) -> None:
    options = ("--dropout-guard=warn", "-W", "error::dropout_lint.DropoutLintWarning")
    result = outcome(pytester, LEAKS, *options)
    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("*pytest_guard.py*")


def test_the_warning_can_be_ignored(pytester: pytest.Pytester) -> None:
    options = ("--dropout-guard=warn", "-W", "ignore::dropout_lint.DropoutLintWarning")
    outcome(pytester, LEAKS, *options).assert_outcomes(passed=1)


def test_the_ini_file_switches_it_on(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\ndropout_guard = fail\n")
    result = outcome(pytester, LEAKS)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["dropout-guard: fail*"])


def test_the_command_line_wins_over_the_ini_file(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\ndropout_guard = fail\n")
    outcome(pytester, LEAKS, "--dropout-guard=off").assert_outcomes(passed=1)


@pytest.mark.parametrize("source", ["option", "ini"])
def test_an_unknown_mode_is_refused_with_the_valid_ones(pytester: pytest.Pytester, source: str) -> None:
    if source == "ini":
        pytester.makeini("[pytest]\ndropout_guard = loud\n")
    result = outcome(pytester, PLAIN, *(["--dropout-guard=loud"] if source == "option" else []))
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    where = "*tox.ini*" if source == "ini" else "*--dropout-guard*"
    result.stderr.fnmatch_lines([f"{where}unknown mode `loud`; choose from off, warn, fail*"])


def test_a_path_after_the_option_stays_a_path(pytester: pytest.Pytester) -> None:
    result = outcome(pytester, LEAKS, "--dropout-guard", "fail", "test_it.py")
    result.assert_outcomes(failed=1)


NO_TORCH = {
    "not installed": """
        import importlib.util
        find_spec = importlib.util.find_spec
        importlib.util.find_spec = lambda name, *rest: None if name == "torch" else find_spec(name, *rest)
        """,
    "taken out": "import sys; sys.modules['torch'] = None",
    "refused by a finder": """
        import sys

        class Refuses:
            def find_spec(name, path=None, target=None):
                if name == "torch":
                    raise ImportError("no torch here", name="torch")

        sys.meta_path.insert(0, Refuses)
        """,
    "a folder of that name": """
        import importlib, pathlib, sys
        pathlib.Path("shadow/torch").mkdir(parents=True, exist_ok=True)
        sys.path[:] = ["shadow"] + [path for path in sys.path if not (pathlib.Path(path) / "torch").is_dir()]
        """,
    "broken": """
        import pathlib, sys
        pathlib.Path("shadow/torch").mkdir(parents=True, exist_ok=True)
        pathlib.Path("shadow/torch/__init__.py").write_text("raise OSError('libtorch.so: cannot open')")
        sys.path.insert(0, "shadow")
        """,
}


@pytest.mark.parametrize("how", list(NO_TORCH.values()), ids=list(NO_TORCH))
def test_a_missing_torch_is_told_at_the_start(pytester: pytest.Pytester, how: str) -> None:
    pytester.makeconftest(how)
    result = outcome(pytester, PLAIN, "--dropout-guard=fail")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--dropout-guard=fail: the guard needs torch; install 'dropout-lint?torch?'*"])
    result.stdout.no_fnmatch_line("*INTERNALERROR*")


def test_the_error_of_a_torch_that_is_broken_is_shown(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(NO_TORCH["broken"])
    result = outcome(pytester, PLAIN, "--dropout-guard=warn")
    result.stderr.fnmatch_lines(["*importing it fails: libtorch.so: cannot open*"])


def test_the_fixture_skips_where_torch_is_missing(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(NO_TORCH["taken out"])
    outcome(pytester, "def test_it(dropout_guard):\n    pass\n").assert_outcomes(skipped=1)


MANY = (
    MODEL
    + """
import unittest
from dropout_lint.runtime import expected_dropout


def test_leaks():
    predict()


def test_trains():
    Net()(torch.ones(3, requires_grad=True)).sum().backward()


def test_train_mode_without_gradients():
    predict(nn.Sequential(nn.Dropout(0.5)))


def test_is_clean_after_one_that_leaks():
    pass


@pytest.mark.active_dropout(reason="sampled on purpose")
def test_means_it():
    predict()


@pytest.mark.active_dropout("sampled on purpose")
def test_means_it_by_place():
    predict()


@pytest.mark.active_dropout(reason="a class of samplers")
class TestSamplers:
    def test_means_it_by_class(self):
        predict()


def test_expects_it():
    with expected_dropout(reason="samples"):
        predict()


def test_judges_by_itself(dropout_guard):
    predict()
    (event,) = dropout_guard.events
    assert event.line == 9
    assert event.file.endswith("test_it.py")


@pytest.mark.parametrize("n", [1, 2])
def test_parametrized(n):
    predict()


@pytest.mark.xfail
def test_expected_to_fail():
    predict()


def test_fails_by_itself():
    predict()
    assert 1 == 2, "its own reason"


class TestCase(unittest.TestCase):
    def test_of_unittest(self):
        predict()


@pytest.mark.active_dropout
def test_no_reason():
    pass


@pytest.mark.active_dropout(reason="")
def test_empty_reason():
    pass


@pytest.mark.active_dropout(reason=None)
def test_reason_is_none():
    pass


def in_a_doctest():
    \"\"\"
    >>> _ = predict()
    \"\"\"
"""
)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory, run: Run) -> str:
    """What one guarded run of `MANY` prints: a process that imports torch takes its time, so these tests share one."""
    folder = tmp_path_factory.mktemp("guarded")
    (folder / "pytest.ini").write_text("[pytest]\n", "utf-8")
    (folder / "test_it.py").write_text(MANY, "utf-8")
    return run(
        "-m", "pytest", "-rA", "--doctest-modules", "--strict-markers", "--dropout-guard=fail", "test_it.py", cwd=folder
    ).stdout


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("test_leaks", "FAILED"),
        ("test_trains", "PASSED"),
        ("test_train_mode_without_gradients", "PASSED"),
        ("test_is_clean_after_one_that_leaks", "PASSED"),
        ("test_means_it", "PASSED"),
        ("test_means_it_by_place", "PASSED"),
        ("TestSamplers::test_means_it_by_class", "PASSED"),
        ("test_expects_it", "PASSED"),
        ("test_judges_by_itself", "PASSED"),
        ("test_parametrized[1]", "FAILED"),
        ("test_parametrized[2]", "FAILED"),
        ("test_expected_to_fail", "XFAIL"),
        ("test_fails_by_itself", "FAILED"),
        ("TestCase::test_of_unittest", "FAILED"),
        ("test_no_reason", "ERROR"),
        ("test_empty_reason", "ERROR"),
        ("test_reason_is_none", "ERROR"),
        ("test_it.in_a_doctest", "FAILED"),
    ],
)
def test_the_guard_judges(many: str, name: str, expected: str) -> None:
    assert re.search(rf"^{expected} test_it\.py::{re.escape(name)}( |$)", many, re.MULTILINE), many


def test_the_failure_of_the_test_itself_comes_first(many: str) -> None:
    assert re.search(r"^FAILED test_it.py::test_fails_by_itself - AssertionError: its own reason", many, re.MULTILINE)
    _, _, after = many.partition("Captured dropout-guard call")
    assert "test_it.py:9" in after


def test_a_marker_without_a_reason_says_what_is_missing(many: str) -> None:
    assert "active_dropout needs a reason" in many


def test_a_marker_without_a_reason_is_refused_while_the_guard_is_off_too(pytester: pytest.Pytester) -> None:
    source = "import pytest\n\n\n@pytest.mark.active_dropout\ndef test_it():\n    pass\n"
    outcome(pytester, source).assert_outcomes(errors=1)


DECORATED = """

class Adapted(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Linear(3, 3)

    def forward(self, x):
        return self.adapter(self.body(x))


def adapted(when):
    model = Adapted()
    if when == "before eval()":
        model.adapter = nn.Dropout(0.5)
    model.eval()
    if when == "after eval()":
        model.adapter = nn.Dropout(0.5)
    return model


@torch.no_grad()
def answer(model):
    return model(torch.ones(3))


@pytest.mark.parametrize("how", [predict, answer])
@pytest.mark.parametrize("when", ["before eval()", "after eval()"])
def test_answer(when, how):
    how(adapted(when))
"""


def test_a_decorator_around_the_inference_hides_nothing(pytester: pytest.Pytester) -> None:
    result = outcome(pytester, MODEL + DECORATED, "--dropout-guard=fail", "-rA")
    result.assert_outcomes(passed=2, failed=2)
    result.stdout.fnmatch_lines_random(["PASSED*before eval()-predict*", "PASSED*before eval()-answer*"])
    result.stdout.fnmatch_lines_random(["FAILED*after eval()-predict*", "FAILED*after eval()-answer*"])


def test_patterns_in_the_ini_file_allow_modules_and_what_is_inside_them(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\ndropout_guard = fail\ndropout_guard_ignore =\n    other:*\n    torch.nn.*:Seq*\n")
    source = MODEL + "\n\ndef test_predict():\n    predict(nn.Sequential(Net()).eval())\n"
    outcome(pytester, source).assert_outcomes(passed=1)


def test_a_pattern_for_another_module_allows_nothing(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\ndropout_guard = fail\ndropout_guard_ignore = other:Net\n")
    outcome(pytester, LEAKS).assert_outcomes(failed=1)


def test_train_mode_without_gradients_is_reported_only_on_request(pytester: pytest.Pytester) -> None:
    source = MODEL + "\n\ndef test_predict():\n    predict(nn.Sequential(nn.Dropout(0.5)))\n"
    outcome(pytester, source, "--dropout-guard=fail").assert_outcomes(passed=1)
    pytester.makeini("[pytest]\ndropout_guard_no_grad = true\n")
    outcome(pytester, source, "--dropout-guard=fail").assert_outcomes(failed=1)


def test_workers_of_xdist_watch_and_the_process_that_starts_them_imports_no_torch(pytester: pytest.Pytester) -> None:
    pytest.importorskip("xdist")
    pytester.makeconftest(
        "import sys\n\ndef pytest_unconfigure(config):\n"
        "    assert hasattr(config, 'workerinput') or 'torch' not in sys.modules\n"
    )
    result = outcome(pytester, LEAKS + "\n\ndef test_other():\n    pass\n", "--dropout-guard=fail", "-n", "2")
    result.assert_outcomes(failed=1, passed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_warnings_of_xdist_workers_arrive(pytester: pytest.Pytester) -> None:
    pytest.importorskip("xdist")
    result = outcome(pytester, LEAKS, "--dropout-guard=warn", "-n", "1")
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(["*DropoutLintWarning*"])


def test_it_can_be_blocked(pytester: pytest.Pytester) -> None:
    outcome(pytester, PLAIN, "-p", "no:dropout_lint").assert_outcomes(passed=1)
    result = outcome(pytester, PLAIN, "-p", "no:dropout_lint", "--dropout-guard=fail")
    assert result.ret == pytest.ExitCode.USAGE_ERROR


@pytest.mark.checkout
def test_the_documentation_shows_what_is_printed(pytester: pytest.Pytester) -> None:
    page = (ROOT / "docs" / "pytest.md").read_text("utf-8")
    example, rest = page.split("```python\n", 1)[1].split("```", 1)
    pytester.makepyfile(test_model=example)
    shown = pytester.runpytest_subprocess("--dropout-guard=fail").stdout.str().replace(f"{pytester.path}/", "")
    expected = rest.split("```console\n")[1].split("```")[0].split("...\n")[1]
    assert expected in shown


def test_help_and_markers_tell_about_it(pytester: pytest.Pytester) -> None:
    shown = pytester.runpytest_subprocess("--help")
    shown.stdout.fnmatch_lines(["*--dropout-guard=MODE*", "*dropout_guard (string)*"])
    pytester.runpytest_subprocess("--markers").stdout.fnmatch_lines(["*active_dropout(reason)*"])
