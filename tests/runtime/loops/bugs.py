"""Mistakes that the watcher was not designed with; written down before it was run on them."""

from __future__ import annotations

import contextlib
import copy
import io
import threading

import torch
from torch import Tensor, nn

from tests.runtime.loops.known import EVAL_LOOP, EXPORT, INFERENCE, PART, TRAIN_STEP
from tests.runtime.loops.parts import (
    Backbone,
    Loops,
    Net,
    Plain,
    WithBackbone,
    batches,
    sgd,
    train_batch,
    train_epoch,
    validate,
)

BUGS = Loops()


@BUGS.buggy(TRAIN_STEP)
def early_return_skips_train() -> None:
    model = Net()
    optimizer = sgd(model)
    best = -1e9

    def evaluate() -> None:
        nonlocal best
        model.eval()
        score = validate(model)
        if score <= best + 1e9:
            return
        best = score
        model.train()

    for _ in range(3):
        train_epoch(model, optimizer)
        evaluate()


@BUGS.buggy(TRAIN_STEP)
def exception_skips_train() -> None:
    model = Net()
    optimizer = sgd(model)
    for _ in range(2):
        train_epoch(model, optimizer)
        with contextlib.suppress(RuntimeError):
            model.eval()
            with torch.no_grad():
                model(torch.randn(2, 5))
            model.train()


@BUGS.buggy(TRAIN_STEP)
def train_without_parentheses() -> None:
    model = Net()
    optimizer = sgd(model)
    for _ in range(2):
        model.train  # noqa: B018, DRP302
        train_epoch(model, optimizer)
        model.eval()
        validate(model)


@BUGS.buggy(TRAIN_STEP)
def wrapper_trained_after_eval_of_the_inner_model() -> None:
    model = Net()
    parallel = nn.DataParallel(model)
    optimizer = sgd(parallel)
    for _ in range(2):
        train_epoch(parallel, optimizer)
        model.eval()
        validate(model)


@BUGS.buggy(TRAIN_STEP)
def backbone_called_by_itself_in_eval() -> None:
    backbone, head = Backbone().eval(), nn.Linear(8, 1)
    optimizer = sgd(backbone, head)
    for x in batches():
        optimizer.zero_grad()
        head(backbone(x)).mean().backward()
        optimizer.step()


@BUGS.buggy(TRAIN_STEP)
def gradient_accumulation_after_validation() -> None:
    model = Net()
    optimizer = sgd(model)
    for _ in range(3):
        for x in batches(4):
            (model(x).pow(2).mean() / 4).backward()
        optimizer.step()
        optimizer.zero_grad()
        model.eval()
        validate(model)


@BUGS.buggy(TRAIN_STEP)
def decoder_left_in_eval() -> None:
    encoder, decoder = Backbone(), nn.Sequential(nn.Dropout(0.3), nn.Linear(8, 1))
    for_encoder, for_decoder = sgd(encoder), sgd(decoder)
    for _ in range(2):
        encoder.train()
        for x in batches():
            for_encoder.zero_grad()
            for_decoder.zero_grad()
            decoder(encoder(x)).mean().backward()
            for_encoder.step()
            for_decoder.step()
        encoder.eval()
        decoder.eval()
        with torch.no_grad():
            results = [decoder(encoder(x)) for x in batches()]
        assert results


@BUGS.buggy(TRAIN_STEP)
def second_order_optimizer_with_closure() -> None:
    model = Net()
    model.eval()
    optimizer = torch.optim.LBFGS(model.parameters(), max_iter=2)
    x = torch.randn(8, 6)

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss: Tensor = model(x).pow(2).mean()
        loss.backward()
        return loss

    for _ in range(4):
        optimizer.step(closure)


@BUGS.buggy(TRAIN_STEP)
def mixed_precision() -> None:
    model = Net()
    optimizer = sgd(model)
    for _ in range(2):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            for x in batches():
                optimizer.zero_grad()
                model(x).pow(2).mean().backward()
                optimizer.step()
        model.eval()
        validate(model)


