"""Templates of notifications: those of a folder replace the package's, and a broken one is named and not used."""

from pathlib import Path

import pytest

from orders_adapters.jinja.renderer import BUILT_IN, BUILT_IN_LANGUAGES, JinjaRenderer
from orders_adapters.testing.notifications.renderer import NotificationRendererTests, notification
from orders_domain.model.notification import Channel, NotificationKind
from orders_domain.ports.notifier import NotificationRenderer

RENDERER = JinjaRenderer()
PLACED = notification(NotificationKind.ORDER_PLACED)


class TestJinjaRenderer(NotificationRendererTests):
    @pytest.fixture
    def render(self) -> NotificationRenderer:
        return RENDERER


def write(folder: Path, **files: str) -> Path:
    """Templates of placed orders, by part."""
    for part, text in files.items():
        (folder / "en").mkdir(exist_ok=True)
        (folder / "en" / f"order_placed.{part}").write_text(text)
    return folder


def test_package_has_every_template_in_each_language() -> None:
    files = {str(file.relative_to(BUILT_IN)) for file in BUILT_IN.rglob("*.*")}

    assert files == {
        f"{language}/{kind.value}.{part}"
        for language in BUILT_IN_LANGUAGES
        for kind in NotificationKind
        for part in ("subject", "txt", "sms")
    }


def test_folder_replaces_a_kind(tmp_path: Path) -> None:
    html = "<p>{{ user_id }}</p>"
    renderer = JinjaRenderer(write(tmp_path, subject="Tea {{ number }}\n", txt="Thank you.", html=html))

    content = renderer(notification(NotificationKind.ORDER_PLACED, user_id="<b>"), "en-GB")

    assert list(renderer.problems) == []
    assert (content.subject, content.text, content.html) == ("Tea 4711", "Thank you.", "<p>&lt;b&gt;</p>")
    assert "Bestellung" in renderer(PLACED, "de").text
    assert "cancelled" in renderer(notification(NotificationKind.ORDER_CANCELED), "en").text


def test_text_is_the_short_message_without_one(tmp_path: Path) -> None:
    renderer = JinjaRenderer(write(tmp_path, subject="Tea", txt="Thank you."))

    assert renderer(notification(NotificationKind.ORDER_PLACED, channel=Channel.SMS), "en").text == "Thank you."


@pytest.mark.parametrize(
    "text",
    [
        "{{ number",
        "{{ no_such_name }}",
        "{{ 1 / 0 }}",
        "{{ ''.__class__.__mro__ }}",
        "{% include '/etc/passwd' %}",
        "{{ lines.append(1) }}",
        "{{ range(10 ** 9) | list }}",
    ],
)
def test_broken_template_is_named_and_not_used(tmp_path: Path, text: str) -> None:
    renderer = JinjaRenderer(write(tmp_path, subject="Tea", txt=text))

    (problem,) = renderer.problems
    assert str(tmp_path / "en" / "order_placed.txt") in problem
    assert renderer(PLACED, "en") == RENDERER(PLACED, "en")


@pytest.mark.parametrize(
    "name", ["order_placed.txt", "en/order_paid.txt", "en/order_placed.pdf", "en/a/order_placed.txt"]
)
def test_unknown_file_is_named(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("Tea")

    (problem,) = JinjaRenderer(tmp_path).problems

    assert str(file) in problem
    assert "must be <language>/<kind>.<part>" in problem


def test_missing_subject_is_named(tmp_path: Path) -> None:
    renderer = JinjaRenderer(write(tmp_path, txt="Thank you."))

    (problem,) = renderer.problems
    assert "order_placed.subject: the file must exist" in problem
    assert renderer(PLACED, "en") == RENDERER(PLACED, "en")


def test_template_that_fails_later_is_not_used(tmp_path: Path) -> None:
    renderer = JinjaRenderer(write(tmp_path, subject="Tea", txt="{{ lines[0].product_id }}"))

    assert list(renderer.problems) == []
    assert renderer(PLACED, "en") == RENDERER(PLACED, "en")  # an order without lines


def test_default_language_needs_every_kind(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="has no templates of order_placed"):
        JinjaRenderer(tmp_path, default_language="fr")
    assert JinjaRenderer(default_language="de")(PLACED, "fr") == RENDERER(PLACED, "de")


def test_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="must be a folder"):
        JinjaRenderer(tmp_path / "none")


def test_letter_has_a_total_in_a_withdrawn_currency() -> None:
    letter = RENDERER(notification(NotificationKind.ORDER_PLACED, currency="HRK", total_minor=7550), "en")

    assert "75.50 HRK" in letter.text
