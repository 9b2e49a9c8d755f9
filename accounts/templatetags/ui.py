"""Small pieces of every page: style sheets, icons and form fields."""

from typing import Any

from django import template
from django.forms import BoundField
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

register = template.Library()

# What a page loads, in this order: the shared sheets, then those of its frame, then its own. Each component has one file.
SHEETS = {
    "shared": ("tokens", "base", "frame", "controls", "pieces", "lists"),
    "practice": (
        "practice/grid", "practice/agenda", "practice/openings", "practice/fates", "practice/patients", "practice/cabinet",
    ),
    "day sheet": ("practice/sheet",),
    "messages": ("practice/messages",),
    "statistics": ("practice/statistics",),
    "call": ("people/call",),
    "booking": ("people/booking",),
    "operations": ("operations",),
}  # fmt: skip


@register.simple_tag
def styles(family: str) -> SafeString:
    """The links of a family of sheets. An unknown family is an error."""
    return format_html_join(
        "\n    ", '<link rel="stylesheet" href="{}">', ((static(f"css/{name}.css"),) for name in SHEETS[family])
    )


@register.simple_tag
def icon(name: str) -> SafeString:
    """An icon of the sprite, hidden from screen readers: the words beside it say the same."""
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>', static("icons.svg"), name)


@register.inclusion_tag("pieces/field.html")
def field(
    bound: BoundField,
    width: str = "",
    hint: str = "",
    size: str = "input--lg",
    optional: bool = True,
    label: str = "",
    echo: str | None = None,
) -> dict[str, Any]:
    """Label above, control, help and error under it, tied together for screen readers.

    `width` is a class of the 12-column grid (w3, w4, w6, w8); `hint` overrides the field's help text; `optional=False`
    keeps « (facultatif) » off a field that only goes with another; `label` says less than the field's own, in a group that says
    the rest; `echo`: what was understood of what is typed, said in the field (None: nothing ever is).
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
        "label": label or bound.label,
        "control": bound.as_widget(attrs=attributes),
        "identifier": identifier,
        "width": width,
        "hint": hint,
        "optional": optional and not bound.field.required,
        "echo": echo,
    }


@register.simple_tag
def control(bound: BoundField, size: str = "input--sm") -> SafeString:
    """The control alone, where the label stands beside it and the summary tells the fault."""
    attributes: dict[str, Any] = {"class": f"input {size}".strip()} | ({"aria-invalid": "true"} if bound.errors else {})
    return bound.as_widget(attrs=attributes)
