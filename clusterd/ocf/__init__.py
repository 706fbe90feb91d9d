"""The kit for authors of OCF resource agents.

Standard library only, nothing else of clusterd, and nothing heavy: a monitor runs
every few seconds for ever, so each import here is paid millions of times. That is
why this room does without `dataclasses`, `enum`, `typing`, `re` and `socket`
(together 40 ms of start-up) where the rest of the house uses them.
"""
