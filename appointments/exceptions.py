"""Why a change of the agenda is refused. Each message is French, fit for the page, and says what to do."""


class Refused(Exception):
    """A rule of the agenda says no. `str()` is the sentence to show, `element` the field it is about, where it is about one."""

    def __init__(self, sentence: str = "", element: str = "") -> None:
        super().__init__(sentence)
        self.element = element


class SlotTaken(Refused):
    """It is not to be had any more: taken by another, or no longer offered. The sentence says which."""

    def __init__(self, sentence: str = "Ce créneau vient d’être pris.") -> None:
        super().__init__(sentence)


class NotAllowed(Refused):
    def __init__(self) -> None:
        super().__init__("Vous n’avez pas accès à cet agenda.")


class ChangedMeanwhile(Refused):
    def __init__(
        self, sentence: str = "Ce rendez-vous a changé entre-temps\u00a0: relisez-le avant de recommencer."
    ) -> None:
        super().__init__(sentence)


class AlreadyNoted(Refused):
    """The very same is there: it was sent twice."""
