"""Contract of EmailNormalizer: every spelling of one address is one text, and other texts are rejected."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orders_adapters.testing.examples import NOON
from orders_domain.errors import InvalidValue
from orders_domain.model.accounts.user import User
from orders_domain.ports.accounts.email_normalizer import EmailNormalizer

NO_EMAILS = [
    "",
    " ",
    "ann",
    "@",
    "ann@",
    "ann@.",
    "@example.com",
    "ann@@example.com",
    "ann@b@example.com",
    "an n@example.com",
    "ann@exam\tple.com",
    "ann@example.com\x00",
    "ann\ud800@example.com",
    "ann\u200b@example.com",
    "ann\u202e@example.com",
    "ann@b\u00fcro_x.example",
    "ann@\u2028.example",
    "ann@exam\uff20ple.com",
    "a" * 243 + "@example.com",
    "a" * 1_000_000 + "@example.com",
]


class EmailNormalizerTests:
    """Promises of ``EmailNormalizer``.

    A subclass has the fixture ``normalize``: an adapter (``EmailNormalizer``).
    """

    @pytest.mark.parametrize("text", ["ann@example.com", " ANN@Example.COM\n", "Ann@EXAMPLE.com"])
    def test_email_ignores_case_and_outer_spaces(self, normalize: EmailNormalizer, text: str) -> None:
        assert normalize(text) == "ann@example.com"

    @pytest.mark.parametrize(
        "text",
        ["a@b", "ann+tag@example.com", "o'neill@example.com", "łukasz@xn--przykad-rjb.pl", "a" * 242 + "@example.com"],
    )
    def test_valid_email_is_accepted(self, normalize: EmailNormalizer, text: str) -> None:
        assert normalize(text) == text

    @pytest.mark.parametrize(
        ("text", "normalized"),
        [
            ("Jose\u0301@example.com", "jos\u00e9@example.com"),
            ("ann@Przyk\u0142ad.PL", "ann@xn--przykad-rjb.pl"),
            ("ann@example.com.", "ann@example.com"),
            ("ann@b\u00fccher\u3002example\u3002", "ann@xn--bcher-kva.example"),
            ("ann@B\u0075\u0308cher.example", "ann@xn--bcher-kva.example"),
            ("ann@b\u00fccher\u3002example", "ann@xn--bcher-kva.example"),
            ("ann@XN--BCHER-KVA.example", "ann@xn--bcher-kva.example"),
            ("ann@stra\u00dfe.example", "ann@xn--strae-oqa.example"),
            ("\u0130@example.com", "i\u0307@example.com"),
        ],
    )
    def test_spellings_of_an_email_are_normalized(self, normalize: EmailNormalizer, text: str, normalized: str) -> None:
        assert normalize(text) == normalized

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # the adapter has no state
    @given(st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20))
    def test_normalized_email_stays_the_same(self, normalize: EmailNormalizer, name: str, domain: str) -> None:
        try:
            normalized = normalize(f"{name}@{domain}")
        except InvalidValue:
            return

        assert normalize(normalized) == normalized
        assert User(id="ann", email=normalized, password_hash="$x", created_at=NOON).email == normalized

    @pytest.mark.parametrize("text", NO_EMAILS, ids=lambda text: repr(text[:20]))
    def test_invalid_email_is_rejected(self, normalize: EmailNormalizer, text: str) -> None:
        with pytest.raises(InvalidValue) as refusal:
            normalize(text)

        assert refusal.value.field == "email"
        assert len(str(refusal.value)) < 150
