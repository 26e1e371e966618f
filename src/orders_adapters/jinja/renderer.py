"""Notification renderer with Jinja templates that a folder can replace.

A folder has a subfolder for each language, and in it ``<kind>.subject``, ``<kind>.txt`` (both needed), ``<kind>.html``
and ``<kind>.sms`` for a kind. Templates run in a sandbox, and a name that is not known is an error.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from orders_domain.model.accounts.contact import is_language
from orders_domain.model.notification import Channel, Notification, NotificationKind, NotificationText
from orders_domain.model.values.json_values import JSON
from orders_domain.model.values.money import to_major_units

BUILT_IN = Path(__file__).parent / "templates"
BUILT_IN_LANGUAGES = ("de", "en")
MAX_TEMPLATE_BYTES = 256 * 1024
PARTS = ("subject", "txt", "html", "sms")
_REQUIRED = ("subject", "txt")
_ALLOWED = (
    f"<language>/<kind>.<part>, with a kind of {', '.join(kind.value for kind in NotificationKind)} and a part of "
)

log = logging.getLogger(__name__)

_Key = tuple[str, NotificationKind]
_Templates = Mapping[str, Template]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Folder:
    """The templates of one folder, and a sentence for each file that cannot be used."""

    templates: Mapping[_Key, _Templates]
    problems: Sequence[str] = ()


class JinjaRenderer:
    """See ``orders_domain.ports.notifier.NotificationRenderer``.

    A kind in a language comes from one folder only: from ``folder`` if its templates are valid, otherwise from the
    templates of this package. ``problems`` has a sentence for each file of ``folder`` that is not used.

    Raises:
        ValueError: ``folder`` is not a folder, or there are no templates of the default language.
    """

    def __init__(self, folder: Path | None = None, *, default_language: str = "en") -> None:
        if folder is not None and not folder.is_dir():
            raise ValueError(f"{folder} must be a folder that can be read.")
        own = _read(folder) if folder else _Folder(templates={})
        self.problems = own.problems
        self._built_in = _built_in()
        self._templates = {**self._built_in, **own.templates}
        self._default = default_language.lower()
        if missing := [kind.value for kind in NotificationKind if (self._default, kind) not in self._templates]:
            raise ValueError(
                f"The default language {default_language} has no templates of {', '.join(missing)}; it must be one of "
                f"{', '.join(BUILT_IN_LANGUAGES)}, or have all in the folder."
            )

    def __call__(self, notification: Notification, language: str | None) -> NotificationText:
        for tag in _fallbacks(language, self._default):
            if templates := self._templates.get((tag, notification.kind)):
                try:
                    return _render(templates, notification)
                except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:
                    log.warning(
                        "template.failed: %(template)s: %(error)s",
                        {"template": f"{tag}/{notification.kind.value}", "error": str(error)},
                    )
        return _render(self._built_in["en", notification.kind], notification)


def _fallbacks(language: str | None, default: str) -> Iterable[str]:
    """Return the tags to look for: de-AT is looked for as de-at, then as de, then the default language."""
    parts = (language or "").lower().split("-")
    return [*("-".join(parts[:length]) for length in range(len(parts), 0, -1)), default]


def _render(templates: _Templates, notification: Notification) -> NotificationText:
    values = _values(notification)
    subject = " ".join(templates["subject"].render(values).split())
    if notification.channel is Channel.SMS and "sms" in templates:
        return NotificationText(subject=subject, text=" ".join(templates["sms"].render(values).split()))
    html = templates["html"].render(values) if "html" in templates else None
    return NotificationText(subject=subject, text=templates["txt"].render(values).strip(), html=html)


def _values(notification: Notification) -> dict[str, Any]:
    """Return the names that templates know: the data, ``total`` in major units, ``id`` and ``occurred_at``."""
    data = notification.data
    values: dict[str, Any] = {"id": str(notification.id), "occurred_at": notification.occurred_at, **data}
    if "total_minor" in data:
        values["total"] = f"{to_major_units(values['total_minor'], values['currency']):f}"
    return values


@cache
def _built_in() -> Mapping[_Key, _Templates]:
    """Return the templates of this package, which are compiled once per process."""
    return _read(BUILT_IN).templates


def _read(folder: Path) -> _Folder:
    environments = {part: _environment(autoescape=part == "html") for part in PARTS}
    found: dict[_Key, dict[str, Template]] = {}
    broken: set[_Key] = set()
    problems = []
    for file in sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")):
        key, part = _key(file.relative_to(folder))
        if key is None:
            problems.append(f"{file}: the name must be {_ALLOWED}{', '.join(PARTS)}.")
            continue
        try:
            template = environments[part].from_string(_text(file))
            template.render(_values(_EXAMPLES[key[1]]))
        except Exception as error:  # noqa: BLE001 - a template may raise anything
            broken.add(key)
            problems.append(f"{file}: {type(error).__name__}: {error}")
            continue
        found.setdefault(key, {})[part] = template
    for key in sorted(found.keys() - broken, key=str):
        if missing := [part for part in _REQUIRED if part not in found[key]]:
            broken.add(key)
            problems.append(
                f"{folder / key[0] / key[1].value}.{missing[0]}: the file must exist, as another part does."
            )
    usable = {key: parts for key, parts in found.items() if key not in broken}
    return _Folder(templates=usable, problems=problems)


def _key(file: Path) -> tuple[_Key | None, str]:
    kind, _, part = file.name.partition(".")
    kinds = {each.value: each for each in NotificationKind}
    language = file.parent.as_posix()
    valid = kind in kinds and part in PARTS and is_language(language)
    return ((language.lower(), kinds[kind]) if valid else None), part


def _text(file: Path) -> str:
    if file.stat().st_size > MAX_TEMPLATE_BYTES:
        raise ValueError(f"the file must have at most {MAX_TEMPLATE_BYTES:,} bytes")
    return file.read_text(encoding="utf-8")


def _environment(*, autoescape: bool) -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(autoescape=autoescape, undefined=StrictUndefined, trim_blocks=True)


_WITHOUT_ORDER = frozenset({NotificationKind.STOCK_LOW, NotificationKind.WEBHOOK_DISABLED})


def _example(kind: NotificationKind, **data: JSON) -> Notification:
    order: dict[str, JSON] = {
        "order_id": "01a1fbae-6e87-74f6-aa47-082029bc341c",
        "number": 7,
        "user_id": "ann",
        "status": "PENDING",
        "previous_status": None,
        "total_minor": 7550,
        "currency": "USD",
    }
    return Notification(
        id=UUID(int=7),
        kind=kind,
        channel=Channel.EMAIL,
        data=data if kind in _WITHOUT_ORDER else order | data,
        occurred_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


_EXAMPLES = {
    example.kind: example
    for example in (
        _example(
            NotificationKind.ORDER_PLACED,
            origin="management",
            lines=[{"product_id": 1, "quantity": 2, "unit_price_minor": 3775}],
        ),
        _example(NotificationKind.STATUS_CHANGED, status="SHIPPED", previous_status="PAID"),
        _example(
            NotificationKind.ORDER_CANCELED,
            status="CANCELED",
            previous_status="PAID",
            origin="management",
            reason=None,
        ),
        *(
            _example(
                kind,
                status="SHIPPED",
                previous_status="SHIPPED",
                shipment_id=None,
                event={"event_id": "evt-7", "state": "returned", "occurred_at": "2026-01-01T00:00:00Z", "text": None},
            )
            for kind in (NotificationKind.SHIPMENT_CHANGED, NotificationKind.DELIVERY_FAILED)
        ),
        _example(
            NotificationKind.STOCK_LOW,
            product_id=1,
            sku="TEA-1",
            name="Tea",
            stock=2,
            low_stock_threshold=5,
            order_id=None,
        ),
        _example(
            NotificationKind.WEBHOOK_DISABLED,
            webhook_id="01a1fbae-6e87-74f6-aa47-082029bc341c",
            url="https://shop.example.com/hooks",
            is_gone=False,
            problem="status 500",
        ),
    )
}
"""An example of each kind, with which every template is tried when it is read."""
