"""The picture of `clusterctl status`. Source of the layout: CLI.md 6.1 and 6.2."""

from clusterd.cli.durations import Calendar, clock_text, span_text
from clusterd.cli.picture import EMPTY, Cell, Ink, Line, Picture, Span, line, table
from clusterd.state.documents import (
    HoldDocument,
    NodeDocument,
    ProblemDocument,
    ResourceDocument,
    StatusDocument,
)

FRESH_WITHIN = 2.0
"""Seconds of silence of the leader that are not worth a word."""

_HEALTH_INK = {
    "OK": Ink.GOOD,
    "DEGRADED": Ink.WARN,
    "FAILED": Ink.BAD,
    "UNKNOWN": Ink.WARN,
}
_PAIR_WORDS = {"ban": "banned from", "pin": "pinned to"}
_STATE_INK = {
    "started": Ink.GOOD,
    "online": Ink.PLAIN,
    "failed": Ink.BAD,
    "blocked": Ink.BAD,
    "stopped": Ink.WARN,
    "lost": Ink.BAD,
    "offline": Ink.BAD,
}


def status_picture(
    document: StatusDocument,
    calendar: Calendar,
    *,
    is_wide: bool = False,
    only_problems: bool = False,
) -> Picture:
    """Return the whole picture: verdict, what is wrong, what is held, the rest."""
    now = document["now_wall"]
    parts: list[Picture] = [_head(document, calendar)]
    if document["problems"]:
        parts.append(_problems(document["problems"]))
    if document["holds"]:
        parts.append(_holds(document["holds"], now, calendar))
    if not only_problems:
        parts.append(_nodes(document, is_wide=is_wide))
        if document["resources"]:
            parts.append(resources_picture(document, is_wide=is_wide))
    picture = parts[0]
    for part in parts[1:]:
        picture = (*picture, EMPTY, *part)
    return picture


def _head(document: StatusDocument, calendar: Calendar) -> Picture:
    now, quorum, config = document["now_wall"], document["quorum"], document["config"]
    facts = [
        f"quorum {quorum['votes']}/{quorum['expected']}"
        if quorum["has"]
        else f"NO QUORUM {quorum['votes']}/{quorum['expected']}",
        f"coordinator {document['coordinator'] or 'none'}",
        f"config v{config['version']}{_changed(document)}",
        _activity(document, calendar),
    ]
    health = Span(document["health"], _HEALTH_INK[document["health"]])
    name = Span(document["cluster"], Ink.BOLD)
    head = line(name, "  ", health, "   ", "   ".join(each for each in facts if each))
    freshness = _freshness(document, now)
    return (head, freshness) if freshness else (head,)


def _changed(document: StatusDocument) -> str:
    config = document["config"]
    if config["wall"] is None:
        return ""
    ago = span_text(document["now_wall"] - config["wall"])
    by = f", {config['author']}" if config["author"] else ""
    return f" ({ago} ago{by})"


def _activity(document: StatusDocument, calendar: Calendar) -> str:
    if document["activity"] == "recovering":
        return "recovering"
    since = document["stable_since_wall"]
    if since is None:
        return "stable"
    return f"stable since {clock_text(since, document['now_wall'], calendar)}"


def _freshness(document: StatusDocument, now: float) -> Line | None:
    age = document["freshness"]["age"]
    if document["quorum"]["has"] and age is not None and age <= FRESH_WITHIN:
        return None
    node = document["node"]
    known = "no leader was heard" if age is None else f"{span_text(age)} old"
    words = f"as {node} knows it ({known}); the other nodes may see more"
    return line(Span(words, Ink.DIM))


def _problems(problems: list[ProblemDocument]) -> Picture:
    rows = [_problem(each) for each in problems]
    width = max(len(text.text) for _, text, _ in rows)
    lines: list[Line] = [line(Span("PROBLEMS", Ink.BOLD))]
    for sign, text, hint in rows:
        gap = " " * (width - len(text.text) + 2)
        tail = (gap, Span(f"→ {hint}", Ink.DIM)) if hint else ()
        lines.append(line(" ", sign, " ", text, *tail))
    return tuple(lines)


def _problem(problem: ProblemDocument) -> tuple[Span, Span, str]:
    is_error = problem["severity"] == "error"
    sign = Span("✖", Ink.BAD) if is_error else Span("⚠", Ink.WARN)
    cause = f": {problem['cause']}" if problem["cause"] else ""
    return sign, Span(f"{problem['text']}{cause}"), problem["next"]


def _holds(holds: list[HoldDocument], now: float, calendar: Calendar) -> Picture:
    rows = [(_hold(each, now, calendar), each["undo"]) for each in holds]
    width = max(len(text) for text, _ in rows)
    lines: list[Line] = [line(Span("HOLDS", Ink.BOLD))]
    for text, undo in rows:
        tail = (Span(f"→ {undo}", Ink.DIM),) if undo else ()
        lines.append(line(" • ", text.ljust(width + 2) if undo else text, *tail))
    return tuple(lines)


