"""A picture that is drawn again and again on the whole screen, until Ctrl-C."""

import time
from collections.abc import Callable

from rich.console import Console
from rich.live import Live
from rich.text import Text

from clusterd.cli.picture import Picture, inked, text_of


def watch(look: Callable[[], Picture], seconds: float, *, is_coloured: bool) -> None:
    """Draw what `look` returns every so often. Ends with KeyboardInterrupt only."""
    console = Console(no_color=not is_coloured)

    def frame() -> Text:
        picture = look()
        drawn = inked(picture) if is_coloured else text_of(picture)
        text = Text.from_ansi(drawn)
        text.no_wrap, text.overflow = True, "ignore"
        return text

    with Live(frame(), console=console, screen=True, auto_refresh=False) as live:
        while True:
            time.sleep(seconds)
            live.update(frame(), refresh=True)
