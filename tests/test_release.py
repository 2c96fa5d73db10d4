"""What a release consists of, beside the package: the action, the workflows, and the version in every place."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dropout_lint.version import VERSION
from tests.checkout import copy_checkout
from tests.conftest import ROOT, clean_environment

yaml = pytest.importorskip("yaml")

pytestmark = [pytest.mark.checkout]

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text("utf-8"))


def test_the_version_is_the_same_in_every_place() -> None:
    assert read(ROOT / "CITATION.cff")["version"] == VERSION
    readme = (ROOT / "README.md").read_text("utf-8")
    assert set(re.findall(r"rev: v(\S+)|dropout-lint/dropout-lint@v(\S+)", readme)) == {(VERSION, ""), ("", VERSION)}
    assert f"\n## {VERSION}" in (ROOT / "CHANGELOG.md").read_text("utf-8")


@pytest.mark.parametrize("path", [*WORKFLOWS, ROOT / "action.yml"], ids=lambda path: path.name)
def test_the_actions_that_are_used_are_pinned(path: Path) -> None:
    """A tag can be moved to other code, which would then run with what this repository may do."""
    used = re.findall(r"uses: (\S+)(.*)", path.read_text("utf-8"))
    assert used
    for name, comment in used:
        assert name == "./" or (re.search(r"@[0-9a-f]{40}$", name) and re.fullmatch(r" # v[\d.]+", comment)), name


def test_only_the_job_that_publishes_gets_a_token() -> None:
    release = read(ROOT / ".github" / "workflows" / "release.yml")
    assert release["permissions"] == {"contents": "read"}
    granted = {name: job.get("permissions") for name, job in release["jobs"].items()}
    assert granted == {"build": None, "test": None, "publish": {"id-token": "write"}}
    assert release["jobs"]["publish"]["needs"] == "test"
    python = release["jobs"]["test"]["strategy"]["matrix"]["python"]
    classifiers = (ROOT / "pyproject.toml").read_text("utf-8")
    assert python == re.findall(r"Python :: (3\.\d+)", classifiers)


def test_the_workflow_refuses_a_tag_that_is_not_the_version(tmp_path: Path) -> None:
    steps = read(ROOT / ".github" / "workflows" / "release.yml")["jobs"]["build"]["steps"]
    [script] = [step["run"] for step in steps if step.get("name") == "The tag is the version"]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for tag, code in ((f"v{VERSION}", 0), ("v9.9.9", 1)):
        environment = clean_environment(GITHUB_REF_NAME=tag, PATH=path)
        done = subprocess.run(["bash", "-e", "-c", script], cwd=ROOT, env=environment, check=False)
        assert done.returncode == code


class Action:
    """The composite action, run step by step as GitHub does; steps that use other actions are left out."""

    def __init__(self, checkout: Path, temp: Path) -> None:
        self._steps = [step for step in read(checkout / "action.yml")["runs"]["steps"] if "run" in step]
        self._inputs = {name: each["default"] for name, each in read(checkout / "action.yml")["inputs"].items()}
        self._values = {
            "steps.python.outputs.python-path": sys.executable,
            "github.action_path": str(checkout),
            "runner.temp": str(temp),
        }
        self._temp = temp

    def install(self) -> None:
        done = self._run(self._steps[0], Path.cwd(), {})
        assert done.returncode == 0, done.stderr

    def __call__(self, folder: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
        for step in self._steps[1:]:
            if "sarif" in step.get("if", "") and inputs.get("sarif") != "true":
                continue
            done = self._run(step, folder, inputs)
            if done.returncode:
                break
        return done

    def _run(self, step: Any, folder: Path, inputs: dict[str, str]) -> subprocess.CompletedProcess[str]:
        values = self._values | {f"inputs.{name}": value for name, value in {**self._inputs, **inputs}.items()}

        def filled(text: str) -> str:
            return re.sub(r"\$\{\{ (.+?) \}\}", lambda found: values[found[1]], text)

        outputs = self._temp / "outputs"
        outputs.write_text("", "utf-8")
        assert "${{" not in step["run"]  # what comes from outside is never part of a script
        given = {name: filled(str(value)) for name, value in step.get("env", {}).items()}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=folder,
            env=clean_environment(GITHUB_OUTPUT=str(outputs), **given),
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        for line in outputs.read_text("utf-8").splitlines():
            name, _, value = line.partition("=")
            self._values[f"steps.{step['id']}.outputs.{name}"] = value
        return done


@pytest.fixture(scope="module")
def action(tmp_path_factory: pytest.TempPathFactory) -> Action:
    checkout = copy_checkout(tmp_path_factory.mktemp("action") / "dropout-lint")
    action = Action(checkout, tmp_path_factory.mktemp("temp"))
    action.install()
    return action


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "a b").mkdir()
    (tmp_path / "a b" / "net.py").write_text("from torch import nn\n\nnn.Dropout(30)\n", "utf-8")
    (tmp_path / "dropout_lint").mkdir()  # of the project; it must not be taken for the tool
    (tmp_path / "dropout_lint" / "__init__.py").write_text("raise ImportError\n", "utf-8")
    return tmp_path


@pytest.mark.installs
def test_the_action_annotates_and_fails(action: Action, project: Path) -> None:
    done = action(project)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith("::error title=dropout-lint (DRP101),file=a b/net.py,line=3,col=12")


@pytest.mark.installs
@pytest.mark.parametrize(
    ("inputs", "code", "begins"),
    [
        ({"src": "'a b/net.py'", "args": "check --output-format concise"}, 1, "a b/net.py:3:12: DRP101"),
        ({"args": "check --ignore DRP101"}, 0, ""),
        ({"src": "nowhere"}, 2, ""),
        ({"src": "$(touch ran) `touch ran`; touch ran"}, 2, ""),
    ],
    ids=["words", "options", "error", "no shell"],
)
def test_the_action_passes_words_on(
    inputs: dict[str, str], code: int, begins: str, action: Action, project: Path
) -> None:
    done = action(project, **inputs)
    assert done.returncode == code, done.stderr
    assert done.stdout.startswith(begins)
    assert not (project / "ran").exists()


@pytest.mark.installs
def test_the_action_writes_a_report_although_there_are_findings(action: Action, project: Path) -> None:
    done = action(project, sarif="true")
    assert done.returncode == 1
    report = json.loads((action._temp / "dropout-lint.sarif").read_text("utf-8"))
    (result,) = report["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "a%20b/net.py"
