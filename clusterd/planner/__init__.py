"""Its own process: plans states, so that the daemon never computes for long."""
