"""Keys of an identity provider: fetched only if needed, and an outage of the provider costs a bounded time."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from orders_adapters.security import jwks
from orders_adapters.security.jwks import JwksKeys
from orders_adapters.security.tokens import JwtTokenVerifier
from orders_domain.errors import IdentityUnavailable, InvalidToken
from tests.support.invalid_tokens import claims, forged_tokens, packed, rsa_key

KEY, NEXT_KEY = rsa_key("ours"), rsa_key("next")
CURVE = ec.generate_private_key(ec.SECP256R1())


def published(key: rsa.RSAPrivateKey, kid: str) -> dict[str, Any]:
    return {**RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid, "alg": "RS256", "use": "sig"}


def unnamed(key: rsa.RSAPrivateKey) -> dict[str, Any]:
    return {name: value for name, value in published(key, "").items() if name != "kid"}


class Provider:
    """An identity provider on loopback; ``response`` is its body, ``requests`` counts its requests."""

    def __init__(self) -> None:
        self.response: bytes = json.dumps({"keys": [published(KEY, "march")]}).encode()
        self.status = 200
        self.requests = 0
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.requests += 1
                self.send_response(provider.status)
                self.send_header("Content-Length", str(len(provider.response)))
                self.end_headers()
                self.wfile.write(provider.response)

            def log_message(self, *_: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/keys"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def close(self) -> None:
        if self.thread.is_alive():
            self.server.shutdown()
            self.server.server_close()
            self.thread.join()


@pytest.fixture
def provider() -> Iterator[Provider]:
    provider = Provider()
    yield provider
    provider.close()


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """A provider that accepts connections and sends nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        yield listener


def identity_of(url: str) -> JwtTokenVerifier:
    return JwtTokenVerifier(JwksKeys(url, algorithm="RS256"), algorithm="RS256")


def token(key: rsa.RSAPrivateKey = KEY, *, kid: object = "march", **others: object) -> str:
    return jwt.encode(claims("ada", **others), key, algorithm="RS256", headers={"kid": kid})


def test_keys_are_fetched_once(provider: Provider) -> None:
    identity = identity_of(provider.url)

    assert [identity(token()).subject for _ in range(5)] == ["ada"] * 5

    assert provider.requests == 1


def test_unknown_key_is_rejected_without_a_fetch(provider: Provider) -> None:
    identity = identity_of(provider.url)
    identity(token())

    for number in range(20):
        with pytest.raises(InvalidToken):
            identity(token(kid=f"unknown-{number}"))

    assert provider.requests == 1
    assert identity(token()).subject == "ada"


def test_unknown_first_key_costs_one_fetch(provider: Provider) -> None:
    identity = identity_of(provider.url)

    for number in range(5):
        with pytest.raises(InvalidToken):
            identity(token(kid=f"unknown-{number}"))

    assert provider.requests == 1


def test_new_key_is_accepted_after_cooldown(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    identity = identity_of(provider.url)
    identity(token())
    provider.response = json.dumps({"keys": [published(KEY, "march"), published(NEXT_KEY, "april")]}).encode()
    with pytest.raises(InvalidToken):
        identity(token(NEXT_KEY, kid="april"))

    present = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: present() + 31)

    assert identity(token(NEXT_KEY, kid="april")).subject == "ada"
    assert provider.requests == 2


@pytest.mark.parametrize("kid", ["", "april", "MARCH", "march ", "../march", "march\x00"])
def test_token_of_unknown_key_id_is_rejected(provider: Provider, kid: str) -> None:
    with pytest.raises(InvalidToken):
        identity_of(provider.url)(token(kid=kid))


WITHOUT_KID = {
    "the token": ([published(KEY, "march")], None, True),
    "the key": ([unnamed(KEY)], "march", True),
    "both": ([unnamed(KEY)], None, True),
    "the key, beside named ones": ([published(NEXT_KEY, "april"), unnamed(KEY)], "march", True),
    "the token, beside one for encryption": ([published(NEXT_KEY, "april") | {"use": "enc"}, unnamed(KEY)], None, True),
    "the token, beside a key of a curve": (
        [{**ECAlgorithm.to_jwk(CURVE.public_key(), as_dict=True), "kid": "curve"}, published(KEY, "march")], None, True,
    ),
    "the token, of two keys": ([published(KEY, "march"), published(NEXT_KEY, "april")], None, False),
    "two keys": ([unnamed(KEY), unnamed(NEXT_KEY)], "march", False),
    "another key": ([unnamed(NEXT_KEY)], None, False),
    "the token, of a named key of another id": ([published(KEY, "march"), unnamed(NEXT_KEY)], "may", False),
}  # fmt: skip


