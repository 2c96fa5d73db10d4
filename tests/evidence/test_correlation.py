"""Static findings and watched runs: what is confirmed, refuted, not reached, and what a run cannot decide."""

from __future__ import annotations

from typing import Any

import pytest

from dropout_lint.evidence.correlation import Correlation, runs_always
from dropout_lint.evidence.run_report import Export, Line, Observation, RanClass, RunReport, Site
from dropout_lint.finding import Finding, Note, Position, Runtime, Span

FILE, OTHER = "train.py", "net.py"
NET = """class Net(nn.Module):
    def forward(self, x):
        x = self.fc(x)
        if self.extra:
            x = F.dropout(x, 0.1)
        x = F.dropout(x, 0.5)
        if x is None:
            return x
        return F.dropout(x, 0.2)
"""


def span(line: int, last: int | None = None) -> Span:
    return Span(Position(line, 1), Position(last or line, 9))


def finding(
    code: str, line: int, *, file: str = FILE, notes: tuple[Note, ...] = (), last: int | None = None
) -> Finding:
    return Finding(code, "name", "message", "help", file, span(line, last), notes=notes)


def place(line: int, file: str = FILE) -> Line:
    return Line(file, line, file, line)


def site(line: int, **calls: int) -> Site:
    names = ("train_grad", "train_nograd", "eval_grad", "eval_nograd", "mixed")
    return Site(place(line), *(calls.get(name, 0) for name in names))


def observation(code: str, line: int, file: str = FILE) -> Observation:
    return Observation(code, "seen", "help", "high", place(line, file), 3, "call", ())


def ran(line: int, end_line: int, *, train: int = 0, evaluation: int = 0, root: bool = True) -> RanClass:
    return RanClass("net.Net", OTHER, line, end_line, train, evaluation, root)


def report(*, seen: Any = (), sites: Any = (), exports: Any = (), classes: Any = ()) -> RunReport:
    return RunReport("/", tuple(seen), tuple(sites), tuple(exports), tuple(classes))


def met(found: Finding, *reports: RunReport, text: str = "") -> Finding:
    return Correlation(reports).mark(found, text)[0]


@pytest.mark.parametrize(
    ("code", "calls", "expected", "reason"),
    [
        ("DRP301", {"train_nograd": 3}, Runtime.CONFIRMED, "3 of 3 calls in train mode"),
        ("DRP301", {"train_nograd": 3, "eval_nograd": 6}, Runtime.CONFIRMED, "3 of 9 calls in train mode"),
        ("DRP301", {"train_grad": 2}, Runtime.CONFIRMED, "2 of 2 calls in train mode"),
        ("DRP301", {"eval_nograd": 6}, Runtime.REFUTED, "6 calls, none in train mode"),
        ("DRP301", {"mixed": 1}, Runtime.NOT_SEEN, "calls in which modes and gradients decide nothing: 1"),
        ("DRP304", {"train_nograd": 1}, Runtime.CONFIRMED, "1 of 1 call in train mode"),
        ("DRP303", {"eval_grad": 3, "train_grad": 6}, Runtime.CONFIRMED, "3 of 9 calls in eval mode"),
        ("DRP303", {"train_grad": 6, "eval_nograd": 2}, Runtime.REFUTED, "8 calls, none in eval mode"),
        ("DRP303", {"eval_nograd": 2}, Runtime.NOT_SEEN, "calls in which modes and gradients decide nothing: 2"),
    ],
)
def test_calls_at_the_very_line_decide(code: str, calls: dict[str, int], expected: Runtime, reason: str) -> None:
    found = met(finding(code, 5), report(sites=[site(5, **calls), site(6, train_nograd=9)]))
    assert found.runtime is expected
    assert found.notes[-1].message == f"{expected.words}: {reason}"


def test_a_line_that_only_a_note_names_may_serve_training_too() -> None:
    found = finding("DRP301", 9, notes=(Note("the module is run here", None, span(5)),))
    assert met(found, report(sites=[site(5, train_grad=6)])).runtime is Runtime.NOT_SEEN
    assert met(found, report(sites=[site(5, train_grad=6, eval_nograd=2)])).runtime is Runtime.NOT_SEEN
    assert met(found, report(sites=[site(5, train_grad=6, train_nograd=2)])).runtime is Runtime.CONFIRMED
    assert met(found, report(sites=[site(5, eval_nograd=2)])).runtime is Runtime.REFUTED


def test_a_line_without_calls_was_not_reached() -> None:
    found = met(finding("DRP301", 5), report(sites=[site(6, train_nograd=1)]))
    assert found.runtime is Runtime.NOT_REACHED
    assert found.notes[-1].message == "not reached at run time: no model was called here"


