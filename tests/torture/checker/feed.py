"""Event feed: each reader sees every event, none twice unless it resumed, and those of an order in their order."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from tests.torture.checker.events import differences, flaw_of
from tests.torture.checker.evidence import Evidence, Violation
from tests.torture.log import FeedPage

PROMISE = "each reader of the feed sees every event, in order, and none twice without a resumption"

Change = tuple[str, int]  # an order and its version


def check(evidence: Evidence) -> Iterator[Violation]:
    pages: dict[str, list[FeedPage]] = defaultdict(list)
    for page in evidence.feed:
        pages[page.reader].append(page)
    for reader, read in pages.items():
        for flaw in (*_repetitions(read), *_gaps(read, evidence)):
            yield Violation(promise=PROMISE, subject=reader, detail=flaw)
        for event in (event for page in read for event in page.events):
            if (why := flaw_of(event, evidence)) is not None:
                yield Violation(promise=PROMISE, subject=reader, detail=f"order {event['subject']}: {why}")
            elif names := differences(event, evidence):
                detail = f"event {event['id']} differs from what was published in {', '.join(names)}"
                yield Violation(promise=PROMISE, subject=reader, detail=detail)


def _changes(page: FeedPage) -> Sequence[Change]:
    return [(event["subject"], event["orderversion"]) for event in page.events]


def _repetitions(pages: Sequence[FeedPage]) -> Iterator[str]:
    """Only a page before a resumption whose cursor was not stored may be seen again."""
    seen: set[Change] = set()
    again: set[Change] = set()
    before: FeedPage | None = None
    for page in pages:
        if before is not None and before.resumptions != page.resumptions and not before.is_stored:
            again |= set(_changes(before))
        for order, version in _changes(page):
            if (order, version) in seen and (order, version) not in again:
                yield f"order {order}: version {version} was seen again"
            seen.add((order, version))
            again.discard((order, version))
        before = page


def _gaps(pages: Sequence[FeedPage], evidence: Evidence) -> Iterator[str]:
    """The versions of an order are first seen as 1, 2, 3 and so on, to the last one."""
    first: dict[str, list[int]] = defaultdict(list)
    for order, version in dict.fromkeys(change for page in pages for change in _changes(page)):
        first[order].append(version)
    for order, lines in evidence.history.items():
        versions = [int(line["version"]) for line in lines]
        if missing := sorted(set(versions) - set(first[order])):
            yield f"order {order}: versions {missing} were never seen"
        elif first[order] != versions:
            yield f"order {order}: first seen as versions {first[order]}"
