"""Files that torch's exporters write are judged right: what is on for good, what `eval()` would clear, what is off."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from torch import nn

from dropout_lint.artifacts.inspection import read_file
from dropout_lint.artifacts.values.evidence import Evidence, Hold
from tests.artifacts import exporters as to
from tests.artifacts import networks as nets
from tests.artifacts.exporters import Exporter

Make = Callable[[], nn.Module]
IMAGE, ROWS, SEQUENCE = nets.IMAGE, nets.ROWS, nets.SEQUENCE


def told(found: Evidence) -> str:
    """Evidence in words: how firmly, what, where, at which rate, and the source line."""
    rate = "" if found.rate is None else f" {found.rate:g}"
    line = ""
    if found.place is not None:
        assert Path(found.place.filename).name == "networks.py"
        line = f"  {Path(found.place.filename).read_text('utf-8').splitlines()[found.place.line - 1].strip()}"
    maybe = "" if found.always else " maybe"
    return f"{found.hold.value}{maybe} {found.kind.value} at `{found.layer}`{rate}{line}"


def on(path: Path) -> list[str]:
    """What is in train mode in the file."""
    return sorted(told(found) for found in read_file(str(path)).evidence if found.hold is not Hold.OFF)


BN = "batch statistics at `bn`  x = self.bn(self.conv(x))"
DROP = "dropout at `drop` 0.3  x = self.drop(x.flatten(1))"
GATED = "dropout at `` 0.4  x = F.dropout(x, 0.4, training=self.training)"
ALL = [BN, DROP, GATED]
ALWAYS = "dropout at `` 0.4  return F.dropout(x, 0.4)"
ALWAYS_LAYER = "dropout at `drop` 0.3  x = self.drop(self.fc(x))"
SDPA = "attention dropout at `` 0.25  return F.scaled_dot_product_attention(q, q, q, dropout_p=0.25)"
GRU = "dropout between the layers of an RNN at `gru` 0.2  return self.gru(x)[0]"
CONTEXTS = ["dropout at `drop` 0.3  x = self.drop(x)", "dropout at `drop` 0.3  return self.drop(x)"]
PATH = "dropout at `0`  return x * torch.empty(x.size(0), 1).bernoulli_(1 - self.drop_prob)"
LSTM = "dropout between the layers of an RNN at `lstm` 0.2  return self.lstm(x)[0]"
BRANCH = "0.3  return torch.cond(x.sum() > 0, wet, dry, (x,))"
MHA = "dropout at `mha` 0.1  return self.mha(x, x, x)[0]"


def baked(*lines: str) -> list[str]:
    return sorted(f"baked {line}" for line in lines)


def stored(*lines: str) -> list[str]:
    return sorted(f"stored {line}" for line in lines)


def without_lines(lines: list[str]) -> list[str]:
    return [line.partition("  ")[0] for line in lines]


FLAGS = without_lines(stored(BN, DROP))
EVAL, TRAIN, AS_MADE = False, True, None

CASES: list[tuple[Make, tuple[int, ...], bool | None, Exporter, list[str]]] = [
    # torch.export: what is on is on for good
    (nets.Image, IMAGE, TRAIN, to.pt2, baked(*ALL)),
    (nets.Image, IMAGE, EVAL, to.pt2, []),
    (nets.Image, IMAGE, TRAIN, to.pt2_strict, baked(*ALL)),
    (nets.Image, IMAGE, TRAIN, to.pt2_decomposed, baked(*ALL)),
    (nets.Image, IMAGE, EVAL, to.pt2_decomposed, []),
    (nets.Always, ROWS, TRAIN, to.pt2, baked(ALWAYS, ALWAYS_LAYER)),
    (nets.Always, ROWS, EVAL, to.pt2, baked(ALWAYS)),
    (nets.Always, ROWS, EVAL, to.pt2_decomposed, baked(ALWAYS)),
    (nets.Attention, SEQUENCE, EVAL, to.pt2, baked(SDPA)),
    (nets.GatedAttention, SEQUENCE, EVAL, to.pt2, []),
    (nets.MultiHead, SEQUENCE, TRAIN, to.pt2, baked(MHA)),
    (nets.MultiHead, SEQUENCE, EVAL, to.pt2, []),
    (nets.Recurrent, SEQUENCE, TRAIN, to.pt2, baked(LSTM)),
    (nets.Recurrent, SEQUENCE, EVAL, to.pt2, []),
    (nets.Gated, SEQUENCE, TRAIN, to.pt2, baked(GRU)),
    (nets.Branches, ROWS, TRAIN, to.pt2, [f"baked maybe dropout at `None` {BRANCH}"]),
    (nets.Branches, ROWS, EVAL, to.pt2, []),
    (nets.Inert, SEQUENCE, TRAIN, to.pt2, []),
    (nets.Instance, SEQUENCE, TRAIN, to.pt2, baked("batch statistics at `norm`  return self.norm(x)")),
    (nets.Sampler, ROWS, TRAIN, to.pt2, []),
    (nets.Contexts, ROWS, TRAIN, to.pt2, baked(*CONTEXTS)),
    (nets.paths, ROWS, TRAIN, to.pt2, baked(PATH)),
    (nets.paths, ROWS, EVAL, to.pt2, []),
    # torch.jit.script: flags, which eval() clears, and calls that do not ask for them
    (nets.Image, IMAGE, TRAIN, to.script, stored(*ALL)),
    (nets.Image, IMAGE, EVAL, to.script, []),
    (nets.Always, ROWS, TRAIN, to.script, baked(ALWAYS) + stored(ALWAYS_LAYER)),
    (nets.Always, ROWS, EVAL, to.script, baked(ALWAYS)),
    (nets.Attention, SEQUENCE, EVAL, to.script, baked(SDPA)),
    (nets.GatedAttention, SEQUENCE, EVAL, to.script, []),
    (nets.MultiHead, SEQUENCE, TRAIN, to.script, [f"stored maybe {MHA}"]),  # eval has a fast path
    (nets.MultiHead, SEQUENCE, EVAL, to.script, []),
    (nets.Recurrent, SEQUENCE, TRAIN, to.script, stored(LSTM)),
    (nets.Recurrent, SEQUENCE, EVAL, to.script, []),
    (nets.Inert, SEQUENCE, TRAIN, to.script, []),
    (nets.MonteCarlo, ROWS, EVAL, to.script, []),
    (nets.Sometimes, ROWS, EVAL, to.script, ["baked maybe dropout at `` 0.4  x = F.dropout(x, 0.4, True)"]),
    (nets.sequential, ROWS, TRAIN, to.script, stored("dropout at `1` 0.5", "dropout at `2.0` 0.5")),
    (nets.sequential, ROWS, EVAL, to.script, []),
    (nets.Sampler, ROWS, EVAL, to.script, []),
    (nets.paths, ROWS, TRAIN, to.script, stored(PATH)),
    (nets.paths, ROWS, EVAL, to.script, []),
    (nets.Noisy, ROWS, TRAIN, to.script, stored("noise at ``  x = x + torch.randn_like(x)")),
    (nets.Noisy, ROWS, EVAL, to.script, []),
    # torch.jit.trace: what is on is on for good, whatever the flags say
    (nets.Image, IMAGE, TRAIN, to.trace, baked(*ALL)),
    (nets.Image, IMAGE, EVAL, to.trace, []),
    (nets.Always, ROWS, EVAL, to.trace, baked(ALWAYS)),
    (nets.MultiHead, SEQUENCE, TRAIN, to.trace, baked(MHA)),
    (nets.Recurrent, SEQUENCE, TRAIN, to.trace, baked(LSTM)),
    (nets.Recurrent, SEQUENCE, EVAL, to.trace, []),
    (nets.sequential, ROWS, TRAIN, to.trace, baked("dropout at `1` 0.5", "dropout at `2.0` 0.5")),
    (nets.paths, ROWS, TRAIN, to.trace, baked(PATH)),
    # frozen: no flags at all
    (nets.Image, IMAGE, TRAIN, to.frozen, []),
    (nets.Always, ROWS, TRAIN, to.frozen, without_lines(baked(ALWAYS))),
    (nets.Image, IMAGE, TRAIN, to.optimized, []),
    (nets.Always, ROWS, EVAL, to.optimized, without_lines(baked(ALWAYS))),
    (nets.Image, IMAGE, TRAIN, to.for_mobile, stored(*ALL)),
    # only the layers count, never the root alone
    (nets.child_left_in_train, IMAGE, AS_MADE, to.whole, without_lines(stored(DROP))),
    (nets.child_left_in_train, IMAGE, AS_MADE, to.script, stored(DROP)),
    (nets.child_left_in_train, IMAGE, AS_MADE, to.pt2, baked(DROP)),
    (nets.flag_left_in_train, IMAGE, AS_MADE, to.whole, []),
    (nets.flag_left_in_train, IMAGE, AS_MADE, to.script, stored(GATED)),  # and what asks the root
    # wrappers
    (nets.Image, IMAGE, EVAL, to.data_parallel, []),
    (nets.Image, IMAGE, TRAIN, to.data_parallel, [line.replace("`", "`module.", 1) for line in FLAGS]),
    (nets.Image, IMAGE, EVAL, to.averaged, []),
    (nets.Image, IMAGE, EVAL, to.compiled, []),
    (nets.Image, IMAGE, TRAIN, to.compiled, without_lines(stored(BN, DROP))),
    # quantised: it calls `eval()` itself
    (nets.Recurrent, SEQUENCE, EVAL, to.quantized, []),
    (nets.Recurrent, SEQUENCE, EVAL, to.quantized_script, []),
    (nets.Recurrent, SEQUENCE, TRAIN, to.quantized, []),
    # whole modules, pickled: flags of layers, without lines
    (nets.Image, IMAGE, TRAIN, to.whole, without_lines(stored(BN, DROP))),
    (nets.Image, IMAGE, EVAL, to.whole, []),
    (nets.Image, IMAGE, TRAIN, to.whole_before_1_6, without_lines(stored(BN, DROP))),
    (nets.Image, IMAGE, EVAL, to.whole_before_1_6, []),
    *((nets.Image, IMAGE, TRAIN, to.pickled(protocol), without_lines(stored(BN, DROP))) for protocol in range(6)),
    (nets.Image, IMAGE, EVAL, to.pickled(4), []),
    (nets.Recurrent, SEQUENCE, TRAIN, to.whole, without_lines(stored(LSTM))),
    (nets.MultiHead, SEQUENCE, TRAIN, to.whole, ["stored attention dropout at `mha` 0.1"]),
    (nets.Inert, SEQUENCE, TRAIN, to.whole, []),
    (nets.Hidden, ROWS, TRAIN, to.whole, ["stored dropout at `layers[0]` 0.5"]),
    (nets.Hidden, ROWS, EVAL, to.whole, ["stored dropout at `layers[0]` 0.5"]),
    (nets.paths, ROWS, TRAIN, to.whole, ["stored dropout at `0` 0.2"]),
    (nets.Image, IMAGE, TRAIN, to.state_dict, []),
    # ONNX
    (nets.Image, IMAGE, TRAIN, to.onnx_older(13), without_lines(baked(BN, DROP, GATED))),
    (nets.Image, IMAGE, TRAIN, to.onnx_older(17), without_lines(baked(BN, DROP, GATED))),
    (nets.Image, IMAGE, EVAL, to.onnx_older(17), []),
    (nets.Always, ROWS, EVAL, to.onnx_older(12), without_lines(baked(ALWAYS))),
    (nets.Always, ROWS, TRAIN, to.onnx_dynamo, baked(ALWAYS, ALWAYS_LAYER)),
    (nets.Always, ROWS, EVAL, to.onnx_dynamo, baked(ALWAYS)),
    (nets.Image, IMAGE, EVAL, to.onnx_dynamo, []),
    (nets.Branches, ROWS, TRAIN, to.onnx_dynamo, [f"baked maybe dropout at `node_native_dropout__1` {BRANCH}"]),
]  # fmt: skip


MODES = {True: "train", False: "eval", None: "as made"}


def name_of(case: tuple[Make, tuple[int, ...], bool | None, Exporter, list[str]]) -> str:
    make, _, training, exporter, _ = case
    return f"{make.__name__}-{MODES[training]}-{exporter.__qualname__.partition('.')[0]}"


@pytest.mark.parametrize(("make", "shape", "training", "exporter", "expected"), CASES, ids=map(name_of, CASES))
def test_an_exported_file_is_judged_right(
    make: Make, shape: tuple[int, ...], training: bool | None, exporter: Exporter, expected: list[str], tmp_path: Path
) -> None:
    path = tmp_path / ("model.onnx" if "onnx" in exporter.__qualname__ else "model.pt")
    network = make()
    to.write(exporter, network if training is None else network.train(training), shape, path)
    assert on(path) == expected
