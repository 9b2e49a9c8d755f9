"""What differs between two installations, by the names of the settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from interop.cadrage.document import code
from interop.sas.environments import Environment, environment_of


@dataclass(frozen=True, slots=True)
class Installation:
    """Values by setting; without any (the committed file) each setting is called by its name."""

    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_real(self) -> bool:
        return bool(self.values)

    @property
    def environment(self) -> Environment | None:
        return environment_of(self.values.get("SAS_FHIR_URL", ""))

    def setting(self, name: str) -> str:
        """Its value, else its name."""
        return self.values.get(name) or name

    def declared(self, name: str) -> str:
        """Its value, else that a person has to give one."""
        value = self.values.get(name)
        return code(value) if value else f"**à compléter** ({code(name)})"


# The settings shown, none of them secret.
SETTINGS = (
    "APPOINTMENT_IDENTIFIER_SYSTEM",
    "BASE_URL",
    "EDITOR_CONTACT",
    "EDITOR_NAME",
    "EDITOR_PUBLIC_IPS",
    "FHIR_BASE_URL",
    "LOCATION_IDENTIFIER_SYSTEM",
    "SAS_CONNECT_TIMEOUT",
    "SAS_FHIR_URL",
    "SAS_MTLS_CN",
    "SAS_MTLS_OU",
    "SAS_OIDC_CLIENT_ID",
    "SAS_OIDC_ISSUER",
    "SAS_OIDC_SCOPES",
    "SAS_ORIGINS",
    "SAS_READ_TIMEOUT",
    "SAS_SESSION_MINUTES",
)
