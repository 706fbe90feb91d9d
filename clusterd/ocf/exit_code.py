"""What an agent says by exiting. Source: OCF resource agent API 1.1.

Plain integers: `enum` alone would add 3 ms to every monitor.
"""

SUCCESS = 0
GENERIC_ERROR = 1
BAD_ARGUMENTS = 2
"""Wrong on this machine: another node may do better."""
UNIMPLEMENTED = 3
NO_PERMISSION = 4
NOT_INSTALLED = 5
"""Software is missing here; for nothing else."""
NOT_CONFIGURED = 6
"""Wrong on every machine: the resource is tried nowhere."""
NOT_RUNNING = 7
"""Cleanly stopped. When in doubt an agent says GENERIC_ERROR."""
PROMOTED = 8
PROMOTED_FAILED = 9
DEGRADED = 190
"""Works, but somebody should look."""
PROMOTED_DEGRADED = 191
