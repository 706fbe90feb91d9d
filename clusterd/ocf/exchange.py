"""One question and its answer over a stream socket, within a total time."""

# The C half of `socket`: the other half imports `enum` and `selectors`, 6 ms.
import _socket
import time

_CHUNK = 65536


def ask_unix(path: str, question: str, seconds: float) -> str:
    """Send a question to a unix socket; return all it answers until it closes.

    Raises OSError (TimeoutError after `seconds` in total).
    """
    until = time.monotonic() + seconds
    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    try:
        connection.settimeout(seconds)
        connection.connect(path)
        connection.sendall(question.encode())
        # Without it HAProxy's master waits for another question.
        connection.shutdown(_socket.SHUT_WR)
        answer = b""
        while True:
            left = until - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"no complete answer within {seconds:g} s")
            connection.settimeout(left)
            more = connection.recv(_CHUNK)
            if not more:
                return answer.decode(errors="replace")
            answer += more
    finally:
        connection.close()
