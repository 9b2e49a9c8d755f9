"""What gunicorn serves in test_draining.py: the body, after the seconds of the query."""

import time
from collections.abc import Callable
from typing import Any


def application(environ: dict[str, Any], start_response: Callable[..., object]) -> list[bytes]:
    time.sleep(float(environ["QUERY_STRING"] or 0.2))
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "4")])
    return [environ["wsgi.input"].read(4)]
