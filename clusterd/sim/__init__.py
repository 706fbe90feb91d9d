"""Whole clusters of the product's own node code in virtual time, and a judge."""
