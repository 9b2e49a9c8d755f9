"""With which reasons a practice begins, by specialty (TRE_R38) or, where there is none, by profession: a proposal, to be edited.

No nomenclature gives these: they are what such practices commonly offer. Pure.
"""

from collections.abc import Collection
from dataclasses import dataclass

from accounts.enums import Profession
from appointments.enums import ConsultationType, ReasonColour

_HERE = (ConsultationType.AMB,)
_BY_VIDEO_TOO = (ConsultationType.AMB, ConsultationType.VR)
_AT_HOME = (ConsultationType.HH,)

_TEAL, _BLUE, _VIOLET, _PLUM = ReasonColour.TEAL, ReasonColour.BLUE, ReasonColour.VIOLET, ReasonColour.PLUM
_BRICK, _OCHRE, _OLIVE, _SLATE = ReasonColour.BRICK, ReasonColour.OCHRE, ReasonColour.OLIVE, ReasonColour.SLATE


@dataclass(frozen=True, slots=True)
class StartingReason:
    """`minutes`: of the visit; `buffer`: kept free after it."""

    label: str
    minutes: int
    colour: ReasonColour
    sign: str
    consultation_types: tuple[ConsultationType, ...] = _HERE
    instructions: str = ""
    buffer: int = 0


@dataclass(frozen=True, slots=True)
class StartingList:
    """`specialties`: of TRE_R38; `professions`: of those who have none of them."""

    name: str
    reasons: tuple[StartingReason, ...]
    specialties: frozenset[str] = frozenset()
    professions: frozenset[Profession] = frozenset()


def starting_list_of(profession: str, specialties: Collection[str]) -> StartingList:
    """That of the first of these specialties that has one, of the profession, of any physician."""
    for code in specialties:
        for one in _LISTS:
            if code in one.specialties:
                return one
    return next((one for one in _LISTS if profession in one.professions), _ANY)


def _first(minutes: int = 30, instructions: str = "") -> StartingReason:
    return StartingReason("Première consultation", minutes, _VIOLET, "1re", instructions=instructions)


def _follow_up(minutes: int = 20) -> StartingReason:
    return StartingReason("Suivi", minutes, _TEAL, "S", _BY_VIDEO_TOO)


def _soon(minutes: int = 15) -> StartingReason:
    return StartingReason("Soin non programmé", minutes, _OCHRE, "SNP")


def _renewal() -> StartingReason:
    return StartingReason("Renouvellement", 15, _BLUE, "R", _BY_VIDEO_TOO, "Avoir la dernière ordonnance sous la main.")


def _results() -> StartingReason:
    return StartingReason("Lecture de résultats", 15, _OLIVE, "L", _BY_VIDEO_TOO, "Envoyer ou apporter les résultats.")


def _certificate() -> StartingReason:
    return StartingReason("Certificat", 15, _SLATE, "C")


def _vaccine() -> StartingReason:
    return StartingReason("Vaccin", 10, _OLIVE, "V", instructions="Apporter le vaccin et le carnet de vaccination.")


def _at_home(label: str = "Visite à domicile", minutes: int = 40) -> StartingReason:
    return StartingReason(label, minutes, _SLATE, "D", _AT_HOME)


_BOOKLET = "Apporter le carnet de santé."
_LETTER = "Apporter le courrier de votre médecin et vos examens."

_SURGERY = frozenset({
    "SM05", "SM06", "SM07", "SM08", "SM09", "SM10", "SM11", "SM12", "SM13", "SM14", "SM31", "SM50", "SM56", "SM68", "SM69",
    "SM70", "SM77", "SM78",
})  # fmt: skip

