"""`Trainer` of transformers: in which mode it leaves the model, which depends on whether it evaluates in between.

Run with transformers 5.24.0 (`trainer.py`): each training step calls `train()`, each evaluation `eval()`, and neither
puts anything back.  Without an evaluation strategy, the default, `Trainer.train` leaves train mode; with one, what came
last counts, and that differs by version and number of steps.
"""

from __future__ import annotations

from dropout_lint.typestate.domain.call import CallContext
from dropout_lint.typestate.domain.collections import close, is_closed
from dropout_lint.typestate.domain.frames import origin_at
from dropout_lint.typestate.domain.modes import Mode, ModeFact, OriginKind
from dropout_lint.typestate.domain.slots import Slot
from dropout_lint.typestate.domain.values import UNKNOWN, AbstractObject, Const, ObjectKind, Unknown, Value, objects
from dropout_lint.typestate.models.library_objects import CONSTRUCTORS, holder
from dropout_lint.typestate.models.registry import Registry

METHODS: Registry[[AbstractObject, CallContext]] = Registry()
"""Methods of a library's objects that need more than an entry in a knowledge file, by dotted name."""

TRAINERS = ("transformers.Trainer", "transformers.Seq2SeqTrainer", "transformers.trainer.Trainer")
_ARGUMENTS = (
    *("transformers.TrainingArguments", "transformers.Seq2SeqTrainingArguments"),
    "transformers.training_args.TrainingArguments",
)
_STRATEGIES = ("eval_strategy", "evaluation_strategy")  # the second one until transformers 4.45


@CONSTRUCTORS.of(*_ARGUMENTS)
def _arguments(call: CallContext) -> Value:
    obj = holder(call)
    for name, value in call.arguments.keywords.items():
        call.state.store(obj, name, value)
    if not call.arguments.open:
        close(obj, call.state)
    return obj


@METHODS.of(*(f"{trainer}.train" for trainer in TRAINERS))
def _train(trainer: AbstractObject, call: CallContext) -> Value:
    given = call.state.get(trainer, Slot.GIVEN) or UNKNOWN
    models = [obj for obj in objects(given) if obj.kind is ObjectKind.MODULE]
    for model in models:
        call.evaluator.recorder.trained.update([*call.state.reachable(model), model])
        call.state.mark_trained_or_loaded([model])
        if _never_evaluates(trainer, call):
            origin = origin_at(OriginKind.TRAIN, call.node, call.state, call.frame)
            call.state.set_mode(model, ModeFact(Mode.TRAIN, (origin,)))
        else:
            call.state.set_mode(model, ModeFact(Mode.UNKNOWN))
    return UNKNOWN


def _never_evaluates(trainer: AbstractObject, call: CallContext) -> bool:
    """Whether the arguments that the trainer was made with ask for no evaluation, for certain."""
    given = objects(call.state.get(trainer, Slot.GIVEN) or UNKNOWN)
    options = [obj for obj in given if obj.library in _ARGUMENTS]
    if len(options) != 1 or not is_closed(options[0], call.state):
        return False
    chosen = [call.state.get(options[0], name) for name in _STRATEGIES]
    return not any(isinstance(value, Unknown) or value not in (None, Const("no")) for value in chosen)
