"""Measurements: what a node costs when idle, how quick its answers and plans are."""
