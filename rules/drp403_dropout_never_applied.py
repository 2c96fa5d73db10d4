"""
# dropout-never-applied (DRP403)

## What it does
Finds a dropout layer, torch's or one of the project, that `__init__` builds and that nothing ever calls.

## Why is this bad?
The rate is in the signature, in the configuration and in the printed model, and it has no effect: the model trains
without the dropout that everybody believes it has.

## Example
```python
from torch import nn


class Attention(nn.Module):
    def __init__(self, dropout):
        super().__init__()
        self.attn_drop = nn.Dropout(dropout)

    def forward(self, scores, value):
        return scores.softmax(dim=-1) @ value
```

## Use instead
```python
from torch import nn


class Attention(nn.Module):
    def __init__(self, dropout):
        super().__init__()
        self.attn_drop = nn.Dropout(dropout)

    def forward(self, scores, value):
        return self.attn_drop(scores.softmax(dim=-1)) @ value
```

## When it stays silent
Where the class, its bases or its subclasses read the attribute, anything in the file reads one of that name of
another object that is no settings (`config.dropout`, known by what is done with it), or the name is spelt out in a
string that may be an attribute's, or begins like one that `getattr` is given; where the layer is a leftover that costs
nothing: the class or a base uses the same rate in another way, calls another dropout with it, gives it to an attention
layer of torch, to a recurrent one of more than one layer, or, if it is a rate of attention, to a part that is called
so, runs nothing but parts that drop at that rate, has the rate as a plain number and another dropout that it calls, or
returns attention scores, before the softmax whose weights would be dropped.  Where the class has no `forward` of its
own (a base of others), runs its children in order (`nn.Sequential`), walks over them (`children()`, `modules()`), or
has a base that cannot be seen, unless it is the plain base class of a library and its `forward` is not called; where
the rate is certainly 0, or a comment says that the layer is not used or holds the call; in
[test files](../docs/command-line.md#test-files).

The evidence is medium, because a later version of the project may call the layer.  It is high where another dropout
of the class is called twice in one method: the second call was copied, and should have named this one.

## Fix safety
There is no fix: only you know where it belongs.

## At run time
The layer is registered and never runs.

## References
- `torch.nn.Dropout`: https://docs.pytorch.org/docs/stable/generated/torch.nn.Dropout.html
"""

import ast
import re

from dropout_lint.finding import Confidence
from dropout_lint.lint.rule import Rule
from dropout_lint.pytorch.attribute_reads import is_read_on_others, may_read_by_name
from dropout_lint.pytorch.dropout_layers import dropout_layer
from dropout_lint.pytorch.mode_overrides import is_stub
from dropout_lint.pytorch.unused_layers import is_leftover
from dropout_lint.semantic.classes import ClassModel
from dropout_lint.syntax.node_tests import is_self
from dropout_lint.triggers import classes

_UNUSED = re.compile(r"#.*\b(?:un-?used|not used|never used|no longer|legacy|compat|not applied)\b", re.IGNORECASE)
_WALKS = frozenset(["children", "named_children", "modules", "named_modules", "_modules", "__dict__"])


