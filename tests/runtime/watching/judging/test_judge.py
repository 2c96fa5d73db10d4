"""What the events of a run amount to; without torch, one event at a time."""

from __future__ import annotations

from dropout_lint.runtime.record.events import Call, Export, Kind, Layer, Modes, Place, Root, Step, Switch, Trained
from dropout_lint.runtime.record.reach import Reach
from dropout_lint.runtime.watching.judging.findings import Confidence
from dropout_lint.runtime.watching.judging.judge import Judge

NET = Root(
    0,
    "Net",
    "project.Net",
    (
        Layer("body.drop", "Dropout", Kind.STOCHASTIC, 0.5),
        Layer("body.norm", "BatchNorm1d", Kind.BATCH_STATS, None),
        Layer("head.drop", "Dropout", Kind.STOCHASTIC, 0.1),
    ),
)
TRAIN, EVAL = Modes(True, (True, True, True)), Modes(False, (False, False, False))
BODY_OFF = Modes(True, (False, False, True))
TRAINING, VALIDATING = Place.at("train.py", 10), Place.at("train.py", 20)


class Story:
    """Tells a judge what happened, in short words."""

    def __init__(self, root: Root = NET, min_consecutive: int = 2) -> None:
        self.judge = Judge(min_consecutive)
        self.judge.add(root)
        self.root = root
        self.calls = self.steps = 0

    def call(
        self,
        modes: Modes,
        graph: bool,
        *,
        discarded: bool = False,
        expected: bool = False,
        randomness: int | None = None,
        switch: Switch | None = None,
        thread: int = 1,
        reach: Reach | None = None,
        place: Place | None = None,
    ) -> Story:
        self.calls += 1
        place = place or (TRAINING if graph else VALIDATING)
        self.judge.call(
            Call(
                self.calls,
                self.root.number,
                modes,
                place,
                graph,
                graph,
                thread,
                discarded,
                expected,
                randomness,
                switch,
                reach,
            )
        )
        return self

    def step(self, *layers: bool, optimizer: int = 0) -> Story:
        self.steps += 1
        trained = Trained(self.root.number, layers or (True, True, True))
        self.judge.step(Step(self.steps, optimizer, "SGD", TRAINING, (trained,)), 1)
        return self

    def trained(self, modes: Modes, times: int = 1) -> Story:
        for _ in range(times):
            self.call(modes, True).step()
        return self

    def evaluated(self, modes: Modes, times: int = 3) -> Story:
        for _ in range(times):
            self.call(modes, False)
        return self

    @property
    def names(self) -> list[str]:
        return [finding.name for finding in self.judge.findings()]


def test_an_evaluation_in_train_mode_is_counted_from_its_first_call() -> None:
    story = Story().trained(TRAIN, 5).evaluated(TRAIN, 3).trained(TRAIN)
    (finding,) = story.judge.findings()
    assert (finding.code, finding.name) == ("DRP301", "eval-loop-in-train-mode")
    assert (finding.count, finding.first.call, finding.first.step, finding.last.call) == (3, 6, 5, 8)
    assert finding.message == (
        "`Net` is in train mode when it is evaluated, "
        "so dropout stays on and batch norm uses the statistics of the batch"
    )


def test_a_run_that_ends_during_an_evaluation_is_judged_too() -> None:
    assert Story().trained(TRAIN).evaluated(TRAIN).names == ["eval-loop-in-train-mode"]


def test_one_call_between_two_steps_is_part_of_training() -> None:
    story = Story()
    for _ in range(5):
        story.evaluated(TRAIN, 1).trained(TRAIN)
    assert story.names == []


def test_the_first_call_of_the_next_training_step_is_no_part_of_the_evaluation() -> None:
    story = Story().trained(TRAIN).evaluated(TRAIN)
    glance = Call(story.calls + 1, 0, TRAIN, TRAINING, graph=False, grad_enabled=False, thread=1)
    story.judge.call(glance)
    story.calls += 1
    story.trained(TRAIN)
    assert [finding.place for finding in story.judge.findings()] == [VALIDATING]


def test_how_many_calls_make_an_evaluation_can_be_said() -> None:
    assert Story(min_consecutive=4).trained(TRAIN).evaluated(TRAIN, 3).names == []
    assert Story(min_consecutive=1).trained(TRAIN).evaluated(TRAIN, 1).names == ["eval-loop-in-train-mode"]


def test_calls_in_two_threads_do_not_make_one_evaluation() -> None:
    story = Story().trained(TRAIN).call(TRAIN, False, thread=1).call(TRAIN, False, thread=2)
    assert story.names == []


def test_rows_that_every_step_has_belong_to_the_training() -> None:
    story = Story()
    for _ in range(6):
        story.evaluated(TRAIN, 3).trained(TRAIN)
    assert story.names == []


def test_a_row_that_is_repeated_from_its_random_state_is_gradient_caching() -> None:
    story = Story().trained(TRAIN)
    story.call(TRAIN, False, randomness=1).call(TRAIN, False, randomness=2)
    assert story.judge.wants_randomness(1)
    story.call(TRAIN, True, randomness=1).step()
    assert story.names == []


