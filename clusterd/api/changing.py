"""Carries a change out: imagine it, plan it, commit it; or only show it."""

from clusterd.api.asked import Asked
from clusterd.api.plan_view import plan_lines
from clusterd.api.preview import arrived, destination, imagine, refuse_return
from clusterd.api.protocol import Json
from clusterd.api.verbs import CHANGES, Change
from clusterd.model.transition import Transition
from clusterd.state.command import StartMove
from clusterd.state.replicated import Replicated


async def change(asked: Asked) -> Json:
    """Answer one of the verbs of `api.verbs`.

    `plan` is what the cluster will do, in words; None: the planner did not say,
    which stops a dry run and a move, but nothing else.
    """
    state = asked.state()
    verb = CHANGES[asked.request.verb]
    wanted = verb(asked.request, state, asked.door.now_wall())
    is_dry = asked.arguments.flag("dry_run")
    if not wanted.commands:
        return _answer(wanted, state.index, plan=[], is_dry=is_dry)
    plan = await _preview(asked, wanted, state, must=is_dry)
    index = state.index
    if not is_dry:
        for command in wanted.commands:
            index = (await asked.commit(command)).index
    return _answer(wanted, index, plan=plan, is_dry=is_dry)


def _answer(
    wanted: Change, index: int, *, plan: list[str] | None, is_dry: bool
) -> Json:
    return {
        "index": index,
        "changed": bool(wanted.commands) and not is_dry,
        "dry_run": is_dry,
        "would_change": bool(wanted.commands),
        "summary": list(wanted.summary),
        "plan": None if plan is None else [str(each) for each in plan],
    }


async def _preview(
    asked: Asked, wanted: Change, state: Replicated, *, must: bool
) -> list[str] | None:
    imagined = imagine(state, wanted.commands)
    first = wanted.commands[0]
    if isinstance(first, StartMove):
        return await _preview_move(asked, first, imagined)
    if not must and not asked.arguments.flag("preview"):
        return None
    return plan_lines(await asked.plan(imagined))


async def _preview_move(
    asked: Asked, begun: StartMove, imagined: Replicated
) -> list[str]:
    """Plan twice: how it gets there, and whether it would stay."""
    there: Transition = await asked.plan(imagined)
    node = destination(begun.move, there, imagined)
    later = await asked.plan(arrived(begun.move, node, imagined))
    refuse_return(begun.move, node, later, imagined)
    return plan_lines(there)


def is_change(verb: str) -> bool:
    """Tell whether `change` answers this verb."""
    return verb in CHANGES
