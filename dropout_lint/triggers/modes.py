"""How modes show in a line of text: switches, flags, and what code does that should run in one of them."""

from __future__ import annotations

from dropout_lint.io.late_pattern import late
from dropout_lint.knowledge.vocabulary import names_rate
from dropout_lint.lint.trigger import Trigger
from dropout_lint.syntax.line_context import definition_above

INFERENCE = Trigger(
    ("no_grad", "inference_mode", "set_grad_enabled", "load", "pretrained", "weights", "optim.", "def "),
    r"no_grad|inference_mode|set_grad_enabled|load_state_dict|load_from_checkpoint|torch\.load\(|pretrained|optim\.[A-Z]"
    r"|[(,]\s*weights\s*=(?!=)|^\s*weights=(?!=)"  # of torchvision's models
    r"|def (?:\w+_)?(?:eval|valid|test|predict|infer)\w*\(",
) | Trigger(("Trainer(",), r"\bTrainer\(", required_word="transformers")
"""What a file says that runs a model for its result, or that makes one and has others run it."""

TRAINING = Trigger((".backward(", ".eval("), r"\.backward\(|\.eval\(")
RESTORED = Trigger((".eval(", ".train("), r"\.(?:eval|train)\(")
EXPORT = Trigger(("trace(", "export("), r"\b(?:trace|(?:dynamo_|draft_)?export)\(")

TRAIN_AS_FLAG = Trigger((".train",), r"(?:\btraining\s*=\s*|,\s*|^\s*)self\.train\b(?!\s*[(.=\w])")
NOT_CALLED = Trigger((".eval", ".train"), r"\.(?:eval|train)\b(?!\s*[(.=\w\[,:])")
METHOD_ASSIGNED = Trigger(
    (".eval", ".train"), r"\.(?:eval|train)\s*=\s*(?:True|False|None|[01])\b|\bwith\b.*\.(?:eval|train)\("
)
FLAG_ASSIGNED = Trigger((".training",), r"\.training\s*=(?!=)")
PART_IN_EVAL = Trigger((".eval()",), r"self\.\w+\.eval\(\)")
STEP = Trigger(("_step",), r"def (?:validation|test|predict)_step\b")


def _repeats(line: str, text: str, end: int) -> bool:
    """Whether the file runs torch in a loop that counts."""
    return "range(" in text and "torch" in text


SPREAD = Trigger(("std(", "var(", "_mean("), r"\b(?:std|var)(?:_mean)?\(", required_word=".eval(", confirm=_repeats)
"""Where the spread of something is taken, in a file that puts a module in eval mode."""


def _is_in_init(line: str, text: str, end: int) -> bool:
    above = definition_above(text, end)
    return above is None or above.name == "__init__"


FLAG_IN_INIT = Trigger(("self.training",), r"\bself\.training\b", confirm=_is_in_init)

_STORED = late(r"\bself\.(\w+)")


def _asks_mode(line: str, text: str, end: int) -> bool:
    """Whether the line speaks of a rate, and the file asks for the mode, in a method that may run more than once."""
    if "self.training" not in text or not any(map(names_rate, _STORED.findall(line))):
        return False
    above = definition_above(text, end)
    return above is None or above.name != "__init__"


RATE_OVERWRITTEN = Trigger(
    ("drop",),
    r"\bself\.\w*drop\w*(?:\.p)?\s*=\s*(?:0(?:\.0*)?\s*(?:#|;|$)|[^=].*\belse\b|\(\s*(?:#|$))",
    confirm=_asks_mode,
)
