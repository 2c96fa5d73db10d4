"""One process of the third-party sweep: every model of one library, built, put into eval mode, and checked."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from types import FrameType

from benchmarks.zoo import entries
from benchmarks.zoo.entry import Call

_SECONDS = 90  # for one model and all its checks


@dataclass(frozen=True)
class Result:
    """What the checks said about one model; empty text where they said nothing."""

    library: str
    name: str
    failed: str = ""  # why it could not be built or run, if so; then nothing else counts
    dropped: int = 0  # places that dropped in train mode: a model without any proves little
    state: str = ""  # of `assert_eval_mode` and `assert_eval_propagates`
    default: str = ""  # of `assert_no_active_dropout`
    strict: str = ""  # of `assert_deterministic`


def main(library: str) -> int:
    """Check every entry of ``library`` and print a line of JSON for each."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    warnings.simplefilter("ignore")
    import torch

    torch.set_num_threads(1)
    for entry in entries(library):
        try:
            with _limit(_SECONDS):
                result = _check(library, entry.name, entry.build)
        except Exception as problem:
            reason = str(problem).strip().partition("\n")[0][:200]
            result = Result(library, entry.name, f"{type(problem).__name__}: {reason}")
        print(json.dumps(asdict(result)), flush=True)
    return 0


def _check(library: str, name: str, build: Callable[[], Call]) -> Result:
    import torch

    from dropout_lint import testing

    torch.manual_seed(0)
    call = build()
    with torch.no_grad():
        call.model.eval()
        call()  # what does not run is no evidence; it also fills lazy layers
    arguments = (call.model, *call.args), dict(call.kwargs or {})
    return Result(
        library,
        name,
        state=_said(testing.assert_eval_mode, call.model) or _said(testing.assert_eval_propagates, call.model),
        default=_said(testing.assert_no_active_dropout, *arguments[0], **arguments[1]),
        strict=_said(testing.assert_deterministic, *arguments[0], **arguments[1]),
        dropped=_dropped_in_training(call),
    )


def _said(check: Callable[..., object], *args: object, **kwargs: object) -> str:
    try:
        check(*args, **kwargs)
    except AssertionError as finding:
        return str(finding)
    except TimeoutError:  # of `_limit`: a slow machine is no finding
        raise
    except Exception as problem:  # the model ran before, so this is a mistake of the check
        return f"RAISED {type(problem).__name__}: {problem}"
    return ""


def _dropped_in_training(call: Call) -> int:
    """How many places drop, or use batch statistics, once the model is in train mode."""
    import torch

    from dropout_lint.runtime import DropoutMonitor

    call.model.train()
    # Batch norm of one value, or a loss without targets, may raise: what was seen until then counts.
    with torch.no_grad(), DropoutMonitor(no_grad="report") as monitor, contextlib.suppress(Exception):
        call()
    return len(monitor.events)


@contextmanager
def _limit(seconds: int) -> Iterator[None]:
    def stop(number: int, frame: FrameType | None) -> None:
        raise TimeoutError(f"took more than {seconds} seconds")

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
