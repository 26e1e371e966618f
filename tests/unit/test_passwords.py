"""Password hashing: hashes do not reveal passwords, and verification costs the same work for every account."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import argon2
import pytest

from orders_adapters.security import password_hasher as module
from orders_adapters.security.password_hasher import MAX_CONCURRENT, Argon2PasswordHasher
from orders_adapters.testing.accounts.password_hasher import PasswordHasherTests
from orders_domain.errors import PasswordHasherBusy


class TestArgon2PasswordHasher(PasswordHasherTests):
    @pytest.fixture
    def hasher(self) -> Argon2PasswordHasher:
        return Argon2PasswordHasher()


def test_hash_is_argon2id_with_owasp_parameters() -> None:
    parameters = argon2.extract_parameters(Argon2PasswordHasher().hash("correct horse"))

    assert parameters.type is argon2.Type.ID
    assert (parameters.memory_cost, parameters.time_cost, parameters.parallelism) == (19 * 1024, 2, 1)


def test_unicode_forms_of_password_are_equal() -> None:
    passwords = Argon2PasswordHasher()

    assert passwords.verify("cafe\u0301 noir", passwords.hash("caf\u00e9 noir"))


def test_missing_hash_costs_the_same_work(monkeypatch: pytest.MonkeyPatch) -> None:
    passwords, worked = Argon2PasswordHasher(), []
    real = argon2.low_level.verify_secret

    def counted(encoded: bytes, secret: bytes, kind: argon2.Type) -> bool:
        worked.append((argon2.extract_parameters(encoded.decode()), kind))
        return real(encoded, secret, kind)

    monkeypatch.setattr("argon2._password_hasher.verify_secret", counted)

    assert not passwords.verify("wrong horse", passwords.hash("correct horse"))
    assert not passwords.verify("wrong horse", None)
    assert not passwords.verify("", None)

    assert len(worked) == 3
    assert worked[0] == worked[1] == worked[2]


def test_old_parameters_need_a_rehash() -> None:
    passwords = Argon2PasswordHasher()
    old = argon2.PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash("correct horse")

    assert passwords.needs_rehash(old)
    assert passwords.verify("correct horse", old)


def test_two_hashes_run_concurrently_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    passwords, lock = Argon2PasswordHasher(), threading.Lock()
    running = peak = 0

    class Watched:
        def verify(self, *_: object) -> bool:
            nonlocal running, peak
            with lock:
                running += 1
                peak = max(peak, running)
            time.sleep(0.02)
            with lock:
                running -= 1
            return True

    monkeypatch.setattr(module, "_HASHER", Watched())

    with ThreadPoolExecutor(16) as threads:
        assert all(threads.map(lambda _: passwords.verify("correct horse", "hash"), range(32)))

    assert peak == MAX_CONCURRENT == 2


def test_busy_hasher_raises_after_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    passwords, begun, go_on = Argon2PasswordHasher(), threading.Barrier(MAX_CONCURRENT + 1), threading.Event()

    class Held:
        def verify(self, *_: object) -> bool:
            begun.wait(10)
            return go_on.wait(10)

    monkeypatch.setattr(module, "_HASHER", Held())
    monkeypatch.setattr(module, "WAIT_TIMEOUT", 0.1)
    with ThreadPoolExecutor(MAX_CONCURRENT) as threads:
        held = [threads.submit(passwords.verify, "correct horse", "hash") for _ in range(MAX_CONCURRENT)]
        begun.wait(10)

        with pytest.raises(PasswordHasherBusy):
            passwords.verify("correct horse", "hash")
        with pytest.raises(PasswordHasherBusy):
            passwords.verify("correct horse", None)
        go_on.set()
        assert [future.result() for future in held] == [True, True]

    monkeypatch.undo()
    assert passwords.verify("correct horse", passwords.hash("correct horse"))
