"""Joining: from a token to a certificate and the list of members.

1. Fetch the chain the enrol port shows; its last must be the token's authority.
2. Connect again, believing that authority only.
3. Only now say the secret, with a signing request for a key that stays here.
"""

import os
import ssl
from collections.abc import Sequence
from dataclasses import dataclass

import grpc

from clusterd.model.names import NodeName
from clusterd.net.chain import fetch_chain
from clusterd.net.channels import CONNECT_DEADLINE, MESSAGE_MAX
from clusterd.net.enrol_server import ENROL_SERVICE
from clusterd.net.faults import (
    CertificateFault,
    JoinFault,
    NetFault,
    NobodyReached,
    Refused,
    WrongFingerprint,
)
from clusterd.net.tls import (
    Credentials,
    common_name,
    create_key,
    fingerprint,
    load_certificate,
    signing_request,
)
from clusterd.net.token import Token
from clusterd.net.trust import check_credentials, check_dates, check_issuer
from clusterd.wire.enrol import (
    JoinRefused,
    JoinReply,
    JoinRequest,
    answer_from_bytes,
    request_to_bytes,
)
from clusterd.wire.faults import WireFault

JOIN_DEADLINE = 15.0
"""Seconds for the cluster to decide: it commits the new member in the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """This machine is a member: its credentials, and what the cluster told it."""

    credentials: Credentials
    reply: JoinReply


async def join(
    token: Token, node: NodeName, address: str, *, now_wall: float, version: str = ""
) -> Enrolled:
    """Join as `node`, which others will reach at `address` (`host:port`).

    The members of the token are tried in turn until one answers. Raises
    NobodyReached, WrongFingerprint, Refused, CertificateFault (a wrong clock) or
    JoinFault. After JoinFault without answer the token may be used up for others,
    but admits this node again.
    """
    key = create_key()
    request = JoinRequest(
        node=node,
        address=address,
        request=signing_request(key, node),
        secret=token.secret,
        version=version,
    )
    reply = await _ask_in_turn(token, request, now_wall)
    credentials = Credentials(
        certificate=reply.certificate, key=key, authority=reply.authority_certificate
    )
    check_credentials(credentials, node, now_wall)
    return Enrolled(credentials=credentials, reply=reply)


async def _ask_in_turn(
    token: Token, request: JoinRequest, now_wall: float
) -> JoinReply:
    causes: dict[str, str] = {}
    for address in token.addresses:
        try:
            chain = await _trusted_chain(address, token, now_wall)
        except TimeoutError:
            causes[address] = "no answer"
        except OSError as error:
            causes[address] = _why_not_connected(error)
        except NetFault as fault:
            if isinstance(fault, (WrongFingerprint, CertificateFault)):
                raise
            causes[address] = fault.text
        else:
            return await _ask(address, chain, request)
    raise NobodyReached(causes)


def _why_not_connected(error: OSError) -> str:
    # asyncio and ssl put their own words where the system's are clearer.
    if isinstance(error, ssl.SSLError):
        return "what answers there does not speak TLS"
    if error.errno is not None and error.errno > 0:
        return os.strerror(error.errno).lower()
    return error.strerror or str(error)


async def _trusted_chain(
    address: str, token: Token, now_wall: float
) -> Sequence[bytes]:
    chain = await fetch_chain(address, CONNECT_DEADLINE)
    found = fingerprint(chain[-1])
    if found != token.fingerprint:
        raise WrongFingerprint(address, token.fingerprint, found)
    member, authority = load_certificate(chain[0]), load_certificate(chain[-1])
    check_issuer(member, authority, f"the certificate shown at {address}")
    check_dates(authority, "the cluster's authority", now_wall)
    check_dates(member, f"the certificate of `{common_name(chain[0])}`", now_wall)
    return chain


async def _ask(address: str, chain: Sequence[bytes], request: JoinRequest) -> JoinReply:
    options: list[tuple[str, str | int]] = [
        ("grpc.ssl_target_name_override", common_name(chain[0])),
        ("grpc.use_local_subchannel_pool", 1),
        ("grpc.enable_http_proxy", 0),
        ("grpc.max_receive_message_length", MESSAGE_MAX),
    ]
    believed = grpc.ssl_channel_credentials(root_certificates=chain[-1])
    async with grpc.aio.secure_channel(address, believed, options=options) as channel:
        call = channel.unary_unary(f"/{ENROL_SERVICE}/Join", None, None)
        try:
            data = await call(request_to_bytes(request), timeout=JOIN_DEADLINE)
            answer = answer_from_bytes(data)
        except grpc.aio.AioRpcError as error:
            raise _failed(address, error) from None
        except WireFault as fault:
            raise JoinFault(f"{address}: {fault}", "do the versions fit?") from None
    if isinstance(answer, JoinRefused):
        raise Refused(answer.reason, answer.hint)
    return answer


def _failed(address: str, error: grpc.aio.AioRpcError) -> JoinFault:
    if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
        return JoinFault(
            f"{address} did not decide within {JOIN_DEADLINE:.0f} s",
            "the cluster may be without quorum; look at `clusterctl status` on a "
            "member, then join again with the same token",
        )
    return JoinFault(
        f"{address}: {error.details() or error.code().name.lower()}",
        "look into the log of that member, then join again with the same token",
    )
