"""The reference page of `clusterctl`, from the commands themselves.

`python -m clusterd.cli.reference > docs/reference/cli.md` writes it.
"""

from collections.abc import Iterator

import click

from clusterd.api.error_codes import ERROR_CODES
from clusterd.api.protocol import Exit
from clusterd.cli.catalog import ALL
from clusterd.cli.main import clusterctl

EXIT_MEANINGS = {
    Exit.DONE: "done; true; healthy",
    Exit.REFUSED: "the cluster refused, or an action failed",
    Exit.NO: "the answer is no: `status --problems` found some",
    Exit.UNKNOWN: "unknown: no fresh data (`status --check`)",
    Exit.FORBIDDEN: "not allowed",
    Exit.NOT_FOUND: "no such object (a near name is suggested)",
    Exit.CONFLICT: "conflict: changed meanwhile, or exists already",
    Exit.NOT_SAFE: "no quorum, or not safe without `--override`",
    Exit.UNREACHABLE: "no daemon can be reached",
    Exit.DIFFERS: "`--dry-run` and `config diff`: changes would happen (0: none)",
    Exit.USAGE: "usage, or a faulty configuration file",
    Exit.TIMEOUT: "time ran out while waiting (the cluster goes on)",
    Exit.INTERRUPTED: "interrupted by the user (the cluster goes on)",
}
WIDTH = 88


def reference() -> str:
    """Return the whole page as Markdown."""
    parts = [
        "# clusterctl",
        "Generated from the commands by `python -m clusterd.cli.reference`.",
        _block(_help(["clusterctl"], clusterctl)),
        *_commands(),
        "## Exit codes",
        _table(("code", "meaning"), _exits()),
        "`status --check` alone speaks Nagios: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.",
        "## Error codes",
        _table(("code", "meaning"), iter(sorted(ERROR_CODES.items()))),
    ]
    return "\n\n".join(parts) + "\n"


def _commands() -> Iterator[str]:
    context = click.Context(clusterctl, info_name="clusterctl")
    for name in ALL:
        command = clusterctl.get_command(context, name)
        assert command is not None, f"the catalog names {name}"
        yield from _command(["clusterctl", name], command)


def _command(path: list[str], command: click.Command) -> Iterator[str]:
    yield f"{'#' * len(path)} {' '.join(path)}"
    yield _block(_help(path, command))
    if isinstance(command, click.Group):
        for name, inner in sorted(command.commands.items()):
            yield from _command([*path, name], inner)


def _help(path: list[str], command: click.Command) -> str:
    context = click.Context(
        command,
        info_name=" ".join(path),
        terminal_width=WIDTH,
        help_option_names=["-h", "--help"],
    )
    return command.get_help(context)


def _block(text: str) -> str:
    return f"```\n{text}\n```"


def _exits() -> Iterator[tuple[str, str]]:
    for code in Exit:
        yield str(int(code)), EXIT_MEANINGS[code]


def _table(header: tuple[str, str], rows: Iterator[tuple[str, str]]) -> str:
    lines = [f"| {header[0]} | {header[1]} |", "| --- | --- |"]
    lines += [f"| {left} | {right} |" for left, right in rows]
    return "\n".join(lines)


if __name__ == "__main__":
    click.echo(reference(), nl=False)
