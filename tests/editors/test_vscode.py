"""The extension for VS Code: what is in the package, and a browser build of VS Code that is driven with it.

The browser build is code-server, from the npm registry, and takes 600 MB: that test runs if $DROPOUT_LINT_CODE_SERVER
names its command.  docs/editors.md says how it is set up.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from dropout_lint.driver.config import ConfigError, Settings
from dropout_lint.version import VERSION
from tests.conftest import ROOT
from tests.editors.session import PROGRAM

pytest.importorskip("pygls")

from dropout_lint.server.options import options

pytestmark = pytest.mark.checkout
EXTENSION = ROOT / "editors" / "vscode"
CODE_SERVER = os.environ.get("DROPOUT_LINT_CODE_SERVER")

MORE = {
    "base.py": "from torch import nn\n\n\nclass Base:\n    pass\n",
    "net.py": (
        "import torch.nn.functional as F\nfrom base import Base\n\n\nclass Net(Base):\n"
        "    def forward(self, x):\n        return F.dropout(x)\n"
    ),
    "book.ipynb": json.dumps(
        {
            "cells": [
                {
                    "cell_type": "code",
                    "source": ["from torch import nn\n", "drop = nn.Dropout(p=1)"],
                    "metadata": {},
                    "outputs": [],
                    "execution_count": None,
                }
            ],
            "metadata": {"language_info": {"name": "python"}},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
    ),
    "saved.py": "from torch import nn\n\ndrop = nn.Dropout(rate=0.2)\n",
}
"""Further files of the project that editors/vscode/drive.mjs opens."""


def manifest() -> dict[str, Any]:
    found = json.loads((EXTENSION / "package.json").read_text("utf-8"))
    assert isinstance(found, dict)
    return found


def test_its_version_is_that_of_the_tool() -> None:
    assert manifest()["version"] == VERSION


def test_its_lock_file_names_no_registry() -> None:
    text = (EXTENSION / "package-lock.json").read_text("utf-8")
    assert '"resolved"' not in text
    assert "omit-lockfile-registry-resolved=true" in (EXTENSION / ".npmrc").read_text("utf-8")


def test_the_server_knows_each_option_that_the_extension_sends() -> None:
    sent = set(re.findall(r'"(\w+)"', re.findall(r"for \(const name of \[(.*?)\]", source("settings.ts"))[0]))
    declared = {name.partition(".")[2] for name in manifest()["contributes"]["configuration"]["properties"]}
    assert sent | {"inlayHints"} == declared - {"enable", "interpreter", "path", "trace.server"}
    values = {"minConfidence": "high", "inlayHints": True}
    given = {name: values.get(name, ["DRP301"]) for name in sent | {"inlayHints"}}
    options(given).on_top_of(Settings(ROOT))
    with pytest.raises(ConfigError, match="unknown"):
        options({**given, "other": 1}).on_top_of(Settings(ROOT))


def test_each_command_is_declared_and_there() -> None:
    declared = {command["command"] for command in manifest()["contributes"]["commands"]}
    assert declared == set(re.findall(r'registerCommand\("([^"]+)"', source("extension.ts")))


def source(name: str) -> str:
    return (EXTENSION / "src" / name).read_text("utf-8")


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packaged extension, built from the files of the checkout alone."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    copy = tmp_path_factory.mktemp("checkout")
    built = shutil.ignore_patterns("node_modules", "dist", "*.vsix", "LICENSE")
    shutil.copytree(EXTENSION, copy / "editors" / "vscode", ignore=built)
    for name in ("LICENSE", "Makefile"):
        shutil.copy(ROOT / name, copy / name)
    subprocess.run(["make", "vscode"], cwd=copy, check=True, timeout=500)
    return copy / "editors" / "vscode" / "dropout-lint.vsix"


@pytest.mark.installs
def test_the_package_holds_the_extension_and_nothing_else(package: Path) -> None:
    with zipfile.ZipFile(package) as opened:
        assert opened.testzip() is None
        assert sorted(opened.namelist()) == [
            "[Content_Types].xml",
            "extension.vsixmanifest",
            "extension/LICENSE.txt",
            "extension/dist/NOTICES.txt",
            "extension/dist/extension.js",
            "extension/package.json",
            "extension/readme.md",
        ]
        identity = ElementTree.fromstring(opened.read("extension.vsixmanifest")).find(".//{*}Identity")
        assert identity is not None
        assert (identity.get("Id"), identity.get("Publisher")) == ("dropout-lint", "dropout-lint")
        assert identity.get("Version") == VERSION
        packed = json.loads(opened.read("extension/package.json"))
        assert f"extension/{os.path.normpath(packed['main'])}" in opened.namelist()
        code = opened.read("extension/dist/extension.js").decode("utf-8")
        assert "vscode-languageclient" in opened.read("extension/dist/NOTICES.txt").decode("utf-8")
    required = set(re.findall(r'require\("([^"]+)"\)', code))
    assert "vscode" in required
    built_in = "console.log(JSON.stringify(require('module').builtinModules))"
    listed = subprocess.run(["node", "-e", built_in], capture_output=True, text=True, check=True)
    known = set(json.loads(listed.stdout))
    assert {name for name in required if name.removeprefix("node:") not in known} == {"vscode"}


@pytest.mark.installs
@pytest.mark.skipif(CODE_SERVER is None, reason="$DROPOUT_LINT_CODE_SERVER is not set")
def test_findings_are_shown_fixed_and_explained_in_vscode(package: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    data = tmp_path / "data"
    (project / ".vscode").mkdir(parents=True)
    (data / "User").mkdir(parents=True)
    for name, text in {"predict.py": PROGRAM, **MORE}.items():
        (project / name).write_text(text)
    ours = {
        "dropout-lint.interpreter": sys.executable,
        "dropout-lint.inlayHints": True,
        "editor.codeActionsOnSave": {"source.fixAll.dropoutLint": "explicit"},
    }
    (project / ".vscode" / "settings.json").write_text(json.dumps(ours))
    calm = {
        "security.workspace.trust.enabled": False,
        "chat.disableAIFeatures": True,
        "workbench.startupEditor": "none",
        "extensions.ignoreRecommendations": True,
    }
    (data / "User" / "settings.json").write_text(json.dumps(calm))
    places = ["--user-data-dir", str(data), "--extensions-dir", str(tmp_path / "extensions")]
    command = [str(CODE_SERVER), *places]
    subprocess.run([*command, "--install-extension", str(package)], check=True, timeout=120)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    quiet = ["--auth", "none", "--disable-telemetry", "--disable-update-check", "--bind-addr", f"127.0.0.1:{port}"]
    server = subprocess.Popen([*command, *quiet])
    try:
        drive = ["node", "drive.mjs", f"http://127.0.0.1:{port}", str(project)]
        subprocess.run(drive, cwd=package.parent, check=True, timeout=1_000)
    finally:
        server.terminate()
        server.wait(30)
