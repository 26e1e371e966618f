"""Fates of stored values in an erasure, and their application to JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

from orders_domain.model.life.changes import EXPIRED

if TYPE_CHECKING:
    from orders_domain.model.values.json_values import JSON

WORD = "erased"
"""The text in place of one that must not be null."""
MAX_PLAIN_LENGTH = 64
"""Characters of the longest text that counts as an id or a number."""


class Fate(Enum):
    """The effect of an erasure on a value."""

    UNCHANGED = "unchanged"
    PLAIN = "plain"  # kept if it is a number, or a text of at most 64 characters; otherwise removed
    NULLED = "nulled"
    REMOVED = "removed"  # with its name
    REPLACED = "replaced"  # by WORD, unless it is null, empty, or the word that this service writes itself
    EMPTIED = "emptied"  # an empty list or object


@dataclass(frozen=True, slots=True)
class Each:
    """The rule of each element of a list."""

    rule: Rule


Rule: TypeAlias = "Fate | Each | Mapping[str, Rule]"
"""A fate, or the rules of the elements or the members; a member without a rule is removed."""


def rules(rule: Rule, names: str) -> dict[str, Rule]:
    """Return the rule for each of the names, which are separated by spaces."""
    return dict.fromkeys(names.split(), rule)


def redacted(value: JSON, rule: Rule) -> JSON:
    """Return the value as the rule leaves it; null stays null, and a value of another type than its rule's is null."""
    if value is None or rule is Fate.UNCHANGED:
        return value
    if isinstance(rule, Each):
        return [redacted(element, rule.rule) for element in value] if isinstance(value, list | tuple) else None
    if isinstance(rule, Mapping):
        return redacted_members(value, rule) if isinstance(value, Mapping) else None
    match rule:
        case Fate.PLAIN:
            return value if _is_plain(value) else None
        case Fate.REPLACED:
            return value if value in ("", EXPIRED) else WORD
        case Fate.EMPTIED:
            return {} if isinstance(value, Mapping) else []
    return None


def redacted_members(members: Mapping[str, JSON], rules: Mapping[str, Rule]) -> dict[str, JSON]:
    """Return the members that remain."""
    return {
        name: redacted(value, rules[name])
        for name, value in members.items()
        if (rule := rules.get(name, Fate.REMOVED)) is not Fate.REMOVED
        and not (rule is Fate.PLAIN and not _is_plain(value))
    }


def _is_plain(value: JSON) -> bool:
    return isinstance(value, int | float) or (isinstance(value, str) and len(value) <= MAX_PLAIN_LENGTH)
