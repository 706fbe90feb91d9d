"""From what gRPC says to what an operator can act upon."""

import grpc

from clusterd.model.names import NodeName
from clusterd.net.faults import CertificateFault
from clusterd.net.local import Local
from clusterd.net.trust import check_credentials

_FOREIGN = "its certificate was issued by another cluster's authority"

# Fragments of the C core's messages, the telling ones first.
_CAUSES = (
    ("certificate has expired", "its certificate has expired"),
    (
        "not yet valid",
        "its certificate is not valid yet: its clock or ours is wrong",
    ),
    ("BAD_SIGNATURE", _FOREIGN),
    ("CERTIFICATE_VERIFY_FAILED", _FOREIGN),
    ("Hostname Verification", "another node answers there"),
    ("WRONG_VERSION_NUMBER", "what answers there does not speak TLS"),
    ("Connection refused", "connection refused: nothing listens there"),
    ("No route to host", "no route to host"),
    ("Network is unreachable", "network is unreachable"),
    ("DNS resolution failed", "its host name is unknown"),
    ("Connection timed out", "no answer"),
    ("FD shutdown", "no answer"),
)
# A gRPC server that rejects a certificate hangs up without an alert.
_HUNG_UP = ("Socket closed", "Connection reset", "handshaker shutdown", "EOF")

_REFUSALS = (
    grpc.StatusCode.ALREADY_EXISTS,
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.INVALID_ARGUMENT,
)


def is_refusal(error: grpc.aio.AioRpcError) -> bool:
    """Tell whether the peer was reached, knows who asks, and says no."""
    return error.code() in _REFUSALS


def cause_of(error: grpc.aio.AioRpcError, address: str, local: Local) -> str:
    """Return why a call to `address` failed, in words for an operator."""
    details = error.details() or ""
    if is_refusal(error):
        return f"it refused: {details}"
    if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
        return f"{address}: no answer in time"
    for fragment, sentence in _CAUSES:
        if fragment in details:
            return f"{address}: {sentence}"
    connecting = "failed to connect" in details
    if connecting and any(each in details for each in _HUNG_UP):
        return f"{address}: {_why_hung_up(local)}"
    return f"{address}: {details or error.code().name.lower()}"


def _why_hung_up(local: Local) -> str:
    try:
        check_credentials(local.credentials, local.node, local.wall())
    except CertificateFault as fault:
        return f"it rejects our certificate: {fault.text}"
    return (
        "it hung up during the handshake: it rejects our certificate (another "
        "cluster, or its clock is wrong), or it is not a member at all"
    )


def impostor(claimed: NodeName, proven: NodeName) -> str:
    """Return the refusal of a message that names another sender."""
    return f"this is `{proven}` by its certificate, not `{claimed}`"
