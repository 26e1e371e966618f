"""Bearer tokens: a table of forgeries, each refused and nothing worse; and the good ones, each let in as it says."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from orders_adapters.security.tokens import JwtTokenVerifier, encode_token, public_key, shared_secret
from orders_domain import Actor, Role
from orders_domain.errors import InvalidToken, InvalidValue
from tests.support.invalid_tokens import DAY, HS256, claims, deep_tokens, forged_tokens, packed, signed

SECRET = "correct horse battery staple, 2026"
FORGED = forged_tokens(SECRET, "ada")
KEYS: dict[str, Any] = {
    "RS256": rsa.generate_private_key(public_exponent=65537, key_size=2048),
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
}


def pem(algorithm: str) -> str:
    key: bytes = KEYS[algorithm].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return key.decode()


def tokens_of(algorithm: str, *, issuer: str | None = None, audience: str | None = None) -> JwtTokenVerifier:
    key_for = shared_secret(SECRET) if algorithm == "HS256" else public_key(pem(algorithm), algorithm=algorithm)
    return JwtTokenVerifier(key_for, algorithm=algorithm, issuer=issuer, audience=audience)


def sign(algorithm: str, **others: object) -> str:
    return jwt.encode(claims("ada", **others), SECRET if algorithm == "HS256" else KEYS[algorithm], algorithm=algorithm)


def test_the_table_is_long_and_no_label_is_used_twice() -> None:
    assert len(FORGED) >= 100
    assert len(dict(FORGED)) == len(FORGED)


@pytest.mark.parametrize("token", [token for _, token in FORGED], ids=[label for label, _ in FORGED])
@pytest.mark.parametrize("algorithm", ["HS256", *KEYS])
def test_a_forged_token_is_refused_whatever_is_configured(algorithm: str, token: str) -> None:
    identity = tokens_of(algorithm)

    with pytest.raises(InvalidToken) as refusal:
        identity(token)

    assert str(refusal.value)  # the reason, for the log


@pytest.mark.parametrize("token", [token for _, token in deep_tokens(SECRET, "ada")])
def test_a_deep_token_is_read_or_refused_and_no_error_of_ours(token: str) -> None:
    with suppress(InvalidToken):
        assert tokens_of("HS256")(token).subject == "ada"


@pytest.mark.parametrize("algorithm", ["HS256", *KEYS])
def test_a_good_token_is_let_in(algorithm: str) -> None:
    assert tokens_of(algorithm)(sign(algorithm)) == Actor(subject="ada", role=Role.CUSTOMER, scopes=frozenset())


@pytest.mark.parametrize("configured", ["HS256", *KEYS])
@pytest.mark.parametrize("used", ["HS256", *KEYS])
def test_only_the_configured_algorithm_counts(configured: str, used: str) -> None:
    if configured == used:
        return
    with pytest.raises(InvalidToken):
        tokens_of(configured)(sign(used))


@pytest.mark.parametrize("algorithm", list(KEYS))
def test_a_public_key_is_no_secret(algorithm: str) -> None:
    """Algorithm confusion: the public key, which everybody has, used as the secret of an HMAC."""
    public = pem(algorithm)
    for key in (public, public.strip(), public.replace("\n", ""), "".join(public.splitlines()[1:-1])):
        for name in ("HS256", algorithm):
            forged = signed(key, claims("ada"), header={"alg": name, "typ": "JWT"})
            with pytest.raises(InvalidToken):
                tokens_of(algorithm)(forged)


def test_a_key_of_the_same_kind_that_is_not_the_configured_one_is_refused() -> None:
    others: dict[str, Any] = {
        "RS256": rsa.generate_private_key(public_exponent=65537, key_size=2048),
        "ES256": ec.generate_private_key(ec.SECP256R1()),
        "EdDSA": ed25519.Ed25519PrivateKey.generate(),
    }
    for algorithm, key in others.items():
        forged = jwt.encode(claims("ada"), key, algorithm=algorithm, headers={"jwk": {"kty": "oct"}, "kid": "1"})
        with pytest.raises(InvalidToken):
            tokens_of(algorithm)(forged)


def test_a_signature_of_zeros_is_none_on_a_curve_either() -> None:
    """CVE-2022-21449: r = s = 0."""
    signing_input = f"{packed({'alg': 'ES256', 'typ': 'JWT'})}.{packed(claims('root', role='admin'))}"

    with pytest.raises(InvalidToken):
        tokens_of("ES256")(f"{signing_input}.{packed(bytes(64))}")


ADDRESSED: dict[str, dict[str, object]] = {
    "no iss": {"aud": "orders"},
    "another iss": {"iss": "https://evil.example", "aud": "orders"},
    "iss in a list": {"iss": ["https://id.example"], "aud": "orders"},
    "iss with a slash": {"iss": "https://id.example/", "aud": "orders"},
    "iss null": {"iss": None, "aud": "orders"},
    "iss a number": {"iss": 7, "aud": "orders"},
    "no aud": {"iss": "https://id.example"},
    "another aud": {"iss": "https://id.example", "aud": "billing"},
    "aud of others": {"iss": "https://id.example", "aud": ["billing", "shipping"]},
    "aud empty": {"iss": "https://id.example", "aud": []},
    "aud null": {"iss": "https://id.example", "aud": None},
    "aud a number": {"iss": "https://id.example", "aud": 7},
    "aud an object": {"iss": "https://id.example", "aud": {"orders": True}},
    "aud of numbers": {"iss": "https://id.example", "aud": [7, "orders"]},
    "aud part of the name": {"iss": "https://id.example", "aud": "order"},
}


@pytest.mark.parametrize("address", ADDRESSED.values(), ids=list(ADDRESSED))
def test_where_issuer_and_audience_are_configured_a_token_is_from_there_and_for_us(address: dict[str, Any]) -> None:
    identity = tokens_of("HS256", issuer="https://id.example", audience="orders")

    with pytest.raises(InvalidToken):
        identity(signed(SECRET, claims("ada", **address)))


@pytest.mark.parametrize("audience", ["orders", ["orders"], ["billing", "orders"]])
def test_a_token_from_there_and_for_us_is_let_in(audience: object) -> None:
    identity = tokens_of("HS256", issuer="https://id.example", audience="orders")

    assert identity(signed(SECRET, claims("ada", iss="https://id.example", aud=audience))).subject == "ada"


def test_where_none_is_configured_issuer_and_audience_do_not_matter() -> None:
    assert tokens_of("HS256")(sign("HS256", iss="https://any.example", aud=["billing"])).subject == "ada"


@pytest.mark.parametrize("role", ["customer", "Admin", "ADMIN", "admin ", "system", "superuser", ""])
def test_every_role_but_admin_is_a_customer(role: str) -> None:
    actor = tokens_of("HS256")(sign("HS256", role=role))

    assert actor.role is Role.CUSTOMER
    assert not actor.has_scope("orders:write")


def test_an_admin_is_an_administrator_and_may_write() -> None:
    actor = tokens_of("HS256")(sign("HS256", role="admin"))

    assert actor.role is Role.ADMIN
    assert actor.has_scope("orders:write")


@pytest.mark.parametrize(
    ("scope", "scopes"),
    [
        ("orders:write", {"orders:write"}),
        ("orders:read orders:write", {"orders:read", "orders:write"}),
        (["orders:read", "orders:write"], {"orders:read", "orders:write"}),
        ("", set[str]()),
        ([], set[str]()),
        ("orders:writer", {"orders:writer"}),
    ],
)
def test_scopes_come_as_a_string_or_as_a_list(scope: object, scopes: set[str]) -> None:
    assert tokens_of("HS256")(sign("HS256", scope=scope)).scopes == scopes


@pytest.mark.parametrize("subject", ["a", "a" * 64, "Łukasz", "💡", "' OR 1=1 --", "auth0|5f7c"])
def test_any_name_of_64_characters_at_most_is_a_subject(subject: str) -> None:
    assert tokens_of("HS256")(signed(SECRET, claims(subject))).subject == subject


def test_a_token_of_8_kilobytes_is_not_too_long() -> None:
    token = sign("HS256", note="x" * 5_900)
    assert 8_000 < len(token) <= 8_192

    assert tokens_of("HS256")(token).subject == "ada"


def test_a_token_lives_to_its_last_second() -> None:
    identity = tokens_of("HS256")
    brief = signed(SECRET, {"sub": "ada", "exp": int(time.time()) + 2})
    assert identity(brief).subject == "ada"

    time.sleep(2.1)

    with pytest.raises(InvalidToken):
        identity(brief)


@pytest.mark.parametrize("ahead", [2, 59.5, DAY])
def test_when_a_token_was_issued_by_another_clock_does_not_matter(ahead: float) -> None:
    assert tokens_of("HS256")(signed(SECRET, claims("ada", iat=time.time() + ahead))).subject == "ada"


@pytest.mark.parametrize("ahead", [-DAY, 2, 59.5])
def test_a_clock_may_be_a_minute_ahead_of_ours(ahead: float) -> None:
    assert tokens_of("HS256")(signed(SECRET, claims("ada", nbf=time.time() + ahead))).subject == "ada"


def test_a_minted_token_is_let_in_with_its_role_and_scopes() -> None:
    token = encode_token(
        subject="clerk", secret=SECRET, expires_at=int(time.time()) + DAY, role=Role.ADMIN, scopes=["orders:read"]
    )

    assert tokens_of("HS256")(token) == Actor(subject="clerk", role=Role.ADMIN, scopes=frozenset({"orders:read"}))


@pytest.mark.parametrize("secret", ["", "short", "x" * 31])
def test_a_secret_shorter_than_32_bytes_is_refused(secret: str) -> None:
    with pytest.raises(InvalidValue, match="32 bytes"):
        shared_secret(secret)


def test_16_letters_of_two_bytes_are_a_secret() -> None:
    assert shared_secret("ж" * 16)("any token") == ("ж" * 16).encode()


@pytest.mark.parametrize(
    ("algorithm", "key"),
    [
        ("RS256", lambda: "no key"),
        ("RS256", lambda: ""),
        ("RS256", lambda: pem("ES256")),
        ("RS256", lambda: pem("EdDSA")),
        ("ES256", lambda: pem("RS256")),
        ("EdDSA", lambda: pem("RS256")),
        ("EdDSA", lambda: pem("ES256")),
        ("ES256", lambda: pem("RS256")[:100]),
    ],
)
def test_a_key_that_is_not_the_algorithm_s_is_refused_at_the_start(algorithm: str, key: Callable[[], str]) -> None:
    with pytest.raises(InvalidValue, match=algorithm):
        public_key(key(), algorithm=algorithm)


def test_a_header_beside_the_algorithm_does_not_matter() -> None:
    token = signed(SECRET, claims("ada"), header=HS256 | {"kid": "2026-03", "jku": "http://127.0.0.1:9/keys"})

    assert tokens_of("HS256")(token).subject == "ada"


def test_the_mark_is_this_token_s_alone() -> None:
    bearer = tokens_of("HS256").verify
    one, other = signed(SECRET, claims("ada", jti="1")), signed(SECRET, claims("ada", jti="2"))

    assert bearer(one).fingerprint == bearer(one).fingerprint != bearer(other).fingerprint
    assert len(bearer(one).fingerprint) == 64


def test_another_signature_of_the_same_token_has_the_same_mark() -> None:
    """ECDSA makes another one each time, and anybody can turn one into a second."""
    bearer, said = tokens_of("ES256").verify, {"exp": int(time.time()) + DAY}
    one, other = sign("ES256", **said), sign("ES256", **said)

    assert one != other
    assert bearer(one).fingerprint == bearer(other).fingerprint


@pytest.mark.parametrize(
    ("said", "family"),
    [({}, None), ({"fam": "f-1"}, "f-1"), ({"fam": 7}, None), ({"fam": ""}, None), ({"fam": "x" * 65}, None)],
)
def test_a_family_is_named_by_a_short_string(said: dict[str, object], family: str | None) -> None:
    bearer = tokens_of("HS256").verify(signed(SECRET, claims("ada", **said)))

    assert bearer.family == family
    assert len(bearer.revocation_keys) == (1 if family is None else 2)


@pytest.mark.parametrize("exp", [1795260000.5, 1795260000.0, 1795260000])
def test_a_token_may_expire_between_two_seconds(exp: float, monkeypatch: pytest.MonkeyPatch) -> None:
    token, moment = signed(SECRET, {"sub": "ada", "exp": exp}), exp - 0.25
    monkeypatch.setattr(time, "time", lambda: moment)

    bearer = tokens_of("HS256").verify(token)

    assert bearer.actor.subject == "ada"
    assert exp <= bearer.expires_at.timestamp() < exp + 1  # it is denied to its end
    moment = exp
    with pytest.raises(InvalidToken):
        tokens_of("HS256").verify(token)


def test_a_token_may_expire_in_a_far_future() -> None:
    bearer = tokens_of("HS256").verify(signed(SECRET, claims("ada") | {"exp": 10**17}))

    assert bearer.expires_at.year == 9998
