"""One replicated log, kept by voters who elect a leader; no socket, disk or clock."""
