"""What code mentions is found by words, without parsing."""

from __future__ import annotations

from dropout_lint.project.symbols import FileSymbols
from dropout_lint.syntax.outline import Outline

TEXT = """
import a.b, c as d
from e import f as g
from i import *
from .j import (k, l as m)  # n

model = build()
model = model.to(device)
table["net"] = Net()
one, two = pair()
if big:
    late = Net()
    layers.append(Block())

@decorated
def function(x):
    return model(x).eval()

class Base(Above):
    size = Other

    def method(self):
        return self.part
"""


def test_names_of_the_top_level_and_what_they_are_made_of() -> None:
    assigned = {name: body.names for name, body in FileSymbols("a.py", Outline(TEXT)).assigned.items()}
    assert {"build", "device"} <= assigned["model"]
    assert "Net" in assigned["table"]
    assert "pair" in assigned["one"] & assigned["two"]
    assert "Net" in assigned["late"]
    assert "Block" in assigned["layers"]


def test_imports() -> None:
    found = FileSymbols("a.py", Outline(TEXT))
    assert found.imported == {
        "a": ("a", ""),
        "d": ("c", ""),
        "g": ("e", "f"),
        "k": (".j", "k"),
        "m": (".j", "l"),
    }
    assert found.stars == ["i"]


def test_functions_and_classes_with_their_lines() -> None:
    found = FileSymbols("a.py", Outline(TEXT))
    function = found.body_at("function", 16)
    assert function is not None
    assert "decorated" in function.names
    assert {"eval"} == function.attributes
    assert found.body_at("function", 15) is None
    method = found.body_at("method", 22, "Base")
    assert method is not None
    assert method.attributes == {"part"}
    assert {"Above", "Other"} <= found.classes["Base"].body.names


def test_a_word_is_mentioned_if_it_is_in_the_code_and_no_part_of_another() -> None:
    outline = Outline('"""Runs evaluate."""\nre_evaluate()  # or train\nmodel.predict(x)\n')
    mentioned = {word: outline.mentions(word) for word in ("evaluate", "re_evaluate", "predict", "pre", "model")}
    assert mentioned == {"evaluate": False, "re_evaluate": True, "predict": True, "pre": False, "model": True}
