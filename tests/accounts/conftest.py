from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.cache import cache

from tests.accounts.provider import CLIENT_ID, CLIENT_SECRET, FakeProvider


@pytest.fixture(scope="session")
def rsa_keys() -> tuple[rsa.RSAPrivateKey, rsa.RSAPrivateKey]:
    first, second = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
    return first, second


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def provider(rsa_keys: tuple[rsa.RSAPrivateKey, rsa.RSAPrivateKey], settings: Any) -> Iterator[FakeProvider]:
    """The SAS's identity provider, configured as ours."""
    provider = FakeProvider(*rsa_keys)
    settings.SAS_OIDC_ISSUER = provider.issuer
    settings.OIDC_RP_CLIENT_ID = CLIENT_ID
    settings.OIDC_RP_CLIENT_SECRET = CLIENT_SECRET
    yield provider
    provider.stop()
