"""A small project that is edited at random: contents, names, what shadows what, where it begins, how it is set up.

The files import each other under names that may lead to several places, or nowhere, so that each edit may change what
is found elsewhere.  Everything is drawn from one generator: the same seed makes the same edits.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random

HEAD = "import torch\nimport torch.nn.functional as F\nfrom torch import nn\n"
FOLDERS = ("", "pkg", "pkg/inner", "helper", "src", "tests", "linked", "pkg/helper")
STEMS = ("base", "helper", "net", "evaluation", "other", "serve", "trial", "__init__")
HOMES = {"Base": "base", "Net": "net", "evaluate": "evaluation"}
PLACES = (
    *("base.py", "net.py", "evaluation.py", "serve.py", "trial.py", "other.py", "helper.py"),
    *("pkg/__init__.py", "pkg/net.py", "pkg/serve.py", "pkg/base.py", "pkg/trial.py", "tests/serve.py"),
)
MARKS = ("pyproject.toml", ".git", "setup.py", "README.md")
SETTINGS = (
    "",
    "\n",
    "[tool.dropout-lint]\n",
    '[tool.dropout-lint]\nextend-select = ["ALL"]\n',
    '[tool.dropout-lint]\nignore = ["DRP3"]\n',
    '[tool.dropout-lint]\nmin-confidence = "high"\n',
    '[tool.dropout-lint]\nexclude = ["pkg/inner"]\n',
    '[tool.dropout-lint]\nper-file-ignores = { "pkg/*" = ["DRP2"] }\n',
    '[tool.dropout-lint]\nknowledge = ["facts.toml"]\n',
)
_FACTORY = """[[factory]]
pattern = 'zoo\\.make'
mode = "{}"
layers = ["dropout"]
source = "zoo 1.0"
examples = ["zoo.make()"]
"""
KNOWLEDGE = ("", _FACTORY.format("train"), _FACTORY.format("eval"))
DROPS = (
    "nn.Dropout(0.1)",
    "nn.Dropout(0.2)",
    "nn.Identity(  )",
    "nn.Dropout(1.0)",
)  # of one length: a change may keep the size


PREDICT = "\n\ndef predict(x):\n    with torch.inference_mode():\n        return model(x)"


class EditedProject:
    """The project at ``root``; ``elsewhere`` is a folder beside it, for what links lead to."""

    def __init__(self, root: Path, elsewhere: Path, random: Random) -> None:
        self.root = root
        self.elsewhere = elsewhere
        self._random = random
        self._gone: list[tuple[Path, bytes]] = []  # contents that were there once
        self._sound = 1.0  # how likely what is written next leads to a finding
        root.mkdir()
        for name in ("one", "two"):
            (elsewhere / name).mkdir(parents=True)
            (elsewhere / name / "base.py").write_text(self._definitions(), "utf-8")
        for place in PLACES:
            self._write(root / place, self._text(Path(place).name))
        self._write(root / "pyproject.toml", "")
        self._sound = 0.7

    def edit(self) -> str:
        """Change something; returns what."""
        edits: list[tuple[int, Callable[[], str | None]]] = [
            (12, self._rewrite),
            (20, self._change_a_layer),
            (5, self._appear),
            (4, self._delete),
            (3, self._rename),
            (3, self._return),
            (2, self._mark),
            (2, self._set_up),
            (1, self._link_a_folder),
            (1, self._link_a_file),
            (1, self._block),
            (1, self._ignore),
            (1, self._notebook),
            (1, self._break),
        ]
        while True:
            said = self._random.choices([edit for _, edit in edits], [often for often, _ in edits])[0]()
            if said is not None:
                return said

    def files(self, suffix: str = ".py") -> list[Path]:
        """The files below the root, as a walk finds them that follows no link to a folder; sorted."""
        found = []
        for folder, folders, names in os.walk(self.root):
            folders[:] = [name for name in folders if name != ".dropout_lint_cache"]
            found += [Path(folder, name) for name in names if name.endswith(suffix)]
        return sorted(found)

    # The edits: each says what it did, or None if there was nothing to do it to.

    def _rewrite(self) -> str | None:
        path = self._some_file()
        return None if path is None else self._write(path, self._text(path.name))

    def _change_a_layer(self) -> str | None:
        """The size stays, and mostly the time, too."""
        for path in self._random.sample(self.files(), len(self.files())):
            text = _read(path)
            here = [drop for drop in DROPS if drop in text]
            if here:
                before = path.stat()
                new = text.replace(here[0], self._random.choice([drop for drop in DROPS if drop != here[0]]))
                path.write_text(new, "utf-8")
                if self._random.random() < 0.7:
                    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
                return f"change a layer in {path}"
        return None

    def _appear(self) -> str | None:
        path = self.root / self._random.choice(FOLDERS) / (self._random.choice(STEMS) + ".py")
        return None if os.path.lexists(path) else self._write(path, self._text(path.name))

    def _delete(self) -> str | None:
        path = self._some_file()
        if path is None or len(self.files()) < 5:
            return None
        if self._random.random() < 0.2 and path.parent != self.root:
            shutil.rmtree(path.parent)
            return f"delete {path.parent}"
        self._gone.append((path, _read(path).encode()))
        path.unlink()
        return f"delete {path}"

    def _rename(self) -> str | None:
        path = self._some_file()
        new = self.root / self._random.choice(FOLDERS) / (self._random.choice(STEMS) + ".py")
        if path is None or os.path.lexists(new) or not self._can_hold(new.parent):
            return None
        new.parent.mkdir(parents=True, exist_ok=True)
        path.rename(new)
        return f"rename {path} to {new}"

    def _return(self) -> str | None:
        if not self._gone:
            return None
        path, content = self._gone.pop(self._random.randrange(len(self._gone)))
        return self._write(path, content.decode())

    def _mark(self) -> str | None:
        folder = self.root / self._random.choice(("", "", "pkg", "pkg/inner", "helper", ".."))
        path = folder / self._random.choice(MARKS)
        if not folder.is_dir():
            return None
        if path.is_dir():
            path.rmdir()
        elif path.exists():
            path.unlink()
        elif path.name == ".git":
            path.mkdir()
        else:
            path.write_text("", "utf-8")
        return f"toggle {path}"

    def _set_up(self) -> str | None:
        self._write(self.root / "facts.toml", self._random.choice(KNOWLEDGE))
        folder = self.root / self._random.choice(("", "", "pkg"))
        return self._write(folder / "pyproject.toml", self._random.choice(SETTINGS)) if folder.is_dir() else None

    def _link_a_folder(self) -> str | None:
        path = self.root / self._random.choice(("linked", "pkg/linked", "helper"))
        if path.is_symlink():
            path.unlink()
            if self._random.random() < 0.4:
                return f"remove the link {path}"
        if path.exists() or not path.parent.is_dir():
            return None
        path.symlink_to(self.elsewhere / self._random.choice(("one", "two")), target_is_directory=True)
        return f"link {path}"

    def _link_a_file(self) -> str | None:
        path = self._some_file()
        if path is None:
            return None
        if path.is_symlink():
            path.unlink()
        else:
            self._gone.append((path, _read(path).encode()))
            path.unlink()
            path.symlink_to(self.elsewhere / self._random.choice(("one/base.py", "two/base.py", "nowhere.py")))
        return f"link {path}"

    def _block(self) -> str | None:
        """A folder where a file was: it cannot be read."""
        path = self._some_file()
        if path is None:
            return None
        path.unlink()
        path.mkdir()
        return f"a folder in the place of {path}"

    def _ignore(self) -> str | None:
        lines = self._random.sample(("pkg/", "net.py", "helper/", "!net.py", "*.ipynb"), 2)
        return self._write(self.root / ".gitignore", "\n".join(lines) + "\n")

    def _notebook(self) -> str | None:
        cells: list[dict[str, object]] = [
            {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": text}
            for text in (HEAD, self._script())
        ]
        content = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        return self._write(self.root / self._random.choice(("", "pkg")) / "trial.ipynb", json.dumps(content))

    def _break(self) -> str | None:
        path = self._some_file()
        return (
            None
            if path is None
            else self._write(path, self._random.choice(("def broken(:\n", "", "import torch\n\0", "# torch\n")))
        )

    # What is written.

    def _text(self, name: str) -> str:
        stem = name.removesuffix(".py")
        if self._random.random() > self._sound + 0.15:
            stem = self._random.choice(STEMS)
        if stem in ("serve", "trial"):
            return HEAD + self._script()
        if stem == "evaluation":
            return HEAD + self._evaluation()
        if stem in ("base", "net"):
            return self._definitions(stem)
        return "".join(self._imported(name)[0] for name in HOMES if self._random.random() < 0.8)

    def _imported(self, name: str) -> tuple[str, str]:
        """A statement that may import ``name``, and what it is called then."""
        home = HOMES[name]
        if self._random.random() < self._sound:
            return f"from {home} import {name}\n", name
        module = self._random.choice((home, "helper", "pkg", f"pkg.{home}", f".{home}", f"helper.{home}", ".other"))
        said = self._random.choice((name, name, "*", home))
        return f"from {module} import {said}\n", f"{home}.{name}" if said == home else name

    def _definitions(self, stem: str = "base") -> str:
        """A class that is a module if its base is one."""
        name = "Net" if stem == "net" else "Base"
        base = "nn.Module" if name == "Base" else "Base"
        if self._random.random() > self._sound:
            base = self._random.choice(("nn.Module", "Base", "helper.Base", "Other"))
        first = "from helper import Base as Other\n" if base == "Other" else ""
        if base == "Base":
            first, base = self._imported("Base")
        first += "import helper\n" if base == "helper.Base" else ""
        end = self._random.choice((*["self.drop(x)"] * 5, "F.dropout(x)", "F.dropout(self.drop(x), training=train)"))
        return (
            f"{HEAD}{first}\n\nclass {name}({base}):\n    def __init__(self):\n        super().__init__()\n"
            f"        self.drop = {self._random.choice(DROPS)}\n        self.layers = [nn.Dropout(0.2)]\n\n"
            f"    def forward(self, x, train=False):\n        return {end}\n"
            + (self._evaluation() if self._random.random() < 0.3 else "")
        )

    def _evaluation(self) -> str:
        switch = "" if self._random.random() < self._sound else "    model.eval()\n"
        return (
            f"\n\ndef evaluate(model, loader):\n{switch}    with torch.no_grad():\n"
            "        for batch in loader:\n            print(model(batch))\n"
        )

    def _script(self) -> str:
        (first, net), (second, evaluate) = self._imported("Net"), self._imported("evaluate")
        makers = (
            *[f"{net}()"] * 12,
            "zoo.make()",
            'import_module("pkg.net").Net()',
            'import_module(f"pkg.{name}").Net()',
        )
        switch = "" if self._random.random() < self._sound else "model.eval()\n"
        uses = (evaluate, evaluate, "helper.evaluate")
        run = self._random.choice((*(f"{use}(model, x)" for use in uses), *[PREDICT] * 3))
        return (
            f"import helper\nimport zoo\nfrom importlib import import_module\n{first}{second}\n"
            f"model = {self._random.choice(makers)}\n"
            f'model.load_state_dict(torch.load("m.pt"))\n{switch}{run}\n'
        )

    def _some_file(self) -> Path | None:
        files = [path for path in self.files() if not path.is_dir()]
        return self._random.choice(files) if files else None

    def _can_hold(self, folder: Path) -> bool:
        while not os.path.lexists(folder):
            folder = folder.parent
        return folder.is_dir()

    def _write(self, path: Path, text: str) -> str | None:
        if path.is_symlink() or path.is_dir() or not self._can_hold(path.parent):
            return None
        if path.exists() and self._random.random() < 0.3:
            self._gone.append((path, path.read_bytes()))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return f"write {path}"


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError:
        return ""
