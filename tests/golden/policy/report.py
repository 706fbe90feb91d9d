"""What the policy says of a case, section by section, as the cases have it."""

from clusterd.model.names import ResourceName
from clusterd.model.transition import Transition
from clusterd.policy.explain import explain
from clusterd.policy.render import render_placement, render_plan, render_summary
from tests.golden.policy.story import read_cluster
from tests.unit.policy.cluster import Cluster

RULE = "----"


def expected_of(text: str) -> str:
    """Return the case as it is when the policy is asked again."""
    head, sections = split(text)
    told = read_cluster(head)
    transition = told.plan()
    parts = [head.rstrip() + "\n"]
    parts += (
        f"{title}\n{RULE}\n{_section(title, told, transition)}" for title in sections
    )
    return "".join(parts)


def split(text: str) -> tuple[str, list[str]]:
    """Return the description and the titles of the sections below it."""
    lines = text.splitlines()
    places = [at - 1 for at, line in enumerate(lines) if line == RULE]
    titles = [lines[at] for at in places]
    return "\n".join(lines[: places[0]]), titles


def _section(title: str, told: Cluster, transition: Transition) -> str:
    match title.split():
        case ["plan"]:
            return render_plan(transition)
        case ["summary"]:
            return render_summary(transition)
        case ["recheck"]:
            return f"{transition.recheck_wall}\n"
        case ["why", name]:
            found = explain(transition, told.configuration, ResourceName(name))
            return "".join(render_placement(each) for each in found.placements)
        case _:
            raise ValueError(f"what is section `{title}`?")