_LISTS = (
    StartingList(
        "Médecine générale",
        (
            StartingReason("Suivi", 15, _TEAL, "S", _BY_VIDEO_TOO),
            _renewal(),
            _first(),
            StartingReason("Soin non programmé", 15, _OCHRE, "SNP", _BY_VIDEO_TOO),
            _vaccine(),
            StartingReason("Suivi de grossesse", 30, _PLUM, "G"),
            StartingReason("Petite chirurgie", 40, _BRICK, "PC", buffer=10),
            _certificate(),
            _at_home(),
        ),
        specialties=frozenset({"SM26", "SM53", "SM54", "SM18", "SM59"}),
    ),
    StartingList(
        "Pédiatrie",
        (
            StartingReason("Enfant malade", 15, _OCHRE, "SNP", instructions=_BOOKLET),
            StartingReason("Examen du nourrisson", 30, _TEAL, "N", instructions=_BOOKLET),
            StartingReason("Suivi de l’enfant", 20, _BLUE, "S", instructions=_BOOKLET),
            _first(instructions=_BOOKLET),
            StartingReason("Consultation d’adolescent", 30, _PLUM, "A"),
            StartingReason("Vaccin", 15, _OLIVE, "V", instructions="Apporter le vaccin et le carnet de santé."),
            _certificate(),
        ),
        specialties=frozenset({"SM40", "SM87", "SM88", "SM89", "SM90", "SI08"}),
    ),
    StartingList(
        "Gynécologie",
        (
            StartingReason("Suivi gynécologique", 20, _TEAL, "S"),
            StartingReason("Suivi de grossesse", 20, _PLUM, "G", instructions="Apporter les dernières analyses."),
            StartingReason("Échographie", 30, _BLUE, "É", instructions="Apporter les comptes rendus précédents."),
            StartingReason("Contraception", 20, _OLIVE, "C"),
            StartingReason("Pose ou retrait de stérilet ou d’implant", 30, _BRICK, "P", buffer=10),
            _first(),
            _soon(20),
            _results(),
        ),
        specialties=frozenset({"SM19", "SM20", "SM51", "SM52"}),
    ),
    StartingList(
        "Cardiologie",
        (
            _first(instructions="Apporter les anciens électrocardiogrammes et l’ordonnance."),
            StartingReason("Suivi", 20, _TEAL, "S"),
            StartingReason("Échographie cardiaque", 30, _BLUE, "É"),
            StartingReason(
                "Épreuve d’effort", 60, _BRICK, "E", instructions="Venir en tenue de sport, sans être à jeun."
            ),
            StartingReason("Pose de Holter", 20, _OLIVE, "H"),
            StartingReason("Avis rapide", 20, _OCHRE, "SNP"),
            _results(),
        ),
        specialties=frozenset({"SM04", "SM73", "SM79", "SM80", "SM81"}),
    ),
    StartingList(
        "Dermatologie",
        (
            _first(20),
            StartingReason("Suivi", 15, _TEAL, "S", _BY_VIDEO_TOO),
            StartingReason("Surveillance des grains de beauté", 20, _BLUE, "G"),
            StartingReason("Acte ou petite chirurgie", 40, _BRICK, "PC", buffer=10),
            StartingReason("Avis rapide", 15, _OCHRE, "SNP", _BY_VIDEO_TOO),
        ),
        specialties=frozenset({"SM15"}),
    ),
    StartingList(
        "Ophtalmologie",
        (
            _first(20, "Apporter vos lunettes. Ne pas conduire après un fond d’œil."),
            StartingReason("Contrôle de la vue", 15, _TEAL, "V", instructions="Apporter vos lunettes ou lentilles."),
            StartingReason("Suivi", 15, _BLUE, "S"),
            StartingReason("Fond d’œil", 20, _OLIVE, "F", instructions="Ne pas conduire dans les heures qui suivent."),
            StartingReason("Consultation d’enfant", 20, _PLUM, "E"),
            StartingReason("Œil rouge, baisse de vision", 15, _OCHRE, "SNP"),
        ),
        specialties=frozenset({"SM38", "SM85"}),
    ),
    StartingList(
        "Oto-rhino-laryngologie",
        (
            _first(20, _LETTER),
            StartingReason("Suivi", 15, _TEAL, "S"),
            StartingReason("Bilan d’audition", 30, _BLUE, "A"),
            StartingReason("Vertiges", 45, _PLUM, "V", instructions="Venir accompagné si possible."),
            StartingReason("Consultation d’enfant", 20, _OLIVE, "E", instructions=_BOOKLET),
            _soon(),
        ),
        specialties=frozenset({"SM34", "SM39", "SM86"}),
    ),
    StartingList(
        "Psychiatrie",
        (
            _first(60),
            StartingReason("Suivi", 30, _TEAL, "S", _BY_VIDEO_TOO),
            StartingReason("Suivi long", 45, _BLUE, "SL", _BY_VIDEO_TOO),
            _renewal(),
            StartingReason("Entretien avec la famille", 45, _PLUM, "F"),
            StartingReason("Avis rapide", 30, _OCHRE, "SNP", _BY_VIDEO_TOO),
        ),
        specialties=frozenset({"SM33", "SM42", "SM43", "SM92", "SM93"}),
    ),
    StartingList(
        "Radiologie",
        (
            StartingReason(
                "Radiographie", 15, _TEAL, "R", instructions="Apporter l’ordonnance et les anciens clichés."
            ),
            StartingReason("Échographie", 20, _BLUE, "É", instructions="Apporter l’ordonnance et les anciens examens."),
            StartingReason("Mammographie", 20, _PLUM, "M", instructions="Apporter les anciens clichés."),
            StartingReason(
                "Scanner", 20, _VIOLET, "Sc", instructions="Apporter l’ordonnance et une prise de sang récente."
            ),
            StartingReason("IRM", 30, _OLIVE, "IRM", instructions="Signaler tout implant ou objet métallique."),
            StartingReason("Examen urgent", 20, _OCHRE, "SNP"),
        ),
        specialties=frozenset({"SM44", "SM55", "SM74", "SM94"}),
    ),
    StartingList(
        "Chirurgie",
        (
            _first(20, _LETTER),
            StartingReason("Consultation avant opération", 20, _BLUE, "Av", instructions=_LETTER),
            StartingReason("Contrôle après opération", 15, _TEAL, "Ap"),
            StartingReason("Pansement, ablation de fils", 15, _OLIVE, "P"),
            StartingReason("Petit acte", 40, _BRICK, "PC", buffer=10),
            StartingReason("Avis rapide", 15, _OCHRE, "SNP"),
        ),
        specialties=_SURGERY,
    ),
    StartingList(
        "Chirurgie dentaire",
        (
            StartingReason("Urgence dentaire", 30, _OCHRE, "SNP"),
            _first(30, "Apporter vos anciennes radiographies."),
            StartingReason("Contrôle", 20, _TEAL, "Ct"),
            StartingReason("Détartrage", 30, _BLUE, "D"),
            StartingReason("Soin d’une carie", 45, _OLIVE, "Ca"),
            StartingReason("Extraction", 45, _BRICK, "E", buffer=10),
            StartingReason("Couronne ou prothèse", 60, _PLUM, "P"),
        ),
        specialties=frozenset({"SCD01", "SCD02", "SCD03"}),
        professions=frozenset({Profession.DENTIST}),
    ),
    StartingList(
        "Sage-femme",
        (
            StartingReason("Suivi de grossesse", 30, _PLUM, "G", instructions="Apporter les dernières analyses."),
            StartingReason("Entretien prénatal", 45, _VIOLET, "En"),
            StartingReason("Préparation à la naissance", 60, _OLIVE, "PN", instructions="Venir en tenue souple."),
            StartingReason("Visite après la naissance", 40, _SLATE, "D", _AT_HOME),
            StartingReason("Rééducation du périnée", 30, _BLUE, "RP"),
            StartingReason("Suivi gynécologique, contraception", 30, _TEAL, "S", _BY_VIDEO_TOO),
            StartingReason("Soin non programmé", 20, _OCHRE, "SNP"),
        ),
        professions=frozenset({Profession.MIDWIFE}),
    ),
    StartingList(
        "Soins infirmiers",
        (
            StartingReason(
                "Prise de sang", 10, _BRICK, "PS", instructions="Apporter l’ordonnance. À jeun si elle le dit."
            ),
            StartingReason("Pansement", 20, _TEAL, "P"),
            StartingReason("Injection", 10, _BLUE, "I"),
            _vaccine(),
            _at_home("Soins à domicile", 30),
            StartingReason("Consultation infirmière", 30, _VIOLET, "C", _BY_VIDEO_TOO),
            StartingReason("Soin non programmé", 15, _OCHRE, "SNP"),
        ),
        specialties=frozenset({"SI01", "SI02", "SI03", "SI04", "SI06", "SI07"}),
        professions=frozenset({Profession.NURSE}),
    ),
    StartingList(
        "Kinésithérapie",
        (
            StartingReason("Bilan", 45, _VIOLET, "B", instructions="Apporter l’ordonnance et les examens."),
            StartingReason("Séance", 30, _TEAL, "S"),
            StartingReason("Kinésithérapie respiratoire", 30, _BLUE, "R"),
            StartingReason("Entorse ou lombalgie récente", 30, _OCHRE, "SNP"),
            _at_home("Séance à domicile", 45),
        ),
        professions=frozenset({Profession.PHYSIOTHERAPIST}),
    ),
    StartingList(
        "Pédicurie-podologie",
        (
            StartingReason("Soin de pédicurie", 30, _TEAL, "P"),
            StartingReason("Bilan podologique", 45, _VIOLET, "B", instructions="Apporter vos chaussures habituelles."),
            StartingReason("Remise de semelles", 20, _BLUE, "R"),
            StartingReason("Pied diabétique", 40, _BRICK, "PD"),
            StartingReason("Soin non programmé", 20, _OCHRE, "SNP"),
            _at_home("Soin à domicile", 45),
        ),
        professions=frozenset({Profession.PODIATRIST}),
    ),
    StartingList(
        "Orthophonie",
        (
            StartingReason("Bilan", 60, _VIOLET, "B", instructions="Apporter l’ordonnance et les bilans précédents."),
            StartingReason("Séance", 30, _TEAL, "S", _BY_VIDEO_TOO),
            StartingReason("Séance longue", 45, _BLUE, "SL", _BY_VIDEO_TOO),
            StartingReason("Entretien avec les parents", 30, _PLUM, "E", _BY_VIDEO_TOO),
        ),
        professions=frozenset({Profession.SPEECH_THERAPIST}),
    ),
    StartingList(
        "Orthoptie",
        (
            StartingReason("Bilan orthoptique", 30, _VIOLET, "B", instructions="Apporter vos lunettes."),
            StartingReason("Rééducation", 20, _TEAL, "R"),
            StartingReason("Champ visuel", 30, _BLUE, "C"),
            StartingReason("Contrôle de la vue", 20, _OLIVE, "V", instructions="Apporter vos lunettes ou lentilles."),
        ),
        professions=frozenset({Profession.ORTHOPTIST}),
    ),
    StartingList(
        "Psychologie",
        (
            StartingReason("Premier entretien", 60, _VIOLET, "1er", _BY_VIDEO_TOO),
            StartingReason("Séance", 45, _TEAL, "S", _BY_VIDEO_TOO),
            StartingReason("Bilan", 90, _BLUE, "B"),
            StartingReason("Entretien avec les parents", 45, _PLUM, "E", _BY_VIDEO_TOO),
        ),
        professions=frozenset({Profession.PSYCHOLOGIST}),
    ),
)

_ANY = StartingList(
    "Consultation de spécialiste",
    (
        _first(30, _LETTER),
        _follow_up(),
        _renewal(),
        _results(),
        StartingReason("Avis rapide", 20, _OCHRE, "SNP", _BY_VIDEO_TOO),
        StartingReason("Acte ou examen", 40, _BRICK, "A", buffer=5),
        _certificate(),
    ),
)
