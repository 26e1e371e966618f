"""Keys of an identity provider that verify no tokens: weak, private or meant for something else."""

import json
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from orders_adapters.security.jwks import JwksKeys
from orders_adapters.security.tokens import JwtTokenVerifier
from orders_domain.errors import IdentityUnavailable, InvalidToken
from tests.contract.test_jwks import KEY, Provider, published, token
from tests.support.cases import each_case
from tests.support.invalid_tokens import claims, rsa_key

WEAK = rsa.generate_private_key(public_exponent=65537, key_size=1024)
ELLIPTIC, LONGER = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP384R1())
EDWARDS = ed25519.Ed25519PrivateKey.generate()


@pytest.fixture
def provider() -> Iterator[Provider]:
    provider = Provider()
    yield provider
    provider.close()


def private(algorithm: Any, key: Any, alg: str) -> dict[str, Any]:
    return {**algorithm.to_jwk(key, as_dict=True), "kid": "march", "alg": alg, "key_ops": ["verify"]}


def signed(key: Any, algorithm: str) -> str:
    return jwt.encode(claims("ada"), key, algorithm=algorithm, headers={"kid": "march"})


@pytest.mark.filterwarnings("ignore:The RSA key is 1024")  # of the signing, which is a forger's
@each_case(
    ("algorithm", "member", "key"),
    [
        ("RS256", lambda: published(WEAK, "march"), WEAK),
        ("RS256", lambda: private(RSAAlgorithm, KEY, "RS256"), KEY),
        ("RS256", lambda: published(KEY, "march") | {"key_ops": ["encrypt"]}, KEY),
        ("RS256", lambda: published(KEY, "march") | {"key_ops": 5}, KEY),
        ("RS256", lambda: published(KEY, "march") | {"use": "enc"}, KEY),
        ("RS256", lambda: published(KEY, "march") | {"alg": "none"}, KEY),
        ("RS256", lambda: published(KEY, "march") | {"alg": ["RS256"]}, KEY),
        ("ES256", lambda: private(ECAlgorithm, ELLIPTIC, "ES256"), ELLIPTIC),
        ("ES256", lambda: ECAlgorithm.to_jwk(LONGER.public_key(), as_dict=True) | {"alg": "ES256"}, ELLIPTIC),
        ("EdDSA", lambda: private(OKPAlgorithm, EDWARDS, "EdDSA"), EDWARDS),
    ],
)
def test_unsuitable_key_verifies_no_token(provider: Provider, algorithm: str, member: Any, key: Any) -> None:
    """Alone it is no key; beside a good one it spoils nothing."""
    for others, refusal in (([], IdentityUnavailable), ([published(rsa_key("next"), "next")], InvalidToken)):
        provider.response = json.dumps({"keys": [member(), *others]}).encode()
        identity = JwtTokenVerifier(JwksKeys(provider.url, algorithm=algorithm), algorithm=algorithm)
        with pytest.raises(refusal):
            identity(signed(key, algorithm))
        if others and algorithm == "RS256":
            assert identity(token(rsa_key("next"), kid="next")).subject == "ada"


def test_refused_key_is_logged(provider: Provider, caplog: pytest.LogCaptureFixture) -> None:
    provider.response = json.dumps({"keys": [published(WEAK, "march"), published(KEY, "april")]}).encode()

    assert JwksKeys(provider.url, algorithm="RS256")(token(kid="april")) is not None

    assert caplog.messages == ["identity.key_refused: 'march' must have at least 2048 bits, not 1024"]
