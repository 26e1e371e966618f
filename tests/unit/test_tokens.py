"""Bearer tokens: a table of forgeries, which are all rejected, and valid tokens with their claims."""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any
from unittest.mock import Mock

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from orders_adapters.security.claims import ClaimNames
from orders_adapters.security.tokens import JwtTokenVerifier, encode_token, public_key, shared_secret
from orders_adapters.testing.examples import NOON
from orders_domain import Actor, Role
from orders_domain.errors import InvalidToken, InvalidValue
from orders_domain.model.accounts.auth_token import ALWAYS
from orders_domain.model.accounts.contact import Contact
from tests.support.cases import each_case
from tests.support.invalid_tokens import DAY, HS256, claims, deep_tokens, forged_tokens, packed, rsa_key, signed

SECRET = "correct horse battery staple, 2026"
FORGED = forged_tokens(SECRET, "ada")
KEYS: dict[str, Any] = {
    "RS256": rsa_key("ours"),
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


def test_forgeries_have_unique_labels() -> None:
    assert len(FORGED) >= 100
    assert len(dict(FORGED)) == len(FORGED)


@each_case("token", [token for _, token in FORGED], ids=[label for label, _ in FORGED])
@each_case("algorithm", ["HS256", *KEYS])
def test_forged_token_is_rejected(algorithm: str, token: str) -> None:
    identity = tokens_of(algorithm)

    with pytest.raises(InvalidToken) as refusal:
        identity(token)

    assert str(refusal.value)  # the reason, for the log


@pytest.mark.parametrize("token", [token for _, token in deep_tokens(SECRET, "ada")])
def test_deeply_nested_token_raises_no_other_error(token: str) -> None:
    with suppress(InvalidToken):
        assert tokens_of("HS256")(token).subject == "ada"


@pytest.mark.parametrize("algorithm", ["HS256", *KEYS])
def test_valid_token_is_accepted(algorithm: str) -> None:
    assert tokens_of(algorithm)(sign(algorithm)) == Actor(subject="ada", role=Role.CUSTOMER, scopes=frozenset())


@each_case("configured", ["HS256", *KEYS])
@each_case("used", ["HS256", *KEYS])
def test_other_algorithm_is_rejected(configured: str, used: str) -> None:
    if configured == used:
        return
    with pytest.raises(InvalidToken):
        tokens_of(configured)(sign(used))


@pytest.mark.parametrize("algorithm", list(KEYS))
def test_public_key_is_rejected_as_hmac_secret(algorithm: str) -> None:
    """Algorithm confusion: the public key, which is not secret, used as the secret of an HMAC."""
    public = pem(algorithm)
    for key in (public, public.strip(), public.replace("\n", ""), "".join(public.splitlines()[1:-1])):
        for name in ("HS256", algorithm):
            forged = signed(key, claims("ada"), header={"alg": name, "typ": "JWT"})
            with pytest.raises(InvalidToken):
                tokens_of(algorithm)(forged)


def test_foreign_key_of_same_type_is_rejected() -> None:
    others: dict[str, Any] = {
        "RS256": rsa_key("foreign"),
        "ES256": ec.generate_private_key(ec.SECP256R1()),
        "EdDSA": ed25519.Ed25519PrivateKey.generate(),
    }
    for algorithm, key in others.items():
        forged = jwt.encode(claims("ada"), key, algorithm=algorithm, headers={"jwk": {"kty": "oct"}, "kid": "1"})
        with pytest.raises(InvalidToken):
            tokens_of(algorithm)(forged)


def test_zero_signature_is_rejected() -> None:
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


@each_case("address", ADDRESSED.values(), ids=list(ADDRESSED))
def test_wrong_issuer_or_audience_is_rejected(address: dict[str, Any]) -> None:
    identity = tokens_of("HS256", issuer="https://id.example", audience="orders")

    with pytest.raises(InvalidToken):
        identity(signed(SECRET, claims("ada", **address)))


@pytest.mark.parametrize("audience", ["orders", ["orders"], ["billing", "orders"]])
def test_right_issuer_and_audience_are_accepted(audience: object) -> None:
    identity = tokens_of("HS256", issuer="https://id.example", audience="orders")

    assert identity(signed(SECRET, claims("ada", iss="https://id.example", aud=audience))).subject == "ada"


def test_unconfigured_issuer_and_audience_are_ignored() -> None:
    assert tokens_of("HS256")(sign("HS256", iss="https://any.example", aud=["billing"])).subject == "ada"


@each_case("role", ["customer", "Admin", "ADMIN", "admin ", "system", "superuser", ""])
def test_role_other_than_admin_is_a_customer(role: str) -> None:
    actor = tokens_of("HS256")(sign("HS256", role=role))

    assert actor.role is Role.CUSTOMER
    assert not actor.has_scope("orders:write")


def test_admin_role_may_write() -> None:
    actor = tokens_of("HS256")(sign("HS256", role="admin"))

    assert actor.role is Role.ADMIN
    assert actor.has_scope("orders:write")


@each_case(
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
def test_scopes_are_a_string_or_a_list(scope: object, scopes: set[str]) -> None:
    assert tokens_of("HS256")(sign("HS256", scope=scope)).scopes == scopes


@each_case("subject", ["a", "a" * 255, "Łukasz", "💡", "' OR 1=1 --", "auth0|5f7c"])
def test_subject_of_64_characters_is_accepted(subject: str) -> None:
    assert tokens_of("HS256")(signed(SECRET, claims(subject))).subject == subject


def test_token_of_8_kilobytes_is_accepted() -> None:
    token = sign("HS256", note="x" * 5_900)
    assert 8_000 < len(token) <= 8_192

    assert tokens_of("HS256")(token).subject == "ada"


def test_token_expires_after_its_last_second() -> None:
    identity = tokens_of("HS256")
    brief = signed(SECRET, {"sub": "ada", "exp": int(time.time()) + 2})
    assert identity(brief).subject == "ada"

    time.sleep(2.1)

    with pytest.raises(InvalidToken):
        identity(brief)


@pytest.mark.parametrize("skew", [-DAY, 2, 59.5])
def test_issuer_clock_has_a_minute_of_leeway(skew: float) -> None:
    assert tokens_of("HS256")(signed(SECRET, claims("ada", iat=time.time() + skew))).subject == "ada"


@pytest.mark.parametrize("skew", [62, DAY, 2**62])
def test_token_issued_in_the_future_is_rejected(skew: float) -> None:
    with pytest.raises(InvalidToken, match="future"):
        tokens_of("HS256")(signed(SECRET, claims("ada", iat=time.time() + skew)))


@pytest.mark.parametrize("skew", [-DAY, 2, 59.5])
def test_clock_skew_of_a_minute_is_accepted(skew: float) -> None:
    assert tokens_of("HS256")(signed(SECRET, claims("ada", nbf=time.time() + skew))).subject == "ada"


def test_encoded_token_has_role_and_scopes() -> None:
    token = encode_token(
        subject="clerk", secret=SECRET, expires_at=int(time.time()) + DAY, role=Role.ADMIN, scopes=["orders:read"]
    )

    assert tokens_of("HS256")(token) == Actor(subject="clerk", role=Role.ADMIN, scopes=frozenset({"orders:read"}))


@pytest.mark.parametrize("secret", ["", "short", "x" * 31])
def test_secret_under_32_bytes_is_rejected(secret: str) -> None:
    with pytest.raises(InvalidValue, match="32 bytes"):
        shared_secret(secret)


def test_secret_length_is_counted_in_bytes() -> None:
    assert shared_secret("ж" * 16)("any token") == ("ж" * 16).encode()


@each_case(
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
def test_key_of_other_algorithm_is_rejected(algorithm: str, key: Callable[[], str]) -> None:
    with pytest.raises(InvalidValue, match=algorithm):
        public_key(key(), algorithm=algorithm)


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
def test_private_key_is_rejected(algorithm: str) -> None:
    key = KEYS[algorithm].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    with pytest.raises(InvalidValue, match=f"The PEM key for {algorithm} must be a public"):
        public_key(key, algorithm=algorithm)


def test_short_rsa_key_is_rejected() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    text = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    with pytest.raises(InvalidValue, match="must have at least 2048 bits, not 1024"):
        public_key(text, algorithm="RS256")


def test_other_headers_are_ignored() -> None:
    token = signed(SECRET, claims("ada"), header=HS256 | {"kid": "2026-03", "jku": "http://127.0.0.1:9/keys"})

    assert tokens_of("HS256")(token).subject == "ada"


def test_fingerprint_is_unique_per_token() -> None:
    bearer = tokens_of("HS256").verify
    first, second = signed(SECRET, claims("ada", jti="1")), signed(SECRET, claims("ada", jti="2"))

    assert bearer(first).fingerprint == bearer(first).fingerprint != bearer(second).fingerprint
    assert len(bearer(first).fingerprint) == 64


def test_fingerprint_ignores_the_signature() -> None:
    """ECDSA signatures differ each time, and anybody can derive a second one."""
    bearer, said = tokens_of("ES256").verify, {"exp": int(time.time()) + DAY}
    first, second = sign("ES256", **said), sign("ES256", **said)

    assert first != second
    assert bearer(first).fingerprint == bearer(second).fingerprint


@pytest.mark.parametrize(
    ("said", "family"),
    [({}, None), ({"fam": "f-1"}, "f-1"), ({"fam": 7}, None), ({"fam": ""}, None), ({"fam": "x" * 65}, None)],
)
def test_family_is_a_short_string(said: dict[str, object], family: str | None) -> None:
    bearer = tokens_of("HS256").verify(signed(SECRET, claims("ada", **said)))

    assert bearer.family == family
    assert len(bearer.numbers) == (3 if family is None else 4)


@pytest.mark.parametrize("exp", [1795260000.5, 1795260000.0, 1795260000])
def test_token_may_expire_within_a_second(exp: float, monkeypatch: pytest.MonkeyPatch) -> None:
    token, moment = signed(SECRET, {"sub": "ada", "exp": exp}), exp - 0.25
    monkeypatch.setattr(time, "time", lambda: moment)

    bearer = tokens_of("HS256").verify(token)

    assert bearer.actor.subject == "ada"
    assert exp <= bearer.expires_at.timestamp() < exp + 1  # it is revoked until its expiry
    moment = exp
    with pytest.raises(InvalidToken):
        tokens_of("HS256").verify(token)


def test_token_may_expire_in_the_far_future() -> None:
    bearer = tokens_of("HS256").verify(signed(SECRET, claims("ada") | {"exp": 10**17}))

    assert bearer.expires_at.year == 9998


@each_case(
    ("said", "generation"),
    [({}, 0), ({"gen": 3}, 3), ({"gen": "3"}, 0), ({"gen": -1}, 0), ({"gen": True}, 0), ({"gen": 2**60}, ALWAYS - 1)],
)
def test_generation_is_an_integer(said: dict[str, object], generation: int) -> None:
    bearer = tokens_of("HS256").verify(signed(SECRET, claims("ada", fam="f-1", **said)))

    assert bearer.generation == generation
    assert bearer.rotation(at=NOON, ttl=timedelta(hours=1)).values()


@each_case(
    ("said", "issued_at"),
    [
        ({}, 0),
        ({"iat": 1_795_750_850}, 1_795_750_850_000_000),
        ({"iat": 1_795_750_850.5}, 1_795_750_850_500_000),
        ({"iat": 1_795_750_850, "iat_us": 1_795_750_850_123_456}, 1_795_750_850_123_456),
        ({"iat": 1_795_750_850, "iat_us": 1_795_750_851_123_456}, 1_795_750_850_000_000),
        ({"iat": 1_795_750_850, "iat_us": "x"}, 1_795_750_850_000_000),
        ({"iat_us": 1_795_750_850_123_456}, 0),
        ({"iat": -5}, 0),
    ],
)
def test_issue_time_is_in_microseconds(said: dict[str, object], issued_at: int) -> None:
    assert tokens_of("HS256").verify(signed(SECRET, claims("ada", **said))).issued_at == issued_at


NESTED = ClaimNames(subject="user.id", role="user.role", scope="realm.access.scopes")


def named(names: ClaimNames, **others: object) -> Actor:
    token = jwt.encode({"exp": int(time.time()) + DAY, **others}, SECRET, algorithm="HS256")
    return JwtTokenVerifier(shared_secret(SECRET), algorithm="HS256", names=names)(token)


def test_claims_may_have_other_names() -> None:
    user = {"name": "Ann", "id": 7, "role": "admin"}
    scopes = {"access": {"scopes": ["orders:write", "orders:read"]}}
    actor = named(NESTED, user=user, realm=scopes)

    assert actor == Actor(subject="7", role=Role.ADMIN, scopes=frozenset({"orders:write", "orders:read"}))
    assert named(NESTED, user={"id": "7"}) == Actor(subject="7")
    assert named(NESTED, user={"id": "7", "role": None}, realm=None) == Actor(subject="7")
    assert named(NESTED, user={"id": 0}, sub=5, role="admin", scope="orders:write") == Actor(subject="0")
    assert named(ClaimNames(role="roles"), sub="ada", roles=["user", "admin"]).role is Role.ADMIN
    assert named(ClaimNames(role="roles"), sub="ada", roles="user admin").role is Role.ADMIN
    assert named(ClaimNames(role="roles"), sub="ada", roles=["administrator", "Admin"]).role is Role.CUSTOMER
    assert named(ClaimNames(scope="scopes"), sub="ada", scopes="a b").scopes == {"a", "b"}
    assert named(ClaimNames(role="https://x.example/roles"), **{"sub": "ada", "https://x.example/roles": "admin"}).role


@each_case(
    "identity",
    [
        {},
        {"sub": "ada"},
        {"user": "7"},
        {"user": {"id": None}},
        {"user": {"id": ""}},
        {"user": {"id": 7.0}},
        {"user": {"id": -7}},
        {"user": {"id": True}},
        {"user": {"id": ["7"]}},
        {"user": {"id": "7", "role": 1}},
        {"user": {"id": "7", "role": ["admin", 1]}},
        {"user": {"id": "7", "role": {"admin": True}}},
        {"user": {"id": "7"}, "realm": {"access": {"scopes": 5}}},
    ],
)
def test_named_claim_of_wrong_type_is_rejected(identity: dict[str, object]) -> None:
    with pytest.raises(InvalidToken):
        named(NESTED, **identity)


@pytest.mark.parametrize(
    "identity",
    [{"sub": 7}, {"user": {"id": "7"}}, {"sub": "ada", "role": ["admin"]}],
    ids=str,
)
def test_without_names_the_standard_claims_are_read_strictly(identity: dict[str, object]) -> None:
    with pytest.raises(InvalidToken):
        named(ClaimNames(), **identity)


def test_role_or_scope_of_null_is_absent() -> None:
    assert named(ClaimNames(), sub="ada", role=None, scope=None) == Actor(subject="ada")


def test_without_names_no_other_claim_grants_anything() -> None:
    others = {"roles": ["admin"], "scopes": ["orders:write"], "user": {"role": "admin"}}

    assert named(ClaimNames(), sub="ada", role="customer admin", **others) == Actor(subject="ada")


def test_issued_token_has_the_named_claims() -> None:
    scopes = ("orders:read", "orders:write")
    token = encode_token(
        subject="7", secret=SECRET, expires_at=int(time.time()) + DAY, role=Role.ADMIN, scopes=scopes, names=NESTED
    )
    both = [JwtTokenVerifier(shared_secret(SECRET), algorithm="HS256", names=names)(token) for names in (NESTED, None)]

    assert both == [Actor(subject="7", role=Role.ADMIN, scopes=frozenset(scopes))] * 2


def test_issued_token_has_the_language() -> None:
    for names in (None, ClaimNames(locale="user.lang")):
        token = encode_token(
            subject="ada", secret=SECRET, expires_at=int(time.time()) + DAY, names=names, language="de-AT"
        )
        verifier = JwtTokenVerifier(shared_secret(SECRET), algorithm="HS256", names=names)

        assert verifier(token).contact == Contact(language="de-AT")


def test_remembered_token_is_still_checked_for_its_times(monkeypatch: pytest.MonkeyPatch) -> None:
    identity, now = tokens_of("HS256"), time.time()
    token = sign("HS256", exp=int(now) + 60)
    identity(token)

    monkeypatch.setattr("orders_adapters.security.tokens.time.time", lambda: now + 61)

    with pytest.raises(InvalidToken, match="expired"):
        identity(token)


def test_remembered_token_needs_its_key() -> None:
    keys = [SECRET.encode()]
    identity = JwtTokenVerifier(lambda _: keys[-1], algorithm="HS256")
    token = sign("HS256")
    identity(token)

    keys.append(b"another secret of at least 32 bytes")

    with pytest.raises(InvalidToken):
        identity(token)


def test_token_is_remembered_with_its_signature() -> None:
    identity, token = tokens_of("HS256"), sign("HS256")
    identity(token)
    content, _, signature = token.rpartition(".")

    with pytest.raises(InvalidToken):
        identity(f"{content}.{signature[::-1]}")


def test_remembered_tokens_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orders_adapters.security.tokens.MAX_REMEMBERED", 3)
    identity = tokens_of("HS256")

    for number in range(9):
        identity(sign("HS256", jti=str(number)))

    assert len(identity._remembered) == 3


def test_known_token_is_verified_once(monkeypatch: pytest.MonkeyPatch) -> None:
    identity, token = tokens_of("HS256"), sign("HS256")
    decode = Mock(wraps=jwt.decode_complete)
    monkeypatch.setattr(jwt, "decode_complete", decode)

    assert identity.verify(token) == identity.verify(token)
    assert decode.call_count == 1
