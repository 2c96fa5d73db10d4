"""Calls of libraries that nothing is known of, with a model among what they are given.

Most leave its mode as it is.  Of some 70 libraries that were measured, these change it: what trains, evaluates,
predicts, explains, counts operations, converts, prunes, or attacks.  They say so in their names, and everything that
may be one of them makes the mode unknown.
"""

from __future__ import annotations

import re

from dropout_lint.semantic.project import project_of
from dropout_lint.typestate.domain.call import CallContext
from dropout_lint.typestate.domain.values import (
    UNKNOWN,
    AbstractObject,
    Const,
    Dotted,
    Dummy,
    Modeless,
    ObjectKind,
    Unknown,
    Value,
    alternatives,
    may_hold,
    objects,
)

_MAY_SWITCH = re.compile(
    r"(?i)train|eval|test|valid|fit|learn|predict|infer|run|loop|step|call|exec|appl|proc|perform|profil|flop|mac|complex"
    r"|stat|bench|measur|analy|explain|interpret|attrib|cam|grad|shap|lime|lrp|salien|laplace|posterior|bayes|mc|drop"
    r"|bn|norm|freez|mode|convert|export|script|trac|onnx|tensorrt|trt|quant|prun|fuse|fold|compil|optimi|deploy|serv"
    r"|to_|wrap|adapt|lora|peft|inject|replac|patch|modif|transform|set|prepar|config|make|build|creat|get|load|from|new"
    r"|pipe|engine|manag|agent|polic|env|classif|regress|detect|segment|generat|sampl|encod|embed|extract|feature|scor"
    r"|metric|attack|defen|ensembl|swa|task|session|work|client|federat|parallel|distrib|shard|accel|amp|main|do|go"
    r"|start|launch|begin|open|init"
)
"""What may be in the name of a function or class that switches modes, or has it done."""


def unknown_call(call: CallContext) -> Value:
    """What an external call returns; its models stay in their modes if nothing says that it may switch them.

    What it returns may hold them, and switch them when it is asked to do something.
    """
    values = call.arguments.all
    models = [obj for value in values for obj in objects(value) if obj.kind is ObjectKind.MODULE]
    if not models or not all(_is_plain(value) for value in values) or _may_switch(call):
        call.havoc_arguments()
        return UNKNOWN
    held = tuple(dict.fromkeys(obj for value in values for obj in may_hold(value)))
    call.state.havoc(held, modes=False)
    call.evaluator.recorder.handed_out.update(obj for model in models for obj in call.state.reachable(model))
    return Unknown(held)


def _is_plain(value: Value) -> bool:
    """Whether ``value`` is nothing that the callee may run by itself, or train with."""
    for item in alternatives(value):
        if isinstance(item, AbstractObject):
            if item.kind is not ObjectKind.MODULE:
                return False
        elif item is not UNKNOWN and not isinstance(item, (Const, Dotted, Dummy, Modeless)):
            return False
    return True


def _may_switch(call: CallContext) -> bool:
    """Whether the callee may switch modes: by its name, or because it is code of the project that was not found."""
    top, _, rest = call.name.partition(".")
    if not top or not rest or any(_MAY_SWITCH.search(part) for part in rest.split(".")[-2:]):
        return True
    project = project_of(call.frame.source)
    return project is not None and project.module_path(call.frame.source.filename, top) is not None
