"""Why a change of who may do what is refused."""


class AccessDenied(Exception):
    """Whoever asks has no say there: for them it does not exist."""


class AccessRefused(Exception):
    """The sentence to show, and the field it is about ("" when it is about none)."""

    def __init__(self, sentence: str, element: str = "") -> None:
        self.element = element
        super().__init__(sentence)


class AccessChanged(AccessRefused):
    """The page was opened on an older version."""

    def __init__(self) -> None:
        super().__init__("Cet accès a changé entre-temps\u00a0: comparez, puis recommencez si c’est toujours voulu.")