@pytest.mark.parametrize("lacking", WITHOUT_KID)
def test_key_id_is_optional_where_one_key_fits(provider: Provider, lacking: str) -> None:
    keys, kid, accepted = WITHOUT_KID[lacking]
    provider.response = json.dumps({"keys": keys}).encode()
    signed = token(kid=kid) if kid else jwt.encode(claims("ada"), KEY, algorithm="RS256")

    with nullcontext() if accepted else pytest.raises(InvalidToken):
        assert identity_of(provider.url)(signed).subject == "ada"


@pytest.mark.parametrize("kid", [7, True, ["march"], {"march": 1}], ids=repr)
def test_non_string_key_id_is_rejected(provider: Provider, kid: object) -> None:
    _, payload, signature = token().split(".")

    with pytest.raises(InvalidToken):
        identity_of(provider.url)(f"{packed({'alg': 'RS256', 'kid': kid})}.{payload}.{signature}")


def test_foreign_signature_is_rejected(provider: Provider) -> None:
    with pytest.raises(InvalidToken):
        identity_of(provider.url)(token(NEXT_KEY))


def test_published_key_of_other_algorithm_is_rejected(provider: Provider) -> None:
    curve = {**ECAlgorithm.to_jwk(CURVE.public_key(), as_dict=True), "kid": "curve", "alg": "ES256"}
    shared = {"kty": "oct", "kid": "shared", "k": packed(b"k" * 40), "alg": "HS256"}
    provider.response = json.dumps({"keys": [curve, shared, published(KEY, "march")]}).encode()
    identity = identity_of(provider.url)

    for forged in (
        jwt.encode(claims("ada"), CURVE, algorithm="ES256", headers={"kid": "curve"}),
        jwt.encode(claims("ada"), b"k" * 40, algorithm="HS256", headers={"kid": "shared"}),
        jwt.encode(claims("ada"), b"k" * 40, algorithm="HS256", headers={"kid": "march"}),
    ):
        with pytest.raises(InvalidToken):
            identity(forged)
    for kid in ("curve", "shared"):
        with pytest.raises(InvalidToken):
            JwksKeys(provider.url, algorithm="RS256")(token(kid=kid))  # the log must not contain the key
    assert identity(token()).subject == "ada"


def test_forged_tokens_are_rejected(provider: Provider) -> None:
    identity = identity_of(provider.url)
    identity(token())

    for label, forged in forged_tokens("correct horse battery staple, 2026", "ada"):
        with pytest.raises(InvalidToken):
            pytest.fail(f"{label}: {identity(forged)}")


ILL = {
    "no JSON": b"<html>Be right back</html>",
    "nothing": b"",
    "a list": b"[]",
    "a number": b"7",
    "no keys": b"{}",
    "no key": b'{"keys": []}',
    "keys that are none": b'{"keys": [{"kty": "odd"}]}',
    "keys that are no objects": b'{"keys": [7]}',
    "keys that are no list": b'{"keys": 7}',
    "an error of its own": b'{"error": "maintenance"}',
    "no UTF-8": b"\xff\xfe\xff",
}


@pytest.mark.parametrize("response", ILL.values(), ids=list(ILL))
def test_invalid_key_set_is_unavailable_for_a_time(provider: Provider, response: bytes) -> None:
    provider.response = response
    identity = identity_of(provider.url)

    for _ in range(5):
        with pytest.raises(IdentityUnavailable):
            identity(token())

    assert provider.requests == 1


@pytest.mark.parametrize("status", [404, 500, 503, 302])
def test_error_status_is_unavailable(provider: Provider, status: int) -> None:
    provider.status = status

    with pytest.raises(IdentityUnavailable):
        identity_of(provider.url)(token())


def test_closed_port_is_unavailable_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    identity = identity_of(f"http://127.0.0.1:{port}/keys")

    began = time.monotonic()
    for _ in range(10):
        with pytest.raises(IdentityUnavailable):
            identity(token())

    assert time.monotonic() - began < 1


