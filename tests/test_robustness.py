"""Nothing that a file is named or contains ends a run, or hides what another file has to say."""

from __future__ import annotations

import os
import random
import re
import sys
from pathlib import Path

import pytest

from dropout_lint.cli import main
from dropout_lint.driver.fix_files import fix_bytes
from dropout_lint.lint import engine, file_check
from dropout_lint.lint.file_check import lint_bytes
from dropout_lint.lint.registry import all_rules
from dropout_lint.render import formats
from dropout_lint.syntax.lazy_parse import parse
from tests.conftest import ROOT

RULES = all_rules()
HEAD = "import torch\nfrom torch import nn\n"
BAD = HEAD + "nn.Dropout(30)\n"


def codes(data: bytes, name: str = "x.py") -> list[str]:
    return [finding.code for finding in lint_bytes(name, data, RULES).findings]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (BAD.encode() + b"\0", ["DRP000"]),
        (b"# coding: rot13\n" + BAD.encode(), ["DRP000"]),
        (b"# coding: undefined\n" + BAD.encode(), ["DRP000"]),
        (b"# coding: nonsense\n" + BAD.encode(), ["DRP000"]),
        (b"\xef\xbb\xbf# coding: latin-1\n" + BAD.encode(), ["DRP000"]),
        (b"# \xe9\n" + BAD.encode(), ["DRP000"]),
        (b"\x7fELF\x02\x00\xff torch nn.Dropout(30)", ["DRP000"]),
        (b"# coding: utf-7\n" + BAD.encode(), ["DRP101"]),
        (BAD.encode("utf-16"), []),
        (BAD.replace("\n", "\r").encode(), ["DRP101"]),
        (BAD.replace("\n", "\r\n").encode(), ["DRP101"]),
        ((BAD + "x = " + "(" * 5000 + ")" * 5000).encode(), ["DRP000"]),
        ((BAD + "x = " + "-" * 50000 + "1").encode(), ["DRP001"]),
        ((HEAD + "x = " + "[nn.Dropout(30)," * 90 + "]" * 90).encode(), ["DRP101"] * 90),
        ((HEAD + "x = nn.Dropout(30)" + "(x)" * 300).encode(), ["DRP101"]),
        ((HEAD + "x = nn.Dropout(30)" + "(x)" * 600).encode(), ["DRP101"]),
        ((HEAD + "x = nn.Dropout(" + "-" * 300 + "30)").encode(), []),
        ((HEAD + "".join(" " * n + "if 1:\n" for n in range(99)) + " " * 99 + "nn.Dropout(30)").encode(), ["DRP101"]),
        ((HEAD + "x = '\\ud800'; nn.Dropout(30)").encode(), ["DRP101"]),
    ],
    ids=[
        "null byte",
        "codec of no text",
        "codec that refuses",
        "no codec",
        "mark and codec contradict",
        "no utf-8",
        "binary",
        "odd codec",
        "no python",
        "cr",
        "crlf",
        "open brackets",
        "signs",
        "lists",
        "calls",
        "more calls than Python unparses",
        "signs of a value",
        "blocks",
        "surrogate",
    ],
)  # fmt: skip
def test_odd_files(data: bytes, expected: list[str]) -> None:
    assert codes(data) == expected


@pytest.mark.parametrize("chain", ["+1", ".y", "[0]", "(1)", " if x else 1", ";x"])
def test_chains_of_any_length_end(chain: str) -> None:
    for length in (50, 500, 20000):  # how much is too much depends on the version of Python
        assert set(codes((BAD + "x = z" + chain * length).encode())) in ({"DRP101"}, {"DRP001"})


def test_a_file_that_is_too_large_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_MOST_TEXT", 20)
    (finding,) = lint_bytes("x.py", BAD.encode(), RULES).findings
    assert finding.code == "DRP001"
    assert finding.help == "exclude the file"


def test_a_failure_outside_of_the_rules_stays_with_its_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_check, "Suppressions", lambda text: 1 / 0)
    (finding,) = lint_bytes("x.py", BAD.encode(), RULES).findings
    assert finding.code == "DRP001"
    assert "ZeroDivisionError" in finding.message
    assert "please report it" in finding.help


