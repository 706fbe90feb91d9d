"""Runs operations on this node: one at a time per resource, with deadlines."""
