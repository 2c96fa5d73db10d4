"""Which parameters a condition in a loop over them is about."""

import ast

import pytest

from dropout_lint.syntax.source import SourceFile
from dropout_lint.typestate.models.parameter_names import ANY_INDEX, ANY_LAYER, Selection, selection_around


def selection(body: str) -> Selection:
    """The selection in a loop over named parameters with this ``body``."""
    text = f"for name, p in model.named_parameters():\n{body}"
    source = SourceFile("a.py", text)
    stores = (
        node for node in ast.walk(source.tree) if isinstance(node, ast.Attribute) and node.attr == "requires_grad"
    )
    return selection_around(next(stores), source)


@pytest.mark.parametrize(
    ("condition", "name", "reached"),
    [
        ("name.startswith('fc')", "fc.weight", True),
        ("name.startswith(('fc', 'head'))", "head.weight", True),
        ("not name.startswith('fc')", "norm.weight", True),
        ("name.endswith('bias')", "norm.weight", False),
        ("'fc' in name", "norm.weight", False),
        ("'fc' not in name and 'head' not in name", "norm.weight", True),
        ("name == 'fc.weight' or 'norm' in name", "norm.weight", True),
        ("name not in ['fc.weight', 'fc.bias']", "fc.bias", False),
        ("any(word in name for word in ('norm', 'fc'))", "norm.weight", True),
        ("all(word not in name for word in ('head', 'fc'))", "norm.weight", True),
        ("name.split('.')[0] == 'fc'", "fc.weight", None),
        ("any(word in name for word in words)", "norm.weight", None),
        ("len(name) > 3 and 'fc' in name", "norm.weight", False),
        ("'layers.0' in name", f"layers.{ANY_INDEX}.weight", None),
        ("'fc' not in name", f"{ANY_LAYER}.weight", True),
        ("'bn' not in name", f"{ANY_LAYER}.weight", None),
    ],
)
def test_a_condition_is_worked_out_on_a_name(condition: str, name: str, reached: bool | None) -> None:
    assert selection(f"    if {condition}:\n        p.requires_grad = False").reaches(name) is reached


def test_what_is_skipped_is_not_reached() -> None:
    found = selection("    if 'fc' in name:\n        continue\n    p.requires_grad = False")
    assert (found.reaches("fc.weight"), found.reaches("norm.weight")) == (False, True)


def test_the_other_branch_is_reached_by_the_rest() -> None:
    found = selection("    if 'fc' in name:\n        pass\n    else:\n        p.requires_grad = False")
    assert (found.reaches("fc.weight"), found.reaches("norm.weight")) == (False, True)


def test_a_condition_that_is_the_same_for_all_may_hold() -> None:
    assert selection("    if options.freeze:\n        p.requires_grad = False").reaches("norm.weight") is True


def test_a_loop_that_ends_early_reaches_nobody_knows_which() -> None:
    found = selection("    if n > 3:\n        break\n    p.requires_grad = False")
    assert found.reaches("norm.weight") is None


def test_the_flag_may_be_the_condition() -> None:
    found = selection("    p.requires_grad = 'fc' in name")
    assert found.value(ast.parse("'fc' in name", mode="eval").body, "norm.weight") is False
