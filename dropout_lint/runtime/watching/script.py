"""Runs a script as Python itself would, with something done as soon as the script has imported torch.

torch is not imported before the script does it: scripts set environment variables first, and the number of threads,
for example, is read when torch is loaded.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import io
import os
import runpy
import sys
from collections.abc import Callable, Sequence
from types import ModuleType, TracebackType

_PACKAGE = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "")
"""The folder of all that is ours."""


def run_path(path: str, arguments: Sequence[str]) -> None:
    """Run the file, folder or archive ``path`` as `python PATH ARGUMENTS` does.

    Raises FileNotFoundError if there is none, and what the script raises.
    """
    sys.argv[:] = [path, *arguments]
    if os.path.isdir(path) or path.endswith((".zip", ".pyz")):
        _first_on_path(path)
        runpy.run_path(path, run_name="__main__")
        return
    full = os.path.abspath(path)
    with io.open_code(full) as file:
        source = file.read()
    _first_on_path(os.path.dirname(os.path.realpath(path)))
    main = ModuleType("__main__")
    main.__dict__.update(__file__=full, __cached__=None, __package__=None, __builtins__=__builtins__)
    main.__loader__ = importlib.machinery.SourceFileLoader("__main__", full)
    main.__spec__ = None
    sys.modules["__main__"] = main  # and it stays: exit handlers and unpickling look there
    exec(compile(source, full, "exec", dont_inherit=True), main.__dict__)


def run_module(name: str, arguments: Sequence[str]) -> None:
    """Run the module ``name`` as `python -m NAME ARGUMENTS` does.  Raises ImportError, and what the module raises."""
    sys.argv[:] = [name, *arguments]
    _first_on_path(os.getcwd())
    runpy.run_module(name, run_name="__main__", alter_sys=True)


def _first_on_path(folder: str) -> None:
    """Python put the folder of our own command first, or the working directory where it began with `python -m`."""
    if not getattr(sys.flags, "safe_path", False):
        sys.path[0] = folder


def after_import(name: str, action: Callable[[], None]) -> None:
    """Call ``action`` once, right after the module ``name`` is imported; at once if it is imported already."""
    if name in sys.modules:
        action()
    else:
        sys.meta_path.insert(0, _Finder(name, action))


class _Finder(importlib.abc.MetaPathFinder):
    """Adds an action to the loading of one module, which the finders after this one find.

    Asking where a module is, as `importlib.util.find_spec` does, loads nothing: libraries ask so for torch before
    anybody imports it.  So the action waits for the first loading that succeeds.
    """

    def __init__(self, name: str, action: Callable[[], None]) -> None:
        self._name, self._action = name, action

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self._name:
            return None
        spec = self._found_by_others(path, target)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def load_and_act(module: ModuleType) -> None:
                load(module)
                if self in sys.meta_path:
                    sys.meta_path.remove(self)
                    self._action()

            spec.loader.exec_module = load_and_act  # type: ignore[method-assign]
        return spec

    def _found_by_others(
        self, path: Sequence[str] | None, target: ModuleType | None
    ) -> importlib.machinery.ModuleSpec | None:
        for finder in list(sys.meta_path):
            find = getattr(finder, "find_spec", None)
            if finder is not self and find is not None:
                spec: importlib.machinery.ModuleSpec | None = find(self._name, path, target)
                if spec is not None:
                    return spec
        return None


def show_only_frames_of_script(error: BaseException) -> None:
    """Leave out of the traceback of ``error`` the frames above the script's own.

    The frames are added again while the exception travels on, so this changes how the interpreter shows it at the end.
    """
    trace = error.__traceback__
    while trace is not None and not _is_ours(trace):  # the command that pip installs
        trace = trace.tb_next
    while trace is not None and _is_ours(trace):
        trace = trace.tb_next
    show = sys.excepthook

    def hook(kind: type[BaseException], value: BaseException, _: TracebackType | None) -> None:
        if value is error:
            value.__traceback__ = trace
            show(kind, value, trace)
        else:
            show(kind, value, _)

    sys.excepthook = hook


def _is_ours(trace: TracebackType) -> bool:
    file = trace.tb_frame.f_code.co_filename
    return file.startswith(_PACKAGE) or file == "<frozen runpy>"
