"""Bodies as they came: `interop.fhir` reads them, and says what is wrong in FHIR's own words."""

from collections.abc import Mapping
from typing import IO, Any

from rest_framework.parsers import BaseParser

from interop.fhir.regulator import MAX_BODY


class RawParser(BaseParser):
    """The bytes, whatever the media type; one more than the largest body served at most, enough to refuse it."""

    media_type = "*/*"

    def parse(  # type: ignore[override]  # DRF hands over whatever a parser gives
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        return bytes(stream.read(MAX_BODY + 1))
