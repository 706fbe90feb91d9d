"""Hand-written fakes that keep the contract of what they stand for."""
