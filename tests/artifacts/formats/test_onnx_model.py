"""ONNX models made by hand: the ways in which a file can say, or leave open, whether an operator trains."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import onnx
import pytest
from onnx import TensorProto, helper

from dropout_lint.artifacts.formats import onnx_model
from dropout_lint.artifacts.readers.limits import Unreadable
from dropout_lint.artifacts.readers.onnx_file import read_model
from dropout_lint.artifacts.readers.protobuf import Message
from dropout_lint.artifacts.values.evidence import Content
from dropout_lint.artifacts.verdicts import findings

X = helper.make_tensor_value_info("x", TensorProto.FLOAT, [2])
Y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [2])
MODE = helper.make_tensor_value_info("mode", TensorProto.BOOL, [])


def constant(name: str, kind: int, value: Any) -> Any:
    return helper.make_tensor(name, kind, [], [value])


ON, OFF = constant("mode", TensorProto.BOOL, True), constant("mode", TensorProto.BOOL, False)
RATE = constant("ratio", TensorProto.FLOAT, 0.25)
DROPOUT = helper.make_node("Dropout", ["x", "ratio", "mode"], ["y"], name="/layer/drop/Dropout")


def model(
    nodes: Sequence[Any],
    constants: Sequence[Any] = (),
    inputs: Sequence[Any] = (X,),
    opset: int = 17,
    functions: Sequence[Any] = (),
) -> Any:
    graph = helper.make_graph(nodes, "g", inputs, [Y], constants)
    opsets = [helper.make_opsetid("", opset), helper.make_opsetid("mine", 1), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(graph, opset_imports=opsets, functions=functions)


def read(proto: Any) -> Content:
    return onnx_model.read(proto.SerializeToString())


def told(proto: Any) -> list[str]:
    return [
        f"{'' if found.always else 'maybe '}{found.hold.value} {found.layer} {found.rate}"
        for found in read(proto).evidence
    ]


def node(kind: str, inputs: Sequence[str], **attributes: Any) -> Any:
    return helper.make_node(kind, inputs, ["y"], name="n", **attributes)


def test_an_initializer_that_is_true_is_on() -> None:
    assert told(model([DROPOUT], [RATE, ON])) == ["baked layer.drop 0.25"]


def test_an_initializer_that_is_false_is_off() -> None:
    assert told(model([DROPOUT], [RATE, OFF])) == ["off layer.drop 0.25"]


def test_without_a_third_input_it_is_off() -> None:
    assert told(model([node("Dropout", ["x", "ratio"])], [RATE])) == ["off n 0.25"]
    assert told(model([node("Dropout", ["x"])])) == ["off n 0.5"]
    assert told(model([node("Dropout", ["x", "ratio", ""])], [RATE])) == ["off n 0.25"]


def test_without_a_ratio_it_is_a_half() -> None:
    assert told(model([node("Dropout", ["x", "", "mode"])], [ON])) == ["baked n 0.5"]


def test_a_ratio_of_zero_is_off() -> None:
    assert told(model([DROPOUT], [constant("ratio", TensorProto.FLOAT, 0.0), ON])) == ["off layer.drop 0.0"]


@pytest.mark.parametrize("kind", [TensorProto.FLOAT16, TensorProto.BFLOAT16, TensorProto.DOUBLE, TensorProto.FLOAT])
@pytest.mark.parametrize("raw", [True, False], ids=["raw", "typed"])
def test_the_ratio_is_read_in_every_type(kind: int, raw: bool) -> None:
    tensor = helper.make_tensor("ratio", kind, [], [0.25])
    if raw:
        data = onnx.numpy_helper.to_array(tensor).tobytes()
        tensor = helper.make_tensor("ratio", kind, [], data, raw=True)
    assert [found.rate for found in read(model([DROPOUT], [tensor, ON])).evidence] == [0.25]


def test_a_constant_node_counts_also_through_identity_and_not() -> None:
    off = helper.make_node("Constant", [], ["c"], value=OFF)
    chain = [helper.make_node("Identity", ["c"], ["d"]), helper.make_node("Not", ["d"], ["mode"])]
    assert told(model([off, *chain, DROPOUT], [RATE])) == ["baked layer.drop 0.25"]


def test_an_input_of_the_model_is_a_remark_and_no_finding() -> None:
    content = read(model([DROPOUT], [RATE], [X, MODE]))
    assert content.evidence == ()
    assert content.remarks == ("takes the mode from the caller, as an input of the model: `/layer/drop/Dropout`",)


def test_an_input_with_a_default_has_that_default() -> None:
    assert told(model([DROPOUT], [RATE, ON], [X, MODE])) == ["baked layer.drop 0.25"]


def test_a_computed_mode_is_not_judged() -> None:
    greater = helper.make_node("Greater", ["x", "ratio"], ["mode"])
    assert told(model([greater, DROPOUT], [RATE])) == []


@pytest.mark.parametrize(
    ("opset", "attributes", "expected"),
    [
        (6, {"ratio": 0.25}, ["baked n 0.25"]),
        (6, {"ratio": 0.25, "is_test": 1}, ["off n 0.25"]),
        (7, {"ratio": 0.25}, ["off n 0.25"]),
        (10, {}, ["off n 0.5"]),
    ],
)
def test_older_dropouts(opset: int, attributes: dict[str, Any], expected: list[str]) -> None:
    assert told(model([node("Dropout", ["x"], **attributes)], opset=opset)) == expected


@pytest.mark.parametrize(
    ("opset", "outputs", "attributes", "expected"),
    [
        (14, 1, {}, "off"),
        (14, 3, {"training_mode": 1}, "baked"),
        (15, 1, {"training_mode": 0}, "off"),
        (9, 1, {}, "off"),
        (9, 5, {}, "baked"),
        (6, 1, {"is_test": 1}, "off"),
        (6, 5, {"is_test": 0}, "baked"),
    ],
)
def test_batch_norm_of_every_version(opset: int, outputs: int, attributes: dict[str, Any], expected: str) -> None:
    made = helper.make_node(
        "BatchNormalization", list("xabcd"), ["y", *"efgh"][:outputs], name="/bn/BatchNormalization", **attributes
    )
    assert told(model([made], opset=opset)) == [f"{expected} bn None"]


def test_branches_are_followed_and_may_not_run() -> None:
    inner = helper.make_graph([DROPOUT], "then", [], [Y])
    other = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "else", [], [Y])
    made = helper.make_node("If", ["mode"], ["y"], then_branch=inner, else_branch=other)
    assert told(model([made], [RATE, ON])) == ["maybe baked layer.drop 0.25"]


def test_a_name_inside_a_branch_hides_the_one_outside() -> None:
    inner = helper.make_graph([DROPOUT], "then", [], [Y], [OFF])
    made = helper.make_node("If", ["mode"], ["y"], then_branch=inner, else_branch=inner)
    assert told(model([made], [RATE, ON])) == ["maybe off layer.drop 0.25"] * 2


def drop_function(nodes: Sequence[Any], inputs: Sequence[str], attributes: Sequence[str] = ()) -> Any:
    return helper.make_function(
        "mine", "drop", list(inputs), ["y"], list(nodes), [helper.make_opsetid("", 17)], list(attributes)
    )


def test_functions_are_followed_with_what_they_are_given() -> None:
    function = drop_function([DROPOUT], ["x", "ratio", "mode"])
    calls = [
        helper.make_node("drop", ["x", "ratio", flag], [out], domain="mine", name=flag)
        for flag, out in (("mode", "z"), ("off", "y"))
    ]
    constants = [RATE, ON, constant("off", TensorProto.BOOL, False)]
    assert told(model(calls, constants, functions=[function])) == ["baked layer.drop 0.25", "off layer.drop 0.25"]


def test_an_attribute_of_a_function_reaches_its_operators() -> None:
    norm = helper.make_node("BatchNormalization", list("xabcd"), ["y"], name="/bn/BatchNormalization")
    reference = onnx.AttributeProto(name="training_mode", ref_attr_name="training", type=onnx.AttributeProto.INT)
    norm.attribute.append(reference)
    function = drop_function([norm], list("xabcd"), ["training"])
    made = helper.make_node("drop", list("xabcd"), ["y"], domain="mine", training=1)
    assert told(model([made], functions=[function])) == ["baked bn None"]


def test_onnxruntime_s_own_dropouts_count() -> None:
    made = helper.make_node(
        "BiasDropout", ["x", "b", "", "ratio", "mode"], ["y"], domain="com.microsoft", name="/fc/BiasDropout"
    )
    assert told(model([made], [RATE, ON])) == ["baked fc 0.25"]


def test_somebody_s_operator_called_dropout_is_left_alone() -> None:
    made = helper.make_node("Dropout", ["x", "ratio", "mode"], ["y"], domain="com.example", name="n")
    assert told(model([made], [RATE, ON])) == []


def test_random_operators_are_a_remark() -> None:
    content = read(model([node("Bernoulli", ["x"])]))
    assert content.evidence == ()
    assert content.remarks == ("draws random numbers in either mode: Bernoulli",)


def test_functions_that_call_each_other_end() -> None:
    calls = [helper.make_node("drop", ["x"], ["y"], domain="mine")] * 2
    with pytest.raises(Unreadable, match="call each other"):
        read(model(calls[:1], functions=[drop_function(calls[:1], ["x"])]))


def test_functions_that_multiply_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx_model, "ONNX_NODES", 10_000)
    functions = [
        helper.make_function(
            "mine", f"f{n}", ["x"], ["y"],
            [helper.make_node(f"f{n + 1}", ["x"], ["y"], domain="mine")] * 2, [helper.make_opsetid("", 17)],
        )
        for n in range(38)
    ]  # fmt: skip
    with pytest.raises(Unreadable, match="more than"):
        read(model([helper.make_node("f0", ["x"], ["y"], domain="mine")], functions=functions))


def test_our_reader_and_onnx_s_own_agree() -> None:
    proto = model([DROPOUT, node("Softmax", ["y"], axis=-1)], [RATE, ON], [X, MODE])
    data = proto.SerializeToString()
    ours = read_model(Message(data, 0, len(data)))
    assert ours.opsets == {found.domain: found.version for found in proto.opset_import}
    assert ours.graph.inputs == tuple(found.name for found in proto.graph.input)
    assert ours.graph.constants == {"ratio": 0.25, "mode": True}
    for mine, theirs in zip(ours.graph.nodes(), proto.graph.node, strict=True):
        assert (mine.kind, mine.domain, mine.name) == (theirs.op_type, theirs.domain, theirs.name)
        assert (list(mine.inputs), list(mine.outputs)) == (list(theirs.input), list(theirs.output))
        assert list(mine.attributes) == [found.name for found in theirs.attribute]


@pytest.mark.parametrize("cut", [1, 5, 20, 60, -1])
def test_a_truncated_model_is_refused(cut: int) -> None:
    data = model([DROPOUT], [RATE, ON]).SerializeToString()[:cut]
    with pytest.raises(Unreadable):
        onnx_model.read(data)


def test_a_finding_on_dropout_says_that_the_runtime_decides() -> None:
    dropout = findings("model.onnx", read(model([node("Dropout", ["x", "", "mode"])], [ON])))
    assert any("onnxruntime" in note.message for finding in dropout for note in finding.notes)
