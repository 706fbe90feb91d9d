"""`clusterctl completion SHELL`: prints the script a shell loads."""

import click
from click.shell_completion import get_completion_class

from clusterd.cli.session import Session
from clusterd.cli.verb import Verb

_HOW = {
    "bash": "source <(clusterctl completion bash)",
    "zsh": "source <(clusterctl completion zsh)",
    "fish": "clusterctl completion fish | source",
}


@click.command(cls=Verb)
@click.argument("shell", type=click.Choice(sorted(_HOW)))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> int:
    """Print the completion script of SHELL.

    Examples:
      source <(clusterctl completion bash)
      clusterctl completion fish | source
    """
    kind = get_completion_class(shell)
    assert kind is not None, "the choice lists what click has"
    root = ctx.find_root().command
    script = kind(root, {}, "clusterctl", "_CLUSTERCTL_COMPLETE")
    # Not script.source(): it starts a bash to complain about old versions.
    text = script.source_template % script.source_vars()
    Session().write(text.rstrip("\n"))
    return 0
