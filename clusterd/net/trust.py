"""Is this certificate good, here and now? Faults that say what to do."""

import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization

from clusterd.model.names import NodeName
from clusterd.net.faults import CertificateFault
from clusterd.net.tls import Credentials, common_name, load_certificate


def check_credentials(
    credentials: Credentials, node: NodeName, now_wall: float
) -> None:
    """Raise CertificateFault unless `node` can live with these credentials now."""
    certificate = load_certificate(credentials.certificate)
    authority = load_certificate(credentials.authority)
    found = common_name(credentials.certificate)
    if found != node:
        raise CertificateFault(
            f"the certificate belongs to `{found}`, this node is `{node}`",
            "give each node its own data folder and certificate",
        )
    check_issuer(certificate, authority, f"the certificate of `{node}`")
    check_dates(authority, "the cluster's authority", now_wall)
    check_dates(certificate, f"the certificate of `{node}`", now_wall)
    _check_key(credentials)


def check_issuer(
    certificate: x509.Certificate, authority: x509.Certificate, whose: str
) -> None:
    """Raise CertificateFault unless `authority` signed `certificate`."""
    try:
        certificate.verify_directly_issued_by(authority)
    except (InvalidSignature, ValueError, TypeError):
        raise CertificateFault(
            f"{whose} was not issued by this cluster's authority",
            "join again with a new token",
        ) from None


def check_dates(certificate: x509.Certificate, whose: str, now_wall: float) -> None:
    """Raise CertificateFault if it has expired, or our clock is before its time."""
    now = datetime.datetime.fromtimestamp(now_wall, datetime.UTC)
    if now > certificate.not_valid_after_utc:
        raise CertificateFault(
            f"{whose} expired on {certificate.not_valid_after_utc:%Y-%m-%d %H:%M} UTC; "
            f"this machine's clock says {now:%Y-%m-%d %H:%M} UTC",
            "join again with a new token, or set the clock if it is wrong",
        )
    if now < certificate.not_valid_before_utc:
        raise CertificateFault(
            f"{whose} is valid from {certificate.not_valid_before_utc:%Y-%m-%d %H:%M} "
            f"UTC; this machine's clock says {now:%Y-%m-%d %H:%M} UTC",
            "set the clock of this machine",
        )


def _check_key(credentials: Credentials) -> None:
    try:
        key = serialization.load_pem_private_key(credentials.key, password=None)
    except (ValueError, TypeError) as error:
        raise CertificateFault(f"unreadable private key: {error}") from None
    ours = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    certified = load_certificate(credentials.certificate).public_key()
    if ours != certified.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    ):
        raise CertificateFault("the private key does not belong to the certificate")
