"""`clusterctl`: parse, dispatch, exit code."""

import importlib
import os
import sys
from collections.abc import Sequence

import click

from clusterd.api.client import AnswerFault
from clusterd.api.protocol import SOCKET_PATH, Exit, Fault, fault_data
from clusterd.cli.catalog import ALL, DAILY, NOUNS
from clusterd.cli.options import FORMATS, Duration, Globals
from clusterd.cli.render.fault import fault_text
from clusterd.cli.session import ReaderGone, Session, say
from clusterd.cli.verb import Noun


class LazyGroup(Noun):
    """Knows its verbs by name and help; imports one only to run it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return all verbs, the daily ones first."""
        return list(ALL)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return the verb, or None."""
        entry = ALL.get(cmd_name)
        if entry is None:
            return None
        module, _, name = entry.place.partition(":")
        command = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command), "the catalog names commands"
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the verb; for an unknown one say which is near."""
        if args and args[0] not in ALL and not args[0].startswith("-"):
            ctx.fail(_unknown(args[0]))
        return super().resolve_command(ctx, args)

    def format_commands(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        """List the verbs without importing them."""
        for title, entries in (("Daily", DAILY), ("More", NOUNS)):
            with formatter.section(title):
                formatter.write_dl([(n, e.help) for n, e in entries.items()])


def _unknown(verb: str) -> str:
    from difflib import get_close_matches  # noqa: PLC0415  # Only on mistakes.

    near = get_close_matches(verb, ALL, n=1)
    tail = f" Did you mean {near[0]}?" if near else ""
    return f'no command "{verb}".{tail}'


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--socket", "socket_path", metavar="PATH",
    help=f"The daemon's socket.  [env: CLUSTERD_SOCKET; default: {SOCKET_PATH}]",
)  # fmt: skip
@click.option("--timeout", type=Duration(), help="How long to wait for the daemon.")
@click.option("-o", "--output", type=click.Choice(FORMATS), help="How to print.")
@click.option("--no-color", is_flag=True, help="Never use colours.")
@click.pass_context
def clusterctl(
    ctx: click.Context,
    socket_path: str | None,
    timeout: float | None,
    output: str | None,
    *,
    no_color: bool,
) -> None:
    """Ask and steer the cluster through the daemon of this node.

    Examples:
      clusterctl status                    is everything fine?
      clusterctl explain vip               why is it there?
      clusterctl standby node1 --for 2h    empty a node for work on it
    """
    ctx.obj = Globals(
        socket_path=socket_path, timeout=timeout, output=output, no_color=no_color
    )


def run(args: Sequence[str]) -> int:
    """Run one command line and return its exit code."""
    try:
        result = clusterctl.main(
            args=list(args), prog_name="clusterctl", standalone_mode=False
        )
    except AnswerFault as answer:
        return _tell(answer.fault, args)
    except click.Abort:
        say("interrupted")
        return int(Exit.INTERRUPTED)
    except click.ClickException as error:
        _tell_usage(error)
        return int(Exit.USAGE)
    return int(result) if isinstance(result, int) else int(Exit.DONE)


def _tell(fault: Fault, args: Sequence[str]) -> int:
    if fault.code == "E-UNREACHABLE":
        from clusterd.cli.unreachable import explained  # noqa: PLC0415  # On failure.

        fault = explained(fault)
    say(fault_text(fault))
    if _wants_json(args):
        Session(output="json").data({"error": fault_data(fault)})
    return int(fault.exit)


def _wants_json(args: Sequence[str]) -> bool:
    pairs = zip(args, [*args[1:], ""], strict=True)
    return any(
        each in ("-ojson", "--output=json")
        or (each in ("-o", "--output") and following == "json")
        for each, following in pairs
    )


def _tell_usage(error: click.ClickException) -> None:
    context = getattr(error, "ctx", None)
    if context is not None:
        say(context.get_usage())
    path = context.command_path if context is not None else "clusterctl"
    message = error.format_message().rstrip()
    say(f"Error [E-USAGE]: {message}   (exit {int(Exit.USAGE)})")
    say(f"  hint: {path} --help")


def main() -> None:
    """Entry point of the `clusterctl` program."""
    try:
        code = run(sys.argv[1:])
        sys.stdout.flush()
    except (ReaderGone, BrokenPipeError):
        # Python flushes once more at exit, and must not complain about it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = int(Exit.DONE)
    except KeyboardInterrupt:
        say("interrupted (the cluster goes on)")
        code = int(Exit.INTERRUPTED)
    sys.exit(code)


if __name__ == "__main__":
    main()
