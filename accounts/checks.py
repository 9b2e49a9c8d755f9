"""Bad combinations of settings, said at start."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.template import TemplateDoesNotExist
from django.template.loader import get_template


@register
def terms_have_a_text(**_: Any) -> list[CheckMessage]:
    try:
        get_template(f"terms/{settings.TERMS_VERSION}.html")
    except TemplateDoesNotExist:
        return [
            Error(
                f"TERMS_VERSION is {settings.TERMS_VERSION}, and templates/terms has no such text.",
                hint="Write templates/terms/<version>.html, or set TERMS_VERSION to one that exists.",
                id="accounts.E001",
            )
        ]
    return []


@register(deploy=True)
def the_provider_is_known(**_: Any) -> list[CheckMessage]:
    missing = [
        name
        for name, value in (
            ("SAS_OIDC_ISSUER", settings.SAS_OIDC_ISSUER),
            ("SAS_OIDC_CLIENT_SECRET", settings.OIDC_RP_CLIENT_SECRET),
        )
        if not value
    ]
    if not missing:
        return []
    return [
        Warning(
            f"{' and '.join(missing)} not set: no regulator can sign in.",
            hint="The ANS gives them for each environment.",
            id="accounts.W001",
        )
    ]
