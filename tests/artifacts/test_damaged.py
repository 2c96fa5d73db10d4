"""Whatever a model's file holds, it is judged or named as unreadable, and the models beside it are judged."""

from __future__ import annotations

import io
import os
import pickle
import pickletools
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dropout_lint.artifacts import inspection
from dropout_lint.artifacts.values.evidence import Content
from dropout_lint.cli import artifacts, main
from tests.artifacts import exporters as to
from tests.artifacts import networks as nets
from tests.artifacts.hostile import PROTO, program, scripted, zip_of
from tests.damage import Edit, as_json, damaged, edits, few, outcome, replaced, values


def _field(number: int, data: bytes | int) -> bytes:
    """One field of a message of protocol buffers, of at most 127 bytes."""
    return bytes([number << 3, data]) if isinstance(data, int) else bytes([number << 3 | 2, len(data)]) + data


def _onnx() -> bytes:
    """A model with a Dropout whose mode is a constant, one in a function, and a batch norm in train mode."""
    flag = _field(2, 9) + _field(8, b"on") + _field(9, b"\x01")
    rate = _field(2, 1) + _field(8, b"rate") + b"\x0d" + b"\x00\x00\x00\x3f"
    scope = _field(1, b"pkg.torch.onnx.name_scopes") + _field(2, b"['', 'drop', 'drop.1']")
    drop = _field(1, b"x") + _field(1, b"rate") + _field(1, b"on") + _field(4, b"Dropout")
    norm = _field(4, b"BatchNormalization") + _field(5, _field(1, b"training_mode") + _field(3, 1))
    ratio = _field(4, b"Dropout") + _field(5, _field(1, b"ratio") + b"\x15\x00\x00\x00\x3f")
    call = _field(4, b"F") + _field(7, b"mine")
    body = _field(1, b"F") + _field(7, ratio) + _field(9, _field(2, 6)) + _field(10, b"mine")
    graph = (
        b"".join(_field(1, node) for node in (drop, norm, call, _field(9, scope))) + _field(5, flag) + _field(5, rate)
    )
    long = bytes([7 << 3 | 2, len(graph) & 0x7F | 0x80, len(graph) >> 7])
    return (
        _field(1, 8) + long + graph + _field(8, _field(2, 17)) + bytes([25 * 8 + 2 & 0x7F | 0x80, 1, len(body)]) + body
    )


_STACK = "L__self__,,net.Net;L__self__drop,drop,torch.nn.modules.dropout.Dropout"
_NODE = {
    "target": "torch.ops.aten.dropout.default",
    "inputs": [
        {"name": "p", "arg": {"as_float": 0.5}},
        {"name": "train", "arg": {"as_bool": True}},
        {"name": "g", "arg": {"as_graph": {"graph": {"nodes": [{"target": "torch.ops.aten.rand.default"}]}}}},
    ],
    "metadata": {"nn_module_stack": _STACK, "stack_trace": '  File "net.py", line 3, in forward\n    return drop(x)\n'},
}
_GRAPH = {"graph_module": {"graph": {"nodes": [_NODE, {"target": "torch.ops.aten.rand.default"}]}}}


def _exported() -> bytes:
    """A `.pt2` file with a dropout that is on."""
    return program(as_json(_GRAPH))


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A sound file of each kind, by its name."""
    folder = tmp_path_factory.mktemp("sound")
    network = nets.Always().train()
    for name, export in EXPORTERS.items():
        to.write(export, network, nets.ROWS, folder / name)
    made = {path.name: path.read_bytes() for path in folder.iterdir()}
    return {
        **made,
        **{f"p{version}.pkl": pickle.dumps(network, version) for version in PROTOCOLS},
        "m.onnx": _onnx(),
        "m.pt2": _exported(),
    }


EXPORTERS = {"script.pt": to.script, "trace.pt": to.trace, "whole.pt": to.whole, "old.pt": to.whole_before_1_6}
PROTOCOLS = (0, 1, 2, 4)
KINDS = [*EXPORTERS, *(f"p{version}.pkl" for version in PROTOCOLS), "m.onnx", "m.pt2"]


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The current folder, with a model in it that is saved in train mode."""
    before, made = Path.cwd(), tmp_path_factory.mktemp("models")
    to.write(to.whole, nets.Always().train(), nets.ROWS, made / "good.pt")
    os.chdir(made)
    yield made
    os.chdir(before)


def beside(name: str, data: bytes) -> tuple[int, str, str]:
    """The outcome for the folder with ``data`` in the file ``odd_name``; what is wrong in ``good.pt`` is found."""
    path = Path(f"odd_{name}")
    path.write_bytes(data)
    try:
        code, out, err = outcome("artifacts", "--output-format=concise", ".")
    finally:
        path.unlink()
    assert re.search(r"^(\./)?good\.pt:1:1: DRP306", out, re.MULTILINE), out
    assert code == 1 or f"{path}: " in err
    return code, out, err


def with_entry(data: bytes, number: int, change: Callable[[bytes], bytes]) -> bytes:
    """The zip ``data`` with one of its entries changed, and sound otherwise."""
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        entries = {name: file.read(name) for name in file.namelist()}
    name = list(entries)[number % len(entries)]
    return zip_of({**entries, name: change(entries[name])}, zipfile.ZIP_STORED)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_damaged_below_is_sound(kind: str, sound: dict[str, bytes]) -> None:
    code, out, _ = beside(kind, sound[kind])
    assert (code, out.count("DRP306") > 1) == (1, True)


