"""Words in a code unit that indicate models: layers whose mode matters, switches, training."""

from __future__ import annotations

import re

from dropout_lint.knowledge import Knowledge
from dropout_lint.project.symbols import CodeUnit
from dropout_lint.typestate.domain.library_facts import DRAWS_UNIFORMLY, LAYERS_WITH_A_MODE
from dropout_lint.typestate.roots.sinks import mentions

_COMPUTING = frozenset({"getattr", "vars"})  # ``getattr(models, name)(pretrained=True)``
_PASSED_ON = re.compile(r"\.training\s*[,)\]]")  # ``F.dropout(x, 0.5, self.training)``
_GRADIENTS = ("no_grad", "inference_mode", "enable_grad", "set_grad_enabled")
_ENDS = ("backward", "manual_backward", "exit", "_exit", "quit", "SystemExit", "reveal_mode")
_ACTS = frozenset({*_GRADIENTS, *_ENDS})
_ACT = re.compile(
    rf"\b(?:{'|'.join(_GRADIENTS)})\(|\.(?:manual_)?backward\(|(?<![\w.])(?:quit|reveal_mode)\(|\b_?exit\(|(?<![\w.])SystemExit"
)
# Over when the function returns.
_SCOPED = re.compile(r"(?:with[ \t]+|@)(?:torch\.)?(?:no_grad|inference_mode|enable_grad)\(")
_SWITCHES = frozenset({"train", "eval"})
# As against ``index.train(vectors)`` and ``frame.eval("a + b")``.
_SWITCH = re.compile(r"\.(?:train|eval)\(\s*(?:\)|(?:mode\s*=\s*)?(?:True|False|not|self\.|\w*mode|\w*train))")
_CHANGES = (".train(", ".eval(", "from_pretrained", "set_grad_enabled")
# A rate that is not known is taken for one that drops: it matters only where one is zero.
_RATES = ("dropout", "drop_rate", "drop_prob", "drop_path")
_NO_RATE = re.compile(r"drop\w*[\"'\]]*\s*(?::[^=\n,]+=|[=:])\s*(?:0(?:\.0*)?(?![\w.])|None\b|False\b)")


def acts(body: CodeUnit) -> bool:
    """Whether ``body`` may switch modes or gradients, train, end the program, or say that nothing is dropped."""
    text = body.text
    mentioned = not (_ACTS.isdisjoint(body.names) and _ACTS.isdisjoint(body.attributes))
    if mentioned and _ACT.search(_SCOPED.sub("", text)) is not None:
        return True
    if not _SWITCHES.isdisjoint(body.attributes) and _SWITCH.search(text) is not None:
        return True
    return mentions(text, _RATES) and _NO_RATE.search(text) is not None


def follows_its_caller(text: str) -> bool:
    """Whether ``text``, a method of a module, switches no mode: it runs in the mode that its caller has set, and on its
    own misuses none.  Libraries of models consist of these.
    """
    return not mentions(text, _CHANGES)


def switches_to_train(body: CodeUnit) -> bool:
    """Whether ``body`` may put a module in train mode."""
    return "train" in body.attributes and _SWITCH.search(body.text) is not None


def switches_gradients(body: CodeUnit) -> bool:
    """Whether ``body`` says whether gradients are recorded."""
    return mentions(body.text, _GRADIENTS)


def makes_a_module(body: CodeUnit, knowledge: Knowledge) -> bool:
    """Whether ``body`` may make a module whose mode matters."""
    home = body.home
    if not LAYERS_WITH_A_MODE.isdisjoint(body.attributes):  # `nn.Dropout`
        return True
    if "training" in body.attributes and _PASSED_ON.search(body.text) is not None:
        return True
    if "training" in body.attributes and not DRAWS_UNIFORMLY.isdisjoint(body.attributes):
        return True
    if any(star.startswith("torch") for star in home.stars) and not LAYERS_WITH_A_MODE.isdisjoint(body.names):
        return True
    is_computed = not (_COMPUTING.isdisjoint(body.names) and "__dict__" not in body.attributes)
    attributes = body.attributes | {"*"} if is_computed else body.attributes
    for name in body.names & home.imported.keys():
        module, inner = home.imported[name]
        if inner in LAYERS_WITH_A_MODE and module.startswith("torch"):
            return True
        if knowledge.may_make(f"{module}.{inner}" if inner else module, attributes):
            return True
    return False
