"""The command line as a whole, without a daemon."""

import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from clusterd.api.error_codes import ERROR_CODES
from clusterd.api.protocol import Exit
from clusterd.cli.catalog import ALL
from clusterd.cli.main import clusterctl
from clusterd.cli.reference import EXIT_MEANINGS
from clusterd.cli.verb import Optional, Verb
from clusterd.state.reply import Refusal

PACKAGE = Path(__file__).parents[3] / "clusterd"


def _commands() -> list[tuple[str, click.Command]]:
    found: list[tuple[str, click.Command]] = []
    context = click.Context(clusterctl, info_name="clusterctl")
    for name in ALL:
        command = clusterctl.get_command(context, name)
        assert command is not None
        found.append((name, command))
        if isinstance(command, click.Group):
            found += [(f"{name} {n}", each) for n, each in command.commands.items()]
    return found


@pytest.mark.parametrize(("name", "command"), _commands(), ids=str)
def test_every_command_shows_examples(name: str, command: click.Command) -> None:
    """People read examples first."""
    shown = CliRunner().invoke(clusterctl, [*name.split(), "--help"])

    assert shown.exit_code == 0, command
    assert "Examples:\n" in shown.output
    assert "clusterctl" in shown.output.partition("Examples:")[2]


def test_every_error_code_is_documented() -> None:
    """A code in the sources without a sentence in the reference is a gap."""
    rooms = [PACKAGE / "api", PACKAGE / "cli"]
    files = [each for room in rooms for each in room.rglob("*.py")]
    used = {
        code
        for file in files
        for code in re.findall(r'"(E-[A-Z-]+)"', file.read_text())
    }

    assert used | {each.value for each in Refusal} == set(ERROR_CODES)


def test_every_exit_code_is_documented() -> None:
    """The table of CLI.md 5.4 has no holes."""
    assert set(EXIT_MEANINGS) == set(Exit)


@click.command(cls=Verb)
@click.argument("names", nargs=-1)
@click.option("-w", "--wait", cls=Optional, bare="10")
def _sample(names: tuple[str, ...], wait: str | None) -> None:
    click.echo(f"{names} {wait}")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--wait", "n1"], "('n1',) 10"),
        (["--wait=5", "n1"], "('n1',) 5"),
        (["-w", "n1"], "('n1',) 10"),
        (["-w5", "n1"], "('n1',) 5"),
        (["n1"], "('n1',) None"),
        (["--", "--wait"], "('--wait',) None"),
    ],
)
def test_an_optional_value_must_be_attached(args: list[str], said: str) -> None:
    """`standby --wait n1` is about n1, not a wait of `n1` seconds."""
    assert CliRunner().invoke(_sample, args).output == f"{said}\n"
