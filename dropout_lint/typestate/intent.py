"""What names say about intent, where nothing else does: evaluation, Monte-Carlo dropout, a second model, a test."""

from __future__ import annotations

import ast
import re

from dropout_lint.typestate.frames import Event

EVALUATES = re.compile(
    r"(?i)(?:^|_|(?<=[a-z])(?=[A-Z]))(?:eval\w*|valid\w*|val|test\w*|infer\w*|predict\w*|score\w*|accuracy|acc|metrics?)"
)
SHOWS = re.compile(
    r"(?i)(?:^|_)(?:translat|generat|sampl|decod|caption|visuali[sz]|show|plot|demo|inference|reconstruct)\w*"
)
_DELIBERATE = re.compile(
    r"(?i)bn_|_bn|batch_?norm|calib|recalib|warm_?up|mc_|_mc|monte|dropout|uncertain|bayes|stochastic|ensemble|rollout"
    r"|explor|get_action|select_action|choose_action|\bact\b|collect|pseudo|adversar|attack|perturb|augment|flops|macs|latency"
    r"|throughput|benchmark|profile|summary|count_param|smoke|sanity|self_?play|embed_all"
)
MONTE_CARLO = re.compile(r"(?i)(?:^|_)mc(?:_|$)|monte|bayes|uncertain|dropout")
_SECOND_MODEL = re.compile(
    r"(?i)teacher|ema|target|momentum|_k\b|key_enc|\bref|frozen|\bold|prior|discrim|_?fake|critic|actor|policy"
)
_ENVIRONMENT = re.compile(r"\benvs?\b\s*(?:\[[^]]*\])?\.(?:step|reset)\b|\bgym\b")
PREDICTS = re.compile(
    r"argmax|softmax|topk|\.max\(|sigmoid|\.cpu\(|\.numpy\(|\.item\(|imwrite|save_image|decode\(|accuracy"
)
TRAINS = re.compile(  # an import of `torch.optim` alone says nothing
    r"\.backward\(|autograd\.grad|\boptim\.[A-Z]|(?i:optimi[sz]er)\w*\s*[=.]|zero_grad"
)
DRAWS = re.compile(r"save_image|imsave|imwrite|imshow|savefig|make_grid|fromarray|to_pil|ToPILImage")
_TEST_FOLDER = re.compile(r"(?:^|[\\/])(?:tests?|testing|unit_?tests?)[\\/]|conftest\.py$")
_TEST_NAME = re.compile(r"(?:^|[\\/])test_\w+\.py$|_test\.py$")
_TESTS = re.compile(r"(?m)^\s*(?:async )?def test_|\bpytest\b|\bunittest\b|TestCase|^\s*assert ")


def is_deliberate(event: Event) -> bool:
    """Whether train mode seems to be meant: by the names of the functions and of the model, by the loop around."""
    words = [*event.functions, event.function]
    if any(_DELIBERATE.search(word) for word in words):
        return True
    assert isinstance(event.node, ast.Call)
    if _SECOND_MODEL.search(ast.unparse(event.node.func)):
        return True
    return any(_ENVIRONMENT.search(ast.unparse(loop)) for _, loop in event.turns[-2:])


def is_test(event: Event) -> bool:
    """Whether the event happens in a test."""
    return is_test_file(event.source.place, event.source.text)


def is_test_file(place: str, text: str) -> bool:
    """Whether the file at ``place`` in its project is one of tests: what they do with modes is no example.

    Its own name does not say so alone: in research, ``test_net.py`` measures the accuracy on the test set.
    """
    if _TEST_FOLDER.search(place) is not None:
        return True
    return _TEST_NAME.search(place) is not None and _TESTS.search(text) is not None
