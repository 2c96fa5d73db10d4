"""The files of calls are read, and the names of what is called are read off the programs."""

from __future__ import annotations

import pytest

from benchmarks.library_modes.registry import callee, not_measured, probes, shown


@pytest.mark.parametrize(
    ("program", "name"),
    [
        ("import thop\nthop.profile(model, inputs=(x,))", "thop.profile"),
        ("from captum import attr\nattr.Saliency(model).attribute(x)", "captum.attr.Saliency.attribute"),
        ("import a.b as c\nmade = c.Make(model)\nmade.run(x)", "a.b.Make.run"),
        ("from monai.networks import eval_mode\nwith eval_mode(model): model(x)", "monai.networks.eval_mode"),
        ("import ttach\nttach.Wrapper(model)(x)", "ttach.Wrapper.__call__"),
        ("copy.deepcopy(model)", "copy.deepcopy"),
    ],
)
def test_the_name_of_what_is_called_is_read_off_the_program(program: str, name: str) -> None:
    assert callee(program) == name


def test_a_program_is_shown_in_one_line_without_its_imports() -> None:
    assert shown("import a\nb = a.f(model)\nwith b:\n    b(x)") == "b = a.f(model); with b: b(x)"


def test_every_call_has_a_name_and_a_program_that_parses() -> None:
    for one in probes():
        compile(one.program, one.call, "exec")
        compile(one.build, one.call, "exec")
        assert "." in one.callee, one.call


def test_what_is_not_measured_says_why() -> None:
    assert all(one.call and one.why for one in not_measured())
