"""How much of an untrusted file is read before it is refused, and the error that says so.

Every bound is far above what exporters write and far below what hurts: together they keep the inspection of any file
under half a gigabyte of memory.
"""

from __future__ import annotations

MEGABYTE = 1 << 20

CENTRAL_DIRECTORY = 8 * MEGABYTE  # of a zip; torch writes about 120 bytes for each tensor
ZIP_ENTRIES = 100_000
ZIP_BYTES = 256 * MEGABYTE  # that are read of all entries together
JSON_BYTES = 128 * MEGABYTE  # a graph of 50,000 nodes with its stack traces takes a third of it
JSON_VALUES = 3_000_000  # an empty list costs 2 bytes of text and 64 of memory
CODE_BYTES = 16 * MEGABYTE  # of one file of TorchScript
CODE_TOKENS = 400_000  # of all files together; a name costs 2 bytes of text, and 900 of memory once it is parsed
SOURCE_BYTES = 8 * MEGABYTE  # of the tables that map code to source; beyond, places are left out
CODE_DEPTH = 150  # nesting of one expression
PICKLE_BYTES = 64 * MEGABYTE  # without the tensors: torch keeps those elsewhere
PICKLE_OPCODES = 1_500_000
STRING_BYTES = 64 * 1024  # names and rates are short; longer strings are skipped, not read
DEPTH = 500  # how far down objects are followed
GRAPH_DEPTH = 60  # how far down graphs inside graphs are
STEPS = 500_000  # expressions of TorchScript that are followed
MESSAGE_FIELDS = 1_000_000  # of one message of protocol buffers
ONNX_NODES = 400_000  # that are followed, with those of functions for each call


class Unreadable(Exception):
    """The file cannot be judged; the message says why, without the file's name."""
