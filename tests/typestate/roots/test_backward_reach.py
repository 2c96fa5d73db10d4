"""Which functions can reach a place where a mode matters, by their words."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

import pytest

from dropout_lint.knowledge.vocabulary import PREDICTS
from dropout_lint.syntax.outline import Import, Outline, imports_in
from dropout_lint.typestate.roots.backward_reach import NOTHING, BackwardReach, Parts
from dropout_lint.typestate.roots.backward_reach import reach as reach_in


def reach(text: str, imported: Iterable[BackwardReach]) -> BackwardReach:
    return reach_in(Parts(Outline(text)), frozenset[str]().union(*[other.names for other in imported]))


PROGRAM = textwrap.dedent(
    """
    import torch


    class Trainer:
        def __init__(self, model):
            self.model = model

        def fit(self):
            self.evaluate()

        @torch.no_grad()
        def evaluate(self):
            return self.model(1)

        def describe(self):
            return str(self.model)


    def main():
        Trainer(None).fit()


    def unrelated():
        return [1, 2]


    main()
    """
)


def test_a_file_falls_into_functions_methods_and_the_rest() -> None:
    outline = Outline(PROGRAM)
    assert [(unit.owner, unit.name) for unit in (*outline.functions, outline.rest)] == [
        ("Trainer", "__init__"),
        ("Trainer", "fit"),
        ("Trainer", "evaluate"),
        ("Trainer", "describe"),
        ("", "main"),
        ("", "unrelated"),
        ("", ""),
    ]


def test_what_calls_an_evaluation_leads_there() -> None:
    found = reach(PROGRAM, ())
    assert found.names == {"evaluate", "fit", "main"}
    assert 0 in found.lines


def test_a_file_that_imports_no_torch_leads_nowhere() -> None:
    assert reach(PROGRAM.replace("import torch", ""), ()).names == frozenset()


def test_a_call_of_what_is_imported_leads_on() -> None:
    text = "from engine import evaluate\n\n\ndef main(model):\n    evaluate(model)\n"
    assert reach(text, ()) == NOTHING
    assert reach(text, [BackwardReach(frozenset({3}), frozenset({"evaluate"}))]).names == {"main"}


@pytest.mark.parametrize("word", PREDICTS.pattern.replace("\\", "").split("|"))
def test_whatever_tells_a_prediction_is_seen(word: str) -> None:
    text = f"import torch\n\n\ndef evaluate(model, x):\n    y = model(x)\n    return y {word}\n"
    assert reach(text, ()).names == {"evaluate"}


LOADS = "import torch\n\ndef load(model):\n    model.load_state_dict(torch.load('x'))\n\ndef show(model, x):\n    {}\n"


@pytest.mark.parametrize("shown", ["return model(x).tolist()", "return model(x).data[0]"])
def test_where_weights_are_loaded_what_reads_numbers_is_seen(shown: str) -> None:
    assert "show" in reach(LOADS.format(shown), []).names


@pytest.mark.parametrize("shown", ["print(model(x))", "return model(x) > 0"])
def test_what_reads_anything_is_seen_in_what_is_run(shown: str) -> None:
    assert reach(LOADS.format(shown), []) == NOTHING
    assert "show" in reach(f"{LOADS.format(shown)}\nfor x in range(3):\n    show(net, x)\n", []).names


BESIDE = {
    "the same function": """
        import torch

        def show(x):
            net = Net()
            net.load_state_dict(torch.load('x'))
            print(net(x))
    """,
    "a method of the same class": """
        import torch

        class Shower:
            def __init__(self):
                self.net = Net.from_pretrained('x')

            def show(self, x):
                print(self.net(x))
    """,
}


@pytest.mark.parametrize("case", BESIDE)
def test_what_reads_anything_is_seen_beside_the_loading(case: str) -> None:
    assert "show" in reach(textwrap.dedent(BESIDE[case]), []).names


def test_a_name_inside_of_another_word_does_not_lead_on() -> None:
    evaluate = BackwardReach(frozenset({3}), frozenset({"run"}))
    assert reach("def main():\n    rerun()\n    runs(run_all)\n", [evaluate]) == NOTHING
    assert reach("def main():\n    rerun()\n    engine.run()\n", [evaluate]).names == {"main"}


def test_gradients_that_are_off_for_weights_alone_lead_nowhere() -> None:
    text = "import torch\n\n\ndef decay(weights):\n    with torch.no_grad():\n        weights.mul_(0.9)\n"
    assert reach(text, ()).lines == frozenset()


def test_initialisation_leads_nowhere() -> None:
    text = "import torch\n\n\n@torch.no_grad()\ndef init_weights(module, f):\n    f(module)\n"
    assert reach(text, ()).lines == frozenset()


def test_an_export_counts_without_a_forward_pass() -> None:
    assert reach("import torch\n\n\ndef save(m):\n    torch.export.export(m, ())\n", ()).names == {"save"}


def test_imports_name_modules_and_what_is_taken_from_them() -> None:
    text = "import a, b.c as d\nfrom .e import (\n    f as g,\n    h,  # why\n)\nfrom i import *\n"
    assert list(imports_in(text)) == [
        Import("a", "", ""),
        Import("b.c", "", "d"),
        Import(".e", "f", "g"),
        Import(".e", "h", ""),
        Import("i", "*", ""),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "from a \\\n    import b, c\n",
        "from a import b, \\\n    c\n",
        "from a import(b, c)\n",
        "from a import b, c; import os\n",
        "if x:\n    from a import b, c  # and no more\n",
    ],
)
def test_imports_are_read_however_they_are_laid_out(text: str) -> None:
    assert list(imports_in(text))[:2] == [Import("a", "b", ""), Import("a", "c", "")]


def test_an_object_that_is_called_goes_by_the_name_of_its_class() -> None:
    service = textwrap.dedent(
        """
        from fastapi import FastAPI
        from predictor import TextPredictor

        text_predictor = TextPredictor("net.pt")


        @app.post("/answer")
        def answer(request):
            return text_predictor(request)
        """
    )
    predictor = textwrap.dedent(
        """
        import torch


        class TextPredictor:
            def __init__(self, path):
                self.model = torch.load(path)

            @torch.no_grad()
            def __call__(self, x):
                return self.model(x)
        """
    )
    assert 9 in reach(service, [reach(predictor, ())]).lines


def test_a_handler_may_have_the_name_of_what_it_calls() -> None:
    service = "from flask import Flask\n\n\n@app.route('/')\ndef predict():\n    return model.predict(1)\n"
    model = (
        "import torch\n\n\nclass Model:\n    @torch.no_grad()\n    def predict(self, x):\n        return self.net(x)\n"
    )
    assert 5 in reach(service, [reach(model, ())]).lines


def test_a_function_does_not_lead_to_itself_by_its_own_definition() -> None:
    text = "def predict():\n    return 1\n"
    assert reach(text, [BackwardReach(frozenset({1}), frozenset({"predict"}))]).lines == frozenset()


def test_a_method_that_others_define_may_run_a_model() -> None:
    text = textwrap.dedent(
        """
        import torch


        class Base:
            def loss(self, batch):
                raise NotImplementedError

            def fit(self, batches):
                for batch in batches:
                    self.loss(batch).backward()
        """
    )
    assert "fit" in reach(text, ()).names


def test_to_import_something_is_not_to_run_it() -> None:
    evaluate = BackwardReach(frozenset({1}), frozenset({"evaluate", "Trainer"}))
    assert reach("from metrics import evaluate\nx = 1\n", [evaluate]).lines == frozenset()
    assert reach("from metrics import evaluate\nevaluate()\n", [evaluate]).lines == {0}
    assert reach("from metrics import evaluate as check\ncheck()\n", [evaluate]).lines == {0}


def test_bases_of_classes_and_lists_of_names_run_nothing() -> None:
    evaluate = BackwardReach(frozenset({1}), frozenset({"evaluate", "Trainer"}))
    assert reach("from a import Trainer\nclass Own(Trainer):\n    epochs = 3\n", [evaluate]).lines == frozenset()
    assert (
        reach("__all__ = ['Trainer', 'evaluate']\nNAMES = ['Trainer',\n  'evaluate']\n", [evaluate]).lines
        == frozenset()
    )
    assert reach("from a import Trainer\nclass Own(Trainer):\n    made = Trainer()\n", [evaluate]).lines == {0}


def test_what_every_tensor_answers_to_leads_nowhere() -> None:
    text = "import torch\nclass Model:\n  def to(self, x):\n    with torch.no_grad():\n      return self.net(x)\n"
    assert "to" not in reach(text, []).names
    assert reach("def move(x):\n    return x.to(0)\n", [reach(text, [])]).lines == frozenset()


def test_a_method_that_the_file_defines_leads_to_what_runs_in_it() -> None:
    text = textwrap.dedent(
        """
        import torch


        class Diffusion(torch.nn.Module):
            def get_loss(self, x):
                return self.unet(x).pow(2).mean()

            def describe(self, x):
                return str(x)


        @torch.no_grad()
        def validate(diffusion, batches):
            return sum(diffusion.METHOD(x) for x in batches)
        """
    )
    lines = text.splitlines().index("def validate(diffusion, batches):") + 1
    assert lines in reach(text.replace("METHOD", "get_loss"), ()).lines
    assert lines not in reach(text.replace("METHOD", "describe"), ()).lines
