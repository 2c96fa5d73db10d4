"""What becomes of the result of a forward pass tells evaluation from training, and a prediction from a smoke test."""

from __future__ import annotations

import pytest

from dropout_lint.lint.engine import check
from dropout_lint.lint.registry import rule_by_code
from tests.nets import NET_AND_TORCH

TRAINED = """
model = Net()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
held_out = torch.load("held_out.pt")
sizes, totals = [], 0
for x, y in torch.load("batches.pt"):
    optimizer.zero_grad()
    out = model(x)
    loss = (out - y).pow(2).mean()
    loss.backward()
    optimizer.step()
    INSIDE
AFTER
"""
LOADED = """
model = Net()
model.load_state_dict(torch.load("net.pt"))
for x in torch.load("batches.pt"):
    USE
"""


def codes(text: str) -> list[str]:
    return [finding.code for finding in check("a.py", NET_AND_TORCH + text, [rule_by_code("DRP301")])]


def after(code: str) -> list[str]:
    return codes(TRAINED.replace("INSIDE", "pass").replace("AFTER", code))


def inside(code: str) -> list[str]:
    lines = code.replace("\n", "\n    ")
    return codes(TRAINED.replace("INSIDE", lines).replace("AFTER", ""))


def loaded(code: str) -> list[str]:
    return codes(LOADED.replace("USE", code))


@pytest.mark.parametrize(
    "use",
    [
        "print(model(x))",
        "print(model(x).argmax(1))",
        "print((model(x) > 0.5).sum())",
        "totals += (model(x) - y).pow(2).mean().item()",
        "totals += (model(x).argmax(1) == y).sum().item()",
        "print(f'loss {(model(x) - y).mean():.3f}')",
        "out = model(x)\n    loss = (out - y).mean()\n    print(loss.item())",
    ],
)
def test_results_that_are_read_and_never_go_back_are_evaluation_in_a_program_that_trains(use: str) -> None:
    assert after(f"for x, y in held_out:\n    {use}") == ["DRP301"]
    assert after(
        f"def report():\n    global totals\n    for x, y in held_out:\n        {use}\nreport()".replace(
            "\n    loss", "\n        loss"
        ).replace("\n    print", "\n        print")
    ) == ["DRP301"]


@pytest.mark.parametrize(
    "use",
    [
        "print(model(x).shape)",
        "model(x)",
        "sizes.append(len(model(x)))",
        "assert (model(x) > 0).all()",
        "(model(x) - y).mean().backward()",
        "loss = (model(x) - y).mean()\n    print(loss.item())\n    loss.backward()",
        "sizes.append((model(x) - y).mean())\nprint(sum(sizes).item())\nsum(sizes).backward()",
        "target = model(x).argmax(1)\n    (model(y) - target).mean().backward()",
    ],
)
def test_what_is_not_read_or_goes_back_is_none(use: str) -> None:
    assert after(f"for x, y in held_out:\n    {use}") == []


def test_a_batch_fetched_inside_the_training_loop_is_evaluated_there() -> None:
    assert inside("x, y = next(iter(held_out))\nout = model(x)\nprint(out.argmax(1).eq(y).sum())") == ["DRP301"]


def test_a_score_of_the_batch_that_is_trained_on_is_a_figure_about_training() -> None:
    assert inside("print(model(x).argmax(1).eq(y).sum())") == []
    assert inside("print(out.argmax(1).eq(y).sum())") == []


def test_an_action_that_an_environment_gets_is_none() -> None:
    world = "world = torch.load('world.pt')\n"
    assert (
        after(f"{world}for x, y in held_out:\n    state = world.step(model(x).argmax(1).item())\n    print(state)")
        == []
    )


def test_mode_set_for_the_pass_alone_is_meant() -> None:
    code = "def sample():\n    model.train()\n    for x, y in held_out:\n        print(model(x).argmax(1))\nsample()"
    assert after(code) == []


@pytest.mark.parametrize(
    "use",
    [
        "print(model(x))",
        "print(model(x).tolist())",
        "print((model(x) > 0.5).sum())",
        "torch.save(model(x), 'out.pt')",
        "print(model.predict(x))",
    ],
)
def test_a_script_that_loads_and_reads_predicts(use: str) -> None:
    net = "    def predict(self, x):\n        return self.drop(x).argmax(1)\n"
    assert codes(net + LOADED.replace("USE", use)) == ["DRP301"]


@pytest.mark.parametrize("use", ["model(x)", "print(model(x).shape)", "assert model(x).shape == x.shape"])
def test_a_script_that_loads_and_looks_at_shapes_checks_itself(use: str) -> None:
    assert loaded(use) == []


