"""The FHIR endpoint that receives appointments."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator

from flask import Blueprint, Response, request

from sandbox.sas.outcome import operation_outcome
from sandbox.sas.platform import FHIR_PATH
from sandbox.sas.receiver import Answer, Request
from sandbox.sas.vocabulary import FHIR_JSON
from sandbox.web.current import platform

blueprint = Blueprint("fhir", __name__, url_prefix=FHIR_PATH)
# Set when the server stops, so that a held answer doesn't keep it alive.
stopping = threading.Event()


@blueprint.route("/Appointment", methods=["POST", "PUT"])
def appointments() -> Response:
    """Create (POST), or update by identifier (PUT)."""
    answer = platform().receiver.handle(
        Request(
            request.method,
            request.full_path.rstrip("?"),
            request.get_data(),
            request.content_type or "",
            tuple(request.args.getlist("identifier")),
            request.headers.get("If-None-Exist", ""),
        )
    )
    if answer.hold:
        stopping.wait(platform().settings.hold_seconds)
    return _cut_connection() if answer.status is None else _respond(answer)


@blueprint.get("/Appointment/<appointment_id>")
def appointment(appointment_id: str) -> Response:
    return _respond(platform().receiver.read(appointment_id))


def refuse(status: int, code: str, text: str) -> Response:
    """An OperationOutcome for what never reached the receiver (unknown path, wrong method, too big)."""
    return _respond(Answer(status, operation_outcome(code, text)))


def _respond(answer: Answer) -> Response:
    body = json.dumps(answer.payload, ensure_ascii=False) if answer.payload is not None else ""
    return Response(body, answer.status, answer.headers, content_type=f"{FHIR_JSON}; charset=utf-8")


def _cut_connection() -> Response:
    """A response that sends nothing: the connection is closed before its first byte, as by a crashed server."""
    connection = request.environ.get("werkzeug.socket")
    if isinstance(connection, socket.socket):
        connection.shutdown(socket.SHUT_RDWR)

    def nothing() -> Iterator[bytes]:
        raise ConnectionResetError("cut on purpose")
        yield b""

    return Response(nothing(), 200, content_type=FHIR_JSON)
