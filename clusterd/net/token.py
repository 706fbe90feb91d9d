"""The join token: one string to copy and paste.

`cluster1-` and URL-safe base64 of: checksum (4 bytes), fingerprint of the
authority (32), secret (16), addresses (text, separated by commas). The checksum
tells a cut or mistyped paste from a wrong one.
"""

import base64
import binascii
import hashlib
import secrets
import zlib
from dataclasses import dataclass, field

from clusterd.net.faults import BadToken

PREFIX = "cluster1-"
"""Names the format; a new one gets a new number."""

_CHECKSUM = 4
_FINGERPRINT = 32
_SECRET = 16
_HINT = "copy the whole line that `clusterctl cluster token` printed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What admits one machine.

    `addresses`: enrol ports of members, `host:port`. `fingerprint`: SHA-256 of
    the authority's certificate, 64 hexadecimal digits. Whoever holds `secret`
    may join, once; only its digest is ever stored.
    """

    addresses: tuple[str, ...]
    fingerprint: str
    secret: bytes = field(repr=False)

    @property
    def digest(self) -> str:
        """Return what the replicated state knows of the secret."""
        return secret_digest(self.secret)


def create_secret() -> bytes:
    """Return a new secret from the system's randomness."""
    return secrets.token_bytes(_SECRET)


def secret_digest(secret: bytes) -> str:
    """Return the SHA-256 of a secret as 64 hexadecimal digits."""
    return hashlib.sha256(secret).hexdigest()


def token_text(token: Token) -> str:
    """Return the token as one string without spaces."""
    assert len(token.secret) == _SECRET
    addresses = ",".join(token.addresses).encode()
    body = bytes.fromhex(token.fingerprint) + token.secret + addresses
    packed = _checksum(body) + body
    return PREFIX + base64.urlsafe_b64encode(packed).decode().rstrip("=")


def parse_token(text: str) -> Token:
    """Return the token somebody pasted; spaces and line breaks do no harm.

    Raises BadToken.
    """
    pasted = "".join(text.split())
    if not pasted.startswith(PREFIX):
        raise BadToken("this is not a join token of this version", _HINT)
    packed = _unarmour(pasted.removeprefix(PREFIX))
    checksum, body = packed[:_CHECKSUM], packed[_CHECKSUM:]
    if len(body) <= _FINGERPRINT + _SECRET or _checksum(body) != checksum:
        raise BadToken("the token is cut off or was altered", _HINT)
    addresses = body[_FINGERPRINT + _SECRET :].decode()
    return Token(
        addresses=tuple(addresses.split(",")),
        fingerprint=body[:_FINGERPRINT].hex(),
        secret=body[_FINGERPRINT : _FINGERPRINT + _SECRET],
    )


def _unarmour(text: str) -> bytes:
    padding = "=" * (-len(text) % 4)
    try:
        return base64.b64decode(text + padding, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise BadToken("the token is cut off or was altered", _HINT) from None


def _checksum(body: bytes) -> bytes:
    return zlib.crc32(body).to_bytes(_CHECKSUM, "big")
