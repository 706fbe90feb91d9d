"""A guard that keeps the contract of the real one and leases for 60 s."""

import json
import socket
import threading
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from tests.agents.namespaces import Machine

FIELDS = {"verb", "resource", "address", "prefix", "nic", "label"}


@dataclass(slots=True, kw_only=True)
class FakeGuard:
    """Answers on a socket; adds and removes addresses on a machine.

    `refusal`: answer every request with this reason instead.
    """

    path: Path
    machine: Machine
    refusal: str = ""
    requests: list[dict[str, object]] = field(default_factory=list)
    _server: socket.socket = field(init=False)
    _thread: threading.Thread = field(init=False)

    def __enter__(self) -> "FakeGuard":
        """Begin to answer."""
        self._server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._server.bind(str(self.path))
        self._server.listen()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop answering: a closed socket wakes the thread."""
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join(5)

    def verbs(self) -> list[object]:
        """Return what was asked, in order."""
        return [request["verb"] for request in self.requests]

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            with connection:
                request = json.loads(connection.recv(65536))
                self.requests.append(request)
                connection.send(json.dumps(self._answer(request)).encode())

    def _answer(self, request: dict[str, object]) -> dict[str, object]:
        if self.refusal:
            return {"ok": False, "reason": self.refusal}
        if set(request) != FIELDS:
            return {"ok": False, "reason": f"fields are {sorted(request)}"}
        where = f"{request['address']}/{request['prefix']}"
        if request["verb"] == "hold":
            command = ["ip", "addr", "replace", where, "dev", str(request["nic"])]
            command += ["valid_lft", "60", "preferred_lft", "60"]
            command += ["nodad"] if ":" in where else []
            self.machine.run(*command)
        elif where in self.machine.addresses(str(request["nic"])):
            self.machine.run("ip", "addr", "del", where, "dev", str(request["nic"]))
        return {"ok": True}
