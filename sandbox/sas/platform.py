"""The whole platform in one object: its memory, its roles and how they know each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from sandbox.sas.clock import Clock, utc_now
from sandbox.sas.exchange import FhirCaller
from sandbox.sas.faults import HOLD_SECONDS, Faults
from sandbox.sas.identity import Client, IdentityProvider
from sandbox.sas.keys import SigningKey
from sandbox.sas.mailbox import Mailbox
from sandbox.sas.profile_check import ProfileChecker
from sandbox.sas.provisioning import ProvisioningClient
from sandbox.sas.receiver import Receiver
from sandbox.sas.regulators import Regulators
from sandbox.sas.sessions import SsoSessions
from sandbox.sas.slots import SlotSearch
from sandbox.sas.sms import SmsBox
from sandbox.sas.store import Store
from sandbox.sas.vocabulary import Identifier

FHIR_PATH = "/fhir/v1"


@dataclass(frozen=True, slots=True)
class PlatformSettings:
    """Addresses have no final slash. `data` None keeps everything in memory; `definitions` None checks no profile.

    The redirect URIs are those of our product unless given. `sms_key` signs what is told of SMS; without it nothing is.
    """

    base_url: str
    product_url: str
    client_secret: str = field(repr=False)
    client_id: str = "sas-agenda"
    data: Path | None = None
    definitions: Path | None = None
    hold_seconds: float = HOLD_SECONDS
    redirect_uri: str = ""
    post_logout_redirect_uri: str = ""
    sms_key: str = field(default="", repr=False)


class Platform:
    """The roles of the platform, wired together; `close` when done."""

    def __init__(
        self, settings: PlatformSettings, clock: Clock = utc_now, *,
        caller: FhirCaller | None = None, key: SigningKey | None = None,
    ) -> None:  # fmt: skip
        """`caller` is how the editor's FHIR base is called; by default our product's, without a certificate. `key` signs what
        the identity provider says; by default one of the platform's own."""
        self.settings = settings
        self.clock = clock
        if settings.data is not None:
            settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.store = Store(settings.data / "sandbox.sqlite3" if settings.data else None)
        caller = caller or FhirCaller(f"{settings.product_url}/fhir")
        self.regulators = Regulators(self.store, ProvisioningClient(caller), clock)
        self.search = SlotSearch(caller, clock)
        self.sessions = SsoSessions(self.store, clock)
        key_file = settings.data / "identity-provider.pem" if settings.data else None
        self.identity = IdentityProvider(
            base_url=settings.base_url,
            client=Client(
                settings.client_id, settings.client_secret,
                frozenset({settings.redirect_uri or f"{settings.product_url}/sas/retour/"}),
                frozenset({settings.post_logout_redirect_uri or f"{settings.product_url}/connexion/"}),
            ),
            key=key or (SigningKey.load_or_create(key_file) if key_file else SigningKey.generate()),
            store=self.store, regulators=self.regulators, sessions=self.sessions, clock=clock,
        )  # fmt: skip
        self.profiles = ProfileChecker.load(settings.definitions)
        self.faults = Faults(self.store)
        self.receiver = Receiver(
            store=self.store, faults=self.faults, base_url=f"{settings.base_url}{FHIR_PATH}",
            find_operator=self._find_operator, check_profile=self.profiles.check_appointment, clock=clock,
        )  # fmt: skip
        self.mailbox = Mailbox(self.store, clock)
        self.sms = SmsBox(self.store, product_url=settings.product_url, key=settings.sms_key, clock=clock)

    def close(self) -> None:
        self.store.close()

    def _find_operator(self, identifier: Identifier) -> tuple[str, bool] | None:
        regulator = self.regulators.find_by_identifier(identifier)
        return (regulator.name, regulator.active) if regulator else None