@pytest.mark.parametrize("kind", KINDS)
@few(0.2)
@given(edits, st.none() | st.integers(0, 20))
def test_a_damaged_file_is_judged_or_named(
    kind: str, sound: dict[str, bytes], done: list[Edit], entry: int | None
) -> None:
    data = sound[kind]
    if entry is not None and zipfile.is_zipfile(io.BytesIO(data)):
        beside(kind, with_entry(data, entry, lambda content: damaged(content, done)))
    else:
        beside(kind, damaged(data, done))


_ARGUMENTS = (
    b"",
    b"\0",
    b"\x01",
    b"1\n",
    b"\x01\0\0\0a",
    b"\x01\xff",
    b"\x01\0\0\0\xff",
    b"\xff" * 8,
    b"os\nsystem\n",
    b"L\n",
)
_OPCODES = [operation.code.encode("latin-1") for operation in pickletools.opcodes]
_MODULE = pickle.dumps({"training": True, "_modules": {}}, 2)[:-1]


@few(0.5)
@given(st.lists(st.tuples(st.sampled_from(_OPCODES), st.sampled_from(_ARGUMENTS)).map(b"".join), max_size=25))
@example([b"U\x01\xff"])
@example([b"X\x01\0\0\0\xff"])
@example([b"(", b"2", b"u"])
@example([b"N", b"p99999999999\n", b"(", b"s"])
def test_any_program_for_the_machine_of_pickles_ends(instructions: list[bytes]) -> None:
    program = b"".join(instructions)
    beside("x.pkl", PROTO + program + b".")
    beside("y.pkl", PROTO + b"c__torch__\nM\n)\x81" + _MODULE[2:] + b"b" + program + b".")


_WORDS = re.compile(r"\w+|\S")
_CODE = (
    "class M(Module):\n  training : bool\n  p : float = 0.5\n  def forward(self: __torch__.M, x: Tensor) -> Tensor:\n"
    "    a, b = (0.5, 1), [1]\n"
    "    if self.training:\n      y = torch.dropout(x, self.p, True)\n    else:\n      y = x\n"
    "    for i in range(3):\n      y = __torch__.f(y, -1, )\n"
    "    return torch.feature_dropout(y, a[0], torch.ne(b, 1))\n"
    "def f(x: Tensor, n: int=2) -> Tensor:\n  return torch.rand(x)\n"
)
_ODD_WORDS = (
    *(
        "self",
        "self.training",
        "f",
        "()",
        "(0, 1)",
        "[",
        ")",
        "None",
        "-",
        "1.5",
        "True",
        "0x" + "f" * 2_000,
        "1e999",
        "''",
    ),
    *(
        "lambda: 0",
        "*x",
        "**x",
        "x[0]",
        "not",
        "\r",
        "\f",
        "\0",
        "\u00e9",
        "...",
        "b''",
        "1j",
        "while",
        "return",
        ":",
        "\n",
    ),
)


@few(0.5)
@given(st.lists(st.tuples(st.integers(0, 200), st.sampled_from(_ODD_WORDS)), min_size=1, max_size=4))
@example([(47, "0x" + "f" * 2_000)])
@example([(44, "\r")])
def test_any_code_of_torchscript_is_followed_or_named(done: list[tuple[int, str]]) -> None:
    code = _CODE
    for number, word in done:
        places = list(_WORDS.finditer(code))
        start, end = places[number % len(places)].span() if places else (0, 0)
        code = code[:start] + word + code[end:]
    beside("x.pt", scripted(code.encode()))


@few(0.5)
@given(st.lists(st.integers(0, 9), max_size=9), values)
@example([0, 0, 0, 0, 1, 0, 1], {"as_int": 10**39})
def test_any_graph_of_an_exported_program_is_followed_or_named(path: list[int], value: Any) -> None:
    beside("x.pt2", program(as_json(replaced(_GRAPH, path, value))))


@few(0.5)
@given(
    st.lists(st.tuples(st.integers(0, 31), st.sampled_from((0, 1, 2, 5)), st.binary(max_size=11)), max_size=8), edits
)
@example([(7, 2, _field(1, _field(5, _field(2, b""))))], [])
@example([(7, 2, _field(1, _field(4, b"Dropout") + _field(5, b"\x10" + b"\xff" * 9 + b"\x01"))), (8, 2, b"")], [])
def test_any_message_of_onnx_is_followed_or_named(fields: list[tuple[int, int, bytes]], done: list[Edit]) -> None:
    message = b"".join(
        bytes([number << 3 & 0x7F | wire]) + (bytes([len(data)]) if wire == 2 else b"") + data
        for number, wire, data in fields
    )
    beside("x.onnx", b"\x08\x08" + damaged(message, done))


def test_a_reader_that_fails_is_told_of_and_the_other_files_are_judged(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def read(path: str) -> Content:
        if "odd" in path:
            raise ZeroDivisionError
        return inspection.read_file(path)

    monkeypatch.setattr(artifacts, "read_file", read)
    code = main(["artifacts", "--output-format=concise", "odd.pt", "good.pt"])
    out = capsys.readouterr().out
    assert (code, "good.pt:1:1: DRP306" in out, "All checks passed!" in out) == (2, True, False)
    assert "odd.pt:1:1: DRP001 the inspector failed on this file: ZeroDivisionError" in out
