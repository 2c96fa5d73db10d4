"""One process of the side-by-side comparison: every case given to every check, a line of JSON for each pair."""

from __future__ import annotations

import importlib
import json
import re
import sys
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

CONTESTANTS = {
    "state": "`assert_eval_mode`",
    "default": "`assert_no_active_dropout`",
    "strict": "`assert_deterministic`",
    "twice": "two passes compared with `torch.equal`, written by hand",
    "all flags": "`all(not m.training for m in model.modules())`, written by hand",
    "contract": "pytest-torch `check_inference_contract` (eval mode, deterministic, no state changed)",
    "pytest-torch": "pytest-torch `assert_deterministic`",
    "torch-audit": "torch-audit `audit(model, batch=...)`",
}
"""The columns, and what each of them is."""


@dataclass(frozen=True)
class Outcome:
    """What one check said about one case."""

    case: str
    misuse: bool
    contestant: str
    what: str  # "", "caught", "layer", "line", "both" (it also names the layer, the line), or "error"


def main() -> int:
    """Play all cases that are a model with an input."""
    warnings.simplefilter("ignore")
    import torch

    from tests.runtime.cases import CASES

    for case in CASES:
        for contestant in CONTESTANTS:
            torch.manual_seed(0)
            scene = case.build()
            if scene.run is not None:
                break
            what = ""
            try:
                message = _CHECKS[contestant](scene.model, scene.args)
            except Exception:
                what = "error"
            else:
                if message:
                    line = any(f"{case.file}:{number}" in message for number in case.lines)
                    layer = _names(message, case.layer)
                    what = "both" if line and layer else "line" if line else "layer" if layer else "caught"
            print(json.dumps(asdict(Outcome(case.name, case.misuse, contestant, what))), flush=True)
    return 0


def _names(message: str, layer: str) -> bool:
    """Whether ``message`` names the layer: its path as a whole, and not a bare number, which can be anything."""
    return not layer.isdigit() and bool(layer) and bool(re.search(rf"(?<![\w.]){re.escape(layer)}(?!\w)", message))


def _ours(name: str) -> Callable[[Any, Any], str]:
    def check(model: Any, args: Any) -> str:
        from dropout_lint import testing

        function = getattr(testing, name)
        return _said(lambda: function(model) if name == "assert_eval_mode" else function(model, *args))

    return check


def _twice(model: Any, args: Any) -> str:
    import torch

    with torch.no_grad():
        first, second = model(*args), model(*args)
    return "" if torch.equal(first, second) else "the outputs differ"


def _all_flags(model: Any, args: Any) -> str:
    training = [name for name, module in model.named_modules() if module.training]
    return f"in train mode: {training}" if training else ""


def _contract(model: Any, args: Any) -> str:
    pytest_torch = importlib.import_module("pytest_torch")
    checks = ("eval_mode", "deterministic", "no_state_mutation")  # the others check other things
    return _said(lambda: pytest_torch.check_inference_contract(model, args, checks=checks))


def _pytest_torch(model: Any, args: Any) -> str:
    pytest_torch = importlib.import_module("pytest_torch")
    return _said(lambda: pytest_torch.assert_deterministic(model, args))


def _torch_audit(model: Any, args: Any) -> str:
    result = importlib.import_module("torch_audit").audit(model, batch=args[0])
    return "\n".join(str(finding) for finding in result.findings)


def _said(check: Callable[[], object]) -> str:
    try:
        check()
    except AssertionError as finding:
        return str(finding) or "failed"
    return ""


_CHECKS = {
    "state": _ours("assert_eval_mode"),
    "default": _ours("assert_no_active_dropout"),
    "strict": _ours("assert_deterministic"),
    "twice": _twice,
    "all flags": _all_flags,
    "contract": _contract,
    "pytest-torch": _pytest_torch,
    "torch-audit": _torch_audit,
}

if __name__ == "__main__":
    sys.exit(main())
