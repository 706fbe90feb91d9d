"""Keys in files: private from the first byte on."""

from pathlib import Path

import pytest

from clusterd.model.names import NodeName
from clusterd.net.faults import CertificateFault
from clusterd.net.keyring import (
    load_authority,
    load_credentials,
    save_authority,
    save_credentials,
)
from clusterd.net.tls import create_authority, issue_to

AUTHORITY = create_authority("blue", 1_800_000_000.0)
CREDENTIALS = issue_to(AUTHORITY, NodeName("node1"), [], 1_800_000_000.0)


def test_what_is_saved_is_read(tmp_path: Path) -> None:
    """Twice: the second time replaces the first."""
    folder = tmp_path / "keys"
    for _ in range(2):
        save_authority(folder, AUTHORITY)
        save_credentials(folder, CREDENTIALS)

    assert load_credentials(folder) == CREDENTIALS
    assert load_authority(folder) == AUTHORITY


def test_keys_are_for_their_owner_only(tmp_path: Path) -> None:
    """Certificates are public, keys are not."""
    save_authority(tmp_path, AUTHORITY)
    save_credentials(tmp_path, CREDENTIALS)

    modes = {each.name: each.stat().st_mode & 0o777 for each in tmp_path.iterdir()}

    assert modes == {
        "ca.crt": 0o644,
        "ca.key": 0o600,
        "node.crt": 0o644,
        "node.key": 0o600,
    }


def test_a_key_that_others_may_read_is_not_used(tmp_path: Path) -> None:
    """It may be known to them by now."""
    save_credentials(tmp_path, CREDENTIALS)
    (tmp_path / "node.key").chmod(0o640)

    with pytest.raises(CertificateFault, match="mode 640"):
        load_credentials(tmp_path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """With the way out: found or join a cluster."""
    with pytest.raises(CertificateFault) as caught:
        load_credentials(tmp_path)

    assert "node.crt" in str(caught.value)
    assert "join a cluster" in str(caught.value)
