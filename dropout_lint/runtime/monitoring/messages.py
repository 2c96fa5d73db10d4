"""The rule, message and help for an event: the linter's words where the mistake is the same."""

from __future__ import annotations

from dataclasses import dataclass

from dropout_lint.knowledge.consequences import DROPOUT_STAYS_ON
from dropout_lint.runtime.monitoring.event import EventKind
from dropout_lint.runtime.stack.attribution import CONSTRUCTED, Attribution
from dropout_lint.runtime.stack.call_text import CallText, Flag


@dataclass(frozen=True)
class Phrase:
    """What an event says."""

    code: str
    message: str
    help: str


_CONSEQUENCE = {
    "batch_norm": "it uses and updates the statistics of its batch",
    "instance_norm": "it uses and updates the statistics of its input",
    "rrelu": "its slopes stay random",
    "rrelu_": "its slopes stay random",
}
_ASKED_FOR = "or wrap it in `expected_dropout(reason=...)` if it is meant"


def phrase(kind: EventKind, op: str, who: Attribution, call: CallText | None, *, baked: bool) -> Phrase:
    """The words for ``op``, run by ``who``; ``call`` is the call in the source; ``baked``: it is in a graph instead."""
    consequence = _CONSEQUENCE.get(op, DROPOUT_STAYS_ON)
    name = f"`{who.root_type}.{who.module}`" if who.module else f"`{who.root_type}`"
    if baked and kind in (EventKind.ACTIVE_IN_EVAL, EventKind.ACTIVE):
        message = f"the traced or exported graph of {name} has `{op}` switched on: {consequence}, whatever the mode"
        return Phrase("DRP306", message, "call `model.eval()` before tracing or exporting")
    if kind is EventKind.ACTIVE_IN_EVAL:
        return _functional(op, name, consequence, call)
    if not who.registered:
        return _unregistered(name, who, consequence)
    if kind in (EventKind.MIXED_MODE, EventKind.MONTE_CARLO):
        message = f"{name} is in train mode inside a model in eval mode: {consequence}"
        return Phrase("DRP305", message, f"call `eval()` on the whole model after its last change, {_ASKED_FOR}")
    message = f"{name} is in train mode when it is called: {consequence}"
    return Phrase("DRP301", message, "call `model.eval()` first")


def _functional(op: str, name: str, consequence: str, call: CallText | None) -> Phrase:
    """An operator that is on although the module that runs it is in eval mode."""
    spelling = call.spelling if call else op
    if op == "scaled_dot_product_attention" and (call is None or call.flag is Flag.NONE):
        message = f"`{spelling}` has no training flag, and its rate is not zero in eval mode: attention {consequence}"
        return Phrase("DRP202", message, "pass `dropout_p=p if self.training else 0.0`")
    if call and call.flag is Flag.MISSING:
        message = f"`{spelling}` ignores `eval()`, because `training` defaults to `True`: {consequence}"
        return Phrase("DRP201", message, "pass `training=self.training`")
    if call and call.flag is Flag.TRUE:
        message = f"`{spelling}` is told that it is training, whatever the mode: {consequence}"
        return Phrase("DRP207", message, "pass `training=self.training`")
    if call and call.flag is Flag.OWN:
        message = f"`{call.flag_text}` is not switched by `train()` and `eval()`: {consequence}"
        return Phrase("DRP210", message, "pass `training=self.training`")
    message = f"`{spelling}` is active in {name}, which is in eval mode: {consequence}"
    return Phrase("DRP201", message, "pass `training=self.training`")


def _unregistered(name: str, who: Attribution, consequence: str) -> Phrase:
    if who.held_by == CONSTRUCTED:
        message = f"`{who.module_type}` is built anew on each call, in train mode, where `eval()` does not reach it"
        cure = "build it in `__init__`, or use `F.dropout(..., training=self.training)`"
        return Phrase("DRP205", f"{message}: {consequence}", cure)
    held = f"`{who.module_type}`, held by {who.held_by}," if who.held_by else name
    message = f"{held} is not registered in `{who.root_type}`, so `eval()` does not reach it: {consequence}"
    return Phrase("DRP401", message, "assign it to an attribute, or use `nn.ModuleList` or `nn.ModuleDict`")
