"""Everything we ask of other machines: streams, requests, joining, certificates."""

import os

# The C core of gRPC writes every failed handshake to stderr, past the journal;
# what matters of them is told as notes (`net.diagnosis`).
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
