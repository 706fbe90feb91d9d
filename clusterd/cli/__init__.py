"""`clusterctl`: asks the local daemon, draws what it says, exits with meaning."""