class DropoutNeverApplied(Rule):
    code = "DRP403"
    name = "dropout-never-applied"
    since = "0.1.0"
    message = "`self.{attribute}` is built with rate {rate} and never called: it drops nothing"
    help = "apply it in `forward`, or remove it"
    triggers = classes.UNUSED_LAYER

    def visit_Assign(self, node: ast.Assign) -> None:
        target = node.targets[0]
        if len(node.targets) != 1 or not (isinstance(target, ast.Attribute) and is_self(target.value)):
            return
        value = (
            node.value.body if isinstance(node.value, ast.IfExp) else node.value
        )  # `... if p > 0 else nn.Identity()`
        call = dropout_layer(self.source, value)
        if call is None or self.is_test:
            return
        around = self.classes.around(node)
        if around is None or around[1].name != "__init__":
            return
        facts = around[0]
        if (
            self._is_mentioned(facts, target.attr)
            or not self._class_is_plain(facts, target.attr)
            or self._is_read(facts, target.attr)
        ):
            return
        twice = self._used_twice(facts, target.attr)
        if is_leftover(self.source, facts, target.attr, call, is_copied=twice is not None):
            return
        if self._is_commented_out(facts, target.attr) or _UNUSED.search(
            "".join(self.source.lines[max(node.lineno - 2, 0) : node.end_lineno])
        ):
            return
        rate = "`0.5`" if call.rate is None else f"`{self.source.segment(call.rate)}`"
        if twice is None:
            self.report(value, attribute=target.attr, rate=rate, confidence=Confidence.MEDIUM)
        else:
            note = self.note(f"`self.{twice.attr}` is called at two places; one of them may have been meant", twice)
            self.report(value, attribute=target.attr, rate=rate, notes=[note])

    def _used_twice(self, facts: ClassModel, attribute: str) -> ast.Attribute | None:
        """The second call of another dropout of the class in one method: a copy whose name was not changed."""
        for method in facts.methods.values():
            seen: set[str] = set()
            for part in ast.walk(method):
                if not (isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute) and _is_of_self(part.func)):
                    continue
                if part.func.attr in seen:
                    return part.func
                if part.func.attr != attribute and self._is_layer(facts, part.func.attr):
                    seen.add(part.func.attr)
        return None

    def _is_layer(self, facts: ClassModel, attribute: str) -> bool:
        """Whether ``attribute`` is a dropout layer and nothing else."""
        stores = facts.stores(attribute)
        return bool(stores) and all(dropout_layer(owner.source, store.value) is not None for owner, store in stores)

    def _is_mentioned(self, facts: ClassModel, attribute: str) -> bool:
        """Whether the text of the class names the attribute other than to assign it: a quick look that settles nearly
        every case.
        """
        lines = self.source.lines[facts.node.lineno - 1 : facts.node.end_lineno]
        return classes.mentions(attribute).search("".join(lines)) is not None

    def _class_is_plain(self, facts: ClassModel, attribute: str) -> bool:
        """Whether all that the class does with ``attribute`` can be seen."""
        forward = facts.methods.get("forward")
        if not facts.is_module or not facts.adds_alone or forward is None or is_stub(forward):
            return False
        calls_base = any(isinstance(part, ast.Name) and part.id == "super" for part in ast.walk(forward))
        if calls_base and not facts.is_closed:
            return False  # a library's `forward` may read attributes that it expects a subclass to set
        return not any(
            (isinstance(part, ast.Attribute) and part.attr in _WALKS) or may_read_by_name(owner.source, part, attribute)
            for owner in (facts.ancestry if calls_base else (facts,))
            for part in ast.walk(owner.node)
        )

    def _is_read(self, facts: ClassModel, attribute: str) -> bool:
        """Whether the class, its kin, or anything in the file that holds another object, reads an attribute of this
        name.
        """
        kin = [*facts.ancestry, *facts.subclasses]
        if any(_reads_own(part, attribute) for owner in kin for part in ast.walk(owner.node)):
            return True
        elsewhere = [owner for owner in kin if owner.source is not self.source]
        return is_read_on_others(self.source, self.source.tree, attribute) or any(
            is_read_on_others(owner.source, owner.node, attribute) for owner in elsewhere
        )

    def _is_commented_out(self, facts: ClassModel, attribute: str) -> bool:
        """Whether a comment in the class holds the call: somebody took it out on purpose."""
        lines = self.source.lines[facts.node.lineno - 1 : facts.node.end_lineno]
        return any(re.search(rf"#.*\bself\.{attribute}\(", line) for line in lines)


def _is_of_self(part: ast.AST) -> bool:
    """Whether ``part`` is ``self.<attribute>``: in another class, that is another attribute."""
    return isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id == "self"


def _reads_own(part: ast.AST, attribute: str) -> bool:
    return (
        isinstance(part, ast.Attribute)
        and part.attr == attribute
        and isinstance(part.ctx, ast.Load)
        and is_self(part.value)
    )