@BUGS.buggy(EVAL_LOOP)
def evaluation_in_a_thread() -> None:
    model = Net()
    optimizer = sgd(model)
    for _ in range(2):
        train_epoch(model, optimizer)
        thread = threading.Thread(target=validate, args=(model,))
        thread.start()
        thread.join()


@BUGS.buggy(INFERENCE)
def best_weights_tested_in_a_fresh_model() -> None:
    model = Net()
    train_epoch(model, sgd(model))
    best = Net()
    best.load_state_dict(model.state_dict())
    validate(best)


@BUGS.buggy(INFERENCE)
def one_prediction_with_loaded_weights() -> None:
    model = Net()
    model.load_state_dict(Net().state_dict())
    with torch.no_grad():
        prediction = model(torch.randn(1, 6).expand(2, -1))
    assert prediction.shape == (2, 1)


@BUGS.buggy(EXPORT)
def bound_method_is_traced() -> None:
    torch.jit.trace(Net().forward, torch.randn(2, 6), check_trace=False)


@BUGS.buggy(EXPORT)
def onnx_in_train_mode() -> None:
    with contextlib.suppress(Exception):  # onnxscript may not be there; the mode is wrong before that
        torch.onnx.export(Net(), (torch.randn(2, 6),), io.BytesIO(), dynamo=True)  # type: ignore[arg-type]


@BUGS.buggy(EXPORT)
def strict_export_after_training() -> None:
    model = Net(norm=False)
    train_epoch(model, sgd(model))
    torch.export.export(model, (torch.randn(2, 6),), strict=True)


@BUGS.buggy(PART)
def unfrozen_backbone_stays_in_eval() -> None:
    model = WithBackbone(head_dropout=0.1)
    model.backbone.requires_grad_(False)
    model.backbone.eval()
    train_epoch(model, sgd(model))
    model.backbone.requires_grad_(True)
    train_epoch(model, sgd(model))


@BUGS.buggy(EVAL_LOOP)
def gradients_switched_off_by_hand() -> None:
    model = Net()
    optimizer = sgd(model)
    for _ in range(2):
        train_epoch(model, optimizer)
        torch.set_grad_enabled(False)
        scores = [float(model(x).mean()) for x in batches()]
        torch.set_grad_enabled(True)
        assert scores


@BUGS.buggy(EVAL_LOOP)
def the_other_model_is_put_in_eval() -> None:
    model = Net()
    average = copy.deepcopy(model)
    optimizer = sgd(model)
    for _ in range(2):
        model.train()
        train_epoch(model, optimizer)
        average.eval()
        validate(model)


@BUGS.buggy(EVAL_LOOP)
def samples_of_a_generator() -> None:
    generator, critic = Net(), Plain()
    for_generator, for_critic = sgd(generator), sgd(critic)
    for _ in range(2):
        for x in batches(4):
            with torch.no_grad():
                fake = generator(x).expand(-1, 6)
            for_critic.zero_grad()
            (critic(x).mean() - critic(fake).mean()).backward()
            for_critic.step()
            for_generator.zero_grad()
            critic(generator(x).expand(-1, 6)).mean().backward()
            for_generator.step()
        with torch.no_grad():
            samples = torch.cat([generator(noise) for noise in batches(5)])
        assert len(samples) == 20


