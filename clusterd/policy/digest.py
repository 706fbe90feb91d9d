"""A stable hash of what an operation was configured with (HIS-105)."""

from hashlib import sha256
from json import dumps

from clusterd.model.resource import OperationSpec, Primitive


def digest_of(primitive: Primitive, spec: OperationSpec | None = None) -> str:
    """Return the digest of agent and parameters; equal text, equal configuration.

    A recurring operation adds its own parameters and its time limit, so that a
    change of these begins it anew and nothing else.
    """
    parts: list[object] = [str(primitive.agent), sorted(primitive.params.items())]
    if spec is not None and spec.params:
        parts.append(sorted(spec.params.items()))
    if spec is not None and spec.interval:
        parts.append(round(spec.timeout * 1000))
    return sha256(dumps(parts).encode()).hexdigest()[:32]
