"""`DropoutWatch` for the trainer of transformers, and for those that are built on it (TRL, sentence-transformers)."""

from __future__ import annotations

from transformers import TrainerCallback

from dropout_lint.runtime.callbacks.transformers_hooks import TransformersHooks


class DropoutWatch(TransformersHooks, TrainerCallback):
    """Watches what the trainer trains and evaluates::

        trainer = Trainer(model, arguments, callbacks=[DropoutWatch(report=["text", "html=modes.html"])], ...)

    What is found is logged, and sent to whatever the trainer reports to (`report_to`); epochs and loss stand on the
    timeline of the report.  The parameters are those of `dropout_lint.runtime.watch`.
    """