class _Tagger(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.rnn = nn.LSTM(6, 8, num_layers=2, dropout=0.3, batch_first=True)
        self.last = nn.Linear(8, 1)

    def forward(self, x: Tensor, state: tuple[Tensor, Tensor] | None) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        hidden, state = self.rnn(x, state)
        return self.last(hidden), state


@BUGS.buggy(TRAIN_STEP)
def truncated_backpropagation_in_eval() -> None:
    model = _Tagger()
    optimizer = sgd(model)
    for epoch in range(2):
        state = None
        for x in batches(4):
            optimizer.zero_grad()
            result, state = model(x.unsqueeze(1), state)
            state = (state[0].detach(), state[1].detach())
            result.pow(2).mean().backward()
            optimizer.step()
        if epoch == 0:
            model.eval()
            with torch.no_grad():
                result, _ = model(torch.randn(4, 1, 6), None)


@BUGS.buggy(TRAIN_STEP)
def transformer_layer_in_eval() -> None:
    model = nn.Sequential(nn.TransformerEncoderLayer(6, 2, 8, dropout=0.1, batch_first=True), nn.Linear(6, 1)).eval()
    optimizer = torch.optim.AdamW(model.parameters())
    for x in batches():
        train_batch(model, optimizer, x.unsqueeze(1))


@BUGS.buggy(EVAL_LOOP)
def encoder_and_head_validated_apart() -> None:
    encoder, head = Backbone(), nn.Linear(8, 1)
    optimizer = sgd(encoder, head)
    for _ in range(2):
        for x in batches():
            optimizer.zero_grad()
            head(encoder(x)).mean().backward()
            optimizer.step()
        with torch.no_grad():
            print(max(float(head(encoder(x)).max()) for x in batches()) > 1e9)


@BUGS.buggy(TRAIN_STEP)
def whole_model_saved_in_eval_and_trained_on() -> None:
    model = Net()
    train_epoch(model, sgd(model))
    buffer = io.BytesIO()
    torch.save(model.eval(), buffer)
    buffer.seek(0)
    again = torch.load(buffer, weights_only=False)
    train_epoch(again, sgd(again))


@BUGS.buggy(TRAIN_STEP)
def compiled_in_place() -> None:
    model = Net(norm=False)
    model.compile(backend="eager", fullgraph=True)
    optimizer = sgd(model)
    for _ in range(2):
        train_epoch(model, optimizer)
        model.eval()
        validate(model)


@BUGS.buggy(EVAL_LOOP)
def compiled_wrapper_validated_in_train_mode() -> None:
    model = Net(norm=False)
    compiled = torch.compile(model, backend="eager", fullgraph=True)
    optimizer = sgd(model)
    for _ in range(2):
        for x in batches():
            optimizer.zero_grad()
            compiled(x).mean().backward()
            optimizer.step()
        with torch.no_grad():
            print(sum(float(compiled(x).mean()) for x in batches()) > 1e9)


class _Functional(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(6, 8)
        self.last = nn.Linear(8, 1)

    def forward(self, x: Tensor) -> Tensor:
        hidden = nn.functional.dropout(self.first(x).relu(), 0.5, training=self.training)
        result: Tensor = self.last(hidden)
        return result


@BUGS.buggy(TRAIN_STEP)
def layer_replaced_and_trained_in_eval() -> None:
    model = Net()
    optimizer = sgd(model)
    train_epoch(model, optimizer, 5)
    model.eval()
    model.drop = nn.Dropout(0.2).eval()
    train_epoch(model, optimizer)


@BUGS.buggy(EVAL_LOOP)
def functional_dropout_left_on() -> None:
    model = _Functional()
    optimizer = sgd(model)
    for _ in range(2):
        train_epoch(model, optimizer)
        validate(model)


@BUGS.buggy(EVAL_LOOP, missed="one call between two steps is what a teacher's or a generator's look like")
def full_batch_graph_training() -> None:
    model = Net()
    optimizer = sgd(model)
    x = torch.randn(8, 6)
    for _ in range(4):
        train_batch(model, optimizer, x)
        with torch.no_grad():
            score = model(x).mean()
        assert score is not None


@BUGS.buggy(EVAL_LOOP)
def validation_with_gradients() -> None:
    model = Net()
    optimizer = sgd(model)
    for _ in range(2):
        train_epoch(model, optimizer)
        scores = [model(x).mean().item() for x in batches()]
        assert scores


@BUGS.buggy(EVAL_LOOP, missed="no optimizer has the parameters of the copy, so it looks like a teacher")
def evaluated_copy() -> None:
    model = Net()
    optimizer = sgd(model)
    for _ in range(2):
        train_epoch(model, optimizer)
        validate(copy.deepcopy(model))


@BUGS.buggy(TRAIN_STEP, missed="without an optimizer of torch there is no step to see")
def hand_made_gradient_descent() -> None:
    model = Net()
    model.eval()
    for x in batches():
        model(x).mean().backward()
        with torch.no_grad():
            for parameter in model.parameters():
                if parameter.grad is not None:
                    parameter.sub_(0.1 * parameter.grad)
                    parameter.grad = None
