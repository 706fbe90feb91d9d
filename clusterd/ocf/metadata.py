"""An agent's description as OCF 1.1 metadata, the XML that tools read."""

from clusterd.ocf.agent import Agent, Operation
from clusterd.ocf.parameter import Parameter

OCF_VERSION = "1.1"
_ALWAYS = (Operation("meta-data", timeout=5), Operation("validate-all", timeout=20))


def metadata(agent: type[Agent]) -> str:
    """Return the whole document, one element per line, ending in a line feed."""
    short, long = description(agent)
    lines = [
        '<?xml version="1.0"?>',
        f'<resource-agent name="{quote(agent.__name__)}" '
        f'version="{quote(agent.version)}">',
        f"  <version>{OCF_VERSION}</version>",
        f'  <longdesc lang="en">{quote(long)}</longdesc>',
        f'  <shortdesc lang="en">{quote(short)}</shortdesc>',
        "  <parameters>",
    ]
    for parameter in agent.parameters():
        lines += _parameter(parameter)
    lines += ["  </parameters>", "  <actions>"]
    lines += [_action(operation) for operation in operations(agent)]
    lines += ["  </actions>", "</resource-agent>"]
    return "\n".join(lines) + "\n"


def operations(agent: type[Agent]) -> tuple[Operation, ...]:
    """Return what the agent lists, and the two that every agent has."""
    listed = {operation.name for operation in agent.operations}
    return agent.operations + tuple(
        operation for operation in _ALWAYS if operation.name not in listed
    )


def description(agent: type[Agent]) -> tuple[str, str]:
    """Split the docstring into its first sentence and the whole of it, dedented."""
    text = "\n".join(line.strip() for line in (agent.__doc__ or "").splitlines())
    short = text.strip().split("\n")[0].rstrip(".")
    return short, text.strip()


def quote(text: str) -> str:
    """Escape text for an element or an attribute."""
    for character, entity in (
        ("&", "&amp;"),
        ("<", "&lt;"),
        (">", "&gt;"),
        ('"', "&quot;"),
    ):
        text = text.replace(character, entity)
    return text


def seconds(span: float) -> str:
    """Write a span of time with its unit, as short as it is exact."""
    return f"{span:g}s" if span >= 1 or span == 0 else f"{span * 1000:g}ms"


def _parameter(parameter: Parameter) -> list[str]:
    flags = f' required="{int(parameter.required)}"'
    flags += f' unique="{int(bool(parameter.unique_group))}"'
    if parameter.unique_group:
        flags += f' unique-group="{quote(parameter.unique_group)}"'
    flags += f' reloadable="{int(parameter.reloadable)}"'
    if parameter.private:
        flags += ' private="1"'
    text = " ".join(parameter.help.split())
    short = text.split(". ")[0].rstrip(".")
    return [
        f'    <parameter name="{quote(parameter.name)}"{flags}>',
        f'      <longdesc lang="en">{quote(text)}</longdesc>',
        f'      <shortdesc lang="en">{quote(short)}</shortdesc>',
        *_content(parameter),
        "    </parameter>",
    ]


def _content(parameter: Parameter) -> list[str]:
    start = f'      <content type="{parameter.kind}"'
    if parameter.default is not None:
        start += f' default="{quote(parameter.default)}"'
    if not parameter.choices:
        return [start + "/>"]
    options = [
        f'        <option value="{quote(choice)}"/>' for choice in parameter.choices
    ]
    return [start + ">", *options, "      </content>"]


def _action(operation: Operation) -> str:
    line = f'    <action name="{quote(operation.name)}"'
    line += f' timeout="{seconds(operation.timeout)}"'
    if operation.interval is not None:
        line += f' interval="{seconds(operation.interval)}"'
    if operation.depth is not None:
        line += f' depth="{operation.depth}"'
    if operation.role:
        line += f' role="{quote(operation.role)}"'
    return line + "/>"
