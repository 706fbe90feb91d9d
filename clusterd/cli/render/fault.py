"""How a fault is said: code, what, why, what to do. Source: CLI.md 6.7."""

from clusterd.api.protocol import Fault


def fault_text(fault: Fault) -> str:
    """Return the lines for stderr."""
    head = f"Error [{fault.code}]: {fault.text}"
    hint = f"\n  hint: {fault.hint}" if fault.hint else ""
    return f"{head}   (exit {int(fault.exit)}){hint}"
