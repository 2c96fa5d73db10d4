"""One file, from its path to what it says: which format it is, and who reads that."""

from __future__ import annotations

import io
import mmap
import struct
from typing import BinaryIO

from dropout_lint.artifacts.formats import exported_program, onnx_model, saved_pickle, torchscript
from dropout_lint.artifacts.readers.limits import Unreadable
from dropout_lint.artifacts.readers.zip_container import Container
from dropout_lint.artifacts.values.evidence import Content
from dropout_lint.io.opening import open_regular

SUFFIXES = (".pt2", ".pt", ".pth", ".ts", ".ptl", ".jit", ".pkl", ".pickle", ".onnx", ".safetensors", ".ckpt")
"""Usual names of such files: what is looked for in folders.  The format itself is recognised by the content."""

_PICKLED = (".pkl", ".pickle", ".pt", ".pth", ".ckpt")
_CHOICES = ".pt2, TorchScript, what torch.save and pickle write, .onnx and .safetensors"


def read_file(path: str) -> Content:
    """What the file at ``path`` says.  Raises `Unreadable`; nothing in the file is executed, imported or extracted."""
    try:
        with io.BufferedReader(open_regular(path)) as file:
            return _read(file, path.lower())
    except (MemoryError, RecursionError):  # the bounds should not let it come to this
        raise Unreadable("takes more memory or stack to read than there is") from None
    except OSError as error:
        raise Unreadable(str(error.strerror or error)) from None


def _read(file: BinaryIO, name: str) -> Content:
    head = file.read(16)
    file.seek(0)
    if not head:
        raise Unreadable("an empty file")
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):  # the second is an empty one
        return _read_zip(Container(file))
    if head[8:9] == b"{" and len(head) > 9 and struct.unpack("<Q", head[:8])[0] < 100 << 20:
        return Content("safetensors file", (), ("holds names and tensors: a mode or a graph has no place in it",))
    if head[:1] == b"\x80" and head[1:2] in (b"\x00", b"\x01", b"\x02", b"\x03", b"\x04", b"\x05"):
        return saved_pickle.read_stream(file)
    if name.endswith(".onnx") or head[:1] == b"\x08":
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return onnx_model.read(data)
    if name.endswith(_PICKLED):
        return saved_pickle.read_stream(file)
    raise Unreadable(f"no format that this tool reads; it reads {_CHOICES}")


def _read_zip(container: Container) -> Content:
    names = container.names
    if exported_program.holds_program(names):
        return exported_program.read(container)
    if torchscript.holds_torchscript(names):
        return torchscript.read(container)
    if any("aotinductor/" in name for name in names):
        return Content("compiled package", (), ("holds compiled code: whether dropout is in it cannot be seen",))
    if any(name.endswith(".data/extern_modules") for name in names):
        return Content(
            "torch.package archive", (), ("holds its own source code: which modes it sets is known only at run time",)
        )
    for name in names:
        if name.rpartition("/")[2] == "data.pkl":
            return saved_pickle.read_zip(container, name)
    raise Unreadable(f"a zip, but none that torch writes; this tool reads {_CHOICES}")
