"""The run-time checker on a GPU: the case matrix, ways to drop that only CUDA has, bitwise results, and the overhead.

``python -m benchmarks.runtime_gpu`` says so and ends well where no GPU is.  ``--device cpu`` plays what a CPU can play,
to try the script itself.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Callable, Sequence
from typing import Any

Row = tuple[str, str, str]  # what was played, what is right, what was found


def main(argv: Sequence[str] | None = None) -> int:
    """Play everything and print the tables; 1 if something is not as it must be."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.runtime_gpu", description=__doc__)
    parser.add_argument("--device", default="cuda", help="where to play (default: cuda)")
    parser.add_argument("--rounds", type=int, default=15, help="of the overhead benchmark; 0 leaves it out")
    options = parser.parse_args(argv)
    import torch

    if options.device == "cuda" and not torch.cuda.is_available():
        print("No CUDA device here: nothing was run.")
        return 0
    warnings.simplefilter("ignore")
    name = torch.cuda.get_device_name() if options.device == "cuda" else "CPU"
    print(f"torch {torch.__version__} on {name}\n")
    torch.set_default_device(options.device)  # before the cases are imported: their inputs are made then
    wrong = _show("The case matrix", _matrix(options.device))
    if options.device == "cuda":
        wrong += _show("Only on CUDA", [(name, expected, _tried(play)) for name, expected, play in _special()])
    if options.rounds:
        from benchmarks import runtime

        torch.set_default_device("cpu")
        wrong += runtime.main(["--device", options.device, "--rounds", str(options.rounds)])
    return 1 if wrong else 0


def _show(title: str, rows: Sequence[Row]) -> int:
    """Print one table; how many rows are not as they must be.  What cannot be played here is no mistake."""
    print(f"## {title}\n\n| case | right | found |\n|---|---|---|")
    for name, expected, found in rows:
        print(f"| {name} | {expected} | {found} |")
    wrong = [name for name, expected, found in rows if found != expected and not found.startswith("cannot be played")]
    played = sum(not found.startswith("cannot be played") for _, _, found in rows)
    print(f"\n{played - len(wrong)} of {played} as they must be{': not ' + '; '.join(wrong) if wrong else ''}\n")
    return len(wrong)


def _matrix(device: str) -> list[Row]:
    """Every case that is a model with an input, in the tier that must find it or must be silent."""
    from dropout_lint import testing
    from tests.runtime.cases import CASES

    checks: dict[str, Callable[..., object]] = {
        "state": testing.assert_no_active_dropout,
        "default": testing.assert_no_active_dropout,
        "strict": testing.assert_deterministic,
    }
    rows = []
    for case in CASES:
        if case.missed:
            continue

        def play(case: Any = case) -> str:
            scene = case.build()
            scene.model.to(device)
            if scene.run is not None:
                raise NotImplementedError("more than one call")
            try:
                checks[case.tier](scene.model, *scene.args)
            except AssertionError:
                return "found"
            return "silent"

        rows.append((case.name, "found" if case.misuse else "silent", _tried(play)))
    return rows


def _tried(play: Callable[[], str]) -> str:
    try:
        return play()
    except Exception as problem:
        text = str(problem).strip().partition("\n")[0][:80]
        return f"cannot be played: {type(problem).__name__} {text}"