BUFFER = """
model = Net()
model.load_state_dict(torch.load("net.pt"))
for prompt in torch.load("prompts.pt"):
    x = torch.zeros(1, 8)
    FILL
    print(model(x).argmax(1))
"""


@pytest.mark.parametrize("fill", ["x[0] = prompt", "x[0, :3] = prompt", "x.copy_(prompt)", "x[0].copy_(prompt)"])
def test_a_buffer_that_is_filled_is_an_input(fill: str) -> None:
    assert codes(BUFFER.replace("FILL", fill)) == ["DRP301"]


@pytest.mark.parametrize("fill", ["pass", "x[0] = 1", "x.fill_(0.5)", "x.normal_()"])
def test_one_that_is_not_is_made_up(fill: str) -> None:
    assert codes(BUFFER.replace("FILL", fill)) == []


NOISE = """
model = Net()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for x, y in torch.load("batches.pt"):
    (model(INPUT) - y).mean().backward()
    optimizer.step()
with torch.no_grad():
    print(model(torch.zeros(1, 8)).argmax(1))
"""


def test_what_is_trained_on_data_is_no_generator() -> None:
    assert codes(NOISE.replace("INPUT", "x")) == ["DRP301"]
    judged = NOISE.replace("(model(INPUT) - y)", "critic(model(torch.randn(4, 8)))").replace(
        "model = Net()", "model, critic = Net(), Net()"
    )
    assert codes(judged) == []
    norm = NOISE.replace("INPUT", "torch.randn(4, 8)").replace(
        "Net()", "nn.Sequential(nn.Linear(8, 8), nn.BatchNorm1d(8))"
    )
    assert codes(norm) == []


def test_a_model_that_drops_and_is_judged_by_none_is_trained_on_data_that_is_made_up() -> None:
    assert codes(NOISE.replace("INPUT", "torch.randn(4, 8)")) == ["DRP301"]


LAYERED = """
class Ranking(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([])
        for width in (4, 4, 1):
            self.layers.append(nn.Sequential(nn.Linear(4, width), nn.Dropout(0.5)))

    def predict(self, x):
        for layer in self.layers:
            x = layer(x)
        return x.squeeze()

    def loss(self, good, bad):
        return -nn.functional.logsigmoid(self.predict(good) - self.predict(bad)).mean()

def predict_with(model, x):
    for layer in model.layers:
        x = layer(x)
    return x

model = Ranking()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(3):
    model.train()
    for good, bad in torch.load("pairs.pt"):
        loss = LOSS
        loss.backward()
        optimizer.step()
    SCORE
"""


@pytest.mark.parametrize("loss", ["model.loss(good, bad)", "predict_with(model, good).mean()"])
def test_what_is_called_a_prediction_and_trained_on_is_none(loss: str) -> None:
    assert codes(LAYERED.replace("LOSS", loss).replace("SCORE", "pass")) == []


@pytest.mark.parametrize("loss", ["model.loss(good, bad)", "predict_with(model, good).mean()"])
def test_beside_it_a_prediction_that_is_only_read_is_one(loss: str) -> None:
    score = "for x in torch.load('test.pt'):\n        print(model.predict(x))"
    assert codes(LAYERED.replace("LOSS", loss).replace("SCORE", score)) == ["DRP301"]


def test_one_function_that_trains_or_evaluates_by_a_flag_evaluates() -> None:
    text = """
class Trainer:
    def __init__(self):
        self.model = Net()
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.1)

    def train(self, batches):
        self.iteration(batches)

    def test(self, batches):
        self.iteration(batches, train=False)

    def iteration(self, batches, train=True):
        total = 0.0
        for x, y in batches:
            loss = (self.model(x) - y).pow(2).mean()
            if train:
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()
            total += loss.item()
        print(total)

trainer = Trainer()
for epoch in range(3):
    trainer.train(torch.load("train.pt"))
    trainer.test(torch.load("test.pt"))
"""
    assert codes(text) == ["DRP301"]


FRESH = """
model = Net()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for x, y in torch.load("batches.pt"):
    (model(x) - y).mean().backward()
    optimizer.step()
with torch.no_grad():
    for _ in range(10):
        USE
"""


def test_an_input_drawn_anew_in_each_turn_is_another_one() -> None:
    assert codes(FRESH.replace("USE", "print(model(torch.randn(4, 8)).argmax(1))")) == ["DRP301"]


def test_whose_result_is_not_read_is_a_measurement_of_speed() -> None:
    assert codes(FRESH.replace("USE", "model(torch.randn(4, 8))")) == []
