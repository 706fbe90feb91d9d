#!/usr/bin/env python3
"""A tiny HTTP API: `/` says which node answers, `/health` whether it can.

`python3 server.py --port 8080`. Only the standard library; it stands for whatever
service a control plane has, and is what examples/control-plane.yaml runs.
"""

import argparse
import http.server
import json
import socket


class Api(http.server.BaseHTTPRequestHandler):
    """Answers GET with one small JSON document."""

    def do_GET(self) -> None:
        """Answer `/` and `/health`; nothing else is here."""
        found = self.path in ("/", "/health")
        answer = {"node": socket.gethostname(), "ok": found}
        body = json.dumps(answer).encode() + b"\n"
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Stay silent: health checks come ten times a second."""


class Server(http.server.ThreadingHTTPServer):
    """One thread a connection, and a queue for bursts."""

    request_queue_size = 128
    daemon_threads = True


def main() -> None:
    """Serve until ended."""
    parser = argparse.ArgumentParser(description="A tiny HTTP API.")
    parser.add_argument("--port", type=int, default=8080)
    options = parser.parse_args()
    with Server(("", options.port), Api) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
