"""The SAS's three environments, and which one an address belongs to (spec, "INT_R03")."""

from dataclasses import dataclass

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Environment:
    """`key` is SAS_ENVIRONMENT's word, `label` what people say; `fhir_url` the base of its FHIR server, for SAS_FHIR_URL."""

    key: str
    label: str
    fhir_url: str


def _aggregator(name: str) -> str:
    return f"https://sas-agregateur.{name}.santefr.esante.gouv.fr/fhir/v1"


ENVIRONMENTS = (
    Environment("recette", "Recette", _aggregator("integration")),
    Environment("preproduction", "Pré-production", _aggregator("preproduction")),
    Environment("production", "Production", _aggregator("production")),
)


def environment_of(fhir_url: str) -> Environment | None:
    """None for an address of none of the three: the simulator's, or none at all."""
    wanted = fhir_url.rstrip("/").lower()
    return next((environment for environment in ENVIRONMENTS if environment.fhir_url == wanted), None)


def current_environment() -> Environment | None:
    """Which SAS this installation talks to: SAS_ENVIRONMENT if it says, else what the address tells."""
    declared = next((one for one in ENVIRONMENTS if one.key == settings.SAS_ENVIRONMENT), None)
    return declared or environment_of(settings.SAS_FHIR_URL)


def environment_label() -> str:
    """The same in a word, for operators."""
    found = current_environment()
    if found is not None:
        return found.label
    return "Locale" if settings.LOCAL else "Non précisé"
