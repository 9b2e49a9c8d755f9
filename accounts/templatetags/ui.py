"""Small pieces of the pages: icons, form fields, tags of slots."""

from typing import Any

from django import template
from django.forms import BoundField
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def icon(name: str) -> SafeString:
    """An icon of the sprite, hidden from screen readers: the words beside it say the same."""
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>', static("icons.svg"), name)


@register.inclusion_tag("pieces/field.html")
def field(
    bound: BoundField, width: str = "", hint: str = "", size: str = "input--lg", optional: bool = True
) -> dict[str, Any]:
    """Label above, control, help and error under it, tied together for screen readers.

    `width` is a class of the 12-column grid (w3, w4, w6, w8); `hint` overrides the field's help text; `optional=False`
    keeps « (facultatif) » off a field that only goes with another.
    """
    identifier = bound.id_for_label or bound.auto_id
    hint = hint or str(bound.help_text)
    described = []
    if hint:
        described.append(f"{identifier}-aide")
    if bound.errors:
        described.append(f"{identifier}-erreur")
    attributes: dict[str, Any] = {"class": f"input {size}".strip()}
    if described:
        attributes["aria-describedby"] = " ".join(described)
    if bound.errors:
        attributes["aria-invalid"] = "true"
    return {
        "field": bound,
        "control": bound.as_widget(attrs=attributes),
        "identifier": identifier,
        "width": width,
        "hint": hint,
        "optional": optional and not bound.field.required,
    }


_MODES = {
    "AMB": ("cabinet", "Au cabinet", "Cabinet"),
    "HH": ("home", "À domicile", "Domicile"),
    "VR": ("video", "Téléconsultation", "Télécons."),
}


@register.inclusion_tag("pieces/mode.html")
def mode(code: str, short: bool = False) -> dict[str, str]:
    """Where the consultation takes place: icon and word, never the code alone. `short` is for chips and filters."""
    name, label, shortened = _MODES[code]
    return {"name": name, "label": shortened if short else label}


_TAGS = {
    "PUBLIC": ("public", "Grand public"),
    "PRO": ("pro", "Réservé aux professionnels de santé"),
    "SNP": ("snp", "Soins non programmés"),
}


@register.inclusion_tag("pieces/slot_tag.html")
def slot_tag(code: str) -> dict[str, str]:
    """To whom a slot is shown."""
    name, title = _TAGS[code]
    return {"code": code, "name": name, "title": title}


_BADGES = {
    "booked": ("info", "ring"),
    "fulfilled": ("ok", "checked"),
    "noshow": ("danger", "absent"),
    "cancelled": ("void", "x"),
}


@register.inclusion_tag("pieces/status_badge.html")
def status_badge(appointment: Any) -> dict[str, str]:
    """The appointment's status, in a word and a shape."""
    tone, shape = _BADGES[appointment.status]
    return {"tone": tone, "shape": shape, "label": appointment.get_status_display()}
