"""The tests: unit, golden, laws, sim, process, agents, lab, bench, tidy."""
