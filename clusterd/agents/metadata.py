"""XML of `meta-data` to `AgentMetadata`.

The text comes from a program that may be broken or hostile: its size is bounded,
nothing outside it is ever loaded, and entities are refused instead of expanded.
"""

import re
from dataclasses import replace

from lxml import etree

from clusterd.model.agent import AgentMetadata, AgentName, OperationAdvice, Parameter

SIZE_MAX = 1 << 20
"""Bytes. The longest metadata of 154 known agents has 60 000."""

ELEMENTS_MAX = 20_000

_PRIVATE = frozenset({"password", "passwd", "user"})
"""Secret if an agent marks nothing as private. Source: Pacemaker."""

_ROLES = {"master": "promoted", "slave": "unpromoted"}

_UNITS = {
    "us": 1e-6,
    "usec": 1e-6,
    "ms": 0.001,
    "msec": 0.001,
    "": 1.0,
    "s": 1.0,
    "sec": 1.0,
    "m": 60.0,
    "min": 60.0,
    "h": 3600.0,
    "hr": 3600.0,
}

_TIME = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*([a-z]*)")


class MetadataError(Exception):
    """What an agent said about itself cannot be used; `line` counts from 1."""

    def __init__(self, agent: AgentName, message: str, line: int) -> None:
        super().__init__(f"metadata of `{agent}`, line {line}: {message}")
        self.agent = agent
        self.message = message
        self.line = line


def parse_metadata(xml: bytes | str, agent: AgentName) -> AgentMetadata:
    """Read the output of `meta-data`. Raises MetadataError."""
    data = xml.encode("utf-8", "replace") if isinstance(xml, str) else xml
    root = _root(data.strip(), agent)
    parameters = [_parameter(each, agent) for each in root.iterfind(".//parameter")]
    if not any(each.private for each in parameters):
        parameters = [_guess_private(each) for each in parameters]
    return AgentMetadata(
        name=agent,
        version=root.get("version", ""),
        summary=_text(root, "shortdesc"),
        description=_text(root, "longdesc"),
        parameters=tuple(parameters),
        operations=tuple(_advice(e, agent) for e in root.iterfind(".//action")),
    )


def _root(data: bytes, agent: AgentName) -> etree._Element:
    _refuse_dangerous(data, agent)
    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as fault:
        message = f"not well-formed: {fault.msg}"
        raise MetadataError(agent, message, fault.lineno or 1) from None
    if root.tag != "resource-agent":
        message = f"`<resource-agent>` expected, not `<{root.tag}>`"
        raise MetadataError(agent, message, _line(root))
    if sum(1 for _ in root.iter()) > ELEMENTS_MAX:
        raise MetadataError(agent, f"more than {ELEMENTS_MAX} elements", 1)
    return root


def _refuse_dangerous(data: bytes, agent: AgentName) -> None:
    if not data:
        raise MetadataError(agent, "the agent printed nothing", 1)
    if len(data) > SIZE_MAX:
        raise MetadataError(agent, f"{len(data)} bytes; at most {SIZE_MAX} are read", 1)
    if b"\0" in data:
        # UTF-16 would hide the next sign from us but not from the XML parser.
        raise MetadataError(agent, "not text in UTF-8", 1)
    place = data.find(b"<!ENTITY")
    if place >= 0:
        line = data.count(b"\n", 0, place) + 1
        raise MetadataError(agent, "entities are not allowed", line)


def _parameter(element: etree._Element, agent: AgentName) -> Parameter:
    name = _required(element, "name", agent)
    content = element.find("content")
    default = None if content is None else content.get("default")
    return Parameter(
        name=name,
        kind="string" if content is None else content.get("type", "string").lower(),
        default=default,
        required=_flag(element, "required"),
        unique_group=_unique_group(element, name),
        reloadable=_flag(element, "reloadable"),
        private=_flag(element, "private"),
        summary=_text(element, "shortdesc"),
    )


def _unique_group(element: etree._Element, name: str) -> str | None:
    """Return the group of OCF 1.1; `unique=1` of OCF 1.0 is a group of its own."""
    group = element.get("unique-group")
    if group:
        return group
    return name if _flag(element, "unique") else None


def _guess_private(parameter: Parameter) -> Parameter:
    return replace(parameter, private=parameter.name in _PRIVATE)


def _advice(element: etree._Element, agent: AgentName) -> OperationAdvice:
    role = element.get("role")
    return OperationAdvice(
        name=_required(element, "name", agent),
        timeout=_seconds(element, "timeout", agent),
        interval=_seconds(element, "interval", agent),
        depth=_depth(element, agent),
        role=_ROLES.get(role.lower(), role.lower()) if role else None,
    )


def _seconds(element: etree._Element, key: str, agent: AgentName) -> float:
    """Read a time with or without unit; absent is 0, bare numbers are seconds."""
    text = element.get(key, "").strip().lower()
    if not text:
        return 0.0
    found = _TIME.fullmatch(text)
    if found is None or found[2] not in _UNITS:
        message = f"`{key}` of action `{element.get('name')}`: `{text}` is no time"
        raise MetadataError(agent, message, _line(element))
    unit = _UNITS[found[2]]
    number = float(found[1])
    # Division keeps 200 ms the float nearest to 0.2.
    return number * unit if unit >= 1 else number / round(1 / unit)


def _depth(element: etree._Element, agent: AgentName) -> int:
    text = element.get("depth", "0").strip() or "0"
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        message = f"`depth` of action `{element.get('name')}`: `{text}` is no number"
        raise MetadataError(agent, message, _line(element))
    return int(text)


def _required(element: etree._Element, key: str, agent: AgentName) -> str:
    value = (element.get(key) or "").strip()
    if not value:
        message = f"`<{element.tag}>` without `{key}`"
        raise MetadataError(agent, message, _line(element))
    return value


def _flag(element: etree._Element, key: str) -> bool:
    return element.get(key, "0").strip().lower() in ("1", "true", "yes")


def _text(element: etree._Element, tag: str) -> str:
    found = element.find(tag)
    if found is None:
        return ""
    return "".join(str(part) for part in found.itertext()).strip()


def _line(element: etree._Element) -> int:
    line: object = element.sourceline
    return line if isinstance(line, int) else 1
