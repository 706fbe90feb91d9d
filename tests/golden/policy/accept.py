"""Take what the policy says now as expected: `python -m tests.golden.policy.accept`.

The difference is the heart of a review: read it before you commit it.
"""

from tests.golden.policy.report import expected_of
from tests.golden.policy.test_policy import CASES


def accept() -> None:
    """Rewrite every case."""
    for path in CASES:
        path.write_text(expected_of(path.read_text()))


if __name__ == "__main__":
    accept()