def test_a_row_that_is_followed_by_other_random_numbers_is_an_evaluation() -> None:
    story = Story().trained(TRAIN)
    story.call(TRAIN, False, randomness=1).call(TRAIN, False, randomness=2).call(TRAIN, True, randomness=3).step()
    assert story.names == ["eval-loop-in-train-mode"]


def test_discarded_and_expected_calls_count_for_nothing() -> None:
    story = Story().trained(TRAIN)
    for _ in range(3):
        story.call(TRAIN, False, discarded=True).call(TRAIN, False, expected=True)
    assert story.names == []


def test_a_model_that_no_optimizer_has_is_a_teacher() -> None:
    story = Story()
    for _ in range(3):
        story.evaluated(TRAIN, 2)
        story.steps += 1
        story.judge.step(Step(story.steps, 0, "SGD", TRAINING, ()), 1)
    assert story.names == []


def test_inference_after_all_training_is_found_without_an_owner() -> None:
    story = Story()
    story.judge.step(Step(1, 0, "SGD", TRAINING, ()), 1)
    story.steps = 1
    assert story.evaluated(TRAIN, 2).names == ["inference-in-train-mode"]


def test_one_call_with_random_weights_is_a_smoke_test_and_with_loaded_ones_inference() -> None:
    story = Story().evaluated(TRAIN, 1)
    assert story.names == []
    story.judge.weights_loaded(0)
    assert story.names == ["inference-in-train-mode"]


def test_training_in_eval_mode_is_sure_after_training_in_train_mode() -> None:
    (finding,) = Story().trained(TRAIN, 2).trained(EVAL, 3).judge.findings()
    assert (finding.name, finding.confidence) == ("train-step-in-eval-mode", Confidence.HIGH)
    assert (finding.count, finding.first.step, finding.last.step) == (3, 3, 5)


def test_training_in_eval_mode_from_the_start_may_be_meant() -> None:
    (finding,) = Story().trained(EVAL, 3).judge.findings()
    assert finding.confidence is Confidence.MEDIUM


def test_one_call_in_train_mode_clears_the_step() -> None:
    story = Story().trained(TRAIN)
    story.call(EVAL, True).call(EVAL, True).call(TRAIN, True).step()
    assert story.names == []


def test_calls_before_the_last_step_of_the_optimizer_are_not_looked_at_again() -> None:
    assert Story().call(TRAIN, True).step().call(EVAL, True).step().names == ["train-step-in-eval-mode"]


def test_two_optimizers_that_step_after_one_call_both_see_it() -> None:
    story = Story().call(EVAL, True).step(optimizer=0).step(optimizer=1)
    (finding,) = story.judge.findings()
    assert finding.count == 2


def test_layers_among_frozen_parameters_do_not_count() -> None:
    assert Story().call(EVAL, True).step(False, False, False).names == []


def test_all_dropout_off_in_a_model_in_train_mode_is_found() -> None:
    modes = Modes(True, (False, True, False))
    (finding,) = Story().trained(modes).judge.findings()
    assert (finding.name, finding.confidence) == ("train-step-with-part-in-eval-mode", Confidence.MEDIUM)


def test_a_trained_part_in_eval_mode_is_worth_a_look_and_named() -> None:
    (finding,) = Story().trained(BODY_OFF).judge.findings()
    assert finding.confidence is Confidence.LOW
    assert finding.message == "`body` of `Net` is in eval mode while `SGD` trains it, so dropout is off"


def test_frozen_batch_norm_is_no_finding() -> None:
    assert Story().trained(Modes(True, (True, False, True)), 3).names == []


def test_the_place_that_set_the_mode_is_remembered() -> None:
    switch = Switch(1, False, "Net", Place.at("train.py", 15))
    (finding,) = Story().call(EVAL, True, switch=switch).step().judge.findings()
    assert [(remark.message, remark.place) for remark in finding.remarks] == [
        ("`eval()` of `Net` was called last here", switch.place)
    ]


def test_an_export_in_train_mode_is_found_unless_it_is_expected() -> None:
    story = Story()
    story.judge.export(Export("torch.jit.trace", NET, TRAIN, TRAINING, expected=True))
    story.judge.export(Export("torch.jit.trace", NET, EVAL, TRAINING))
    assert story.names == []
    story.judge.export(Export("torch.jit.trace", NET, TRAIN, TRAINING))
    assert story.names == ["export-in-train-mode"]


def test_layers_whose_mode_matters_otherwise_are_never_a_finding() -> None:
    root = Root(0, "Moe", "project.Moe", (Layer("router", "Router", Kind.MODE_DEPENDENT, None),))
    on, off = Modes(True, (True,)), Modes(False, (False,))
    story = Story(root).call(off, True).step(True).call(on, False).call(on, False)
    story.judge.export(Export("torch.jit.trace", root, on, TRAINING))
    assert story.names == []


