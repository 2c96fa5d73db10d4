"""Labels, families and the score that sets findings against them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import families, labels, score
from benchmarks.causes import causes, ranked
from benchmarks.labels import BadLabels, Label
from benchmarks.packages import Package
from benchmarks.scoring import Judgement, Outcome, Reported, judge, table

ALL = {"DRP101", "DRP108", "DRP109", "DRP110", "DRP203", "DRP204", "DRP207", "DRP403"}
BY_DEFAULT = ALL - {"DRP109", "DRP207"}


def a_label(
    family: str, verdict: str, *, lines: tuple[int, int] = (10, 12), id: str = "L1", kind: str = "local"
) -> Label:
    return Label(id, "pkg-1", None, "a.py", *lines, family, verdict, kind, "a reason")


def a_finding(code: str, line: int = 10, *, where: str = "pkg-1", path: str = "a.py") -> Reported:
    return Reported(where, path, line, code)


def judged(findings: list[Reported], known: list[Label], selected: set[str] = ALL) -> list[Judgement]:
    return judge(findings, known, default_codes=BY_DEFAULT, selected=selected, read={"pkg-1"})


def outcomes(findings: list[Reported], known: list[Label], selected: set[str] = ALL) -> list[Outcome]:
    return [one.outcome for one in judged(findings, known, selected)]


@pytest.mark.parametrize(
    ("code", "family", "verdict", "outcome"),
    [
        pytest.param("DRP108", "C3", "bug", Outcome.TRUE, id="a bug is rightly reported"),
        pytest.param("DRP108", "C3", "ok", Outcome.FALSE, id="what is ok is not"),
        pytest.param("DRP108", "C3", "style", Outcome.FALSE, id="style is not for a rule that is on by default"),
        pytest.param("DRP203", "F3", "intentional", Outcome.FALSE, id="nor is what is meant"),
        pytest.param("DRP207", "F2", "intentional", Outcome.TRUE, id="an opt-in rule may report what is meant"),
        pytest.param("DRP109", "S7", "style", Outcome.TRUE, id="an opt-in rule may report style"),
        pytest.param("DRP403", "S4", "style", Outcome.LEFT_OUT, id="S4 style counts either way"),
        pytest.param("DRP403", "S4", "unsure", Outcome.LEFT_OUT, id="unsure takes no side"),
        pytest.param("DRP108", "C3", "benign_model", Outcome.LEFT_OUT, id="a benign model takes no side"),
    ],
)
def test_a_finding_on_a_label_is(code: str, family: str, verdict: str, outcome: Outcome) -> None:
    assert outcomes([a_finding(code)], [a_label(family, verdict)]) == [outcome]


def test_a_finding_counts_on_another_line_that_the_reason_names() -> None:
    label = Label("L1", "pkg-1", None, "a.py", 10, 12, "M3", "bug", "interproc", "never back (alt L40 the eval call)")
    assert outcomes([a_finding("DRP303", 40)], [label], {"DRP303"}) == [Outcome.TRUE]
    assert outcomes([a_finding("DRP303", 41)], [label], {"DRP303"}) == [Outcome.MISSED, Outcome.OPEN]


@pytest.mark.parametrize("line", [10, 12])
def test_a_finding_counts_on_the_first_and_last_line_of_a_label(line: int) -> None:
    assert outcomes([a_finding("DRP108", line)], [a_label("C3", "bug")]) == [Outcome.TRUE]


@pytest.mark.parametrize(
    "finding",
    [
        pytest.param(a_finding("DRP108", 9), id="a line before"),
        pytest.param(a_finding("DRP108", 13), id="a line after"),
        pytest.param(a_finding("DRP101"), id="of another family"),
        pytest.param(a_finding("DRP108", path="b.py"), id="in another file"),
    ],
)
def test_a_bug_is_missed_by_a_finding(finding: Reported) -> None:
    assert sorted(outcomes([finding], [a_label("C3", "bug")])) == [Outcome.FALSE, Outcome.MISSED]


def test_a_bug_of_a_rule_that_did_not_run_is_not_missed() -> None:
    assert outcomes([], [a_label("C3", "bug")], selected={"DRP101"}) == []


def test_silence_on_style_and_intent_is_right() -> None:
    known = [a_label("C3", "style"), a_label("F3", "intentional", id="L2"), a_label("S4", "unsure", id="L3")]
    assert outcomes([], known) == []


def test_without_a_label_a_finding_is_false_where_everything_was_read() -> None:
    assert outcomes([a_finding("DRP108")], []) == [Outcome.FALSE]


@pytest.mark.parametrize(
    "finding",
    [
        pytest.param(a_finding("DRP110"), id="in a family of which not all was read"),
        pytest.param(a_finding("DRP108", where="owner/name"), id="in a repository of which not all was read"),
    ],
)
def test_without_a_label_a_finding_is_open(finding: Reported) -> None:
    assert outcomes([finding], []) == [Outcome.OPEN]


def test_the_closest_of_several_labels_speaks() -> None:
    known = [a_label("C3", "ok", lines=(1, 90)), a_label("C3", "bug", lines=(10, 10), id="L2")]
    assert outcomes([a_finding("DRP108")], known) == [Outcome.TRUE]


def test_two_findings_on_one_bug_are_both_true_and_it_counts_once_for_recall() -> None:
    known = [a_label("C3", "bug"), a_label("C3", "bug", lines=(50, 50), id="L2", kind="crossfile")]
    (row,) = table(judged([a_finding("DRP108"), a_finding("DRP108", 11)], known, {"DRP108"}), known, {"DRP108"})
    assert row.counts[Outcome.TRUE] == 2
    assert (row.hit, row.bugs) == ({"local": 1}, {"local": 1, "crossfile": 1})
    assert (row.precision, row.recall) == (1.0, 0.5)


def test_recall_stands_in_the_row_of_all_rules_that_share_a_family() -> None:
    known = [a_label("F3", "bug")]
    rows = table(judged([a_finding("DRP204")], known), known, {"DRP203", "DRP204"})
    assert [(row.codes, row.findings, row.recall) for row in rows] == [
        (("DRP203",), 0, None),
        (("DRP204",), 1, None),
        (("DRP203", "DRP204"), 1, 1.0),
    ]


def test_rules_that_share_families_through_a_third_are_one_group() -> None:
    found = families.groups({"DRP101", "DRP102", "DRP103", "DRP108", "DRP999"})
    assert [codes for codes, _ in found] == [("DRP101", "DRP102", "DRP103"), ("DRP108",), ("DRP999",)]
    assert [family.key for family in found[0][1]] == ["C1", "C4"]


def test_every_label_of_the_project_is_of_a_known_family() -> None:
    every = labels.load(labels.files())
    assert len(every) >= 632 + 160
    assert {label.family for label in every} <= set(families.BY_KEY)


_HEAD = "id,package,version,path,line,end_line,family,verdict,detectable,reason\n"


def test_an_own_label_takes_the_place_of_the_one_with_its_id(tmp_path: Path) -> None:
    (tmp_path / "own_labels.csv").write_text(_HEAD + 'L1,pkg,1,a.py,7,7,C3,ok,local,"argued, at length"\n')
    (tmp_path / "set.csv").write_text(_HEAD + "L1,pkg,1,a.py,7,7,C3,bug,local,x\nL2,pkg,1,a.py,8,8,C3,ok,local,y\n")
    found = labels.load(labels.files(tmp_path))
    assert [(label.id, label.where, label.verdict) for label in found] == [("L1", "pkg-1", "ok"), ("L2", "pkg-1", "ok")]
    assert found[0].reason == "argued, at length"


def test_labels_of_repositories_know_their_commit(tmp_path: Path) -> None:
    file = tmp_path / "mode.csv"
    file.write_text(_HEAD.replace("package,version", "repo,commit") + "H1,me/net,abc,a.py,7,9,M1,bug,local,x\n")
    (found,) = labels.load([file])
    assert (found.where, found.commit) == ("me/net", "abc")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        pytest.param("id,path\n", "columns must be id, package", id="columns"),
        pytest.param(
            _HEAD + "L1,pkg,1,a.py,7,7,C3,bad,local,x\n",
            ":2: unknown verdict 'bad'; the verdicts are bug,",
            id="verdict",
        ),
        pytest.param(_HEAD + "L1,pkg,1,a.py,7,,C3,ok,local,x\n", ":2: line and end_line must be numbers", id="number"),
        pytest.param(_HEAD + "L1,pkg,1,a.py,7,6,C3,ok,local,x\n", ":2: line 7 to 6 is no range", id="range"),
        pytest.param(_HEAD + "L1,pkg,1,a.py,7,7,C3,ok,local\n", ":2: too many or too few", id="short row"),
        pytest.param(
            _HEAD + "L1,pkg,1,a.py,7,7,C3,ok,local,x\nL1,pkg,1,a.py,7,7,C3,ok,local,x\n",
            ":3: L1 is",
            id="twice",
        ),
    ],
)
def test_labels_are_refused_with_their_place(tmp_path: Path, content: str, complaint: str) -> None:
    file = tmp_path / "set.csv"
    file.write_text(content)
    with pytest.raises(BadLabels, match=rf"set\.csv.*{complaint}"):
        labels.load([file])


@pytest.fixture
def small_corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A corpus of one package with two mistakes, of which one is labelled, and a label for a third that is none."""
    monkeypatch.setattr("benchmarks.packages.load", lambda: (Package("pkg", "1", "sdist", "pkg-1.tar.gz", "0" * 64),))
    monkeypatch.setattr("benchmarks.repositories.present", list)
    folder = tmp_path / "corpus" / "pkg-1"
    folder.mkdir(parents=True)
    (folder / ".sha256").write_text("0" * 64)
    (folder / "a.py").write_text(
        "from torch import nn\n\nx = nn.Dropout(30)\ny = nn.Dropout(40)\nz = nn.Dropout(0.5)\n"
    )
    (tmp_path / "set.csv").write_text(
        _HEAD + "L1,pkg,1,a.py,3,3,C1,bug,local,percent\nL2,pkg,1,a.py,5,5,C1,bug,class,made up\n"
    )
    return tmp_path


