"""The SAS's three environments, and which one an address belongs to (spec, "INT_R03")."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Environment:
    """`label` is what people say; `fhir_url` the base of its FHIR server, as SAS_FHIR_URL is to hold it."""

    label: str
    fhir_url: str


def _aggregator(name: str) -> str:
    return f"https://sas-agregateur.{name}.santefr.esante.gouv.fr/fhir/v1"


ENVIRONMENTS = (
    Environment("Recette", _aggregator("integration")),
    Environment("Pré-production", _aggregator("preproduction")),
    Environment("Production", _aggregator("production")),
)


def environment_of(fhir_url: str) -> Environment | None:
    """None for an address of none of the three: the simulator's, or none at all."""
    wanted = fhir_url.rstrip("/").lower()
    return next((environment for environment in ENVIRONMENTS if environment.fhir_url == wanted), None)
