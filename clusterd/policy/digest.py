"""A stable hash of what an operation was configured with (HIS-105)."""

from collections.abc import Mapping
from hashlib import sha256

from clusterd.model.resource import OperationSpec, Primitive


def digest_of(primitive: Primitive, spec: OperationSpec | None = None) -> str:
    """Return the digest of agent and parameters; equal text, equal configuration.

    A recurring operation adds its own parameters and its time limits (HIS-105),
    so that a change of these begins it anew and nothing else.
    """
    parts = [str(primitive.agent), *_pairs(primitive.params)]
    if spec is not None and spec.params:
        parts += _pairs(spec.params)
    if spec is not None and spec.interval:
        parts += ["", f"timeout={round(spec.timeout * 1000)}"]
    text = "\0".join(parts)
    return sha256(text.encode()).hexdigest()[:32]


def _pairs(params: Mapping[str, str]) -> list[str]:
    return ["", *(f"{name}={params[name]}" for name in sorted(params))]
