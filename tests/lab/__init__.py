"""A lab of network namespaces: real daemons, real addresses, real faults."""
