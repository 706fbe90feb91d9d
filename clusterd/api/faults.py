"""The words of refusals: code, what, why, what to do. Documented in docs/reference."""

from collections.abc import Collection, Iterable
from difflib import get_close_matches
from typing import assert_never

from clusterd.api.protocol import Exit, Fault
from clusterd.model.names import NodeName
from clusterd.state.live import Live
from clusterd.state.reply import Refusal, Refused


class RequestRefused(Exception):
    """A request is not carried out; `fault` says why, in words for the user."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(f"{fault.code}: {fault.text}")
        self.fault = fault


def usage(text: str, hint: str = "") -> RequestRefused:
    """Return the refusal of a request that makes no sense as it stands."""
    return RequestRefused(Fault(code="E-USAGE", text=text, hint=hint, exit=Exit.USAGE))


def unknown_verb(verb: str, known: Collection[str]) -> RequestRefused:
    """Return the refusal of a verb this daemon does not have."""
    near = get_close_matches(verb, known, n=1)
    hint = f"did you mean {near[0]}?" if near else "the daemon may be older than you"
    return RequestRefused(
        Fault(code="E-VERB", text=f'no verb "{verb}"', hint=hint, exit=Exit.USAGE)
    )


def unknown_resource(name: str, known: Iterable[str]) -> RequestRefused:
    """Return the refusal of a name that no resource has."""
    return _unknown("E-UNKNOWN-RES", "resource", name, known)


def unknown_node(name: str, known: Iterable[str]) -> RequestRefused:
    """Return the refusal of a name that no member has."""
    return _unknown("E-UNKNOWN-NODE", "node", name, known)


def _unknown(code: str, noun: str, name: str, known: Iterable[str]) -> RequestRefused:
    names = list(known)
    near = get_close_matches(name, names, n=1, cutoff=0.5)
    text = f'no {noun} "{name}".'
    if near:
        text = f"{text} Did you mean {near[0]}?"
    hint = "" if near or not names else f"there are: {', '.join(names[:12])}"
    return RequestRefused(Fault(code=code, text=text, hint=hint, exit=Exit.NOT_FOUND))


def no_cluster() -> RequestRefused:
    """Return the refusal of a node that belongs to no cluster yet."""
    return RequestRefused(
        Fault(
            code="E-NO-CLUSTER",
            text="this node belongs to no cluster",
            hint="clusterctl cluster init, or clusterctl cluster join TOKEN",
        )
    )


def in_cluster(cluster: str) -> RequestRefused:
    """Return the refusal to found or join a second time."""
    return RequestRefused(
        Fault(
            code="E-IN-CLUSTER",
            text=f'this node is a member of cluster "{cluster}" already',
            hint="clusterctl cluster leave",
            exit=Exit.CONFLICT,
        )
    )


def no_quorum(live: Live, *, is_unknown: bool = False) -> RequestRefused:
    """Return the refusal of a change that no majority can agree on now."""
    seen = live.reachable_voters()
    unseen = sorted(set(live.voters) - set(seen))
    away = (
        f" {', '.join(unseen)} unreachable{_silence(live, unseen)}." if unseen else ""
    )
    outcome = "may still be done" if is_unknown else "not changed"
    age = "" if live.freshness is None else f" (data is {live.freshness:.0f} s old)"
    return RequestRefused(
        Fault(
            code="E-NO-QUORUM",
            text=f"{outcome}. This node sees {len(seen)} of {len(live.voters)} votes"
            f" ({', '.join(seen)}).{away}",
            hint=f"reading works{age}. To see the nodes: clusterctl node list",
            exit=Exit.NOT_SAFE,
            is_unknown=is_unknown,
        )
    )


def _silence(live: Live, unseen: list[NodeName]) -> str:
    ages = [live.heard[each] for each in unseen if each in live.heard]
    return f" for {min(ages):.0f} s" if len(ages) == len(unseen) else ""


def not_confirmed(seconds: float) -> RequestRefused:
    """Return the refusal when a proposal was made and nobody confirmed it in time."""
    return RequestRefused(
        Fault(
            code="E-TIMEOUT",
            text=f"not confirmed within {seconds:g} s; it may still be done",
            hint="clusterctl history",
            exit=Exit.TIMEOUT,
            is_unknown=True,
        )
    )


def timed_out(what: str, seconds: float) -> RequestRefused:
    """Return the refusal when something took longer than the user grants."""
    return RequestRefused(
        Fault(
            code="E-TIMEOUT",
            text=f"{what} within {seconds:g} s (the cluster goes on)",
            hint="clusterctl status",
            exit=Exit.TIMEOUT,
        )
    )


def refused(reply: Refused) -> RequestRefused:
    """Return what the replicated state said no to, in the API's words."""
    return RequestRefused(
        Fault(
            code=reply.why.value,
            text=reply.text,
            hint=reply.hint,
            exit=_exit_of(reply.why),
        )
    )


def _exit_of(why: Refusal) -> Exit:
    match why:
        case Refusal.CONFLICT | Refusal.NAME_TAKEN:
            return Exit.CONFLICT
        case Refusal.UNKNOWN_NODE | Refusal.UNKNOWN_RESOURCE | Refusal.UNKNOWN_HOLD:
            return Exit.NOT_FOUND
        case Refusal.NOT_SAFE | Refusal.NO_QUORUM:
            return Exit.NOT_SAFE
        case Refusal.BAD_TOKEN | Refusal.BUSY | Refusal.STOPPING:
            return Exit.REFUSED
        case _:
            assert_never(why)