def test_findings_may_be_asked_for_while_the_run_goes_on() -> None:
    story = Story().trained(TRAIN).evaluated(TRAIN)
    assert story.names == story.names
    story.evaluated(TRAIN)
    (finding,) = story.judge.findings()
    assert finding.count == 6


def unused() -> Reach:
    """Of a result that was freed before a backward pass came."""
    return Reach(lambda: None)


def kept() -> Reach:
    """Of a result that is still alive."""
    return Reach(lambda: True)


def reached() -> Reach:
    reach = kept()
    reach.reached = True
    return reach


def looked_at(story: Story, *results: Reach) -> Story:
    for reach in results:
        story.call(TRAIN, True, reach=reach, place=VALIDATING)
    return story


def test_calls_with_gradients_that_no_backward_pass_reaches_are_an_evaluation() -> None:
    story = looked_at(Story().trained(TRAIN, 4), unused(), unused()).trained(TRAIN)
    (finding,) = story.judge.findings()
    assert (finding.name, finding.count, finding.place) == ("eval-loop-in-train-mode", 2, VALIDATING)
    assert finding.remarks[0].message == "gradients were on, and no backward pass reached the result"


def test_a_line_that_is_also_trained_through_is_no_evaluation() -> None:
    assert looked_at(Story().trained(TRAIN, 4), reached(), unused(), unused()).names == []


def test_a_result_that_is_alive_may_still_be_trained_through() -> None:
    story = looked_at(Story().trained(TRAIN, 4), kept(), kept(), kept())
    assert story.names == []
    story.judge.script_is_over()
    assert story.names == ["eval-loop-in-train-mode"]


def test_a_result_that_is_not_followed_in_full_is_training() -> None:
    results = [Reach(lambda: None, sure=False) for _ in range(3)]
    assert looked_at(Story().trained(TRAIN, 4), *results).names == []


def test_what_follows_a_result_that_stays_alive_is_judged_nevertheless() -> None:
    story = looked_at(Story(), kept()).trained(TRAIN, 4).evaluated(TRAIN, 3)
    assert story.names == ["eval-loop-in-train-mode"]
    for _ in range(300):
        story.trained(TRAIN)
    assert story.names == ["eval-loop-in-train-mode"]


def test_a_call_in_eval_mode_that_no_backward_pass_reaches_trains_nothing() -> None:
    story = Story().call(TRAIN, True, reach=unused()).call(EVAL, True, reach=unused()).step()
    assert story.names == []
    story.call(TRAIN, True, reach=unused()).call(EVAL, True, reach=reached()).step()
    assert story.names == ["train-step-in-eval-mode"]


def test_a_backward_pass_that_comes_later_counts_from_then_on() -> None:
    reach = kept()
    story = Story().call(EVAL, True, reach=reach)
    story.judge.step(Step(1, 7, "Adam", TRAINING, ()), 1)
    reach.reached = True
    assert story.step().names == ["train-step-in-eval-mode"]


def test_an_evaluation_before_the_first_step_of_the_model_itself_is_a_trial() -> None:
    story = Story()
    story.judge.step(Step(1, 7, "Adam", TRAINING, ()), 1)
    assert story.evaluated(TRAIN).trained(TRAIN).names == []


def test_one_prediction_after_all_training_is_inference_once_the_script_is_over() -> None:
    story = Story().trained(TRAIN, 3).evaluated(TRAIN, 1)
    assert story.names == []
    story.judge.script_is_over()
    (finding,) = story.judge.findings()
    assert (finding.name, finding.count) == ("inference-in-train-mode", 1)


def test_what_each_step_did_is_no_inference_after_the_last_one() -> None:
    story = Story()
    for _ in range(3):
        story.trained(TRAIN).evaluated(TRAIN, 1)
    story.judge.script_is_over()
    assert story.names == []


def test_one_prediction_before_another_model_is_trained_may_be_a_teacher_s() -> None:
    story = Story().trained(TRAIN, 3).evaluated(TRAIN, 1)
    story.judge.step(Step(4, 7, "Adam", TRAINING, ()), 1)
    story.judge.script_is_over()
    assert story.names == []


def test_the_mode_of_a_part_is_traced_to_what_set_the_part() -> None:
    whole, part = Switch(1, True, "Net", Place.at("train.py", 1)), Switch(2, False, "Body", Place.at("train.py", 2))
    story = Story()
    call = Call(1, 0, BODY_OFF, TRAINING, True, True, 1, switch=whole, layer_switches=(part, part, whole))
    story.judge.call(call)
    (finding,) = story.step().judge.findings()
    assert [(remark.message, remark.place) for remark in finding.remarks] == [
        ("`eval()` of `Body` was called last here", part.place)
    ]


def test_steps_are_those_of_the_model_itself() -> None:
    story = Story().trained(EVAL, 2)
    for number in (3, 4, 5):
        story.judge.step(Step(number, 7, "Adam", TRAINING, ()), 1)
    (finding,) = story.judge.findings()
    assert (finding.count, finding.out_of) == (2, 2)
