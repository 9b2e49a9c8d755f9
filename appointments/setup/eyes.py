"""As whom one looks at an agenda: the SAS, a professional, a patient, a community."""

from collections.abc import Sequence
from dataclasses import dataclass

from accounts.french import the, to
from accounts.models import Organization
from appointments.enums import Audience
from appointments.slots.values import PATIENT, REGULATOR, Viewer


@dataclass(frozen=True, slots=True)
class Eye:
    """Who looks: `key` in the address, `who` as a subject, `whom` after « ouvrir »."""

    key: str
    label: str
    who: str
    whom: str
    viewer: Viewer


def eyes(communities: Sequence[Organization]) -> list[Eye]:
    """A community's members see it through the SAS, with what regulators see."""
    pros = Viewer(frozenset({(Audience.PUBLIC.value, None), (Audience.PRO.value, None)}))
    found = [
        Eye("sas", "SAS", "le SAS", "au SAS", REGULATOR),
        Eye("pro", "Professionnel", "un professionnel", "aux professionnels", pros),
        Eye("patient", "Patient", "un patient", "au public", PATIENT),
    ]
    for one in communities:
        viewer = Viewer(REGULATOR.reach | {(Audience.CPTS.value, one.pk)})
        label = "CPTS" if len(communities) == 1 else one.name
        found.append(Eye(f"cpts-{one.pk}", label, the(one.name), to(one.name), viewer))
    return found
