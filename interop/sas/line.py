"""The connection of one call, which another thread can cut.

Nothing that requests offers bounds a whole exchange. Whoever waits for one in another thread and gives up must be sure that it
does not leave later, when a name was resolved at last: what was said since may then be undone.
"""

import io
import socket
import threading
from contextlib import suppress
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connectionpool import ConnectionPool


class Cut(TimeoutError):
    """The caller has given up: nothing more may be sent."""


class Line:
    """Made for one call. `cut` ends it at any moment, from any thread; `close` when it has ended by itself."""

    def __init__(self) -> None:
        # Whether a request may have left: its body was taken to be sent.
        self.has_sent = False
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()
        self._is_cut = False

    def watch(self, connection: socket.socket) -> None:
        """Know of this connection. Raises Cut when it comes too late."""
        with self._lock:
            self._refuse_if_cut()
            # A second handle: TLS takes the first one over.
            self._sockets.append(connection.dup())

    def refuse_if_cut(self) -> None:
        with self._lock:
            self._refuse_if_cut()

    def cut(self) -> None:
        with self._lock:
            self._is_cut = True
            for each in self._sockets:
                with suppress(OSError):  # the other side was faster
                    each.shutdown(socket.SHUT_RDWR)
        self.close()

    def close(self) -> None:
        with self._lock:
            for each in self._sockets:
                each.close()
            self._sockets.clear()

    def _refuse_if_cut(self) -> None:
        if self._is_cut:
            raise Cut


class Body(io.BytesIO):
    """What is sent on a line, unless it was cut before: headers whose body does not come are no request."""

    def __init__(self, content: bytes, line: Line) -> None:
        super().__init__(content)
        self._line = line

    def read(self, size: int | None = -1, /) -> bytes:
        self._line.refuse_if_cut()
        self._line.has_sent = True
        return super().read(size)


class LineAdapter(HTTPAdapter):
    """Has every connection that it makes watched by the line."""

    def __init__(self, line: Line) -> None:
        self._line = line
        super().__init__()

    def get_connection_with_tls_context(self, *args: Any, **options: Any) -> ConnectionPool:
        pool: Any = super().get_connection_with_tls_context(*args, **options)
        line, plain = self._line, pool.ConnectionCls

        class Watched(plain):  # type: ignore[misc, valid-type]
            def _new_conn(self) -> socket.socket:
                made: socket.socket = super()._new_conn()
                try:
                    line.watch(made)
                except Cut:
                    made.close()
                    raise
                return made

        pool.ConnectionCls = Watched
        return pool
