"""Commands whose help ends with examples, printed as they stand."""

from inspect import cleandoc
from textwrap import dedent
from typing import Any

import click

_MARK = "Examples:\n"


class Optional(click.Option):
    """An option whose value may be left out: `--wait`, `--wait=30s`, `-w5`.

    Its value must be attached, so that `standby --wait node1` means what it says.
    """

    def __init__(self, *args: Any, bare: str, **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self.bare = bare

    def attached(self, arg: str) -> str:
        """Return the argument with its value, if it is this option without one."""
        if arg not in self.opts:
            return arg
        return f"{arg}={self.bare}" if arg.startswith("--") else f"{arg}{self.bare}"


class Verb(click.Command):
    """A command; the `Examples:` of its docstring keep their line breaks."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Give bare optional options their value, then parse as usual."""
        optional = [each for each in self.params if isinstance(each, Optional)]
        end = args.index("--") if "--" in args else len(args)
        for each in optional:
            args[:end] = [each.attached(arg) for arg in args[:end]]
        return super().parse_args(ctx, args)

    def format_help_text(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        """Write the text, then the examples untouched."""
        write_help(self.help or "", formatter)


class Noun(click.Group):
    """A group of verbs about one noun."""

    command_class: type[click.Command] | None = Verb

    def format_help_text(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        """Write the text, then the examples untouched."""
        write_help(self.help or "", formatter)


def write_help(text: str, formatter: click.HelpFormatter) -> None:
    """Write a docstring: wrapped text, then its examples line by line."""
    # Python 3.13 dedents docstrings itself; earlier ones leave that to us.
    story, _, examples = cleandoc(text).partition(_MARK)
    formatter.write_paragraph()
    with formatter.indentation():
        formatter.write_text(story.strip())
    if examples:
        with formatter.section("Examples"):
            for each in dedent(examples).rstrip().splitlines():
                formatter.write(f"  {each}".rstrip() + "\n")