@pytest.mark.parametrize("farewell", ["close", "reset"])
def test_disconnecting_provider_is_unavailable(silent: socket.socket, farewell: str) -> None:
    def hang_up() -> None:
        connection, _ = silent.accept()
        connection.recv(65536)
        if farewell == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.close()

    thread = threading.Thread(target=hang_up)
    thread.start()

    with pytest.raises(IdentityUnavailable):
        identity_of(f"http://127.0.0.1:{silent.getsockname()[1]}/keys")(token())
    thread.join()


def test_silent_provider_times_out_for_all_threads(silent: socket.socket) -> None:
    identity = identity_of(f"http://127.0.0.1:{silent.getsockname()[1]}/keys")
    outcomes: list[type] = []

    def ask() -> None:
        try:
            identity(token())
        except IdentityUnavailable as error:
            outcomes.append(type(error))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert outcomes == [IdentityUnavailable] * 8
    assert time.monotonic() - began < 5


def test_recovered_provider_is_asked_after_pause(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    provider.status = 503
    identity = identity_of(provider.url)
    with pytest.raises(IdentityUnavailable):
        identity(token())
    provider.status = 200
    with pytest.raises(IdentityUnavailable):
        identity(token())

    present = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: present() + 3)

    assert identity(token()).subject == "ada"
    assert provider.requests == 2


class Dripping:
    """A provider that sends a byte at a time, and never ends."""

    def __init__(self, listener: socket.socket) -> None:
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}/keys"
        self._listener, self._over = listener, threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        with suppress(OSError):
            self._drip(self._listener.accept()[0])

    def _drip(self, connection: socket.socket) -> None:
        with connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            while not self._over.wait(0.05):
                connection.sendall(b" ")

    def close(self) -> None:
        self._over.set()
        self._listener.shutdown(socket.SHUT_RDWR)  # ends accept
        self._thread.join()


def test_dripping_provider_ends_at_a_deadline(silent: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jwks, "TIMEOUT", 0.3)
    provider = Dripping(silent)

    began = time.monotonic()
    with pytest.raises(IdentityUnavailable):
        identity_of(provider.url)(token())

    assert time.monotonic() - began < 2
    provider.close()


@pytest.mark.parametrize("failure", ["away", "broken", "dripping"])
def test_known_keys_are_good_while_the_provider_fails(
    provider: Provider, silent: socket.socket, monkeypatch: pytest.MonkeyPatch, failure: str
) -> None:
    keys = JwksKeys(provider.url, algorithm="RS256")
    identity = JwtTokenVerifier(keys, algorithm="RS256")
    identity(token())
    dripping = Dripping(silent)
    if failure == "away":
        provider.close()
    elif failure == "broken":
        provider.status = 503
    else:
        monkeypatch.setattr(keys, "_url", dripping.url)
    present, later = time.monotonic, [301.0]
    monkeypatch.setattr(time, "monotonic", lambda: present() + later[0])

    costs = []
    for _ in range(50):
        began = present()
        assert identity(token()).subject == "ada"
        costs.append(present() - began)
        later[0] += 100
    assert sorted(costs)[45] < 0.1, "a request waits for the provider"

    later[0] = 86_400 + 600.0
    monkeypatch.setattr(jwks, "TIMEOUT", 0.1)
    wait_for_fetch(keys)
    with pytest.raises(IdentityUnavailable):
        identity(token())
    dripping.close()


def wait_for_fetch(keys: JwksKeys) -> None:
    assert keys._lock.acquire(timeout=5)
    keys._lock.release()


def test_keys_are_refreshed_in_the_background(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = JwksKeys(provider.url, algorithm="RS256")
    identity = JwtTokenVerifier(keys, algorithm="RS256")
    identity(token())
    provider.response = json.dumps({"keys": [published(NEXT_KEY, "april")]}).encode()
    present = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: present() + 301)

    identity(token())
    wait_for_fetch(keys)

    assert identity(token(NEXT_KEY, kid="april")).subject == "ada"
    with pytest.raises(InvalidToken):
        identity(token())  # the provider has withdrawn the key
    assert provider.requests == 2


def test_cached_keys_serve_during_outage(provider: Provider) -> None:
    identity = identity_of(provider.url)
    identity(token())
    provider.status = 503

    assert identity(token()).subject == "ada"
    with pytest.raises(InvalidToken):
        identity(token(kid="unknown"))
