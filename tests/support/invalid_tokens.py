"""Invalid tokens: malformed, expired, incomplete or signed with another key, each with a label."""

import base64
import hashlib
import hmac
import json
import string
import time
from collections.abc import Iterator
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

HS256 = {"alg": "HS256", "typ": "JWT"}
DAY = 24 * 60 * 60


def forged_tokens(secret: str, subject: str) -> list[tuple[str, str]]:
    """Return labels and tokens that a service configured for HS256 with the secret must reject.

    Each token has the subject in its claims. Some contain characters that an HTTP header cannot carry.
    """
    return [
        *_malformed(secret, subject),
        *_signed_wrongly(secret, subject),
        *_signed_by_other_algorithms(secret, subject),
        *_with_headers(secret, subject),
        *_with_times(secret, subject),
        *_with_subjects(secret, subject),
        *_with_claims(secret, subject),
    ]


@cache
def rsa_key(name: str) -> rsa.RSAPrivateKey:
    """Return the key with a name, generated once a process, because a generation takes a tenth of a second."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def packed(value: Any) -> str:
    """A token segment: the value as JSON, including numbers that JSON does not have (NaN)."""
    return b64(value if isinstance(value, bytes) else json.dumps(value).encode())


def signed(secret: str, payload: Any, header: Any = HS256, digest: str = "sha256") -> str:
    """A token with an HS256 signature, for any header."""
    signing_input = f"{packed(header)}.{packed(payload)}"
    return f"{signing_input}.{b64(hmac.new(secret.encode(), signing_input.encode(), digest).digest())}"


def claims(subject: object, **others: object) -> dict[str, Any]:
    return {"sub": subject, "exp": int(time.time()) + DAY, **others}


def without(claim: str, subject: str) -> dict[str, Any]:
    return {name: value for name, value in claims(subject).items() if name != claim}


def _malformed(secret: str, subject: str) -> Iterator[tuple[str, str]]:
    good = signed(secret, claims(subject))
    header, payload, signature = good.split(".")
    yield "empty", ""
    yield "a space", " "
    yield "dots only", ".."
    yield "not a token", "not-a-token"
    yield "a JSON object", json.dumps(claims(subject))
    yield "header only", header
    yield "two segments", f"{header}.{payload}"
    yield "no signature", f"{header}.{payload}."
    yield "no header", f".{payload}.{signature}"
    yield "no payload", f"{header}..{signature}"
    yield "truncated", good[:-4]
    yield "a fourth segment", f"{good}.{signature}"
    yield "a fourth segment, empty", f"{good}."
    yield "twice", f"{good}.{good}"
    yield "the payload twice", f"{header}.{payload}.{payload}.{signature}"
    encrypted = packed({"alg": "dir", "enc": "A256GCM"})
    yield "five segments, as an encrypted token has", f"{encrypted}..{b64(bytes(12))}.{payload}.{signature}"
    yield "a character that is not ASCII", f"{header}.{payload}.{signature[:-1]}é"
    yield "full-width letters", good.replace("e", "ｅ")
    yield "NUL", f"{good}\x00"
    yield "half of a surrogate pair", f"{good}\ud800"
    yield "a space before", f" {good}"
    yield "a space after", f"{good} "
    yield "a newline after", f"{good}\n"
    yield "a newline within", f"{header}.{payload}.\n{signature}"
    yield "junk in the signature", f"{header}.{payload}.{signature[:9]}!{signature[9:]}"
    yield "base64 padding after", f"{good}="
    yield "base64 padding of the header", f"{header}=.{payload}.{signature}"
    yield "unused bits of the last letter", f"{good[:-1]}{_next_letter(good[-1])}"
    yield "9 KB, of a whole token", signed(secret, claims(subject, note="x" * 7_000))
    yield "9 KB of nothing", "A" * 9_216
    yield "a header that is no JSON", f"{b64(b'alg=HS256')}.{payload}.{signature}"
    yield "a payload that is no JSON", signed(secret, b"sub=" + subject.encode())
    yield "a payload that is not UTF-8", signed(secret, b'{"sub": "\xff\xfe", "exp": 99999999999}')
    for label, value in {"list": [claims(subject)], "string": subject, "number": 7, "null": None}.items():
        yield f"a payload that is a {label}", signed(secret, value)
        yield f"a header that is a {label}", signed(secret, claims(subject), header=value)
    if _is_too_deep(b"[" * 2_000 + b"]" * 2_000):
        yield from deep_tokens(secret, subject)


def deep_tokens(secret: str, subject: str) -> Iterator[tuple[str, str]]:
    """Tokens signed with the secret whose JSON is deeper than the parser of some Python versions supports."""
    deep = b'{"sub": "%b", "exp": 99999999999, "deep": %b}' % (subject.encode(), b"[" * 2_000 + b"]" * 2_000)
    yield "a payload nested 2,000 deep", signed(secret, deep)
    deep = b'{"alg": "HS256", "deep": %b}' % (b"[" * 2_000 + b"]" * 2_000)
    yield "a header nested 2,000 deep", signed(secret, claims(subject), header=deep)


def _is_too_deep(text: bytes) -> bool:
    """The parser of Python 3.14 reads any depth that fits into a token, so that such a token is valid there."""
    try:
        json.loads(text)
    except RecursionError:
        return True
    return False


def _next_letter(letter: str) -> str:
    """The base64 letter that differs in its last bit, which carries no data at the end of 32 bytes."""
    alphabet = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
    return alphabet[alphabet.index(letter) ^ 1]


def _signed_wrongly(secret: str, subject: str) -> Iterator[tuple[str, str]]:
    good = signed(secret, claims(subject))
    header, payload, signature = good.split(".")
    others = signed(secret, claims("somebody-else"))
    yield "another secret", signed("z" * 40, claims(subject))
    yield "an empty secret", signed("", claims(subject))
    yield "the secret and a newline", signed(f"{secret}\n", claims(subject))
    yield "the signature of another token", f"{header}.{payload}.{others.split('.')[2]}"
    yield "the payload of another token", f"{header}.{packed(claims('root', role='admin'))}.{signature}"
    yield "the header of another token", f"{packed({'typ': 'JWT', 'alg': 'HS256'})}.{payload}.{signature}"
    yield "one bit of the signature", f"{header}.{payload}.{b64(_flipped(signature))}"
    yield "a signature of zeros", f"{header}.{payload}.{b64(bytes(32))}"
    yield "half a signature", f"{header}.{payload}.{signature[:20]}"
    digest = hashlib.sha256(f"{header}.{payload}".encode()).digest()
    yield "a bare hash for a signature", f"{header}.{payload}.{b64(digest)}"


def _flipped(signature: str) -> bytes:
    raw = base64.urlsafe_b64decode(f"{signature}=")
    return bytes([raw[0] ^ 1]) + raw[1:]


def _signed_by_other_algorithms(secret: str, subject: str) -> Iterator[tuple[str, str]]:
    body = claims(subject)
    for spelling in ("none", "None", "NONE", "nOnE", "none ", "", None, "null"):
        header = {"alg": spelling, "typ": "JWT"}
        yield f"alg {spelling!r}, unsigned", f"{packed(header)}.{packed(body)}."
        yield f"alg {spelling!r}, signed", signed(secret, body, header=header)
    yield "no alg", signed(secret, body, header={"typ": "JWT"})
    yield "alg hs256", signed(secret, body, header={"alg": "hs256"})
    yield "alg 256", signed(secret, body, header={"alg": 256})
    yield "alg in a list", signed(secret, body, header={"alg": ["HS256"]})
    yield "alg in an object", signed(secret, body, header={"alg": {"HS256": True}})
    for algorithm, digest in (("HS384", "sha384"), ("HS512", "sha512")):
        yield f"{algorithm} with the secret", signed(secret, body, header={"alg": algorithm}, digest=digest)
    foreign = rsa_key("foreign")
    yield "RS256 with a key of its own", jwt.encode(body, foreign, algorithm="RS256")
    yield "PS256 with a key of its own", jwt.encode(body, foreign, algorithm="PS256")
    yield "ES256 with a key of its own", jwt.encode(body, ec.generate_private_key(ec.SECP256R1()), algorithm="ES256")
    yield "EdDSA with a key of its own", jwt.encode(body, ed25519.Ed25519PrivateKey.generate(), algorithm="EdDSA")


def _with_headers(secret: str, subject: str) -> Iterator[tuple[str, str]]:
    """Headers that contain or refer to a key for their own signature, or that name critical extensions."""
    body, own = claims(subject), "k" * 40
    yield "a key in jwk", signed(own, body, header=HS256 | {"jwk": {"kty": "oct", "k": b64(own.encode())}})
    yield "a key behind jku", signed(own, body, header=HS256 | {"jku": "http://127.0.0.1:9/keys"})
    yield "a key behind x5u", signed(own, body, header=HS256 | {"x5u": "http://127.0.0.1:9/cert"})
    yield "a key in x5c", signed(own, body, header=HS256 | {"x5c": [b64(own.encode())]})
    yield "kid of a file that is empty", signed("", body, header=HS256 | {"kid": "/dev/null"})
    yield "kid of a path", signed(own, body, header=HS256 | {"kid": "../../../../etc/hostname"})
    yield "kid of SQL", signed(own, body, header=HS256 | {"kid": "' UNION SELECT 'kkkk' --"})
    yield "kid that is a number", signed(secret, body, header=HS256 | {"kid": 7})
    for other in ("rt+jwt", "logout+jwt", "application/secevent+jwt", "", 7):
        yield f"typ {other!r}", signed(secret, body, header=HS256 | {"typ": other})
    yield "crit that nobody knows", signed(secret, body, header=HS256 | {"crit": ["two-factor"], "two-factor": True})
    yield "crit that is empty", signed(secret, body, header=HS256 | {"crit": []})
    yield "crit that is a string", signed(secret, body, header=HS256 | {"crit": "b64"})
    yield "b64 false", signed(secret, body, header=HS256 | {"b64": False})
    yield "b64 false and critical", signed(secret, body, header=HS256 | {"b64": False, "crit": ["b64"]})
    detached = signed(secret, body, header=HS256 | {"b64": False, "crit": ["b64"]}).split(".")
    yield "b64 false and detached", f"{detached[0]}..{detached[2]}"
    yield "nested", signed(secret, json.dumps(signed(secret, body)).encode(), header=HS256 | {"cty": "JWT"})


def _with_times(secret: str, subject: str) -> Iterator[tuple[str, str]]:
    now = int(time.time())
    exps: dict[str, object] = {
        "a second ago": now - 1,
        "this very second": now,
        "1970": 0,
        "before 1970": -1,
        "a string": str(now + DAY),
        "true": True,
        "false": False,
        "null": None,
        "half a second ago": now - 0.5,
        "beyond 64 bits": 2**63,
        "1e308": 1e308,
        "NaN": float("nan"),
        "Infinity": float("inf"),
        "a list": [now + DAY],
        "an object": {"at": now + DAY},
        "a date": "2099-12-31T00:00:00Z",
    }
    yield "no exp", signed(secret, without("exp", subject))
    for label, exp in exps.items():
        yield f"exp {label}", signed(secret, claims(subject) | {"exp": exp})
    yield "exp 1e400", signed(secret, json.dumps(claims(subject) | {"exp": "E"}).replace('"E"', "1e400").encode())
    yield "exp of 5,000 digits", signed(secret, b'{"sub": "%b", "exp": %b}' % (subject.encode(), b"9" * 5_000))
    yield "nbf tomorrow", signed(secret, claims(subject, nbf=now + DAY))
    yield "nbf in 12 hours", signed(secret, claims(subject, nbf=now + DAY / 2 + 0.5))  # a deep run takes an hour
    for claim in ("nbf", "iat"):
        yield f"{claim} true", signed(secret, claims(subject, **{claim: True}))
        yield f"{claim} of words", signed(secret, claims(subject, **{claim: "yesterday"}))
        yield f"{claim} in a list", signed(secret, claims(subject, **{claim: [now - DAY]}))
        yield f"{claim} NaN", signed(secret, claims(subject, **{claim: float("nan")}))
        yield f"{claim} Infinity", signed(secret, claims(subject, **{claim: float("inf")}))
        yield f"{claim} null", signed(secret, claims(subject, **{claim: None}))


def _with_subjects(secret: str, subject: str) -> Iterator[tuple[str, str]]:
    yield "no sub", signed(secret, without("sub", subject))
    subjects: dict[str, object] = {
        "empty": "",
        "null": None,
        "a number": 7,
        "true": True,
        "a list": [subject],
        "an object": {"id": subject},
        "256 characters": "a" * 256,
        "NUL": f"{subject}\x00",
        "half of a surrogate pair": f"{subject}\ud800",
    }
    for label, value in subjects.items():
        yield f"sub {label}", signed(secret, claims(value))


def _with_claims(secret: str, subject: str) -> Iterator[tuple[str, str]]:
    roles: dict[str, object] = {"list": ["admin"], "number": 1, "object": {"admin": True}, "true": True}
    for label, role in roles.items():
        yield f"role {label}", signed(secret, claims(subject, role=role))
    scopes: dict[str, object] = {
        "number": 7,
        "true": True,
        "object": {"orders:write": True},
        "list of numbers": [7],
        "list in a list": [["orders:write"]],
    }
    for label, scope in scopes.items():
        yield f"scope {label}", signed(secret, claims(subject, scope=scope))
    yield "jti that is a number", signed(secret, claims(subject, jti=7))
