"""The configuration through the door: show, check, compare, replace."""

from typing import cast

from clusterd.api.asked import Asked
from clusterd.api.faults import RequestRefused, usage
from clusterd.api.plan_view import plan_lines
from clusterd.api.preview import imagine
from clusterd.api.protocol import Exit, Fault, Json
from clusterd.config.diagnostic import Diagnostic
from clusterd.config.diff import Change, diff
from clusterd.config.loader import Loaded
from clusterd.model.configuration import Configuration
from clusterd.state.command import Configure
from clusterd.state.replicated import ConfigVersion, Replicated


async def show(asked: Asked) -> Json:
    """Return the text of a version as its author wrote it."""
    state = asked.state()
    number = asked.arguments.integer("version")
    if not state.versions and number is None:
        return {"version": 0, "text": "", "author": "", "message": "", "wall": None}
    version = state.versions[-1] if number is None else _version(number, state)
    return {**_line(version), "text": version.text}


async def log(asked: Asked) -> Json:
    """Return who changed the configuration, the newest first."""
    versions = reversed(asked.state().versions)
    return {"versions": [_line(each) for each in versions]}


def _line(version: ConfigVersion) -> dict[str, Json]:
    return {
        "version": version.version,
        "author": version.author,
        "message": version.message,
        "wall": version.wall,
    }


def _version(number: int, state: Replicated) -> ConfigVersion:
    found = next((v for v in state.versions if v.version == number), None)
    if found is not None:
        return found
    kept = f"kept are v{state.versions[0].version} to v{state.version}"
    raise RequestRefused(
        Fault(
            code="E-UNKNOWN-VERSION",
            text=f"no version {number} of the configuration",
            hint=kept if state.versions else "there is none yet",
            exit=Exit.NOT_FOUND,
        )
    )


async def validate(asked: Asked) -> Json:
    """Return every diagnostic of a text, with the agents of this node."""
    loaded = await _load(asked)
    return {"ok": loaded.configuration is not None, **_diagnostics(loaded)}


async def compare(asked: Asked) -> Json:
    """Return what a text (or an old version) changes against what is in force."""
    state = asked.state()
    number = asked.arguments.integer("version")
    if number is None:
        loaded = await _load(asked)
        if loaded.configuration is None:
            return _compared(state, loaded, ok=False)
        return await _preview(asked, state, loaded, loaded.configuration)
    old = await _load_text(asked, _version(number, state).text, f"version {number}")
    if old.configuration is None:
        return _compared(state, old, ok=False)
    changes = diff(old.configuration, state.configuration)
    return _compared(state, old, ok=True, changes=changes)


async def replace(asked: Asked) -> Json:
    """Replace the configuration, or with `dry_run` only say what that would do."""
    state = asked.state()
    arguments = asked.arguments
    loaded = await _load(asked)
    new = loaded.configuration
    if new is None:
        return {**_compared(state, loaded, ok=False), **_unchanged(state)}
    command = _command(asked, new)
    if command.base is not None:
        imagine(state, [command])  # A conflict is told before anything is planned.
    text = arguments.text("text")
    if (
        new == state.configuration
        and state.versions
        and text == state.versions[-1].text
    ):
        return {**_compared(state, loaded, ok=True), **_unchanged(state)}
    answer = await _preview(asked, state, loaded, new)
    if arguments.flag("dry_run"):
        return {**answer, **_unchanged(state)}
    accepted = await asked.commit(command)
    return {
        **answer,
        "version": accepted.detail,
        "index": accepted.index,
        "changed": True,
    }


def _unchanged(state: Replicated) -> dict[str, Json]:
    return {"version": state.version, "index": state.index, "changed": False}


def _command(asked: Asked, new: Configuration) -> Configure:
    arguments = asked.arguments
    return Configure(
        text=arguments.text("text"),
        configuration=new,
        base=arguments.integer("if_version"),
        author=asked.request.author,
        message=arguments.message(),
        wall=asked.door.now_wall(),
    )


async def _load(asked: Asked) -> Loaded:
    text = asked.arguments.optional_text("text")
    if text is None:
        raise usage("`text` is missing")
    file = asked.arguments.optional_text("file") or "configuration"
    return await _load_text(asked, text, file)


async def _load_text(asked: Asked, text: str, file: str) -> Loaded:
    reading = asked.door.load_configuration(text, file)
    return await asked.within(reading, f"{file} was not read")


async def _preview(
    asked: Asked, state: Replicated, loaded: Loaded, new: Configuration
) -> dict[str, Json]:
    imagined = imagine(state, [Configure(text="", configuration=new)])
    try:
        plan: list[str] | None = plan_lines(await asked.plan(imagined))
    except RequestRefused:
        plan = None  # What it says is clear; what follows from it, nobody knows yet.
    changes = diff(state.configuration, new)
    return _compared(state, loaded, ok=True, changes=changes, plan=plan)


def _compared(
    state: Replicated,
    loaded: Loaded,
    *,
    ok: bool,
    changes: tuple[Change, ...] = (),
    plan: list[str] | None = None,
) -> dict[str, Json]:
    return {
        "ok": ok,
        "base": state.version,
        "changes": [_change(each) for each in changes],
        "summary": None if plan is None else [str(each) for each in plan],
        **_diagnostics(loaded),
    }


def _diagnostics(loaded: Loaded) -> dict[str, Json]:
    return {"diagnostics": [_diagnostic(each) for each in loaded.diagnostics]}


def _diagnostic(diagnostic: Diagnostic) -> Json:
    return cast("Json", {**diagnostic.as_data(), "rendered": diagnostic.render()})


def _change(change: Change) -> Json:
    return {
        "kind": change.kind.value,
        "subject": change.subject,
        "name": change.name,
        "field": change.field,
        "before": change.before,
        "after": change.after,
        "rendered": change.render(),
    }
