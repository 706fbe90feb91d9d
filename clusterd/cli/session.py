"""One call of `clusterctl`: where to ask, how to answer. The IO of the room."""

import json
import os
import pwd
import shutil
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass

from clusterd.api.client import LocalClient, Stream
from clusterd.api.protocol import SOCKET_PATH, TIMEOUT, Json
from clusterd.cli.picture import Picture, for_encoding, inked, text_of

CHANGE_TIMEOUT = 5.0
"""Seconds to wait for a majority: an election takes a few heartbeats."""


class ReaderGone(Exception):
    """Whoever reads our output has seen enough (`| head`): no error.

    Its own class, because click would turn a BrokenPipeError into exit 1.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """The options every command has, resolved."""

    socket_path: str = SOCKET_PATH
    timeout: float | None = None
    output: str = "table"
    is_coloured: bool = False

    @property
    def is_data(self) -> bool:
        """Tell whether the answer is for a program."""
        return self.output in ("json", "yaml")

    @property
    def is_terminal(self) -> bool:
        """Tell whether a person looks at the answer and can be asked."""
        return sys.stdin.isatty() and sys.stdout.isatty() and not self.is_data

    @property
    def width(self) -> int:
        """Columns of the terminal; pipes have no limit worth cutting for."""
        return shutil.get_terminal_size((120, 40)).columns

    def client(self, grace: float = 1.0) -> LocalClient:
        """Return a client of the local daemon."""
        return LocalClient(self.socket_path, author(), grace)

    def ask(self, verb: str, args: Mapping[str, Json] | None = None) -> Json:
        """Ask something that changes nothing. Raises AnswerFault."""
        return self.client().request(verb, args, self.timeout or TIMEOUT)

    def change(self, verb: str, args: Mapping[str, Json]) -> Json:
        """Ask for a change. Raises AnswerFault."""
        return self.client().request(verb, args, self.timeout or CHANGE_TIMEOUT)

    def stream(
        self, verb: str, args: Mapping[str, Json], timeout: float, *, endless: bool
    ) -> Stream:
        """Ask for events. Raises AnswerFault."""
        return self.client().stream(verb, args, timeout, endless=endless)

    def draw(self, picture: Picture) -> None:
        """Print a picture on stdout."""
        text = inked(picture) if self.is_coloured else text_of(picture)
        self.write(text)

    def write(self, text: str) -> None:
        """Print text on stdout, with signs its encoding has."""
        encoding = sys.stdout.encoding
        shown = for_encoding(text, encoding)
        fits = shown.encode(encoding or "utf-8", "backslashreplace")
        try:
            print(fits.decode(encoding or "utf-8"), flush=True)  # noqa: T201  # Its job.
        except BrokenPipeError:
            raise ReaderGone from None

    def data(self, data: object) -> None:
        """Print a document for a program."""
        if self.output == "yaml":
            import yaml  # noqa: PLC0415  # 20 ms that only this format pays for.

            text = yaml.safe_dump(data, sort_keys=False, allow_unicode=True)
            self.write(text.rstrip("\n"))
        else:
            self.write(json.dumps(data, indent=2))

    def say(self, text: str) -> None:
        """Talk to the person, on stderr."""
        say(text)


def say(text: str) -> None:
    """Talk to the person, on stderr, with signs its encoding has."""
    encoding = sys.stderr.encoding
    shown = for_encoding(text, encoding)
    fits = shown.encode(encoding or "utf-8", "backslashreplace")
    print(fits.decode(encoding or "utf-8"), file=sys.stderr, flush=True)  # noqa: T201  # Its job.


def author() -> str:
    """Return the login name of the person behind this call."""
    names = (os.environ.get(key) for key in ("SUDO_USER", "USER", "LOGNAME"))
    return next((name for name in names if name), None) or _account()


def _account() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def now_wall() -> float:
    """Return the wall clock of this machine, for `--for` and `--until`."""
    return time.time()  # noqa: TID251  # The edge: a person's clock is meant.


def wants_colour(*, refused: bool) -> bool:
    """Tell whether stdout is a terminal that shows colours. See no-color.org."""
    if refused or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return sys.stdout.isatty()
