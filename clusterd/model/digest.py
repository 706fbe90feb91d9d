"""Which parameters were in force: one short text per agent and parameters."""

import hashlib
import json
from collections.abc import Mapping

DIGEST_CHARACTERS = 32
"""128 of the 256 bits: no two parameter sets of one cluster ever meet."""


def digest(agent: str, params: Mapping[str, str]) -> str:
    """Return the digest of an agent (`str(AgentName)`) with its parameters.

    The order of the parameters does not count. The result is compared between
    nodes and versions, so this form is part of the stored format: never change it.
    """
    text = json.dumps([agent, sorted(params.items())], separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:DIGEST_CHARACTERS]