def test_calls_inside_a_module_are_not_listed_and_so_decide_nothing() -> None:
    inner = finding("DRP301", 5, file=OTHER)
    assert met(inner, report(sites=[site(6)], classes=[ran(1, 9, train=2)])).runtime is None


def test_a_report_that_is_full_decides_nothing_about_lines_that_it_lacks() -> None:
    full = report(sites=[site(line) for line in range(10, 10 + 4096)])
    assert met(finding("DRP301", 5), full).runtime is None


@pytest.mark.parametrize(
    ("modes", "expected"),
    [
        (["train"], Runtime.CONFIRMED),
        (["eval", "mixed"], Runtime.CONFIRMED),
        (["eval", "eval"], Runtime.REFUTED),
        ([], Runtime.NOT_REACHED),
    ],
)
def test_exports_decide_by_their_mode(modes: list[str], expected: Runtime) -> None:
    exports = [Export(place(5), "torch.export.export", mode) for mode in modes]
    assert met(finding("DRP306", 4, last=6), report(exports=exports)).runtime is expected


@pytest.mark.parametrize(
    ("code", "line", "classes", "expected"),
    [
        ("DRP201", 6, [ran(1, 9, evaluation=4)], Runtime.REFUTED),
        ("DRP201", 5, [ran(1, 9, evaluation=4)], Runtime.NOT_SEEN),  # under a condition
        ("DRP201", 9, [ran(1, 9, evaluation=4)], Runtime.NOT_SEEN),  # after a return
        ("DRP201", 6, [ran(1, 9, evaluation=4, root=False)], Runtime.NOT_SEEN),  # a part: was it called at all?
        ("DRP201", 6, [ran(1, 9, train=4)], Runtime.NOT_SEEN),
        ("DRP202", 6, [ran(20, 30, evaluation=4)], Runtime.NOT_REACHED),
        ("DRP201", 6, [], None),
        ("DRP101", 6, [ran(20, 30, evaluation=4)], None),  # no run can see an argument
    ],
)
def test_dropout_in_forward(code: str, line: int, classes: list[RanClass], expected: Runtime | None) -> None:
    assert met(finding(code, line, file=OTHER), report(classes=classes), text=NET).runtime is expected


def test_what_the_run_saw_at_the_line_confirms_under_any_code_of_the_group() -> None:
    seen = observation("DRP207", 6, OTHER)
    found, same = Correlation((report(seen=[seen]),)).mark(finding("DRP201", 4, file=OTHER, last=7), NET)
    assert (found.runtime, same) == (Runtime.CONFIRMED, (seen,))
    assert found.notes[-1].message == "confirmed at run time: 3 calls"


@pytest.mark.parametrize(
    ("seen", "found"),
    [
        (observation("DRP201", 7), finding("DRP201", 6)),
        (observation("DRP201", 6, OTHER), finding("DRP201", 6)),
        (observation("DRP303", 6), finding("DRP301", 6)),
    ],
    ids=["line", "file", "code"],
)
def test_what_the_run_saw_elsewhere_confirms_nothing(seen: Observation, found: Finding) -> None:
    assert Correlation((report(seen=[seen]),)).mark(found, "")[1] == ()


def test_an_unregistered_layer_is_confirmed_anywhere_in_its_class() -> None:
    made = report(seen=[observation("DRP401", 6, OTHER)], classes=[ran(1, 9)])
    assert met(finding("DRP401", 2, file=OTHER), made).runtime is Runtime.CONFIRMED
    apart = report(seen=[observation("DRP401", 16, OTHER)], classes=[ran(1, 9), ran(11, 19)])
    assert met(finding("DRP401", 2, file=OTHER), apart).runtime is not Runtime.CONFIRMED


def test_several_runs_count_together() -> None:
    first, second = report(sites=[site(5, eval_nograd=2)]), report(sites=[site(5, train_nograd=1)])
    assert met(finding("DRP301", 5), first).runtime is Runtime.REFUTED
    assert met(finding("DRP301", 5), first, second).runtime is Runtime.CONFIRMED


@pytest.mark.parametrize(
    ("line", "expected"),
    [(3, True), (4, False), (5, False), (6, True), (8, False), (9, False), (1, False), (99, False)],
)
def test_which_lines_a_call_of_forward_certainly_reaches(line: int, expected: bool) -> None:
    assert runs_always(NET, line) is expected


@pytest.mark.parametrize(
    "body",
    [
        "x = F.dropout(x) if x else x",
        "x = x and F.dropout(x)",
        "x = [F.dropout(y) for y in x]",
        "f = lambda: F.dropout(x)",
    ],
)
def test_part_of_a_statement_may_not_run(body: str) -> None:
    assert not runs_always(f"class N:\n    def forward(self, x):\n        {body}\n", 3)


def test_text_that_does_not_parse_proves_nothing() -> None:
    assert not runs_always("def forward(:\n  x\n", 2)
