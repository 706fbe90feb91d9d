"""Why two nodes never run one resource: leases and the inequality under them."""
