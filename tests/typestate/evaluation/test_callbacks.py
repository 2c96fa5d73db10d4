"""Functions inside of functions that external code calls: engines, web frameworks, searches."""

from __future__ import annotations

import pytest

from dropout_lint.lint.engine import check
from dropout_lint.lint.registry import rule_by_code
from tests.nets import NET_AND_TORCH

LOAD = """

def load(path):
    model = Net()
    model.load_state_dict(torch.load(path))
    return model
"""
ENGINE = """
from ignite.engine import Engine

def main(loader, path):
    model = load(path)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

    def update(engine, batch):
        model.train()
        optimizer.zero_grad()
        model(batch).sum().backward()
        optimizer.step()

    def evaluate(engine, batch):
        MODE
        with torch.no_grad():
            return model(batch)

    trainer, evaluator = Engine(update), Engine(evaluate)
    trainer.run(loader, max_epochs=3)
    evaluator.run(loader)

main([], "net.pt")
"""
APP = """
from flask import Flask, jsonify, request

def create_app(path):
    app = Flask(__name__)
    model = load(path)
    MODE

    @app.route("/answer", methods=["POST"])
    def answer():
        with torch.no_grad():
            return jsonify(label=model(torch.tensor(request.json)).argmax().item())

    return app
"""
SEARCH = """
import search_library

def main(path, data):
    model = load(path)
    MODE
    with torch.no_grad():
        search_library.minimize(lambda x: model(x).sum(), data)

main("net.pt", [])
"""


def reported(text: str) -> list[str]:
    findings = check("handed.py", NET_AND_TORCH + LOAD + text, [rule_by_code("DRP301")])
    lines = (NET_AND_TORCH + LOAD + text).splitlines()
    return [lines[finding.span.start.line - 1].strip() for finding in findings]


@pytest.mark.parametrize(
    ("program", "line"),
    [
        pytest.param(ENGINE, "return model(batch)", id="an engine"),
        pytest.param(APP, "return jsonify(label=model(torch.tensor(request.json)).argmax().item())", id="an app"),
    ],
)
def test_a_function_that_is_handed_out_runs(program: str, line: str) -> None:
    assert reported(program.replace("MODE", "pass")) == [line]
    assert reported(program.replace("MODE", "model.eval()")) == []


def test_gradients_are_on_when_somebody_else_calls() -> None:
    assert reported(SEARCH.replace("MODE", "pass")) == []


def test_functions_that_are_handed_out_may_run_after_each_other() -> None:
    """Whoever evaluates may rely on another callback."""
    program = ENGINE.replace("        MODE\n", "").replace(
        "    trainer, evaluator", "    def before(engine):\n        model.eval()\n\n    trainer, evaluator"
    )
    program = program.replace(
        "    evaluator.run", '    evaluator.add_event_handler("started", before)\n    evaluator.run'
    )
    assert reported(program) == []


def test_a_decorator_of_the_project_hands_nothing_out() -> None:
    program = APP.replace('@app.route("/answer", methods=["POST"])', "@keep").replace(
        "def create_app", "def keep(function):\n    return function\n\ndef create_app"
    )
    assert reported(program.replace("MODE", "pass")) == []
