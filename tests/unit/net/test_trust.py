"""Certificates: what is issued, and what is believed."""

import dataclasses

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from clusterd.model.names import NodeName
from clusterd.net.faults import CertificateFault
from clusterd.net.tls import (
    Credentials,
    common_name,
    create_authority,
    create_key,
    fingerprint,
    issue,
    issue_to,
    load_certificate,
    signing_request,
)
from clusterd.net.trust import check_credentials

NOW = 1_800_000_000.0
DAY = 86_400.0
N1, N2 = NodeName("node1"), NodeName("node2")
AUTHORITY = create_authority("blue", NOW)
FOREIGN = create_authority("blue", NOW)
GOOD = issue_to(AUTHORITY, N1, ["10.0.0.1", "fd00::1", "n1.example"], NOW)


def test_a_certificate_bears_the_name_twice_and_the_addresses() -> None:
    """Common name for us, alternative name for TLS."""
    certificate = load_certificate(GOOD.certificate)

    names = certificate.extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    ).value

    assert common_name(GOOD.certificate) == N1
    assert names.get_values_for_type(x509.DNSName) == ["node1", "n1.example"]
    assert [str(each) for each in names.get_values_for_type(x509.IPAddress)] == [
        "10.0.0.1",
        "fd00::1",
    ]


def test_lifetimes_are_ten_years_and_two() -> None:
    """And both begin an hour ago: clocks of a young cluster differ."""
    authority = load_certificate(AUTHORITY.certificate)
    certificate = load_certificate(GOOD.certificate)

    assert (authority.not_valid_after_utc - authority.not_valid_before_utc).days == 3653
    assert certificate.not_valid_after_utc.timestamp() == NOW + 730 * DAY
    assert certificate.not_valid_before_utc.timestamp() == NOW - 3600


def test_keys_are_p256() -> None:
    """Small and quick; every TLS library has it."""
    key = load_certificate(GOOD.certificate).public_key()

    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert key.curve.name == "secp256r1"


def test_the_name_is_what_the_cluster_says_not_what_is_asked_for() -> None:
    """A joining machine must not be able to name itself after another."""
    request = signing_request(create_key(), N2)

    certificate = issue(AUTHORITY, request, N1, [], NOW)

    assert common_name(certificate) == N1


def test_good_credentials_are_good() -> None:
    """Today and on the last day."""
    check_credentials(GOOD, N1, NOW)
    check_credentials(GOOD, N1, NOW + 729 * DAY)


@pytest.mark.parametrize(
    ("credentials", "now", "words"),
    [
        (GOOD, NOW + 731 * DAY, "expired on 2029-01-1"),
        (GOOD, NOW - 2 * DAY, "set the clock"),
        (issue_to(AUTHORITY, N2, [], NOW), NOW, "belongs to `node2`"),
        (
            dataclasses.replace(GOOD, authority=FOREIGN.certificate),
            NOW,
            "not issued by this cluster's authority",
        ),
        (dataclasses.replace(GOOD, key=create_key()), NOW, "does not belong"),
        (dataclasses.replace(GOOD, key=b"?"), NOW, "unreadable private key"),
        (dataclasses.replace(GOOD, certificate=b"?"), NOW, "unreadable certificate"),
    ],
    ids=["expired", "early", "name", "foreign", "key", "no-key", "no-certificate"],
)
def test_bad_credentials_say_what_is_wrong(
    credentials: Credentials, now: float, words: str
) -> None:
    """Before the first connection fails for an unsaid reason."""
    with pytest.raises(CertificateFault) as caught:
        check_credentials(credentials, N1, now)

    assert words in str(caught.value)


@pytest.mark.parametrize("request_pem", [b"", b"?", GOOD.certificate])
def test_what_is_no_request_gets_no_certificate(request_pem: bytes) -> None:
    """Strangers reach the enrol port."""
    with pytest.raises(CertificateFault, match="unusable signing request"):
        issue(AUTHORITY, request_pem, N1, [], NOW)


@pytest.mark.parametrize("name", ["", "x" * 65])
def test_a_name_that_cannot_be_certified_is_refused(name: str) -> None:
    """X.509 allows 64 characters."""
    with pytest.raises(CertificateFault, match="1 to 64 characters"):
        signing_request(create_key(), NodeName(name))


def test_fingerprints_tell_authorities_apart() -> None:
    """Also two of the same cluster name."""
    assert fingerprint(AUTHORITY.certificate) != fingerprint(FOREIGN.certificate)
    assert len(fingerprint(AUTHORITY.certificate)) == 64
