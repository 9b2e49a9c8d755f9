"""The platform that the running request belongs to, and who is signed in on it."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app, request

from sandbox.demo import DemoRegulator, KnownPractitioner
from sandbox.sas.platform import Platform
from sandbox.sas.regulators import Regulator
from sandbox.sas.sessions import SsoSession

EXTENSION = "sandbox"
# Browsers share cookies between the ports of one host: these names must never be the product's.
SESSION_COOKIE = "sandbox_sso"


@dataclass(frozen=True, slots=True)
class Sandbox:
    """What the pages know beside the platform itself."""

    platform: Platform
    practitioners: tuple[KnownPractitioner, ...]
    demo_accounts: tuple[DemoRegulator, ...]


def sandbox() -> Sandbox:
    found: Sandbox = current_app.extensions[EXTENSION]
    return found


def platform() -> Platform:
    return sandbox().platform


def current_session() -> SsoSession | None:
    return platform().sessions.find(request.cookies.get(SESSION_COOKIE))


def signed_in() -> tuple[Regulator, str] | None:
    """Who is signed in on the platform, and how (`idp_connect`)."""
    session = current_session()
    regulator = platform().regulators.get(session.regulator_id) if session else None
    return (regulator, session.idp_connect) if session and regulator else None
