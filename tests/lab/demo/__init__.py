"""The demo: a cluster on this machine, its faults, and what a client sees of them."""
