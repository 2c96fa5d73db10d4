"""Side tables: made once, kept with their owner, gone with it."""

from __future__ import annotations

from dropout_lint.syntax.extensions import Extended, Table


class _Lengths(Table[str, int]):
    pass


class _Large:
    outgrown = True

    def __init__(self, owner: Extended) -> None:
        self.released_from: list[object] = []

    def release_from(self, owner: Extended) -> None:
        self.released_from.append(owner)


def test_an_extension_is_made_once_for_each_owner() -> None:
    one, other = Extended(), Extended()
    one.extension(_Lengths)["a"] = 1
    assert one.extension(_Lengths) == {"a": 1}
    assert other.extension(_Lengths) == {}


def test_what_is_attached_is_found_by_its_kind_and_nothing_is_made_for_it() -> None:
    owner = Extended()
    assert owner.attached(int) is None
    owner.attach(int, 3)
    assert owner.attached(int) == 3


def test_extensions_go_with_their_owner_and_are_told() -> None:
    owner = Extended()
    large = owner.extension(_Large)
    owner.release_extensions()
    assert large.released_from == [owner]
    assert owner.extension(_Large) is not large


def test_only_what_has_outgrown_its_use_is_dropped() -> None:
    owner = Extended()
    owner.extension(_Lengths)["a"] = 1
    assert not owner.drop_outgrown()
    large = owner.extension(_Large)
    assert owner.drop_outgrown()
    assert large.released_from == [owner]
    assert owner.extension(_Lengths) == {"a": 1}
    assert owner.attached(_Large) is None
