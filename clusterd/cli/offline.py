"""What can be checked without any daemon."""

from typing import cast

from clusterd.api.protocol import Json
from clusterd.config.loader import load


def validate_text(text: str, file: str) -> dict[str, Json]:
    """Return what `config-validate` would answer, but for the agents."""
    loaded = load(text, file=file, metadata=None)
    found = [
        cast("Json", {**each.as_data(), "rendered": each.render()})
        for each in loaded.diagnostics
    ]
    return {"ok": loaded.configuration is not None, "diagnostics": found}
