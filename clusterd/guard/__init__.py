"""The dead man's switch: takes exclusive things away when the lease ends."""
