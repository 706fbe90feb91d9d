"""The daemon: one event loop that runs a NodeMachine and performs its effects."""
