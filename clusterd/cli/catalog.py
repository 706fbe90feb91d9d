"""All verbs with one line each; where their code is, imported when called."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """A verb: the module and name of its click command, and its short help."""

    place: str
    help: str


_HERE = "clusterd.cli.commands"

DAILY = {
    "status": Entry(f"{_HERE}.status:status", "Health of all or of the named things."),
    "explain": Entry(f"{_HERE}.explain:explain", "Why a resource is where it is."),
    "move": Entry(f"{_HERE}.move:move", "Move a resource now; nothing stays behind."),
    "standby": Entry(f"{_HERE}.standby:standby", "Empty nodes and keep them empty."),
    "online": Entry(f"{_HERE}.standby:online", "End standby or maintenance of nodes."),
    "maintenance": Entry(
        f"{_HERE}.maintenance:maintenance", "Hands off, without stopping anything."
    ),
    "cleanup": Entry(f"{_HERE}.cleanup:cleanup", "Forget failures and try again."),
    "wait": Entry(f"{_HERE}.wait:wait", "Block until the cluster has settled."),
    "events": Entry(f"{_HERE}.history:events", "What happens, as it happens."),
    "history": Entry(f"{_HERE}.history:history", "What happened."),
}
NOUNS = {
    "config": Entry(f"{_HERE}.config:config", "apply, show, validate, diff, log."),
    "cluster": Entry(f"{_HERE}.cluster:cluster", "init, join, leave, token."),
    "node": Entry(
        f"{_HERE}.node:node", "list, show, confirm-off, remove, standby, online."
    ),
    "resource": Entry(f"{_HERE}.resource:resource", "list, show, move, cleanup."),
    "agent": Entry(f"{_HERE}.agent:agent", "list, show."),
    "version": Entry(f"{_HERE}.version:version", "Versions here and of the daemon."),
    "completion": Entry(f"{_HERE}.completion:completion", "Shell completion."),
}
ALL = {**DAILY, **NOUNS}
