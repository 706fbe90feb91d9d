"""The options commands share, so that each means the same everywhere."""

import functools
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

import click
from click.shell_completion import CompletionItem

from clusterd.api.client import AnswerFault, LocalClient
from clusterd.api.protocol import SOCKET_PATH, Exit
from clusterd.cli.durations import parse_duration
from clusterd.cli.session import Session, wants_colour
from clusterd.cli.verb import Optional

T = TypeVar("T")
Function: TypeAlias = Callable[..., T]
COMPLETION_SECONDS = 0.1
FORMATS = ("table", "wide", "json", "yaml", "name")


class Duration(click.ParamType[float]):
    """A duration such as `30s`, `15min`, `2h` or `1d12h`."""

    name = "duration"

    def convert(
        self,
        value: str | float,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> float:
        """Return seconds, or fail with a usage error."""
        if isinstance(value, int | float):
            return float(value)
        try:
            return parse_duration(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


@dataclass(frozen=True, slots=True, kw_only=True)
class Globals:
    """The shared options as given before the verb; None: not given there."""

    socket_path: str | None = None
    timeout: float | None = None
    output: str | None = None
    no_color: bool = False


def session_options(
    *formats: str,
) -> Callable[[Function[T]], Function[T]]:
    """Add `-o`, `--timeout`, `--socket`, `--no-color`; pass on a Session first."""
    allowed = formats or ("table", "json", "yaml")

    def decorate(function: Function[T]) -> Function[T]:
        @functools.wraps(function)
        def wrapper(
            *,
            socket_path: str | None,
            timeout: float | None,
            output: str | None,
            no_color: bool,
            **rest: object,
        ) -> T:
            before = click.get_current_context().find_root().obj or Globals()
            if output is None and before.output in allowed:
                output = before.output
            session = Session(
                socket_path=socket_path or before.socket_path or default_socket(),
                timeout=timeout or before.timeout,
                output=output or allowed[0],
                is_coloured=wants_colour(refused=no_color or before.no_color),
            )
            return function(session, **rest)

        return _shared(wrapper, allowed)

    return decorate


def _shared(function: Function[T], formats: tuple[str, ...]) -> Function[T]:
    kinds = click.Choice(formats)
    function = click.option("--no-color", is_flag=True, help="Never use colours.")(
        function
    )
    function = click.option(
        "--socket",
        "socket_path",
        metavar="PATH",
        help="The daemon's socket.  [env: CLUSTERD_SOCKET]",
    )(function)
    function = click.option(
        "--timeout", type=Duration(), help="How long to wait for the daemon."
    )(function)
    return click.option("-o", "--output", type=kinds, help="How to print the answer.")(
        function
    )


def default_socket() -> str:
    """Return the daemon's socket: from the environment, else the usual place."""
    return os.environ.get("CLUSTERD_SOCKET") or SOCKET_PATH


def changing_options(function: Function[T]) -> Function[T]:
    """Add what every changing command takes."""
    function = click.option(
        "--no-wait",
        is_flag=True,
        help="Return as soon as the change is committed (default in scripts).",
    )(function)
    function = click.option(
        "--wait",
        "wait_for",
        cls=Optional,
        bare="10min",
        type=Duration(),
        help="Wait until the cluster has settled (default on a terminal), for at"
        " most 10min or --wait=DURATION.",
    )(function)
    function = click.option("-y", "--yes", is_flag=True, help="Do not ask.")(function)
    return click.option(
        "--dry-run", is_flag=True, help="Only show what would happen (exit 10 or 0)."
    )(function)


def message_option(function: Function[T]) -> Function[T]:
    """Add `-m`: why, for whoever reads `status` next."""
    return click.option(
        "-m", "--message", metavar="TEXT", default="", help="Why; shown in `status`."
    )(function)


def until_options(function: Function[T]) -> Function[T]:
    """Add `--for` and `--until`: when it ends by itself."""
    function = click.option(
        "--until", metavar="TIME", help="When it ends by itself, such as 06:00."
    )(function)
    return click.option(
        "--for",
        "lasting",
        type=Duration(),
        help="How long it lasts, such as 2h; then it ends by itself.",
    )(function)


def complete_nodes(
    ctx: click.Context, _: click.Parameter, begun: str
) -> list[CompletionItem]:
    """Return the names of nodes that begin so."""
    return _names(ctx, ("nodes",), begun)


def complete_resources(
    ctx: click.Context, _: click.Parameter, begun: str
) -> list[CompletionItem]:
    """Return the names of resources that begin so."""
    return _names(ctx, ("resources",), begun)


def complete_names(
    ctx: click.Context, _: click.Parameter, begun: str
) -> list[CompletionItem]:
    """Return the names of nodes and resources that begin so."""
    return _names(ctx, ("nodes", "resources"), begun)


def _names(
    ctx: click.Context, kinds: tuple[str, ...], begun: str
) -> list[CompletionItem]:
    path = ctx.params.get("socket_path")
    client = LocalClient(path or default_socket(), grace=0.0)
    try:
        data = client.request("names", {}, COMPLETION_SECONDS)
    except AnswerFault:
        return []  # A key press is no moment for complaints.
    found = data if isinstance(data, dict) else {}
    names = [name for kind in kinds for name in _texts(found.get(kind))]
    return [CompletionItem(name) for name in names if name.startswith(begun)]


def _texts(value: object) -> list[str]:
    return [e for e in value if isinstance(e, str)] if isinstance(value, list) else []


class UsageFault(click.UsageError):
    """A command line that makes no sense; exits 64 as all usage errors here."""

    exit_code = int(Exit.USAGE)
