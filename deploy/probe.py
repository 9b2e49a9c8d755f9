"""Ask a web process of this machine how it is: `python -m deploy.probe "/health/ready?parts=database,migrations"`.

For the health checks of containers, which hold neither curl nor a port: it goes through the unix socket WEB_SOCKET. Ends with 0
when the answer is a 200; else says why not and ends with 1.
"""

import http.client
import os
import socket
import sys

SECONDS = 5


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def failure(socket_path: str, address: str) -> str:
    """Why the answer is no 200; empty when it is one."""
    connection = _UnixConnection(socket_path)
    try:
        connection.request("GET", address)
        response = connection.getresponse()
        body = response.read(4096).decode("utf-8", errors="replace")
    except (OSError, http.client.HTTPException) as error:
        return f"no answer on {socket_path}: {type(error).__name__}"
    finally:
        connection.close()
    return "" if response.status == http.HTTPStatus.OK else f"{response.status} {body.strip()}"


def main(arguments: list[str]) -> int:
    address = arguments[0] if arguments else "/health/live"
    why = failure(os.environ.get("WEB_SOCKET", "/run/sas-agenda/web.sock"), address)
    if why:
        sys.stderr.write(f"{why}\n")
    return 1 if why else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
