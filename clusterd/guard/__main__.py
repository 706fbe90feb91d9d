"""`python -m clusterd.guard`: start the guard."""

import sys

from clusterd.guard.main import main

sys.exit(main(sys.argv[1:]))
