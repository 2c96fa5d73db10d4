"""What files are called: one name for each inside the tool, and the name that its user gave it outside.

All that is remembered of a file is kept under its canonical name, whatever folder a run starts in and however the file
was given to it; what is shown uses the name that was given.  Links to folders keep their names, because a file is
imported through the packages in its path, and not from its real place.
"""

from __future__ import annotations

import os

from dropout_lint.finding import Finding


def absolute(filename: str) -> str:
    """The canonical name of the file or folder called ``filename``: without ``.``, ``..`` and doubled separators."""
    if os.path.isabs(filename) and not filename.startswith("//") and os.path.normpath(filename) == filename:
        return filename  # nearly always, and quicker
    if os.pardir not in filename:
        path = os.path.abspath(filename)
        return path[1:] if path.startswith("//") else path
    return _stepped(filename if os.path.isabs(filename) else os.path.join(os.getcwd(), filename))


def _stepped(path: str) -> str:
    """``path`` walked step by step: behind a link, `..` is the folder above the target of the link."""
    folder, name = os.path.split(path)
    if folder == path:
        return os.sep if path.startswith("//") else path
    above = _stepped(folder)
    if name in ("", os.curdir):
        return above
    if name == os.pardir:
        return os.path.dirname(os.path.realpath(above) if os.path.islink(above) else above)
    return os.path.join(above, name)


def shown(filename: str, beside: str) -> str:
    """The canonical ``filename`` in the style of ``beside``, a name that was given: relative to the current folder, if
    ``beside`` is relative and the file is below that folder.
    """
    if os.path.isabs(beside):
        return filename
    here = os.path.join(os.getcwd(), "")
    return filename[len(here) :] if filename.startswith(here) else filename


def renamed(finding: Finding, filename: str) -> Finding:
    """``finding``, which goes by canonical names, as one in the file that its user calls ``filename``."""
    notes = tuple(
        note if note.filename is None else note._replace(filename=shown(note.filename, filename))
        for note in finding.notes
    )
    return finding._replace(filename=filename, notes=notes)
