"""Files that want to run code, fill the memory, or lead elsewhere; and files that are merely broken."""

from __future__ import annotations

import io
import json
import os
import pickle
import struct
import warnings
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

CANARY = "executed"
"""The file that exists if something in a hostile file has been run."""

PROTO = b"\x80\x02"
STOP = b"."


def zip_of(entries: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip with ``entries``."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as file:
        for name, data in entries.items():
            file.writestr(name, data)
    return buffer.getvalue()


def saved(data: bytes) -> bytes:
    """``data`` where torch.save puts its pickle."""
    return zip_of({"m/data.pkl": data, "m/version": b"3\n"})


def scripted(code: bytes, data: bytes | None = None, more: dict[str, bytes] | None = None) -> bytes:
    """A TorchScript file with ``code``, and a module of its class `M`."""
    module = PROTO + b"c__torch__\nM\n)\x81}(X\x08\x00\x00\x00training\x88ub."
    return zip_of({"m/data.pkl": data or module, "m/code/__torch__.py": code, "m/version": b"3\n", **(more or {})})


def program(data: bytes) -> bytes:
    """A .pt2 file with ``data`` as its graph."""
    return zip_of({"m/models/model.json": data, "m/archive_format": b"pt2"})


class _Runs:
    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, (self.command,)


def _encrypted() -> bytes:
    data = bytearray(saved(PROTO + b"}."))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    return bytes(data)


def _twice() -> bytes:
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w") as file:
        warnings.simplefilter("ignore")
        file.writestr("m/data.pkl", PROTO + b"}.")
        file.writestr("m/data.pkl", PROTO + b"N.")
    return buffer.getvalue()


def _lying_size() -> bytes:
    """An entry that says 10 bytes and holds a megabyte."""
    data = bytearray(saved(PROTO + b"}" + b"0}" * 500_000 + b"."))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = data.index(signature) + offset
        data[place : place + 4] = struct.pack("<I", 10)
    return bytes(data)


def _huge_directory() -> bytes:
    """A zip that says its list of entries is as long as the file, 60 MB."""
    entry = b"PK\x01\x02" + b"\0" * 24 + struct.pack("<HHH", 1, 0, 0) + b"\0" * 12 + b"a"
    body = entry * (60_000_000 // len(entry))
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 0xFFFF, 0xFFFF, len(body), 4, 0)
    return b"PK\x03\x04" + body + end


def _deep_protobuf() -> bytes:
    """A node in a graph in an attribute of a node in a graph ... 5,000 times."""

    def field(number: int, data: bytes) -> bytes:
        return bytes([number << 3 | 2]) + _varint(len(data)) + data

    data = b""
    for _ in range(5_000):
        data = field(1, field(4, b"If") + field(5, field(1, b"then_branch") + field(6, data)))
    return b"\x08\x08" + field(7, data)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _def(body: str) -> bytes:
    return f"class M(Module):\n  def forward(self: __torch__.M,\n    x: Tensor) -> Tensor:\n{body}".encode()


def _exponential_calls() -> bytes:
    functions = "".join(f"def f{n}(x: Tensor) -> Tensor:\n  return f(f{n + 1}(x), f{n + 1}(x))\n" for n in range(50))
    named = functions.replace("f(f", "torch.add(__torch__.f").replace(", f", ", __torch__.f")
    return named.encode() + _def("    return __torch__.f0(x, )\n")


def _wide_tuples() -> bytes:
    lines = "".join("      a = (a, a)\n" for _ in range(60))
    both = f"    a = 1\n    if x:\n{lines}    else:\n{lines}    return torch.dropout(x, 0.5, a)\n"
    return _def(both)


def _canary(folder: Path) -> str:
    return f"touch {folder / CANARY}"


def hostile(folder: Path) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Names and contents of files that must be refused, or answered without harm."""
    command = _canary(folder)
    runs = pickle.dumps(_Runs(command))
    shell = command.encode()
    inst = b"(S'" + shell + b"'\nios\nsystem\n."
    obj = b"(cos\nsystem\nS'" + shell + b"'\no."
    stack_global = b"\x80\x04\x8c\x02os\x8c\x06system\x93" + b"\x8c" + bytes([len(shell)]) + shell + b"\x85R."
    newobj = PROTO + b"cos\nsystem\nX" + struct.pack("<I", len(shell)) + shell + b"\x85\x81."
    build = PROTO + b"cbuiltins\nobject\n)\x81cos\nsystem\nb."
    evals = PROTO + b"cbuiltins\neval\nX\x04\x00\x00\x001+1)\x85R."
    nested_load = PROTO + b"cpickle\nloads\nC" + bytes([len(runs)]) + runs + b"\x85R."
    bomb = PROTO + b"](" + b"".join(b"q\x00h\x00h\x00\x86" for _ in range(1)) + b"e."
    doubling = PROTO + b"N" + b"q\x00h\x00\x86" * 400_000 + b"."
    yield "reduce.pkl", lambda: runs
    yield "reduce.pt", lambda: saved(runs)
    yield "inst.pkl", lambda: inst
    yield "obj.pkl", lambda: obj
    yield "stack_global.pkl", lambda: stack_global
    yield "newobj.pkl", lambda: newobj
    yield "build.pkl", lambda: build
    yield "eval.pkl", lambda: evals
    yield "nested_load.pkl", lambda: nested_load
    yield "loaded_by_torchscript.pt", lambda: scripted(_def("    return x\n"), runs)
    yield "mark.pkl", lambda: bomb
    yield "doubling.pkl", lambda: doubling
    yield "lists.pkl", lambda: PROTO + b"](" + b"]" * 1_400_000 + b"e."
    yield "endless.pkl", lambda: PROTO + b"]0" * 2_000_000
    yield "memo.pkl", lambda: b"\x80\x04]" + b"\x94" * 1_400_000 + b"."
    yield "deep_lists.pkl", lambda: PROTO + b"](" * 300_000 + b"e" * 300_000 + b"."
    yield "deep_modules.pkl", lambda: PROTO + (b"}X\x01\x00\x00\x00a" * 50_000) + b"}" + b"s" * 50_000 + b"."
    yield "huge_long.pkl", lambda: PROTO + b"\x8b" + struct.pack("<i", 40_000_000) + b"\xff" * 40_000_000 + b"."
    yield "long_line.pkl", lambda: b"L" + b"9" * 5_000_000 + b"L\n."
    yield "digits.pkl", lambda: b"I" + b"9" * 60_000 + b"\n."
    yield "bytes8.pkl", lambda: b"\x80\x04\x8e" + struct.pack("<Q", 1 << 62) + b"x."
    yield "negative.pkl", lambda: PROTO + b"\x8b" + struct.pack("<i", -5) + b"."
    yield "put.pkl", lambda: b"Np99999999999999999999\n."
    yield "get.pkl", lambda: PROTO + b"h\x07."
    yield "underflow.pkl", lambda: PROTO + b"\x87."
    yield "no_mark.pkl", lambda: PROTO + b"Nt."
    yield "garbage.pkl", lambda: PROTO + bytes(range(255, 160, -1))
    yield "truncated.pkl", lambda: runs[:-20]
    yield "bomb.pt", lambda: saved(PROTO + b"X" + struct.pack("<I", 200 << 20) + b"a" * (200 << 20) + b".")
    yield "bomb_json.pt2", lambda: program(b" " * (300 << 20))
    yield "bomb_code.pt", lambda: scripted(b"\n" * (100 << 20))
    yield "lying_size.pt", _lying_size
    yield "huge_directory.pt", _huge_directory
    yield "encrypted.pt", _encrypted
    yield "duplicate.pt", _twice
    yield "lzma.pt", lambda: zip_of({"m/data.pkl": PROTO + b"}."}, zipfile.ZIP_LZMA)
    yield "up.pt", lambda: zip_of({"../../etc/data.pkl": PROTO + b"}."})
    yield "absolute.pt", lambda: zip_of({"/etc/data.pkl": PROTO + b"}."})
    yield "drive.pt", lambda: zip_of({"C:/data.pkl": PROTO + b"}."})
    yield "backslash.pt", lambda: zip_of({"m\\..\\data.pkl": PROTO + b"}."})
    yield "truncated.pt", lambda: saved(PROTO + b"}" * 5000 + b".")[:-100]
    yield "half.pt", lambda: saved(PROTO + b"}.")[:30]
    yield "empty.pt", lambda: b""
    yield "empty_zip.pt", lambda: zip_of({})
    yield "magic.pt", lambda: b"PK\x03\x04" + b"\xff" * 200
    yield "other.zip", lambda: zip_of({"readme.txt": b"hello"})
    yield "deep.pt2", lambda: program(b'{"a":' * 100_000 + b"1" + b"}" * 100_000)
    yield "deep_lists.pt2", lambda: program(b"[" * 1_000_000)
    yield "wide.pt2", lambda: program(b"[" + b"[]," * 20_000_000 + b"[]]")
    yield "digits.pt2", lambda: program(b'{"a": ' + b"9" * 5_000_000 + b"}")
    yield "no_graph.pt2", lambda: program(b'{"graph_module": {"graph": {"nodes": 3}}}')
    yield "odd_nodes.pt2", lambda: program(_odd_nodes())
    yield "not_utf8.pt2", lambda: program(b'{"\xff\xfe": 1}')
    yield "deep_graphs.pt2", lambda: program(_deep_graphs())
    yield "deep_calls.pt", lambda: scripted(_def("    return " + "f(" * 50_000 + "x" + ")" * 50_000 + "\n"))
    yield "deep_attributes.pt", lambda: scripted(_def("    return x" + ".a" * 200_000 + "\n"))
    yield "deep_minus.pt", lambda: scripted(_def("    return " + "-" * 200_000 + "1\n"))
    yield "deep_not.pt", lambda: scripted(_def("    return " + "not " * 100_000 + "x\n"))
    yield "deep_subscripts.pt", lambda: scripted(_def("    return x" + "[0]" * 100_000 + "\n"))
    yield "deep_power.pt", lambda: scripted(_def("    return " + "2 ** " * 100_000 + "2\n"))
    yield "deep_elif.pt", lambda: scripted(_def("    if x:\n      pass\n" + "    elif x:\n      pass\n" * 50_000))
    yield "wide_code.pt", lambda: scripted(_def("    a\n" * 3_000_000))
    yield "no_python.pt", lambda: scripted(b"class M(Module:\n  nonsense")
    yield "nul.pt", lambda: scripted(b"x = 1\0\n")
    yield "recursion.pt", lambda: scripted(_def("    return (self).forward(x, )\n"))
    yield "exponential.pt", lambda: scripted(_exponential_calls())
    yield "wide_tuples.pt", lambda: scripted(_wide_tuples())
    yield "no_module.pt", lambda: scripted(_def("    return x\n"), PROTO + b"}.")
    yield "deep.onnx", _deep_protobuf
    yield "length.onnx", lambda: b"\x08\x08\x3a\xff\xff\xff\xff\xff\xff\xff\xff\x7f" + b"x" * 10
    yield "varint.onnx", lambda: b"\x08" + b"\xff" * 40
    yield "text.onnx", lambda: b"this is no model at all"
    yield "zeros.onnx", lambda: b"\0" * 1000
    yield "truncated.onnx", lambda: b"\x08\x08\x3a\x50\x0a\x20\x0a"
    yield "quotes.pt", lambda: scripted(b'x = "' + b'\\"' * 2_000_000 + b"\n")
    yield (
        "many_codes.pt",
        lambda: scripted(b"a\n" * 150_000, more={f"m/code/__torch__/f{n}.py": b"a\n" * 150_000 for n in range(9)}),
    )
    yield "many_graphs.pt2", lambda: zip_of({f"m/models/{n}.json": _no_nodes() + b" " * (100 << 20) for n in range(4)})
    yield (
        "shared.pkl",
        lambda: PROTO + _pairs(20_000) + b"q\x01}(" + b"".join(_key(n) + b"h\x01" for n in range(20_000)) + b"u.",
    )
    yield "wide.pkl", lambda: PROTO + b"](" + b"N" * 20_000 + b"eq\x01](" + b"h\x01" * 20_000 + b"e."
    yield "fields.onnx", lambda: b"\x08\x08" + b"\x12\x00" * 1_500_000
    yield "scopes.onnx", _long_scopes
    yield "text.pt", lambda: b"hello, world\n"


def _key(number: int) -> bytes:
    text = str(number).encode()
    return b"X" + struct.pack("<I", len(text)) + text


def _pairs(count: int) -> bytes:
    """An OrderedDict of ``count`` keys."""
    return b"ccollections\nOrderedDict\n)R(" + b"".join(_key(n) + b"N" for n in range(count)) + b"u"


def _no_nodes() -> bytes:
    return b'{"graph_module": {"graph": {"nodes": []}}}'


def _long_scopes() -> bytes:
    """A Dropout whose scope is a string that never ends, full of what looks like the end of one."""

    def field(number: int, data: bytes) -> bytes:
        return bytes([number << 3 | 2]) + _varint(len(data)) + data

    entry = field(1, b"pkg.torch.onnx.name_scopes") + field(2, b"'" + b"\\'" * 30_000)
    node = field(1, b"x") + field(4, b"Dropout") + field(9, entry)
    return b"\x08\x08" + field(7, field(1, node) * 20) + field(8, b"\x10\x11")


def _odd_nodes() -> bytes:
    odd: list[object] = [3, None, [], {"target": 7}, {"target": "torch.ops.aten.dropout.default", "inputs": 4}]
    odd += [{"target": "torch.ops.aten.dropout.default", "inputs": [None, {"name": 3}, {"name": "p", "arg": []}]}]
    odd += [{"target": "torch.ops.aten.dropout.default", "metadata": {"nn_module_stack": 7, "stack_trace": []}}]
    return json.dumps({"graph_module": {"graph": {"nodes": odd}}}).encode()


def _deep_graphs() -> bytes:
    before = b'{"nodes":[{"target":"c","inputs":[{"name":"","arg":{"as_graph":{"graph":'
    return b'{"graph_module":{"graph":' + before * 120 + b'{"nodes":[]}' + b"}}}]}]}" * 120 + b"}}"
