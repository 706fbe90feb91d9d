"""Bytes for the wire, the log and the snapshot, and back."""
