"""How agents are called and understood: environment, exit codes, metadata."""
