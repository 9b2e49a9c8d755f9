"""Typed readers of the environment. Each raises `ImproperlyConfigured` with the variable's name and what it should hold."""

import os
import re
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}
_HOST = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:]+\]", re.IGNORECASE)


def text(name: str, default: str | None = None) -> str:
    """The variable, stripped. Missing and without default: an error."""
    value = os.environ.get(name, "").strip()
    if value:
        return value
    if default is None:
        raise ImproperlyConfigured(f"{name} is required.")
    return default


def choice(name: str, allowed: set[str], default: str) -> str:
    value = text(name, default)
    if value not in allowed:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(sorted(allowed))}; it is {value!r}.")
    return value


def boolean(name: str, default: bool) -> bool:
    value = os.environ.get(name, "").strip().lower()
    if not value:
        return default
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name} must be on or off; it is {value!r}.")


def integer(name: str, default: int, *, minimum: int = 0) -> int:
    value = os.environ.get(name, "").strip()
    if not value:
        return default
    try:
        number = int(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a whole number; it is {value!r}.") from error
    if number < minimum:
        raise ImproperlyConfigured(f"{name} must be at least {minimum}; it is {number}.")
    return number


def words(name: str, default: str = "") -> list[str]:
    """A comma-separated list; blanks around items are dropped, empty items too."""
    return [item.strip() for item in os.environ.get(name, default).split(",") if item.strip()]


def networks(name: str, default: str) -> list[IPv4Network | IPv6Network]:
    """A comma-separated list of networks: `10.0.0.0/8`, `::1/128`, a single address. Everybody's is none."""
    try:
        found = [ip_network(word) for word in words(name, default)]
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must list networks like 10.0.0.0/8: {error}.") from error
    if open_to_all := [str(network) for network in found if network.prefixlen == 0]:
        raise ImproperlyConfigured(f"{name} must list networks like 10.0.0.0/8; {open_to_all[0]} is everybody's.")
    return found


def hosts(name: str) -> list[str]:
    """A comma-separated list of whole host names. With a wildcard anybody's name would be taken for ours."""
    found = words(name)
    for word in found:
        if not _HOST.fullmatch(word):
            raise ImproperlyConfigured(
                f"{name} must list whole host names (agenda.example), without wildcard, scheme or port; it has {word!r}."
            )
    return found


def contact(name: str) -> str:
    """`mailto:somebody@example` or an https:// address; empty when not given."""
    value = text(name, "")
    if not re.fullmatch(r"(mailto:[!-?A-~]+@[!-?A-~]+|https://[!-~]+)?", value):
        raise ImproperlyConfigured(f"{name} must be mailto:somebody@example or an https:// address; it is {value!r}.")
    return value


def is_this_machine(host: str | None) -> bool:
    """Whether what is sent there leaves the machine: loopback only."""
    if host == "localhost":
        return True
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return False


def is_hard_to_guess(value: str) -> bool:
    """What Django's own check (security.W009) asks of a key."""
    return len(value) >= 50 and len(set(value)) >= 5 and not value.startswith("django-insecure-")


def secret(name: str, default: str | None = None) -> str:
    """`NAME`, or the content of the file that `NAME_FILE` points to (how container platforms hand secrets over).

    One of the two: with both, nobody could tell which is meant. A file that says nothing is a mistake.
    """
    path = os.environ.get(f"{name}_FILE", "").strip()
    if not path:
        return text(name, default)
    if os.environ.get(name, "").strip():
        raise ImproperlyConfigured(f"{name} and {name}_FILE are both given: keep one.")
    try:
        value = Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE points to a file that can't be read: {error.strerror}.") from error
    except ValueError:
        raise ImproperlyConfigured(f"{name}_FILE points to a file that is no UTF-8 text.") from None
    if not value:
        raise ImproperlyConfigured(f"{name}_FILE points to an empty file.")
    return value


def web_address(name: str, default: str | None = None) -> str:
    """An http(s) address without a trailing slash; an empty default stays empty."""
    value = text(name, default).rstrip("/")
    if value and (urlsplit(value).scheme not in {"http", "https"} or not urlsplit(value).netloc):
        raise ImproperlyConfigured(f"{name} must be an http:// or https:// address; it is {value!r}.")
    return value


def broker(name: str, default: str) -> str:
    """`redis://`, `rediss://` (TLS) or `redis+socket://`. It may hold a password: as a secret."""
    value = secret(name, default)
    if not value.startswith(("redis://", "rediss://", "redis+socket://")):
        raise ImproperlyConfigured(f"{name} must start with redis://, rediss:// or redis+socket://.")
    return value


def database(name: str, *, limits: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Django's DATABASES entry from `postgresql://user:password@host:port/name?option=value`, read as a secret.

    Options of the query are passed to libpq (`sslmode`, `sslrootcert`…), `host` there is a unix socket's folder. `limits` are
    settings of PostgreSQL that each of our sessions begins with.
    """
    url, port = _split(name, secret(name))
    if url.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(f"{name} must start with postgresql:// (PostgreSQL is the only database supported).")
    options: dict[str, Any] = {key: values[-1] for key, values in parse_qs(url.query).items()}
    # For a server that is gone without a word; in seconds, and in milliseconds.
    options = {"connect_timeout": 5, "tcp_user_timeout": 20_000} | options
    if limits:
        ours = " ".join(f"-c {key}={value}" for key, value in limits.items())
        options["options"] = f"{ours} {options.get('options', '')}".strip()
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(url.path.lstrip("/")),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": options.pop("host", url.hostname or ""),
        "PORT": str(port or ""),
        # Values apart from the statement: what the server logs or shows of a statement then quotes nobody.
        "OPTIONS": options | {"server_side_binding": True},
    }


def mail_server(name: str, default: str, *, plain_anywhere: bool = False) -> dict[str, Any]:
    """`smtp://user:password@host:port` (plain), `smtp+tls://` (STARTTLS) or `smtps://` (TLS), read as a secret, as Django's
    EMAIL_* settings. Plain to another machine only where `plain_anywhere`."""
    url, port = _split(name, secret(name, default))
    if url.scheme not in {"smtp", "smtp+tls", "smtps"} or not url.hostname:
        raise ImproperlyConfigured(f"{name} must be smtp://host:port, smtp+tls://… or smtps://….")
    if url.scheme == "smtp" and not plain_anywhere and not is_this_machine(url.hostname):
        raise ImproperlyConfigured(
            f"{name} must start with smtps:// or smtp+tls://: its messages name patients (smtp:// is for this machine only)."
        )
    return {
        "EMAIL_HOST": url.hostname,
        "EMAIL_PORT": port or (465 if url.scheme == "smtps" else 25),
        "EMAIL_HOST_USER": unquote(url.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(url.password or ""),
        "EMAIL_USE_TLS": url.scheme == "smtp+tls",
        "EMAIL_USE_SSL": url.scheme == "smtps",
    }


def _split(name: str, value: str) -> tuple[SplitResult, int | None]:
    """The address and its port. The library's own errors quote what they could not read: half of a password."""
    try:
        url = urlsplit(value)
        return url, url.port
    except ValueError:
        raise ImproperlyConfigured(
            f"{name} can't be read: write the characters / ? # [ ] @ : % of a password as %2F, %3F…"
        ) from None
