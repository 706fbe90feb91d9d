"""Certificates and keys in files: `ca.crt`, `ca.key`, `node.crt`, `node.key`.

Keys are readable by their owner only, from the first byte on, and are not read
if anybody else could have read them.
"""

import os
from pathlib import Path

from clusterd.net.faults import CertificateFault
from clusterd.net.tls import Authority, Credentials

_PRIVATE = 0o600
_PUBLIC = 0o644


def save_credentials(folder: Path, credentials: Credentials) -> None:
    """Write what a node shows and believes; durable on return."""
    _make_folder(folder)
    _write(folder / "ca.crt", credentials.authority, _PUBLIC)
    _write(folder / "node.key", credentials.key, _PRIVATE)
    _write(folder / "node.crt", credentials.certificate, _PUBLIC)


def save_authority(folder: Path, authority: Authority) -> None:
    """Write the authority with its key; durable on return."""
    _make_folder(folder)
    _write(folder / "ca.key", authority.key, _PRIVATE)
    _write(folder / "ca.crt", authority.certificate, _PUBLIC)


def load_credentials(folder: Path) -> Credentials:
    """Read what `save_credentials` wrote. Raises CertificateFault."""
    return Credentials(
        certificate=_read(folder / "node.crt"),
        key=_read_private(folder / "node.key"),
        authority=_read(folder / "ca.crt"),
    )


def load_authority(folder: Path) -> Authority:
    """Read what `save_authority` wrote. Raises CertificateFault."""
    return Authority(
        certificate=_read(folder / "ca.crt"), key=_read_private(folder / "ca.key")
    )


def _make_folder(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _write(path: Path, content: bytes, mode: int) -> None:
    # A crash leaves the old file or the new one, never half of one.
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(file.fileno(), mode)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CertificateFault(
            f"{path}: {error.strerror}", "found or join a cluster first"
        ) from None


def _read_private(path: Path) -> bytes:
    content = _read(path)
    mode = path.stat().st_mode & 0o777
    if mode & 0o077:
        raise CertificateFault(
            f"{path}: a private key that others may read (mode {mode:03o})",
            f"chmod 600 {path}; if others have accounts here, join again",
        )
    return content
