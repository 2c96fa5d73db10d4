"""`DropoutWatch` for the trainer of the package `lightning`."""

from __future__ import annotations

from lightning.pytorch import Callback

from dropout_lint.runtime.callbacks.lightning_hooks import LightningHooks


class DropoutWatch(LightningHooks, Callback):  # type: ignore[misc]
    """Watches what the trainer trains, evaluates, tests and exports::

        trainer = Trainer(callbacks=[DropoutWatch(report=["text", "html=modes.html"])])

    What is found is logged, and sent to the loggers of the trainer; epochs and loss stand on the timeline of the
    report.  The parameters are those of `dropout_lint.runtime.watch`.
    """
