"""An HTTP service for tests: `small_service.py PORT [key=value ...]`.

page=TEXT    what it answers           status=N     with which status
late=S       seconds before it binds   child=yes    keep a child process
deaf=yes     ignore SIGTERM            fail=N       exit with this status at once
slow=FILE    answer only after 5 s while this file exists
"""

import os
import signal
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

OPTIONS = dict(word.split("=", 1) for word in sys.argv[2:])


class Answer(BaseHTTPRequestHandler):
    """Answers every GET alike."""

    def do_GET(self) -> None:
        """Answer."""
        if Path(OPTIONS.get("slow", "/nowhere")).exists():
            time.sleep(5)
        body = OPTIONS.get("page", "fine").encode()
        self.send_response(int(OPTIONS.get("status", "200")))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main() -> None:
    """Serve until killed."""
    if "fail" in OPTIONS:
        sys.stderr.write("no such database\n")
        raise SystemExit(int(OPTIONS["fail"]))
    if "deaf" in OPTIONS:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if "child" in OPTIONS:
        subprocess.Popen(["sleep", "300"])
    time.sleep(float(OPTIONS.get("late", "0")))
    sys.stdout.write(
        f"serving as {os.getuid()} GREETING={os.environ.get('GREETING')}\n"
    )
    sys.stdout.flush()
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Answer).serve_forever()


if __name__ == "__main__":
    main()
