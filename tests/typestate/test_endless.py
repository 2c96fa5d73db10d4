"""Loops that nothing ends: a camera, a prompt, a service that waits.  What happens in them counts."""

from __future__ import annotations

import pytest

from dropout_lint.lint.engine import check
from dropout_lint.lint.registry import rule_by_code
from tests.nets import NET_AND_TORCH

SCRIPT = """
model = Net()
model.load_state_dict(torch.load("net.pt"))
MODE
while True:
    print(model(torch.tensor([float(input())])).argmax().item())
"""
FUNCTION = """
def main():
    model = Net()
    model.load_state_dict(torch.load("net.pt"))
    MODE
    while 1:
        with torch.no_grad():
            print(model(torch.tensor([float(input())])))

main()
"""
METHOD = """
class Camera:
    def __init__(self):
        self.model = Net()
        self.model.load_state_dict(torch.load("net.pt"))
        model = self.model
        MODE

    def run(self):
        running = True
        while running:
            with torch.no_grad():
                print(self.model(torch.tensor([float(input())])))

Camera().run()
"""
LOADED_IN_THE_LOOP = """
import time
while True:
    model = Net()
    model.load_state_dict(torch.load("net.pt"))
    MODE
    for x in [[1.0], [2.0]]:
        print(model(torch.tensor(x)).argmax().item())
    time.sleep(60)
"""
RETRIED = """
while True:
    try:
        weights = torch.load("net.pt")
        break
    except OSError:
        pass
model = Net()
model.load_state_dict(weights)
MODE
while True:
    with torch.no_grad():
        print(model(torch.tensor([float(input())])))
"""
HANDED = """
import threading, time
import camera_library

def main():
    model = Net()
    model.load_state_dict(torch.load("net.pt"))
    MODE

    def look(x):
        with torch.no_grad():
            print(model(x))

    camera_library.each_frame(look)
    while True:
        time.sleep(1)

main()
"""
PROGRAMS = {
    "script": SCRIPT,
    "function": FUNCTION,
    "method": METHOD,
    "loaded in the loop": LOADED_IN_THE_LOOP,
    "after one that ends": RETRIED,
    "handed out before": HANDED,
}


def codes(text: str, *rules: str) -> list[str]:
    return [finding.code for finding in check("a.py", NET_AND_TORCH + text, [rule_by_code(rule) for rule in rules])]


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_what_runs_in_an_endless_loop_is_found(program: str) -> None:
    assert codes(program.replace("MODE", "pass"), "DRP301") == ["DRP301"]


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_a_model_in_eval_mode_is_fine(program: str) -> None:
    assert codes(program.replace("MODE", "model.eval()"), "DRP301") == []


def test_layers_that_the_program_takes_out_do_not_count() -> None:
    assert codes(SCRIPT.replace("MODE", "model.drop = nn.Identity()"), "DRP301") == []


def test_a_function_that_never_returns_leaves_no_mode_behind() -> None:
    text = """
def watch(model):
    model.eval()
    while True:
        with torch.no_grad():
            print(model(torch.tensor([float(input())])))

model = Net()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
model(torch.ones(3)).sum().backward()
optimizer.step()
watch(model)
"""
    assert codes(text, "DRP301", "DRP303", "DRP304", "DRP307") == []
