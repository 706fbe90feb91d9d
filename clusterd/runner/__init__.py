"""A small process that runs agents, keeps their results, watches what they started."""
