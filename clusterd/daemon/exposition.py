"""`/metrics`: what the daemon knows, as Prometheus wants it."""

import asyncio
import contextlib
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from clusterd.daemon.engine import Engine
from clusterd.daemon.lifecycle import Lifecycle
from clusterd.host.clock import boot_time
from clusterd.model.membership import MemberState
from clusterd.state.activity import is_active

REQUEST_BYTES = 8192
REQUEST_SECONDS = 5.0


class _NodeCollector(Collector):
    """Reads the engine at the moment of the scrape; keeps nothing."""

    def __init__(self, lifecycle: Lifecycle) -> None:
        self._lifecycle = lifecycle

    def collect(self) -> Iterable[Metric]:
        """Yield every family; none outside a cluster."""
        engine = self._lifecycle.engine
        if engine is None:
            return
        yield from _own(engine)
        yield from _cluster(engine)
        yield from _peers(engine)


def _own(engine: Engine) -> Iterable[Metric]:
    facts = engine.machine.facts(boot_time())
    known = facts.leader is not None
    yield _gauge("clusterd_quorum", "1 while this node knows a leader.", float(known))
    yield _gauge("clusterd_coordinator", "1 on the coordinator.", facts.in_charge)
    yield _gauge("clusterd_lease_valid", "1 while the lease holds.", facts.lease_valid)
    yield _gauge("clusterd_raft_term", "Present term.", facts.term)
    state = engine.state()
    yield _gauge("clusterd_raft_applied_index", "Newest applied entry.", state.index)
    yield _gauge("clusterd_config_version", "Configuration in force.", state.version)


def _cluster(engine: Engine) -> Iterable[Metric]:
    state = engine.state()
    nodes = GaugeMetricFamily(
        "clusterd_node_online", "1 for a member that is online.", labels=["node"]
    )
    for member in state.members:
        nodes.add_metric([member.name], float(member.state is MemberState.ONLINE))
    yield nodes
    active = GaugeMetricFamily(
        "clusterd_resource_active",
        "1 where a resource is known to be active.",
        labels=["resource", "node"],
    )
    for history in state.status.history.values():
        labels = [history.instance, history.node]
        active.add_metric(labels, float(is_active(history)))
    yield active
    fails = GaugeMetricFamily(
        "clusterd_resource_failures", "Fail count.", labels=["resource", "node"]
    )
    for count in state.status.fail_counts:
        fails.add_metric([count.instance, count.node], count.count)
    yield fails


def _peers(engine: Engine) -> Iterable[Metric]:
    sent = CounterMetricFamily(
        "clusterd_peer_sent_messages", "Messages sent to a peer.", labels=["peer"]
    )
    received = CounterMetricFamily(
        "clusterd_peer_received_messages", "Messages from a peer.", labels=["peer"]
    )
    for name, numbers in engine.network.statistics().items():
        sent.add_metric([name], numbers.sent)
        received.add_metric([name], numbers.received)
    yield sent
    yield received


def _gauge(name: str, text: str, value: float) -> Metric:
    family = GaugeMetricFamily(name, text)
    family.add_metric([], float(value))
    return family


class Exposition:
    """A tiny HTTP server in the daemon's own loop: GET /metrics, nothing else."""

    def __init__(self, lifecycle: Lifecycle) -> None:
        """Begin; nothing listens before `start`."""
        self._registry = CollectorRegistry()
        self._registry.register(_NodeCollector(lifecycle))
        ProcessCollector(registry=self._registry)
        self._server: asyncio.Server | None = None

    async def start(self, address: str) -> None:
        """Listen on `host:port`. Raises OSError."""
        host, _, port = address.rpartition(":")
        self._server = await asyncio.start_server(
            self._serve, host or None, int(port), limit=REQUEST_BYTES
        )

    async def close(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        with contextlib.suppress(OSError, ValueError, asyncio.IncompleteReadError):
            async with asyncio.timeout(REQUEST_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(self._answer(head))
                await writer.drain()
        writer.close()

    def _answer(self, head: bytes) -> bytes:
        words = head.split(b" ", 2)
        is_ours = len(words) > 1 and words[0] == b"GET" and words[1] == b"/metrics"
        body = generate_latest(self._registry) if is_ours else b"only GET /metrics\n"
        status = "200 OK" if is_ours else "404 Not Found"
        kind = CONTENT_TYPE_LATEST if is_ours else "text/plain"
        lines = (
            f"HTTP/1.1 {status}",
            f"Content-Type: {kind}",
            f"Content-Length: {len(body)}",
            "Connection: close",
        )
        return "\r\n".join((*lines, "", "")).encode() + body
