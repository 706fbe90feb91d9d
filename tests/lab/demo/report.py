"""The results: rows for people, one JSON document for programs."""

import json
from collections.abc import Sequence

from tests.lab.demo.screen import Row
from tests.lab.demo.trial import Trial

HEAD = ("fault", "outage", "failed requests", "two holders", "what the cluster did")
LATE = 0.05
"""Seconds by which the client may be late before the figures are in doubt."""


def row_of(trial: Trial) -> Row:
    """Return the line of the table for a trial."""
    where = f"{trial.node}, the coordinator" if trial.was_coordinator else trial.node
    lines = [f"+{step.after:.2f} s  {step.text}" for step in trial.story]
    if trial.trouble:
        lines.append(f"NOT RECOVERED: {trial.trouble}")
    return Row(
        cells=(
            f"{trial.fault.title}\n{where}",
            f"{trial.outage_s:.2f} s",
            str(trial.failed_requests),
            f"{trial.two_holders_s:.3f} s",
            "\n".join(lines),
        ),
        is_bad=is_bad(trial),
    )


def is_bad(trial: Trial) -> bool:
    """Tell whether the promise was broken: two holders, or no recovery."""
    return trial.two_holders_s > 0 or not trial.recovered


def document(
    nodes: int, trials: Sequence[Trial], setup_s: float, probe_late_s: float
) -> str:
    """Return the JSON document. Seconds; instants count from the fault."""
    faults = [
        {
            "name": trial.fault.name,
            "outage_s": round(trial.outage_s, 3),
            "failed_requests": trial.failed_requests,
            "two_holders_s": round(trial.two_holders_s, 3),
            "recovered": trial.recovered,
            "node": trial.node,
            "was_coordinator": trial.was_coordinator,
            "recovered_s": round(trial.recovered_s, 3),
            "healed_s": round(trial.healed_s, 3),
            "trouble": trial.trouble,
            "story": [
                {"after_s": round(step.after, 3), "text": step.text}
                for step in trial.story
            ],
        }
        for trial in trials
    ]
    whole = {
        "nodes": nodes,
        "faults": faults,
        "setup_s": round(setup_s, 3),
        "probe_late_s": round(probe_late_s, 3),
    }
    return json.dumps(whole, indent=2)
