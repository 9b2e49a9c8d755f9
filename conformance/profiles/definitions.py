"""The check of a resource against the definitions of a guide."""

from __future__ import annotations

from typing import Any

from .findings import Finding
from .library import DefinitionsError, Library
from .walker import Walker


class Definitions(Library):
    """The profiles and value sets of one folder, and their check."""

    def check(self, resource: Any, profile_url: str | None = None) -> list[Finding]:
        """Checks one resource (parsed JSON) and everything in it; an empty list means that nothing is to be said.

        With `profile_url` against that profile, else against every known profile of its `meta.profile`; without any,
        against the base resource. Findings come errors first, each once. Raises DefinitionsError for a `profile_url`
        that isn't in the folder.
        """
        if profile_url is not None and self.structure(profile_url) is None:
            raise DefinitionsError(f"Profil absent du dossier de définitions\u00a0: {profile_url}")
        return Walker(self).check(resource, profile_url)