@pytest.mark.skipif(sys.platform != "linux", reason="other systems allow fewer names")
@pytest.mark.parametrize("name", formats())
def test_odd_names_are_printed_in_every_format(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for odd in (b"\xff\xfe.py", b"line\nbreak.py", b"a b,c:d%.py", "é世.py".encode(), b"<&>'\".py"):
        Path(os.fsdecode(odd)).write_text(BAD, "utf-8")
    for target in ([], ["--output-file", "out"]):
        assert main(["check", "--isolated", "--no-cache", "--output-format", name, *target]) == 1
    out, err = capsys.readouterr()
    assert (Path("out").read_text("utf-8").count("DRP101"), err) == (out.count("DRP101"), "")


def test_folders_and_links_that_look_like_files_are_no_crash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "dangling.py").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to(".")
    (tmp_path / "self.py").symlink_to("self.py")
    (tmp_path / "good.py").write_text(HEAD, "utf-8")
    (tmp_path / "link.py").symlink_to("good.py")
    assert main(["check", "--isolated", "--no-cache"]) == 0
    assert main(["check", "--isolated", "--no-cache", "dangling.py", "self.py"]) == 2
    assert "dangling.py: no such file" in capsys.readouterr().err


_WORD = re.compile(r"\b(?:[A-Za-z_]\w*|\d[\d.]*)\b")


def mutated(text: str, seed: int) -> str:
    """``text`` as in the middle of an edit: with words that others have taken the place of, mostly still Python, or
    with pieces cut, doubled, moved or garbled, mostly not.
    """
    chance = random.Random(seed)
    words = _WORD.findall(text)
    for _ in range(chance.randint(1, 4)):
        if seed % 3:
            word = chance.choice(list(_WORD.finditer(text)))
            start, end = word.span()
            other = chance.choice([*words, "None", "x[0]", "f(x)", "x.y", "30", "-1", "lambda: 0", "*x", "''"])
        else:
            start, end = sorted(chance.randrange(len(text) + 1) for _ in range(2))
            end = min(end, start + chance.choice((1, 5, 40, 400)))
            piece = text[start:end]
            other = chance.choice(("", piece * 2, piece[::-1], "(", '"""', "\\", "\t", "\0", "é", "\n" + piece))
        text = text[:start] + other + text[end:]
    return text


@pytest.mark.checkout
@pytest.mark.parametrize(
    "path", sorted((ROOT / "fixtures").glob("*/*.py")), ids=lambda path: f"{path.parent.name}/{path.stem}"
)
def test_files_in_the_middle_of_an_edit_crash_no_rule(path: Path) -> None:
    text = path.read_text("utf-8")
    for seed in range(12):
        changed = mutated(text, seed)
        found = lint_bytes(str(path), changed.encode("utf-8", "replace"), RULES).findings
        assert "DRP001" not in {finding.code for finding in found}, f"seed {seed}: {found}"


@pytest.mark.checkout
@pytest.mark.parametrize("path", sorted((ROOT / "fixtures").glob("DRP*/bad.py")), ids=lambda path: path.parent.name)
def test_fixes_of_odd_programs_are_programs_and_final(path: Path) -> None:
    text = path.read_text("utf-8")
    readable = [changed for changed in (mutated(text, seed) for seed in range(8)) if is_python(changed)]
    for changed in readable[:2]:
        fixed = fix_bytes(str(path), changed.encode(), RULES, unsafe=True)
        assert fixed.error is None
        assert is_python(fixed.after.decode())
        assert fix_bytes(str(path), fixed.after, RULES, unsafe=True).applied == ()


def is_python(text: str) -> bool:
    try:
        parse(text)
    except SyntaxError:
        return False
    return True


def test_the_mutations_leave_some_files_readable() -> None:
    text = Path(__file__).with_name("language_client.py").read_text("utf-8")

    assert 10 <= sum(is_python(mutated(text, seed)) for seed in range(40)) <= 35


def test_names_that_are_assigned_to_each_other_many_times_come_to_an_end() -> None:
    swaps = "    X, y = y, X\n    X = y\n    y = X\n" * 12  # in every order, that would be 24 to the 12th lookups
    text = f"from torch import nn\n\n\ndef prepare(X, y):\n{swaps}    return X(1), nn.Dropout(30)\n"
    assert [finding.code for finding in lint_bytes("data.py", text.encode(), RULES).findings] == ["DRP101"]
