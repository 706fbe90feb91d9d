"""What to do next: `ClusterState` in, `Transition` out, as a pure function."""