def test_the_score_of_a_real_run_names_each_disagreement(
    small_corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = score.main(
        ["--corpus", str(small_corpus / "corpus"), "--labels", str(small_corpus / "set.csv"), "--select", "DRP101"]
    )
    out = capsys.readouterr().out
    assert code == 0
    assert out.splitlines()[1].split() == [
        "DRP101",
        "2",
        "1",
        "1",
        "0",
        "0",
        "1",
        "50%",
        "50%",
        "class",
        "0/1,",
        "local",
        "1/1",
    ]
    assert f"{small_corpus}/corpus/pkg-1/a.py:4: DRP101 FALSE no label" in out
    assert f"{small_corpus}/corpus/pkg-1/a.py:5: DRP101 MISSED [L2 C1 bug, class] made up" in out
    assert "a.py:3" not in out


def test_the_causes_of_misses_are_counted_by_kind_and_named_one_by_one(tmp_path: Path) -> None:
    program = (
        "import torch, zoo\nfrom torch import nn\n\nnet = nn.Sequential(nn.Dropout(0.5))\n"
        "net.load_state_dict(torch.load('w.pt'))\nzoo.train(net)\nwith torch.no_grad():\n    print(net(1).argmax())\n"
    )
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text(program)
    missed = [Judgement(Outcome.MISSED, "p", name, 8, ("DRP301",), None) for name in ("a.py", "b.py")]
    found_one = Judgement(Outcome.TRUE, "p", "a.py", 8, ("DRP301",), None)
    found = list(causes([*missed, found_one], {"p": tmp_path}))
    lines = list(ranked(found))
    assert lines[0] == "   2  mode: unknown; its mode is unknown after …"
    assert "p/a.py:8 DRP301: mode: unknown; its mode is unknown after `zoo.train(net)` (" in lines[1]
    assert len(lines) == 3


def test_a_failure_of_the_tool_on_code_that_python_accepts_is_told(
    small_corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (small_corpus / "corpus" / "pkg-1" / "b.py").write_text("print 'torch'\n")
    report = [
        {"code": code, "filename": str(small_corpus / "corpus" / "pkg-1" / name), "cell": None, "confidence": "high"}
        | {"location": {"row": 1, "column": 1}, "message": "broke"}
        for code, name in (("DRP000", "a.py"), ("DRP001", "a.py"), ("DRP000", "b.py"))
    ]
    (small_corpus / "report.json").write_text(json.dumps(report))
    arguments = ["--corpus", str(small_corpus / "corpus"), "--labels", str(small_corpus / "set.csv")]
    assert score.main([*arguments, "--report", str(small_corpus / "report.json")]) == 1
    failures = [line for line in capsys.readouterr().out.splitlines() if "FAILED" in line]
    assert [line.rpartition("/")[2] for line in failures] == [
        "a.py:1: DRP000 FAILED broke",
        "a.py:1: DRP001 FAILED broke",
    ]


def test_without_a_corpus_the_score_says_how_to_get_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("benchmarks.repositories.present", list)
    assert score.main(["--corpus", str(tmp_path)]) == 2
    assert "run `python -m benchmarks.corpus` first" in capsys.readouterr().err
