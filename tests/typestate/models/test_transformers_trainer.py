"""`Trainer` of transformers: in which mode it leaves the model, by whether it evaluates in between."""

from __future__ import annotations

from pathlib import Path

import pytest

from dropout_lint.lint import engine
from dropout_lint.lint.registry import rule_by_code
from dropout_lint.semantic.project import Project

PROGRAM = """\
from transformers import AutoModelForCausalLM, AutoTokenizer, Trainer, TrainingArguments

tokenizer = AutoTokenizer.from_pretrained("gpt2")
model = AutoModelForCausalLM.from_pretrained("{name}")
options = {options}
trainer = Trainer(model=model, args=options, train_dataset=[])
{calls}
out = model.generate(tokenizer("hello", return_tensors="pt").input_ids)
print(tokenizer.decode(out[0]))
"""


@pytest.mark.parametrize(
    ("options", "calls", "name", "is_found"),
    [
        ('TrainingArguments(output_dir="x")', "trainer.train()", "gpt2", True),
        ('TrainingArguments(output_dir="x", eval_strategy="no")', "trainer.train()", "gpt2", True),
        ('TrainingArguments(output_dir="x", eval_strategy="epoch")', "trainer.train()", "gpt2", False),
        ('TrainingArguments(output_dir="x", evaluation_strategy="steps")', "trainer.train()", "gpt2", False),
        ('TrainingArguments(output_dir="x", eval_strategy=chosen)', "trainer.train()", "gpt2", False),
        ("TrainingArguments(**given)", "trainer.train()", "gpt2", False),
        ("load_options()", "trainer.train()", "gpt2", False),
        ('TrainingArguments(output_dir="x")', "trainer.train()\nmodel.eval()", "gpt2", False),
        ('TrainingArguments(output_dir="x")', "trainer.train()\ntrainer.evaluate([])", "gpt2", False),
        ('TrainingArguments(output_dir="x")', "", "gpt2", False),  # from_pretrained leaves eval mode
        ('TrainingArguments(output_dir="x")', "trainer.train()", "meta-llama/Llama-3.2-1B", False),  # no dropout
    ],
)
def test_generation_after_training(options: str, calls: str, name: str, is_found: bool, tmp_path: Path) -> None:
    text = PROGRAM.format(options=options, calls=calls, name=name)
    found = engine.check(str(tmp_path / "main.py"), text, [rule_by_code("DRP301")], project=Project())
    assert [finding.code for finding in found] == ["DRP301"] * is_found
