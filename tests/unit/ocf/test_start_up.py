"""What a monitor may import: each module here is paid for every few seconds."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.process

ROOT = Path(__file__).resolve().parents[3]
HEAVY = {
    "argparse", "asyncio", "ctypes", "dataclasses", "difflib", "enum", "http",
    "inspect", "json", "logging", "pathlib", "re", "shlex", "signal", "socket", "ssl",
    "subprocess", "threading", "typing", "urllib",
}  # fmt: skip


@pytest.mark.parametrize("name", ["VIP", "HAProxy", "ApiService", "Dummy"])
def test_a_monitor_imports_nothing_heavy(name: str, tmp_path: Path) -> None:
    """Measured: `enum` 3 ms, `socket` 7, `pathlib` 9, `typing` 5, `dataclasses` 14."""
    environment = {
        "PATH": os.environ["PATH"],
        "HA_RSCTMP": str(tmp_path),
        "OCF_RESKEY_ip": "192.0.2.99",
        "OCF_RESKEY_command": "sleep 60",
    }
    command = [sys.executable, "-S", "-E", "-X", "importtime"]
    agent = ROOT / "resource_agents" / name

    done = subprocess.run(
        [*command, str(agent), "monitor"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    lines = [
        line for line in done.stderr.splitlines() if line.startswith("import time:")
    ]
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}
    assert done.returncode == 7
    assert "clusterd" in imported
    assert imported & HEAVY == set()
