"""The package works from a bare checkout, an editable install, a wheel and an sdist, and is the same in each."""

from __future__ import annotations

import email
import json
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from dropout_lint.version import VERSION
from tests.checkout import copy_checkout, find_python, install, make_environment
from tests.conftest import ROOT, Run, clean_environment

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

pytestmark = [pytest.mark.installs, pytest.mark.checkout]


@dataclass(frozen=True)
class Installed:
    """One way to have the package."""

    python: Path
    place: Path  # where the package must be imported from
    rules: Path
    environment: dict[str, str]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_checkout(tmp_path_factory.mktemp("checkout") / "dropout-lint")


@pytest.fixture(scope="module")
def built(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist of the checkout, and the wheel that was built from that sdist."""
    target = tmp_path_factory.mktemp("dist")
    command: list[str | Path] = [sys.executable, "-m", "build", "--outdir", target, checkout]
    done = subprocess.run(command, cwd=target, env=clean_environment(), capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout + done.stderr
    return target


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    [path] = built.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def sdist(built: Path) -> Path:
    [path] = built.glob("*.tar.gz")
    return path


@pytest.fixture(scope="module", params=["bare checkout", "editable", "wheel", "sdist"])
def installed(request: pytest.FixtureRequest, checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    environment = tmp_path_factory.mktemp("environment")
    python = make_environment(environment)
    if request.param == "bare checkout":
        path = clean_environment(PYTHONPATH=str(checkout))
        return Installed(python, checkout / "dropout_lint", checkout / "rules", path)
    if request.param == "editable":
        install(python, "--no-deps", "--editable", checkout)
        return Installed(python, checkout / "dropout_lint", checkout / "rules", clean_environment())
    install(python, "--no-deps", request.getfixturevalue(request.param))
    [packages] = environment.glob("lib/python*/site-packages")
    return Installed(python, packages / "dropout_lint", packages / "dropout_lint" / "rules", clean_environment())


def findings(python: Path | str, run: Run, where: Path, env: dict[str, str]) -> list[tuple[object, ...]]:
    """What the command line finds in the fixtures and the demonstration below ``where``."""
    command = ["-m", "dropout_lint", "check", "--isolated", "--no-cache", "--select=DRP", "--output-format=json"]
    done = run(python, *command, "fixtures", "demo/classifier.py", cwd=where, env=env)
    assert (done.returncode, done.stderr) in ((1, ""), (2, "")), done.stderr
    return [
        (Path(found["filename"]).name, *found["location"].values(), found["code"], found["message"])
        for found in json.loads(done.stdout)
        if found["code"] != "DRP000"  # words its reason as the running Python does
    ]


@pytest.fixture(scope="module")
def expected(run: Run, checkout: Path) -> list[tuple[object, ...]]:
    found = findings(sys.executable, run, ROOT, clean_environment())
    assert len(found) > 50
    return found


@pytest.fixture(scope="module")
def samples(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fixtures and demonstration, away from any checkout."""
    target = tmp_path_factory.mktemp("samples")
    for name in ("fixtures", "demo"):
        (target / name).symlink_to(checkout / name)
    return target


def test_it_is_imported_from_where_it_was_installed(installed: Installed, run: Run, tmp_path: Path) -> None:
    program = (
        "import dropout_lint, dropout_lint.rules as rules; print(dropout_lint.__file__, rules.__file__, sep='\\n')"
    )
    done = run(installed.python, "-c", program, cwd=tmp_path, env=installed.environment)
    assert done.stdout.splitlines() == [str(installed.place / "__init__.py"), str(installed.rules / "__init__.py")]


def test_it_finds_the_same_however_it_was_installed(
    installed: Installed, run: Run, samples: Path, expected: list[tuple[object, ...]]
) -> None:
    assert findings(installed.python, run, samples, installed.environment) == expected


def test_no_install_owns_a_package_called_rules(installed: Installed, run: Run, tmp_path: Path) -> None:
    done = run(installed.python, "-c", "import rules", cwd=tmp_path, env=installed.environment)
    assert done.returncode == 1
    assert "ImportError" in done.stderr or "ModuleNotFoundError" in done.stderr


def test_the_knowledge_files_come_along(installed: Installed, run: Run, tmp_path: Path) -> None:
    program = "from dropout_lint.knowledge import standard; print(len(standard().modules) > 10)"
    done = run(installed.python, "-c", program, cwd=tmp_path, env=installed.environment)
    assert done.stdout.strip() == "True"


@pytest.mark.parametrize("installed", ["editable", "wheel", "sdist"], indirect=True)
def test_command_and_flake8_plugin_are_registered(installed: Installed, run: Run, tmp_path: Path) -> None:
    command = run(installed.python.parent / "dropout-lint", "--version", cwd=tmp_path, env=installed.environment)
    assert command.stdout.strip() == f"dropout-lint {VERSION}"
    flake8 = run(installed.python, "-m", "flake8", "--version", cwd=tmp_path, env=installed.environment)
    assert f"dropout-lint: {VERSION}" in flake8.stdout.replace("\n", " ")


def test_rules_refuse_any_other_name(run: Run, checkout: Path) -> None:
    done = run(sys.executable, "-c", "import rules", cwd=checkout)
    assert "ImportError: import this package as `dropout_lint.rules`, not as `rules`" in done.stderr


def test_the_list_of_packages_is_the_tree() -> None:
    folders = {path.parent for path in (ROOT / "dropout_lint").rglob("__init__.py")}
    packages = {folder.relative_to(ROOT).as_posix().replace("/", ".") for folder in folders}
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    assert sorted(listed) == sorted(packages | {"dropout_lint.rules"})


def test_the_wheel_holds_the_package_and_nothing_else(checkout: Path, wheel: Path) -> None:
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    ours = {path.relative_to(checkout).as_posix() for path in (checkout / "dropout_lint").rglob("*") if path.is_file()}
    rules = {f"dropout_lint/rules/{path.name}" for path in (checkout / "rules").glob("*.py")}
    assert sorted(names) == sorted(name for name in ours | rules if "__pycache__" not in name)


def test_the_sdist_holds_what_is_needed_to_test_it(checkout: Path, sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {
        path.relative_to(checkout).as_posix()
        for folder in ("benchmarks", "demo", "dropout_lint", "fixtures", "rules", "tests")
        for path in (checkout / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    single = {"LICENSE", "README.md", "pyproject.toml", ".pre-commit-hooks.yaml", "action.yml", "CITATION.cff"}
    single |= {"SECURITY.md", "dropout-lint.schema.json", ".github/workflows/release.yml", "docs/settings.md"}
    assert sorted((wanted | single) - names) == []


def test_an_install_of_the_linter_brings_no_torch(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    [name] = [name for name in archive.namelist() if name.endswith("METADATA")]
    metadata = email.message_from_bytes(archive.read(name))
    always = [line for line in metadata.get_all("Requires-Dist", []) if "extra ==" not in line]
    assert [line for line in always if "torch" in line] == []
    assert metadata["Version"] == VERSION
    assert metadata["License-Expression"] == "MIT"
    assert {line.partition(", ")[0] for line in metadata.get_all("Project-URL", [])} >= {
        "Source",
        "Changelog",
        "Issues",
    }


@pytest.mark.parametrize("version", ["3.10", "3.11", "3.12", "3.13", "3.14"])
def test_the_wheel_finds_the_same_under_every_python(
    version: str, run: Run, wheel: Path, samples: Path, tmp_path: Path, expected: list[tuple[object, ...]]
) -> None:
    """With the dependencies that the wheel asks for, freshly installed."""
    found = find_python(version)
    if found is None:
        pytest.skip(f"there is no Python {version} on this machine")
    python = make_environment(tmp_path / "environment", found, shares_libraries=False)
    install(python, wheel)
    assert findings(python, run, samples, clean_environment()) == expected
