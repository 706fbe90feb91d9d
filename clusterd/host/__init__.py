"""Everything we ask of this machine: files, database, addresses, processes."""
