"""`python -m clusterd.planner FD`: answer plan requests on an inherited socket."""

import sys

from clusterd.planner.service import serve

if __name__ == "__main__":
    serve(int(sys.argv[1]))
