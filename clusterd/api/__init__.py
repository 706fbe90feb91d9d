"""The door: what users and programs may ask a node, and what they get."""
