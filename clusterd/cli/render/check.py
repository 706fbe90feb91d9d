"""One line for Nagios and its kin, and the exit code they expect."""

from clusterd.state.documents import StatusDocument

OK, WARNING, CRITICAL, UNKNOWN = range(4)
_CODES = {"OK": OK, "DEGRADED": WARNING, "FAILED": CRITICAL, "UNKNOWN": UNKNOWN}
_WORDS = ("OK", "WARNING", "CRITICAL", "UNKNOWN")


def check_line(document: StatusDocument) -> tuple[str, int]:
    """Return the line (with performance data) and the exit code 0 to 3.

    Source: Monitoring Plugins Development Guidelines, "Plugin output".
    """
    code = _CODES[document["health"]]
    nodes = document["nodes"]
    online = sum(each["state"] == "online" for each in nodes)
    running = sum(each["running"] for each in document["resources"])
    expected = sum(each["expected"] for each in document["resources"])
    worst = [each["text"] for each in document["problems"][:3]]
    facts = "; ".join(worst) or (
        f"{online} of {len(nodes)} nodes online, {running} resources running"
    )
    facts = facts.replace("|", "/")  # The bar begins the performance data.
    numbers = (
        f"nodes_online={online};;;0;{len(nodes)}"
        f" resources_running={running};;;0;{expected}"
        f" problems={len(document['problems'])}"
    )
    return f"CLUSTER {_WORDS[code]}: {facts} | {numbers}", code
