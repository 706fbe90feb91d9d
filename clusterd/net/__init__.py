"""Everything we ask of other machines: streams, requests, joining, certificates."""
