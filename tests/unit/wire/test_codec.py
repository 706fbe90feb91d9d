"""The generic codec: what it writes, and what it refuses to read."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import NewType, TypeAlias

import pytest

from clusterd.model.agent import AgentName
from clusterd.model.configuration import Configuration
from clusterd.model.names import NodeName, ResourceName
from clusterd.model.resource import Clone, Group, Meta, Primitive, Resource, Role
from clusterd.model.result import ExitCode, OperationResult
from clusterd.wire.codec import Codec, decode, encode, from_data, to_data
from clusterd.wire.faults import DecodeFault

Metres = NewType("Metres", float)


class Colour(Enum):
    """A closed set of words."""

    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True)
class Leaf:
    """One of two members of a union."""

    colour: Colour


@dataclass(frozen=True, slots=True)
class Branch:
    """The other one: it may contain itself."""

    left: "Tree"
    right: "Tree"


Tree: TypeAlias = Leaf | Branch


@dataclass(frozen=True, slots=True, kw_only=True)
class Everything:
    """One field of each kind the codec knows."""

    name: str
    height: Metres
    count: int = 0
    is_big: bool = False
    raw: bytes = b""
    role: Role | None = None
    pair: tuple[int, str] = (0, "")
    trees: tuple[Tree, ...] = ()
    seen: frozenset[str] = frozenset()
    texts: Mapping[NodeName, float] = field(default_factory=dict)
    by_pair: Mapping[tuple[NodeName, int], str] = field(default_factory=dict)
    either: int | str = 0


FULL = Everything(
    name="x",
    height=Metres(1.5),
    count=-3,
    is_big=True,
    raw=b"\x00\xff",
    role=Role.PROMOTED,
    pair=(1, "one"),
    trees=(Leaf(Colour.RED), Branch(Leaf(Colour.RED), Leaf(Colour.BLUE))),
    seen=frozenset({"b", "a"}),
    texts={NodeName("n2"): 2.0, NodeName("n1"): 1.0},
    by_pair={(NodeName("n"), 2): "two", (NodeName("n"), 1): "one"},
    either="text",
)

VIP = Primitive(
    name=ResourceName("vip"),
    agent=AgentName("ocf", "clusterd", "VIP"),
    params={"ip": "10.0.0.1"},
    meta=Meta(priority=5),
)


def fault_in(kind: type, data: object) -> DecodeFault:
    """Return the fault that reading these data raises."""
    with pytest.raises(DecodeFault) as caught:
        from_data(kind, data)
    return caught.value


def test_every_kind_of_field_survives_the_journey() -> None:
    """Decoding is the inverse of encoding."""
    data = encode(FULL, Everything)

    back = decode(Everything, data)

    assert back == FULL


def test_defaults_are_left_out() -> None:
    """Small, and an older reader does not meet fields that say nothing."""
    value = Everything(name="x", height=Metres(1.0))

    data = to_data(value, Everything)

    assert data == {"name": "x", "height": 1.0}


def test_equal_values_have_equal_bytes() -> None:
    """The order in which a mapping was filled must not show."""
    forwards = Everything(
        name="x", height=Metres(1), texts={NodeName("a"): 1, NodeName("b"): 2}
    )
    backwards = Everything(
        name="x", height=Metres(1.0), texts={NodeName("b"): 2.0, NodeName("a"): 1.0}
    )

    assert encode(forwards, Everything) == encode(backwards, Everything)


def test_members_of_a_union_bear_their_name() -> None:
    """Without the tag nobody could tell them apart."""
    codec = Codec[Tree](Branch | Leaf)

    text = codec.encode(Leaf(Colour.BLUE))

    assert json.loads(text) == {"@": "Leaf", "colour": "blue"}


def test_a_configuration_survives_with_nested_resources() -> None:
    """Clones of groups of primitives: unions inside unions."""
    group = Group(name=ResourceName("g"), members=(VIP,))
    clone: Resource = Clone(name=ResourceName("c"), child=group, maximum=3)
    configuration = Configuration(resources=(VIP, clone))

    back = decode(Configuration, encode(configuration, Configuration))

    assert back == configuration


def test_output_that_is_not_utf8_survives_as_valid_json() -> None:
    """Agents print what they like; surrogate escapes must not break the log."""
    output = b"caf\xe9".decode(errors="surrogateescape")
    value = Everything(name=output, height=Metres(0.0))

    data = encode(value, Everything)

    assert decode(Everything, data) == value
    assert json.loads(data.decode("utf-8"))["name"] == output


def test_text_is_readable_where_it_is_valid() -> None:
    """No escapes for what UTF-8 can say."""
    data = encode(Everything(name="Köln", height=Metres(0.0)), Everything)

    assert "Köln".encode() in data


def test_infinity_is_refused_when_writing() -> None:
    """JSON has no infinity; other readers would choke on it."""
    value = Everything(name="x", height=Metres(float("inf")))

    with pytest.raises(ValueError, match="JSON compliant"):
        encode(value, Everything)


def test_an_exit_code_stays_an_exit_code() -> None:
    """An IntEnum comes back as its member, not as a number."""
    result = OperationResult(
        operation_id="1",
        node=NodeName("n"),
        instance="vip",  # type: ignore[arg-type]
        operation="monitor",
        code=ExitCode.NOT_RUNNING,
    )

    back = decode(OperationResult, encode(result, OperationResult))

    assert back.code is ExitCode.NOT_RUNNING


@pytest.mark.parametrize(
    ("data", "place", "cause"),
    [
        ({"height": 1.0}, "the root", "needs `name`"),
        ({"name": 1, "height": 1.0}, "name", "str expected, int found"),
        ({"name": "x", "height": "1"}, "height", "number expected, str found"),
        ({"name": "x", "height": True}, "height", "number expected, bool found"),
        ({"name": "x", "height": 1, "count": 1.5}, "count", "int expected"),
        ({"name": "x", "height": 1, "count": True}, "count", "int expected"),
        ({"name": "x", "height": 1, "role": "king"}, "role", "not one of Role"),
        ({"name": "x", "height": 1, "pair": [1]}, "pair", "2 elements expected"),
        ({"name": "x", "height": 1, "pair": [1, 2]}, "pair[1]", "str expected"),
        ({"name": "x", "height": 1, "raw": "?"}, "raw", "not base64"),
        ({"name": "x", "height": 1, "trees": {}}, "trees", "a list expected"),
        ({"name": "x", "height": 1, "texts": []}, "texts", "an object expected"),
        ({"name": "x", "height": 1, "texts": {"n1": "1"}}, "texts.n1", "number"),
        ({"name": "x", "height": 1, "either": 1.5}, "either", "found"),
        ({"name": "x", "height": 1, "new": 1}, "the root", "no field `new`"),
        ([], "the root", "an object expected, a list found"),
        (None, "the root", "an object expected, nothing found"),
    ],
)
def test_wrong_data_are_refused_with_their_place(
    data: object, place: str, cause: str
) -> None:
    """Strict on reading: whoever wrote this meant something else."""
    fault = fault_in(Everything, data)

    assert fault.place == place
    assert cause in fault.cause


def test_the_place_of_a_fault_is_a_path() -> None:
    """Deep inside a document one must be told where."""
    data = {"trees": [{"@": "Leaf", "colour": "red"}, {"@": "Leaf", "colour": "pink"}]}

    fault = fault_in(Everything, {"name": "x", "height": 1, **data})

    assert str(fault) == "trees[1].colour: 'pink' is not one of Colour: red, blue"


@pytest.mark.parametrize("tag", [{}, {"@": "Root"}, {"@": 1}, {"@": None}])
def test_a_union_without_a_known_tag_is_refused(tag: dict[str, object]) -> None:
    """Guessing by the fields would read the wrong thing one day."""
    data = {"name": "x", "height": 1, "trees": [{**tag, "colour": "red"}]}

    fault = fault_in(Everything, data)

    assert fault.place == "trees[0]"
    assert "Branch, Leaf" in fault.cause


def test_bytes_that_are_no_json_are_a_decode_fault() -> None:
    """Callers catch one kind of fault."""
    with pytest.raises(DecodeFault, match="not JSON"):
        decode(Everything, b"{")


def test_json_nested_without_end_is_a_decode_fault() -> None:
    """Depth is an attack, not a reason to fall over."""
    with pytest.raises(DecodeFault, match="not JSON"):
        decode(Everything, b"[" * 100_000)


def test_unknown_fields_pass_only_when_asked_to() -> None:
    """A newer minor version may say more; everybody else made a mistake."""
    codec = Codec[Leaf](Leaf)
    data = b'{"colour":"red","shade":3}'

    tolerated = codec.decode(data, tolerant=True)

    assert tolerated == Leaf(Colour.RED)
    with pytest.raises(DecodeFault, match="no field `shade`"):
        codec.decode(data)


@pytest.mark.parametrize("kind", [dict, list[int], object, tuple[object, ...]])
def test_open_types_are_refused_when_the_codec_is_made(kind: object) -> None:
    """At start of the program, not when the first value comes along."""
    with pytest.raises(TypeError, match="no form"):
        Codec[object](kind)


def test_a_union_that_cannot_be_told_apart_is_refused() -> None:
    """Two members that look alike in JSON would be read as the wrong one."""
    with pytest.raises(TypeError, match="told apart"):
        Codec[object](tuple[int, ...] | frozenset[int])
