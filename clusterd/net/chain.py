"""Which certificates does a TLS server show? Asked before any is believed."""

import asyncio
import ssl
import sys

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from clusterd.net.addresses import split_address
from clusterd.net.faults import JoinFault


async def fetch_chain(address: str, seconds: float) -> tuple[bytes, ...]:
    """Return the PEM certificates a server shows, its own first.

    Nothing is verified: the caller compares a fingerprint, and says nothing
    secret before. Raises OSError, TimeoutError or JoinFault.
    """
    host, port = split_address(address)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    async with asyncio.timeout(seconds):
        _, writer = await asyncio.open_connection(host, port, ssl=context)
    try:
        shown = writer.get_extra_info("ssl_object")
        chain = _unverified_chain(shown)
    finally:
        # No farewell: the server speaks gRPC, and has nothing to say to us.
        writer.transport.abort()
    if len(chain) < 2:
        raise JoinFault(
            f"{address} does not show a cluster's authority",
            "is that the enrol port of a member?",
        )
    return tuple(_pem(each) for each in chain)


def _unverified_chain(shown: ssl.SSLObject) -> list[bytes]:
    if sys.version_info >= (3, 13):
        return list(shown.get_unverified_chain())
    # Public since 3.13; before, the same thing under a private name.
    inner = shown._sslobj  # type: ignore[attr-defined]  # noqa: SLF001
    return [each.public_bytes(_DER) for each in inner.get_unverified_chain()]


_DER = 2  # _ssl.ENCODING_DER


def _pem(der: bytes) -> bytes:
    return x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM)
