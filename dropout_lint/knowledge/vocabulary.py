"""What identifiers name: the mode, or a drop probability.

Names prove nothing, so rules use this to stay silent, and never as their only evidence.
"""

from __future__ import annotations

from functools import cache

from dropout_lint.io.late_pattern import late

LIBRARIES = ("torch", "transformers")
"""A file that mentions none of these is dismissed: misuse needs torch, or a library that hides it."""

_MODE_WORDS = frozenset(
    [
        "train",
        "training",
        "trained",
        "eval",
        "evaluating",
        "evaluation",
        "evaluate",
        "infer",
        "inference",
        "inferencing",
        "deterministic",
        "test",
        "testing",
        "validation",
        "validating",
        "validate",
        "val",
        "phase",
        "stage",
        "mode",
        "sample",
        "sampling",
        "predict",
        "predicting",
        "prediction",
        "generate",
        "generating",
        "grad",
        "requires",
        "switch",
        "mc",
        "montecarlo",
        "bayesian",
        "bayes",
        "uncertainty",
        "finetune",
        "finetuning",
    ]
)
"""A word of an identifier that names the mode, as in ``is_training``, ``no_grad``, ``mc_dropout``,
``Stage.TRAIN``.
"""

_RATE_WORDS = frozenset(
    ["p", "drop", "dropout", "dropouts", "prob", "probability", "rate", "ratio", "dropconnect", "droppath", "attndrop"]
)
_MOVES = ("to", "to_empty", "cuda", "cpu", "xpu", "half", "float", "double", "bfloat16", "type", "share_memory")
RETURN_THE_MODULE = frozenset({*_MOVES, "eval", "train", "requires_grad_", "apply"})
"""Methods of `nn.Module` that return it."""

_WORD = late(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


@cache
def words_of(identifier: str) -> tuple[str, ...]:
    """The words in ``identifier``, in lower case: ``is_training`` and ``isTraining`` are both ``is``, ``training``."""
    return tuple(word.lower() for word in _WORD.findall(identifier))


def names_mode(identifier: str) -> bool:
    """Whether ``identifier`` is named after the mode."""
    return not _MODE_WORDS.isdisjoint(words_of(identifier))


def names_rate(identifier: str) -> bool:
    """Whether ``identifier`` is named after a drop probability."""
    return not _RATE_WORDS.isdisjoint(words_of(identifier))


EVALUATES = late(
    r"(?i)(?:^|_|(?<=[a-z])(?=[A-Z]))(?:eval\w*|valid\w*|val|test\w*|infer\w*|predict\w*|score\w*|accuracy|acc|metrics?)"
)
"""What functions that evaluate are called."""
SHOWS = late(r"(?i)(?:^|_)(?:translat|generat|sampl|decod|caption|visuali[sz]|show|plot|demo|inference|reconstruct)\w*")
"""What functions that show results are called."""
MONTE_CARLO = late(r"(?i)(?:^|_)mc(?:_|$)|monte|bayes|uncertain|dropout")
"""Names that indicate dropout which is meant to stay on."""
PREDICTS = late(r"argmax|softmax|topk|\.max\(|sigmoid|\.cpu\(|\.numpy\(|\.item\(|imwrite|save_image|decode\(|accuracy")
"""What is done with a prediction."""
TRAINS = late(  # an import of `torch.optim` alone says nothing
    r"\.backward\(|autograd\.grad|\boptim\.[A-Z]|(?i:optimi[sz]er)\w*\s*[=.]|zero_grad"
)
"""What is done in training."""
DRAWS = late(r"save_image|imsave|imwrite|imshow|savefig|make_grid|fromarray|to_pil|ToPILImage")
"""What is done with a picture."""
