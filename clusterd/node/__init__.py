"""One node as one machine, without IO: inputs in, effects out."""
