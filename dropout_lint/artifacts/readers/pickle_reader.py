"""Pickles, taken apart and never run.

A pickle is a program for a stack machine.  This is a machine that lacks the instruction which makes pickles dangerous:
where the real one imports a name, this one writes the name down (`Global`), and where the real one calls it, this one
writes down that it would have been called, and with what (`Instance`).  Nothing is looked up, so nothing can run.
"""

from __future__ import annotations

from typing import BinaryIO

from dropout_lint.artifacts.readers.inert import OPAQUE, Global, Instance, Table, Value
from dropout_lint.artifacts.readers.limits import Unreadable
from dropout_lint.artifacts.readers.pickle_opcodes import operations


class _Mark:
    __slots__ = ()


_MARK = _Mark()
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}


def read_pickle(file: BinaryIO) -> Value:
    """The value that the pickle at ``file``'s position describes; the position is then that of the byte after it.

    Raises `Unreadable` where the pickle is broken or too large.
    """
    machine = _Machine()
    for name, argument in operations(file):
        if name == "STOP":
            return machine.pop()
        try:
            machine.step(name, argument)
        except (IndexError, KeyError, ValueError, TypeError, AttributeError, UnicodeDecodeError):
            raise Unreadable(f"holds a broken pickle: {name} cannot be followed") from None
    raise Unreadable("holds a pickle that does not end")


class _Machine:
    """The stack, the memo, and what each instruction does to them."""

    def __init__(self) -> None:
        self._stack: list[Value] = []
        self._memo: dict[int, Value] = {}

    def pop(self) -> Value:
        """The top of the stack.  Raises `Unreadable` where there is none."""
        if not self._stack or self._stack[-1] is _MARK:
            raise Unreadable("holds a broken pickle: it takes more than it has put")
        return self._stack.pop()

    def step(self, name: str, argument: Value) -> None:
        """Follow one instruction."""
        method = getattr(self, f"_do_{name.lower()}", None)
        if method is not None:
            method(argument)
        elif name in _CONSTANTS:
            self._stack.append(_CONSTANTS[name])
        elif name in ("PROTO", "FRAME", "READONLY_BUFFER"):
            pass
        elif name in ("EXT1", "EXT2", "EXT4"):
            self._stack.append(Global("copyreg extension", str(argument)))
        elif name in ("PUT", "BINPUT", "LONG_BINPUT"):
            self._memo[self._index(argument)] = self._stack[-1]
        elif name in ("GET", "BINGET", "LONG_BINGET"):
            self._stack.append(self._memo[self._index(argument)])
        else:  # all others push their argument
            self._stack.append(argument)

    @staticmethod
    def _index(argument: Value) -> int:
        if type(argument) is str and len(argument) > 10:
            raise ValueError
        return int(argument)

    def _from_mark(self) -> list[Value]:
        place = len(self._stack) - 1
        while self._stack[place] is not _MARK:
            place -= 1
            if place < 0:
                raise IndexError
        found = self._stack[place + 1 :]
        del self._stack[place:]
        return found

    def _do_mark(self, _: Value) -> None:
        self._stack.append(_MARK)

    def _do_pop(self, _: Value) -> None:
        self._stack.pop()

    def _do_pop_mark(self, _: Value) -> None:
        self._from_mark()

    def _do_dup(self, _: Value) -> None:
        self._stack.append(self._stack[-1])

    def _do_memoize(self, _: Value) -> None:
        self._memo[len(self._memo)] = self._stack[-1]

    def _do_int(self, argument: str) -> None:
        flags = {"00": False, "01": True}
        self._stack.append(flags[argument] if argument in flags else _whole(argument))

    def _do_long(self, argument: str) -> None:
        self._stack.append(_whole(argument.rstrip("L")))

    def _do_float(self, argument: str) -> None:
        self._stack.append(float(argument) if len(argument) <= 40 else OPAQUE)

    def _do_string(self, argument: str) -> None:
        self._stack.append(argument.strip("'\""))  # names of attributes hold nothing that is escaped

    def _do_empty_list(self, _: Value) -> None:
        self._stack.append([])

    _do_empty_set = _do_empty_list

    def _do_empty_dict(self, _: Value) -> None:
        self._stack.append(Table())

    def _do_list(self, _: Value) -> None:
        self._stack.append(self._from_mark())

    _do_frozenset = _do_list

    def _do_tuple(self, _: Value) -> None:
        self._stack.append(tuple(self._from_mark()))

    def _do_tuple1(self, _: Value) -> None:
        self._stack.append((self.pop(),))

    def _do_tuple2(self, _: Value) -> None:
        last = self.pop()
        self._stack.append((self.pop(), last))

    def _do_tuple3(self, _: Value) -> None:
        last, middle = self.pop(), self.pop()
        self._stack.append((self.pop(), middle, last))

    def _do_dict(self, _: Value) -> None:
        found = self._from_mark()
        self._stack.append(Table())
        self._set(found)

    def _do_setitem(self, _: Value) -> None:
        value = self.pop()
        self._set([self.pop(), value])

    def _do_setitems(self, _: Value) -> None:
        self._set(self._from_mark())

    def _set(self, found: list[Value]) -> None:
        target = self._stack[-1]
        table = target if type(target) is Table else target.table
        for key, value in zip(found[::2], found[1::2]):
            table.put(key, value)

    def _do_append(self, _: Value) -> None:
        self._extend([self.pop()])

    def _do_appends(self, _: Value) -> None:
        self._extend(self._from_mark())

    _do_additems = _do_appends

    def _extend(self, found: list[Value]) -> None:
        target = self._stack[-1]
        (target if type(target) is list else target.items).extend(found)

    def _do_stack_global(self, _: Value) -> None:
        name, module = self.pop(), self.pop()
        if type(name) is not str or type(module) is not str:
            raise TypeError
        self._stack.append(Global(module, name))

    def _do_reduce(self, _: Value) -> None:
        arguments = self.pop()
        self._stack.append(Instance(self.pop(), arguments))

    _do_newobj = _do_reduce

    def _do_newobj_ex(self, _: Value) -> None:
        self.pop()  # keyword arguments
        self._do_reduce(None)

    def _do_inst(self, argument: Global) -> None:
        self._stack.append(Instance(argument, tuple(self._from_mark())))

    def _do_obj(self, _: Value) -> None:
        found = self._from_mark()
        self._stack.append(Instance(found[0], tuple(found[1:])))

    def _do_build(self, _: Value) -> None:
        state = self.pop()
        target = self._stack[-1]
        if type(target) is Instance:
            target.state = state

    def _do_persid(self, argument: str) -> None:
        self._stack.append(Instance(Global("", "persistent"), argument))

    def _do_binpersid(self, _: Value) -> None:
        self._stack.append(Instance(Global("", "persistent"), self.pop()))

    def _do_next_buffer(self, _: Value) -> None:
        self._stack.append(OPAQUE)


def _whole(text: str) -> Value:
    return int(text) if len(text) <= 40 else OPAQUE