def _hold(hold: HoldDocument, now: float, calendar: Calendar) -> str:
    kind = hold["kind"]
    if hold["node"] and hold["resource"]:
        what = f"{hold['resource']} {_PAIR_WORDS.get(kind, kind)} {hold['node']}"
    elif hold["node"]:
        what = f"node {hold['node']} {kind}"
    else:
        what = f"{hold['resource'] or 'cluster'} {kind}"
    words = [what, f"since {clock_text(hold['since_wall'], now, calendar)}"]
    if hold["author"]:
        words.append(f"by {hold['author']}")
    if hold["message"]:
        words.append(f'"{hold["message"]}"')
    until = hold["until_wall"]
    if until is not None:
        end = clock_text(until, now, calendar)
        words.append(f"(ends {end}, in {span_text(until - now)})")
    return " ".join(words)


def _nodes(document: StatusDocument, *, is_wide: bool) -> Picture:
    if is_wide or len(document["nodes"]) > 6:
        return nodes_picture(document["nodes"], document["now_wall"])
    cells: list[Cell] = [Span("NODES", Ink.BOLD)]
    for node in document["nodes"]:
        cells += ["     " if len(cells) == 1 else "    ", *_node(node)]
    lines: list[Line] = [line(*cells)]
    if not document["holds"]:
        lines.append(line(Span("HOLDS", Ink.BOLD), "     none"))
    return tuple(lines)


def _node(node: NodeDocument) -> tuple[Cell, ...]:
    word = node["state"]
    loud = word in ("lost", "offline")
    state = Span(word.upper() if loud else word, _STATE_INK.get(word, Ink.WARN))
    return f"{node['name']} ", state, f" {node['resources']}"


def nodes_picture(nodes: list[NodeDocument], now: float) -> Picture:
    """Return the nodes as a table."""
    header = (
        "NODE", "STATE", "RUNS", "ADDRESS", "HEARD", "SINCE", "ROLE", "LEASE",
        "VERSION", "REASON",
    )  # fmt: skip
    return table(header, [_node_row(each, now) for each in nodes])


def _node_row(node: NodeDocument, now: float) -> tuple[Cell, ...]:
    roles = ["coordinator"] if node["coordinator"] else []
    if not node["voter"]:
        roles.append("no vote")
    lease = node["lease"]
    heard = node["heard_age"]
    return (
        node["name"],
        Span(node["state"], _STATE_INK.get(node["state"], Ink.WARN)),
        str(node["resources"]),
        node["address"],
        "never" if heard is None else f"{heard:.1f} s ago",
        span_text(now - node["since_wall"]),
        ", ".join(roles),
        _lease(lease["valid"], lease["enforcement"]) if lease else "",
        node["version"],
        node["reason"],
    )


def _lease(valid: bool, enforcement: str) -> str:  # noqa: FBT001  # A pair, not a mode.
    how = f" ({enforcement})" if enforcement else ""
    return f"{'valid' if valid else 'EXPIRED'}{how}"


def resources_picture(document: StatusDocument, *, is_wide: bool = False) -> Picture:
    """Return the resources as a table; wide: with their members and agents."""
    now = document["now_wall"]
    rows: list[tuple[Cell, ...]] = []
    for resource in document["resources"]:
        rows.append(_resource_row(resource, now, "", is_wide=is_wide))
        if is_wide or _is_odd_group(resource):
            rows += _member_rows(resource, now, "  ", is_wide=is_wide)
    header = ("RESOURCE", "", "STATE", "ON", "SINCE", "NOTE", "AGENT", "RELEASE")
    return table(header, rows)


def _is_odd_group(resource: ResourceDocument) -> bool:
    """Tell whether one has to look inside to see what is wrong."""
    return resource["kind"] == "group" and resource["state"] == "partial"


def _member_rows(
    resource: ResourceDocument, now: float, indent: str, *, is_wide: bool
) -> list[tuple[Cell, ...]]:
    rows: list[tuple[Cell, ...]] = []
    for member in resource["members"]:
        rows.append(_resource_row(member, now, indent, is_wide=is_wide))
        rows += _member_rows(member, now, f"{indent}  ", is_wide=is_wide)
    return rows


def _resource_row(
    resource: ResourceDocument, now: float, indent: str, *, is_wide: bool
) -> tuple[Cell, ...]:
    since = resource["since_wall"]
    word = resource["state"]
    return (
        f"{indent}{resource['name']}",
        _detail(resource),
        Span(word, _STATE_INK.get(word, Ink.WARN)),
        " ".join(resource["nodes"]),
        "" if since is None else span_text(now - since),
        resource["note"],
        resource["agent"] if is_wide else "",
        resource["release"] if is_wide else "",
    )


def _detail(resource: ResourceDocument) -> str:
    match resource["kind"]:
        case "clone":
            return f"clone {resource['running']}/{resource['expected']}"
        case "group":
            parts = resource["members"]
            up = sum(each["state"] == "started" for each in parts)
            address = f" {resource['address']}" if resource["address"] else ""
            return f"group {up}/{len(parts)}{address}"
        case "primitive":
            return resource["address"] or ""