def _special() -> list[tuple[str, str, Callable[[], str]]]:
    """What behaves differently on CUDA: fused kernels, cuDNN, graphs, and the Philox generator."""
    import torch
    import torch.nn.functional as F
    from torch import nn
    from torch.nn.attention import SDPBackend, sdpa_kernel

    from dropout_lint import testing

    class Attention(nn.Module):
        def __init__(self, backend: Any, p: float) -> None:
            super().__init__()
            self.backend, self.p = backend, p

        def forward(self, x: Any) -> Any:
            with sdpa_kernel(self.backend):
                return F.scaled_dot_product_attention(x, x, x, dropout_p=self.p)  # noqa: DRP202 - the mistake to find

    class Functional(nn.Module):
        def forward(self, x: Any) -> Any:
            return F.dropout(x, 0.5)  # noqa: DRP201 - the mistake to find

    class Hidden(nn.Module):
        def __init__(self, layer: nn.Module) -> None:
            super().__init__()
            self.layer = [layer]

        def forward(self, x: Any) -> Any:
            return self.layer[0](x)[0]

    class Noise(nn.Module):
        def forward(self, x: Any) -> Any:
            return x + torch.randn_like(x)

    half = torch.rand(2, 4, 64, 64, device="cuda", dtype=torch.float16)
    sequence = torch.rand(5, 4, 16, device="cuda")
    x = torch.rand(64, 64, device="cuda")

    def checked(check: Callable[..., object], model: nn.Module, *args: Any) -> Callable[[], str]:
        def play() -> str:
            try:
                check(model.cuda().eval(), *args)
            except AssertionError:
                return "found"
            return "silent"

        return play

    default, strict = testing.assert_no_active_dropout, testing.assert_deterministic
    rows = [
        (f"attention, {backend.name}, p={p}", right, checked(default, Attention(backend, p), half))
        for backend in (SDPBackend.FLASH_ATTENTION, SDPBackend.EFFICIENT_ATTENTION, SDPBackend.MATH)
        for p, right in ((0.1, "found"), (0.0, "silent"))
    ]
    return [
        *rows,
        ("fused dropout", "found", checked(default, Functional(), x)),
        ("fused dropout, half precision", "found", checked(default, Functional(), half)),
        ("cuDNN LSTM in a list", "found", checked(default, Hidden(nn.LSTM(16, 16, 2, dropout=0.5).cuda()), sequence)),
        ("cuDNN GRU in a list", "found", checked(default, Hidden(nn.GRU(16, 16, 2, dropout=0.5).cuda()), sequence)),
        ("cuDNN LSTM in eval mode", "silent", checked(strict, nn.LSTM(16, 16, 2, dropout=0.5), sequence)),
        ("noise, by the state of the CUDA generator", "found", checked(strict, Noise(), x)),
        ("a linear layer leaves the CUDA generator alone", "silent", checked(strict, nn.Linear(64, 64), x)),
        ("captured into a graph", "found", lambda: _captured(Functional().cuda().eval(), x)),
        (
            "a graph of a clean model",
            "silent",
            lambda: _captured(nn.Sequential(nn.Dropout(), nn.ReLU()).cuda().eval(), x),
        ),
        ("results under the monitor, bit by bit", "silent", lambda: _bitwise(half)),
    ]


def _captured(model: Any, x: Any) -> str:
    """Capture a CUDA graph while a monitor is on: nothing may break the capture, and what drops in it is seen."""
    import torch

    from dropout_lint.runtime import DropoutMonitor

    with torch.no_grad(), DropoutMonitor() as monitor:
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            model(x)
        graph.replay()
    return "found" if monitor.events else "silent"


def _bitwise(x: Any) -> str:
    """Dropout and attention with the same seed, plain and watched: "found" is a difference."""
    import torch
    import torch.nn.functional as F

    from dropout_lint.runtime import DropoutMonitor

    def play() -> list[Any]:
        torch.manual_seed(0)
        leaf = x.clone().requires_grad_()
        y = F.dropout(F.scaled_dot_product_attention(leaf, leaf, leaf, dropout_p=0.1), 0.1)
        y.float().sum().backward()  # type: ignore[no-untyped-call]
        return [y, leaf.grad]

    plain = play()
    if not all(torch.equal(a, b) for a, b in zip(plain, play())):
        raise NotImplementedError("two plain runs differ here")
    with DropoutMonitor():
        watched = play()
    return "silent" if all(torch.equal(a, b) for a, b in zip(plain, watched)) else "found"


if __name__ == "__main__":
    sys.exit(main())
