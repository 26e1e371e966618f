"""Contract of Clock and NewId: the time in UTC, and unique ids that sort by time."""

import threading
from datetime import UTC, datetime, timedelta
from itertools import chain, pairwise
from uuid import RFC_4122, UUID

from orders_domain.ports.clock import Clock, NewId


class ClockTests:
    """Promises of ``Clock``.

    A subclass has the fixture ``clock``: an adapter that tells the real time (``Clock``).
    """

    def test_clock_returns_utc(self, clock: Clock) -> None:
        before = datetime.now(UTC)

        moment = clock()

        assert moment.utcoffset() == timedelta(0)
        assert moment.isoformat().endswith("+00:00")
        assert before <= moment <= datetime.now(UTC)


class NewIdTests:
    """Promises of ``NewId``.

    A subclass has the fixture ``new_id``: an adapter that no test has used (``NewId``).
    """

    def test_id_has_version_7(self, new_id: NewId) -> None:
        id_ = new_id()

        assert (id_.version, id_.variant) == (7, RFC_4122)

    def test_threads_get_distinct_ascending_ids(self, new_id: NewId) -> None:
        taken: list[list[UUID]] = [[] for _ in range(8)]
        begin = threading.Barrier(8)

        def take(mine: list[UUID]) -> None:
            begin.wait()
            mine.extend(new_id() for _ in range(5_000))

        threads = [threading.Thread(target=take, args=(mine,)) for mine in taken]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(set(chain.from_iterable(taken))) == 8 * 5_000
        assert all(earlier < later for mine in taken for earlier, later in pairwise(mine))
