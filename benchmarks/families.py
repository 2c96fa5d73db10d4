"""The families of misuse that labels name, and the rules that report them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Family:
    """One kind of misuse."""

    key: str
    what: str
    rules: tuple[str, ...]
    # Every such place in the packages was read, so that a finding there without a label is false until it is labelled.
    exhaustive: bool = False
    either_way: tuple[str, ...] = ()  # verdicts of this family with which a report is as right as silence


FAMILIES: Sequence[Family] = (
    Family("C1", "wrong type or range of p", ("DRP101", "DRP102", "DRP103", "DRP105"), exhaustive=True),
    Family("C2", "unknown keyword, kept rate, second rate", ("DRP104", "DRP106", "DRP107"), exhaustive=True),
    Family("C3", "one-layer RNN", ("DRP108",), exhaustive=True),
    Family("C4", "p is 0 or 1", ("DRP101", "DRP103"), exhaustive=True),
    Family("C5", "rate in the bias slot of an RNN", ("DRP110",)),
    Family("F1", "functional without the mode", ("DRP201",), exhaustive=True),
    Family("F2", "training=True", ("DRP207",), exhaustive=True),
    Family("F3", "wrong flag", ("DRP203", "DRP204", "DRP210", "DRP212", "DRP213"), exhaustive=True),
    Family("F4", "attention dropout", ("DRP202",), exhaustive=True),
    Family("F5", "alpha dropout never on", ("DRP206",), exhaustive=True),
    Family("F6", "graph and depth helpers", ("DRP208", "DRP209")),
    Family("F9", "rate overwritten in forward", ("DRP211",)),
    Family("S1", "built in the call", ("DRP205",), exhaustive=True),
    # Of S2 to S4 the common shapes were read; a shape that was not is labelled once a rule finds it.
    Family("S2", "unregistered module", ("DRP401", "DRP409"), exhaustive=True),
    Family("S3", "result discarded", ("DRP402",), exhaustive=True),
    Family("S4", "never applied", ("DRP403",), exhaustive=True, either_way=("style",)),
    Family("S5", "before batch norm, on outputs", ("DRP901", "DRP902")),
    Family("S6", "rank mismatch", ("DRP407",)),
    Family("S7", "ignored constructor argument", ("DRP109",)),
    Family("X", "home-made dropout and other", ()),
    Family("M1", "inference in train mode", ("DRP301", "DRP304")),
    Family("M2", "mode not called", ("DRP302",)),
    Family("M3", "training in eval mode", ("DRP303",)),
    Family("M4", "flag assigned", ("DRP305",)),
    Family("M5", "export not in eval", ("DRP306",)),
    Family("M6", "wrong train/eval override", ("DRP404", "DRP405")),
    Family("M7", "Monte-Carlo by train()", ("DRP310",)),
    Family("M8", "eval on a part or the wrong object", ("DRP308", "DRP301")),
)
BY_KEY = {family.key: family for family in FAMILIES}


def groups(codes: Collection[str]) -> list[tuple[tuple[str, ...], tuple[Family, ...]]]:
    """``codes`` in groups that share a family, each with its families, sorted; a code without a family is a group of
    its own.

    A missed place belongs to such a group and not to one of its rules: nobody said which of them should have spoken.
    """
    merged: list[tuple[set[str], list[Family]]] = [({code}, []) for code in sorted(codes)]
    for family in FAMILIES:
        touched = [group for group in merged if group[0].intersection(family.rules)]
        if touched:
            first, *others = touched
            for other in others:
                first[0].update(other[0])
                first[1].extend(other[1])
                merged.remove(other)
            first[1].append(family)
    return [
        (tuple(sorted(rules)), tuple(sorted(families, key=lambda family: family.key)))
        for rules, families in sorted(merged, key=lambda group: min(group[0]))
    ]
