"""What is wrong with a knowledge file."""

from __future__ import annotations


class KnowledgeError(Exception):
    """A mistake in a knowledge file: the message names the file, the entry and the valid choices."""
