"""What this machine adds to the environment of an agent."""

from collections.abc import Mapping
from urllib.parse import quote

from clusterd.host.runner_protocol import Run
from clusterd.runner.settings import Settings

_SURROUNDINGS = {
    "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
    "LC_ALL": "C",
}
"""As under Pacemaker; and no HOME, USER, SHELL or LANG. Source: OCF.md section 1."""


def complete(order: Run, settings: Settings) -> Mapping[str, str]:
    """Return the whole environment of a run.

    What the order says wins over the surroundings, never over CLUSTERD_*: by
    CLUSTERD_RESOURCE the guard finds the processes of a resource.
    """
    ours = {"CLUSTERD_RESOURCE": order.instance}
    if order.watch:
        ours["CLUSTERD_WATCH"] = str(settings.watch / file_name(order.instance))
    if order.leased and settings.guard is not None:
        ours["CLUSTERD_GUARD"] = str(settings.guard)
    scratch = {"HA_RSCTMP": str(settings.scratch)}
    return {**_SURROUNDINGS, **scratch, **order.environment, **ours}


def file_name(instance: str) -> str:
    """Return a file name that stands for `instance`; `unquote` reads it back."""
    return quote(instance, safe=":").replace(".", "%2E")
