"""The cluster's own certificate authority, and certificates for its nodes.

Elliptic curve P-256 throughout. A node's certificate bears its name as common
name and as alternative name; that name is its identity everywhere else. Wall
clock times come in as `now_wall` (seconds since 1970).
"""

import datetime
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from clusterd.model.names import NodeName
from clusterd.net.faults import CertificateFault

AUTHORITY_LIFE = datetime.timedelta(days=3653)
NODE_LIFE = datetime.timedelta(days=730)
BACKDATE = datetime.timedelta(hours=1)
"""Certificates begin a little in the past: clocks of a young cluster differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """The cluster's certificate authority: PEM certificate and PEM key."""

    certificate: bytes
    key: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What a node shows (certificate, key) and whom it believes (authority)."""

    certificate: bytes
    key: bytes
    authority: bytes


def create_authority(cluster: str, now_wall: float) -> Authority:
    """Make the authority of a new cluster. It lives for ten years."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _named(f"{cluster} cluster authority")
    certificate = (
        _builder(name, name, key.public_key(), now_wall, AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(is_authority=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    return Authority(certificate=_pem(certificate), key=_key_pem(key))


def create_key() -> bytes:
    """Make a private key, PEM."""
    return _key_pem(ec.generate_private_key(ec.SECP256R1()))


def signing_request(key: bytes, node: NodeName) -> bytes:
    """Return a PEM request that asks for a certificate for `key` as `node`."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(_named(node))
    return builder.sign(_load_key(key), hashes.SHA256()).public_bytes(
        serialization.Encoding.PEM
    )


def issue(
    authority: Authority,
    request: bytes,
    node: NodeName,
    addresses: Sequence[str],
    now_wall: float,
) -> bytes:
    """Return a PEM certificate for the key in `request`. It lives for two years.

    The name is `node`, whatever the request says; `addresses` are IP addresses
    or host names under which the node is reached. Raises CertificateFault.
    """
    try:
        asked = x509.load_pem_x509_csr(request)
    except ValueError as error:
        raise CertificateFault(f"unusable signing request: {error}") from None
    if not asked.is_signature_valid:
        raise CertificateFault("the signing request is not signed by its own key")
    issuer = load_certificate(authority.certificate)
    public = asked.public_key()
    if not isinstance(public, ec.EllipticCurvePublicKey):
        raise CertificateFault("the signing request's key is not an EC key")
    names = x509.SubjectAlternativeName(_alternative_names(node, addresses))
    usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    certificate = (
        _builder(_named(node), issuer.subject, public, now_wall, NODE_LIFE)
        .add_extension(names, critical=False)
        .add_extension(_issuer_key(issuer), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(is_authority=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        .sign(_load_key(authority.key), hashes.SHA256())
    )
    return _pem(certificate)


def issue_to(
    authority: Authority, node: NodeName, addresses: Sequence[str], now_wall: float
) -> Credentials:
    """Make a key and its certificate at once: for the founder of a cluster."""
    key = create_key()
    request = signing_request(key, node)
    certificate = issue(authority, request, node, addresses, now_wall)
    return Credentials(
        certificate=certificate, key=key, authority=authority.certificate
    )


def fingerprint(certificate: bytes) -> str:
    """Return the SHA-256 of a PEM certificate as 64 hexadecimal digits."""
    return load_certificate(certificate).fingerprint(hashes.SHA256()).hex()


def common_name(certificate: bytes) -> NodeName:
    """Return the node a PEM certificate was issued to. Raises CertificateFault."""
    subject = load_certificate(certificate).subject
    found = subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    if not found:
        raise CertificateFault("the certificate names nobody")
    return NodeName(str(found[0].value))


def load_certificate(pem: bytes) -> x509.Certificate:
    """Return the first certificate in this PEM. Raises CertificateFault."""
    try:
        return x509.load_pem_x509_certificate(pem)
    except ValueError as error:
        raise CertificateFault(f"unreadable certificate: {error}") from None


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    now_wall: float,
    life: datetime.timedelta,
) -> x509.CertificateBuilder:
    now = datetime.datetime.fromtimestamp(int(now_wall), datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATE)
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _issuer_key(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    # Two authorities may bear one name; verifiers choose by this.
    found = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(found.value)


def _usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _alternative_names(
    node: NodeName, addresses: Sequence[str]
) -> list[x509.GeneralName]:
    names: list[x509.GeneralName] = [x509.DNSName(node)]
    for each in dict.fromkeys(addresses):
        try:
            names.append(x509.IPAddress(ipaddress.ip_address(each)))
        except ValueError:
            if each != node:
                names.append(x509.DNSName(each))
    return names


def _named(name: str) -> x509.Name:
    try:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    except ValueError:
        raise CertificateFault(
            f"`{name}` cannot be the name in a certificate", "use 1 to 64 characters"
        ) from None


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _load_key(pem: bytes) -> ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as error:
        raise CertificateFault(f"unreadable private key: {error}") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise CertificateFault("the private key is not an EC key")
    return key
