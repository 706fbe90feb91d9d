"""Ask the guard to hold an address for as long as this node's lease is valid.

With a guard (CLUSTERD_GUARD names its socket) the agent does not touch the address:
the guard adds it with a lifetime that the kernel ends by itself, so that a frozen
node loses it although nobody there can act.
"""

# The C half of `socket`: the other half imports `enum` and `selectors`, 6 ms.
import _socket

from clusterd.ocf.call import Call
from clusterd.ocf.faults import Failed

_ANSWER = 65536


class KernelLease:
    """One address as the guard knows it."""

    def __init__(
        self, call: Call, *, address: str, prefix: int, nic: str, label: str
    ) -> None:
        self._call = call
        self._address = address
        self._prefix = prefix
        self._nic = nic
        self._label = label

    def hold(self) -> None:
        """Have the address from now on; raises Failed with the guard's reason."""
        self._ask("hold")

    def release(self) -> None:
        """Have it no more; raises Failed if the guard cannot take it away."""
        self._ask("release")

    def _ask(self, verb: str) -> None:
        request: dict[str, str | int] = {
            "verb": verb,
            "resource": self._call.instance,
            "address": self._address,
            "prefix": self._prefix,
            "nic": self._nic,
            "label": self._label,
        }
        answer = _exchange(
            self._call.environment["CLUSTERD_GUARD"],
            request,
            self._call.remaining(reserve=min(1.0, self._call.timeout / 10)),
        )
        if answer.get("ok") is not True:
            reason = answer.get("reason") or "no reason given"
            raise Failed(f"the guard refused to {verb} {self._address}: {reason}")


def _exchange(
    path: str, request: dict[str, str | int], seconds: float
) -> dict[str, object]:
    import json  # noqa: PLC0415  # 4 ms, and a monitor never comes here.

    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_SEQPACKET)
    try:
        connection.settimeout(max(0.1, seconds))
        connection.connect(path)
        connection.send(json.dumps(request).encode())
        answer = json.loads(connection.recv(_ANSWER) or b"null")
    except OSError as fault:
        reason = str(fault) or type(fault).__name__
        raise Failed(f"the guard at {path} does not answer: {reason}") from None
    except ValueError:
        raise Failed(f"the guard at {path} answers nonsense") from None
    finally:
        connection.close()
    return answer if isinstance(answer, dict) else {}
