"""`python -m sandbox`: the platform's stand-in as one process, on loopback only."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
from pathlib import Path
from types import FrameType

from werkzeug.serving import WSGIRequestHandler, make_server

from sandbox.demo import DemoSender, demo_regulators, known_practitioners
from sandbox.sas.mailbox import SmtpServer
from sandbox.sas.platform import Platform, PlatformSettings
from sandbox.web import create_application
from sandbox.web.fhir import stopping

HOST = "127.0.0.1"
CHECKOUT = Path(__file__).resolve().parents[1]
DEFINITIONS = CHECKOUT.parent / "shared" / "fhir" / "ans.fhir.fr.sas-1.1.0"

logger = logging.getLogger("sandbox")


class QuietHandler(WSGIRequestHandler):
    """Serves without writing each request, whose address may hold a code, to the log; names no library."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        logger.debug("%s %s", self.command, code)

    def version_string(self) -> str:
        return "sas-sandbox"


def read_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox", description="Stand-in for the SAS platform, on loopback."
    )
    parser.add_argument("--port", type=int, default=8001, help="port of the pages, the identity provider and FHIR")
    parser.add_argument("--smtp-port", type=int, default=2525, help="port of the mailbox")
    parser.add_argument("--data", type=Path, required=True, help="folder of its memory, made if missing")
    parser.add_argument("--product-url", default="http://127.0.0.1:8000", help="address of SAS Agenda")
    parser.add_argument("--definitions", type=Path, default=DEFINITIONS if DEFINITIONS.is_dir() else None,
                        help="unpacked package of the ANS guide; without it profiles are not checked")  # fmt: skip
    parser.add_argument("--hold-seconds", type=float, default=60.0, help="how long the time-out fault waits")
    parser.add_argument("--no-demo", action="store_true", help="no demonstration people")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT. Returns 1 when a port is taken, 2 when the client's secret is missing."""
    options = read_arguments(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    logging.getLogger("mail.log").setLevel(logging.WARNING)
    secret = os.environ.get("SANDBOX_CLIENT_SECRET", "")
    if not secret:
        print("SANDBOX_CLIENT_SECRET is empty: the identity provider needs the client's secret.", file=sys.stderr)
        return 2
    settings = PlatformSettings(
        base_url=f"http://{HOST}:{options.port}", product_url=options.product_url.rstrip("/"), client_secret=secret,
        data=options.data, definitions=options.definitions, hold_seconds=options.hold_seconds,
        sms_key=os.environ.get("SANDBOX_SMS_KEY", ""),
    )  # fmt: skip
    platform = Platform(settings)
    try:
        return _serve(platform, options)
    finally:
        platform.close()


def _serve(platform: Platform, options: argparse.Namespace) -> int:
    with_demo = not options.no_demo
    sender = DemoSender(platform.regulators)
    if with_demo:
        sender.add_missing()
    application = create_application(
        platform,
        practitioners=known_practitioners() if with_demo else (),
        demo_accounts=demo_regulators() if with_demo else (),
    )
    smtp = SmtpServer(platform.mailbox, host=HOST, port=options.smtp_port)
    try:
        server = make_server(HOST, options.port, application, threaded=True, request_handler=QuietHandler)
    except (OSError, SystemExit):
        print(f"Port {options.port} is taken.", file=sys.stderr)
        return 1
    try:
        smtp.start()
    except OSError:
        server.server_close()
        print(f"Port {options.smtp_port} is taken.", file=sys.stderr)
        return 1

    def stop(signum: int, frame: FrameType | None) -> None:
        stopping.set()
        # shutdown() waits for serve_forever(), which this handler has interrupted: it must run elsewhere.
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    if with_demo:
        sender.start()
    logger.info("ready http://%s:%d, mail on %d", HOST, options.port, options.smtp_port)
    try:
        server.serve_forever()
    finally:
        sender.stop()
        smtp.stop()
        server.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
