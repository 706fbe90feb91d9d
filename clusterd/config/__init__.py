"""Text to and from `Configuration`: one YAML file, every fault with its place."""
