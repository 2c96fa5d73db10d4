"""Which git repository a folder is in."""

from __future__ import annotations

import os


def repository_around(folder: str) -> str | None:
    """The top of the repository that ``folder``, an absolute name, is in; None if it is in none.

    In a worktree and in a submodule, `.git` is a file.
    """
    while not os.path.exists(os.path.join(folder, ".git")):
        folder, before = os.path.dirname(folder), folder
        if folder == before:
            return None
    return folder
