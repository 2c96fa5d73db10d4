"""Whether what the knowledge files say is true: builds what each entry's examples build, and looks.

Nothing is downloaded: models come from configurations, and weights are random.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import dropout_lint.knowledge
from dropout_lint.knowledge import entries

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_FOLDER = Path(dropout_lint.knowledge.__file__).parent


@dataclass(frozen=True)
class Claim:
    """One example of one entry."""

    kind: str  # factory, call or module
    name: str  # of the entry: its pattern, or its first name
    table: Mapping[str, Any]
    example: str  # what to run; for a module class, its name

    @property
    def library(self) -> str:
        """The package that must be there to try it."""
        name = self.example if self.kind == "module" else self.table.get("names", [self.table.get("pattern")])[0]
        return re.split(r"\\?\.", str(name))[0].lstrip("(?:")


def claims() -> Iterator[Claim]:
    """All that can be tried, in the order of the files."""
    for kind, name, table in _tables():
        by_name = kind == "module" and "unchecked" not in table
        for example in table["names"] if by_name else table.get("examples", []):
            yield Claim(kind, name, table, example)


def unchecked() -> Iterator[tuple[str, str, str]]:
    """The entries that nobody tries: kind, name, and why not."""
    for kind, name, table in _tables():
        if "unchecked" in table:
            yield kind, name, str(table["unchecked"])


def without_either() -> list[str]:
    """The entries that have neither an example nor a reason for having none."""
    tried = {(claim.kind, claim.name, claim.table["source"]) for claim in claims()}
    return [
        f"{kind} {name}"
        for kind, name, table in _tables()
        if (kind, name, table["source"]) not in tried and "unchecked" not in table
    ]


def is_available(claim: Claim) -> bool:
    """Whether the library that ``claim`` is about is installed, and what else its example needs."""
    return all(map(importlib.util.find_spec, (claim.library, *claim.table.get("needs", ()))))


def check(claim: Claim) -> None:
    """Raise AssertionError, or what the library raises, if ``claim`` is not true."""
    if claim.kind == "factory":
        _check_factory(claim)
    elif claim.kind == "call":
        _check_call(claim)
    else:
        _check_module(claim)


def _check_factory(claim: Claim) -> None:
    import torch

    made = eval(claim.example, _Names())  # our own expressions
    model = made[0] if claim.table.get("in_tuple") else made
    assert isinstance(model, torch.nn.Module), f"{type(made)} is no module"
    is_training = {module.training for module in model.modules()}
    assert is_training == {claim.table["mode"] == "train"}, f"modules that are training: {is_training}"
    found = layers_of(model)
    call = ast.parse(claim.example, mode="eval").body
    assert isinstance(call, ast.Call)
    given = {keyword.arg for keyword in call.keywords}
    expected = bool(claim.table["layers"])
    if "depends_on" in claim.table:
        expected = bool(given & set(claim.table["depends_on"]))
    assert bool(found) == expected, f"layers that depend on the mode: {sorted(found) or 'none'}"
    missing = set(claim.table["layers"]) - found
    assert not missing or "depends_on" in claim.table, f"no {', '.join(sorted(missing))} in it"
    if part := claim.table.get("part"):
        holders = [name for name, module in model.named_children() if layers_of(module)]
        assert holders == [part], f"layers that depend on the mode are in {holders}"
    name = ast.unparse(call.func)
    values = [argument.value if isinstance(argument, ast.Constant) else None for argument in call.args]
    strings = [value if isinstance(value, str) else None for value in values]
    known = dropout_lint.knowledge.standard().factory(name, strings)
    assert known is not None, f"no entry describes {name}"
    assert known.source == claim.table["source"], f"another entry describes {name} first"


def _check_call(claim: Claim) -> None:
    effect = claim.table["effect"]
    for start in ("train", "eval", "frozen") if "begin(" in claim.example else ("train", "eval"):
        before: dict[str, bool] = {}
        begin = partial(_begin, start, before)
        names = _Names({"start": start == "train", "begin": begin})
        exec(claim.example, names)  # our own programs
        after = {name: module.training for name, module in names["model"].named_modules()}
        if before and effect == "keeps":
            assert after == before, f"started with {before}, ended with {after}"
        elif before and effect == "flat":
            assert set(after.values()) == {before[""]}, f"started with {before}, ended with {after}"
        else:
            wanted = {"keeps": {start == "train"}, "train": {True}, "eval": {False}}
            found = set(after.values())
            assert found == wanted.get(effect, found), f"started with {start}, ended with {found}"


def _begin(start: str, before: dict[str, bool], model: Any) -> Any:
    """``model`` in the mode ``start``: "frozen" is train mode with the first part in eval mode."""
    model.train(start != "eval")
    if start == "frozen":
        next(model.children()).eval()
    before.update({name: module.training for name, module in model.named_modules()})
    return model


def _check_module(claim: Claim) -> None:
    import torch

    found = eval(claim.example, _Names())
    assert issubclass(found, torch.nn.Module)
    for method in (*claim.table.get("entries", ()), *claim.table.get("in_eval", ())):
        assert inspect.isroutine(getattr(found, method, None)), f"no method {method}"


def layers_of(model: Any) -> set[str]:
    """What in ``model`` depends on the mode, in the words of the knowledge files."""
    found = set()
    for module in model.modules():
        name = type(module).__name__
        if "Dropout" in name and getattr(module, "p", getattr(module, "drop_prob", None)):
            found.add("dropout")
        elif (name == "StochasticDepth" and module.p) or (name == "DropPath" and module.drop_prob):
            found.add("stochastic depth")
        elif "BatchNorm" in name and getattr(module, "track_running_stats", name != "FrozenBatchNorm2d"):
            found.add("batch norm")
        elif any(_is_rate(module, key) for key in vars(module)):
            found.add("dropout")  # functional dropout: `F.dropout(x, self.dropout, self.training)`
    return found


def _is_rate(module: Any, key: str) -> bool:
    value = getattr(module, key)
    return "drop" in key and isinstance(value, float) and value > 0


class _Names(dict[str, Any]):
    """The names of an example: libraries are imported when they are spoken of."""

    def __missing__(self, name: str) -> Any:
        if name == "saved":
            return _saved
        if importlib.util.find_spec(name) is None:
            raise KeyError(name)
        return _Library(name)


class _Library:
    """A package whose modules are imported when they are reached."""

    def __init__(self, name: str) -> None:
        self._module = importlib.import_module(name)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._module, name, None)
        if found is None:
            return _Library(f"{self._module.__name__}.{name}")
        return _Library(found.__name__) if inspect.ismodule(found) else found


def _saved(model: Any) -> str:
    """A folder that ``model`` was saved to, for ``from_pretrained``."""
    folder = tempfile.mkdtemp()
    model.save_pretrained(folder)
    return folder


def _tables() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for file in sorted(_FOLDER.glob("*.toml")):
        for kind, tables in tomllib.loads(file.read_text("utf-8")).items():
            assert kind in entries.KINDS
            for table in tables:
                yield kind, str(table.get("pattern") or table["names"][0]), table
