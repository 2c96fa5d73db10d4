"""`DropoutWatch` for the trainer of the package `pytorch_lightning`."""

from __future__ import annotations

from pytorch_lightning import Callback

from dropout_lint.runtime.callbacks.lightning_hooks import LightningHooks


class DropoutWatch(LightningHooks, Callback):
    """Watches what the trainer trains, evaluates, tests and exports::

        trainer = Trainer(callbacks=[DropoutWatch(report=["text", "html=modes.html"])])

    What is found is logged, and sent to the loggers of the trainer; epochs and loss stand on the timeline of the
    report.  The parameters are those of `dropout_lint.runtime.watch`.
    """
