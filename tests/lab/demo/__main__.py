"""`python -m tests.lab.demo`: raise the cluster, play the faults, tell the figures."""

import contextlib
import shlex
import sys
import time

from tests.lab.demo import privileges
from tests.lab.demo.faults import FAULTS
from tests.lab.demo.options import Options, parse
from tests.lab.demo.report import HEAD, LATE, document, is_bad, row_of
from tests.lab.demo.screen import Screen
from tests.lab.demo.stage import Stage, stage
from tests.lab.demo.trial import Trial, play
from tests.lab.host import LabFault

INTERRUPTED = 130


def main() -> int:
    """Run the demo; return the exit status: 0 only if every promise was kept."""
    words = sys.argv[1:]
    options = parse(words)
    if options.only_list:
        for fault in FAULTS:
            sys.stdout.write(f"{fault.name:22} {fault.title}\n")
        return 0
    privileges.ensure(words)
    screen = Screen(HEAD, on_stderr=options.as_json)
    try:
        return _run(options, screen)
    except LabFault as fault:
        sys.stderr.write(f"the demo could not go on: {fault}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; everything that was started has been ended\n")
        return INTERRUPTED


def _run(options: Options, screen: Screen) -> int:
    began = time.monotonic()
    trials: list[Trial] = []
    with contextlib.ExitStack() as stack:
        stack.enter_context(screen)
        screen.doing("raising three nodes and a client")
        built = stack.enter_context(stage(screen, keep=options.keep))
        setup = time.monotonic() - began
        for fault in options.faults:
            trial = play(built, fault)
            trials.append(trial)
            screen.add(row_of(trial))
            if not trial.recovered:
                break  # What follows would be measured on a cluster that is not well.
        late = built.traffic.worst_lateness
        screen.doing("")
        kept = _entrances(built) if options.keep else ""
    if options.as_json:
        sys.stdout.write(document(3, trials, setup, late) + "\n")
    _conclude(screen, trials, late, kept)
    return 1 if any(is_bad(each) for each in trials) else 0


def _conclude(screen: Screen, trials: list[Trial], late: float, kept: str) -> None:
    if trials:
        screen.say(f"the client itself was late by at most {late * 1000:.0f} ms")
    if late > LATE:
        screen.say("that is much: this machine is busy, and the figures suffer from it")
    if privileges.is_borrowed():
        screen.say("no root: no real-time priority, so the cluster chose slower timing")
    for trial in trials:
        if is_bad(trial):
            why = trial.trouble or f"two holders for {trial.two_holders_s:.3f} s"
            screen.say(f"NOT KEPT: {trial.fault.title}: {why}")
    if kept:
        screen.say(kept)


def _entrances(built: Stage) -> str:
    """Return how to enter a node, and how to end it all."""
    hosts = [*built.lab.nodes, *([built.lab.client] if built.lab.client else [])]
    through = ["--user", "--preserve-credentials"] if privileges.is_borrowed() else []
    lines = ["the cluster stays up; to enter a host:"]
    for host in hosts:
        entrance = [*host.entrance(), "--", "bash"]
        entrance[1:1] = through
        lines.append(f"  {host.name}: {shlex.join(entrance)}")
    binary = built.cluster.programs
    lines.append(f"  then, on a node: {binary}/clusterctl status")
    lines.append(f"to end it: {built.lab.ending()}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
