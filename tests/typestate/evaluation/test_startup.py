"""Models that a service loads before it answers requests: what its handlers run is what was loaded."""

from __future__ import annotations

import pytest

from dropout_lint.lint.engine import check
from dropout_lint.lint.registry import rule_by_code
from tests.nets import NET_AND_TORCH

ON_EVENT = """
from fastapi import FastAPI
app = FastAPI()

@app.on_event("startup")
def load():
    global model
    model = Net()
    model.load_state_dict(torch.load("net.pt"))
    MODE

@app.post("/answer")
async def answer(x: list[float]):
    return {"label": model(torch.tensor(x)).argmax().item()}
"""
BEFORE_FIRST_REQUEST = """
from flask import Flask, jsonify, request
app = Flask(__name__)
model = None

@app.before_first_request
def load():
    global model
    model = Net()
    model.load_state_dict(torch.load("net.pt"))
    MODE

@app.route("/answer")
def answer():
    with torch.no_grad():
        return jsonify(label=model(torch.tensor(request.json["x"])).argmax().item())
"""
LIFESPAN = """
from contextlib import asynccontextmanager
from fastapi import FastAPI
models = {}

@asynccontextmanager
async def lifespan(app):
    models["net"] = Net()
    models["net"].load_state_dict(torch.load("net.pt"))
    model = models["net"]
    MODE
    yield
    models.clear()

app = FastAPI(lifespan=lifespan)

@app.post("/answer")
async def answer(x: list[float]):
    with torch.no_grad():
        return {"label": models["net"](torch.tensor(x)).argmax().item()}
"""
SERVICES = {"on_event": ON_EVENT, "before_first_request": BEFORE_FIRST_REQUEST, "lifespan": LIFESPAN}


def codes(service: str, mode: str) -> list[str]:
    findings = check("app.py", NET_AND_TORCH + service.replace("MODE", mode), [rule_by_code("DRP301")])
    return [finding.code for finding in findings]


@pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)
def test_a_handler_that_runs_what_was_loaded_is_found(service: str) -> None:
    assert codes(service, "pass") == ["DRP301"]


@pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)
def test_a_model_put_in_eval_mode_at_startup_is_fine(service: str) -> None:
    assert codes(service, "model.eval()") == []


def test_a_function_that_is_no_startup_says_nothing_of_the_model() -> None:
    assert codes(ON_EVENT.replace('"startup"', '"shutdown"'), "pass") == []
