"""Settings from a .env file and from files that variables name."""

from dataclasses import fields
from pathlib import Path

import pytest

from orders_flask.settings import InvalidSetting, Settings, load

LONG_SECRET = "a-secret-of-thirty-two-bytes-or-more"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refusal() -> str:
    with pytest.raises(InvalidSetting) as refused:
        load()
    sentence = str(refused.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert LONG_SECRET not in sentence
    return sentence


def test_dotenv_in_working_directory_is_read(here: Path) -> None:
    (here / ".env").write_text(f"# of the shop\nDEFAULT_CURRENCY=EUR\nexport JWT_SECRET='{LONG_SECRET}'\n")

    settings = load()

    assert (settings.default_currency, settings.jwt_secret) == ("EUR", LONG_SECRET)


def test_dotenv_of_parent_directory_is_not_read(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / ".env").write_text("DEFAULT_CURRENCY=EUR\n")
    (here / "below").mkdir()
    monkeypatch.chdir(here / "below")

    assert load().default_currency == "USD"


@pytest.mark.parametrize(("set_to", "currency"), [("GBP", "GBP"), ("", "USD")])
def test_variable_overrides_dotenv(here: Path, monkeypatch: pytest.MonkeyPatch, set_to: str, currency: str) -> None:
    (here / ".env").write_text("DEFAULT_CURRENCY=EUR\n")
    monkeypatch.setenv("DEFAULT_CURRENCY", set_to)

    assert load().default_currency == currency


def test_dotenv_directory_is_ignored(here: Path) -> None:
    (here / ".env").mkdir()

    assert load() == Settings()


def test_binary_dotenv_is_rejected(here: Path) -> None:
    (here / ".env").write_bytes(b"JWT_SECRET=\xff\xfe")

    assert refusal() == ".env must be a readable text file: it is not UTF-8."


@pytest.mark.parametrize("name", [setting.metadata["name"] for setting in fields(Settings)])
def test_setting_is_read_from_its_file_variable(name: str, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{name}_FILE", str(here / "no-such-file"))

    assert f"{name}_FILE" in refusal()


@pytest.mark.parametrize("text", [LONG_SECRET, f"{LONG_SECRET}\n", f"{LONG_SECRET}\r\n"])
def test_secret_file_is_read_without_newline(text: str, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "secret").write_bytes(text.encode())
    monkeypatch.setenv("JWT_SECRET_FILE", str(here / "secret"))

    assert load().jwt_secret == LONG_SECRET


def test_dotenv_may_name_a_secret_file(here: Path) -> None:
    (here / "url").write_text("postgresql://ann:pw@db/shop\n")
    (here / ".env").write_text("DATABASE_URL_FILE=url\n")

    assert load().database_url == "postgresql://ann:pw@db/shop"


@pytest.mark.parametrize("in_dotenv", [False, True])
def test_variable_and_its_file_are_exclusive(in_dotenv: bool, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JWT_SECRET_FILE", "secret")
    if in_dotenv:
        (here / ".env").write_text(f"JWT_SECRET={LONG_SECRET}\n")
    else:
        monkeypatch.setenv("JWT_SECRET", LONG_SECRET)

    assert refusal() == "JWT_SECRET and JWT_SECRET_FILE are both set; only one of them is allowed."


def test_empty_variable_beside_file_is_ignored(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "secret").write_text(LONG_SECRET)
    monkeypatch.setenv("JWT_SECRET", "")
    monkeypatch.setenv("JWT_SECRET_FILE", "secret")

    assert load().jwt_secret == LONG_SECRET


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("no-such-file", "no such file or directory"),
        (".", "is a directory"),
        ("text/below", "not a directory"),
        ("binary", "it is not UTF-8"),
        ("x" * 300, "file name too long"),
    ],
)
def test_unreadable_file_is_named(path: str, why: str, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "text").write_text("text")
    (here / "binary").write_bytes(b"\xff\xfe")
    monkeypatch.setenv("JWT_SECRET_FILE", path)

    assert refusal() == f"JWT_SECRET_FILE must name a readable text file; {path} is not one: {why}."


def test_empty_file_is_rejected(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "secret").write_text("\n")
    monkeypatch.setenv("JWT_SECRET_FILE", "secret")

    assert refusal() == "JWT_SECRET_FILE must name a file that is not empty; secret is."
