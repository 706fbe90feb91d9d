"""gRPC channels between members: which options, and why."""

import grpc

from clusterd.model.names import NodeName
from clusterd.net.tls import Credentials

CONNECT_DEADLINE = 2.0
"""Seconds. Shorter, and a thousand nodes that reconnect at once never finish
their handshakes (CONSENSUS 1.2)."""

MESSAGE_MAX = 64 * 1024 * 1024
"""Bytes of one gRPC message: answers of the API can be large."""

INSTANCE_KEY = "clusterd-instance"
"""Metadata of calls that begin without a Hello: which life of the daemon asks."""


def open_channel(
    address: str, peer: NodeName, credentials: Credentials
) -> grpc.aio.Channel:
    """Return a channel to `peer` with a TCP connection of its own.

    Whoever answers at `address` must show a certificate for `peer`.
    """
    shown = grpc.ssl_channel_credentials(
        root_certificates=credentials.authority,
        private_key=credentials.key,
        certificate_chain=credentials.certificate,
    )
    return grpc.aio.secure_channel(address, shown, options=_options(peer))


def _options(peer: NodeName) -> list[tuple[str, str | int]]:
    return [
        ("grpc.ssl_target_name_override", peer),
        # Channels to one address would otherwise share a connection, and
        # heartbeats would queue behind a snapshot.
        ("grpc.use_local_subchannel_pool", 1),
        # A proxy for the web is none for the cluster.
        ("grpc.enable_http_proxy", 0),
        ("grpc.min_reconnect_backoff_ms", int(CONNECT_DEADLINE * 1000)),
        # Left alone, a channel to a peer that was long away waits two minutes.
        ("grpc.initial_reconnect_backoff_ms", 200),
        ("grpc.max_reconnect_backoff_ms", 1000),
        ("grpc.max_receive_message_length", MESSAGE_MAX),
        ("grpc.max_send_message_length", MESSAGE_MAX),
    ]


def server_options() -> list[tuple[str, int]]:
    """Return the options of a server for members."""
    return [
        # Two daemons on one port must be an error, not a lottery.
        ("grpc.so_reuseport", 0),
        ("grpc.max_receive_message_length", MESSAGE_MAX),
        ("grpc.max_send_message_length", MESSAGE_MAX),
        # Connections of machines that vanished are found and closed.
        ("grpc.keepalive_time_ms", 10_000),
        ("grpc.keepalive_timeout_ms", 5_000),
        ("grpc.keepalive_permit_without_calls", 1),
    ]
