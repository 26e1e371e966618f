"""All actors of a run."""

import time
from collections.abc import Callable, Sequence

from tests.torture.load.actor import Actor
from tests.torture.load.administrators import Administrator
from tests.torture.load.buyers import CheckoutBuyer, ManagementBuyer, OrdersBuyer, OStoreBuyer
from tests.torture.load.cancellers import Canceller
from tests.torture.load.carriers import Carrier
from tests.torture.load.feed_readers import FeedReader
from tests.torture.load.holders import Holder
from tests.torture.load.late_payers import LatePayer
from tests.torture.load.merchants import Merchant
from tests.torture.load.payment_messengers import PaymentMessenger
from tests.torture.load.readers import Reader
from tests.torture.load.restockers import Restocker
from tests.torture.load.shared import GRACE_SECONDS, Shared
from tests.torture.load.sign_ins import SignIn
from tests.torture.options import Options
from tests.torture.service import Service

BUYERS = (OrdersBuyer, ManagementBuyer, OStoreBuyer, CheckoutBuyer)
FEED_READERS = ("feed-reader-1", "feed-reader-2")
SIGN_INS = ("sign-in-1", "sign-in-2")


class Crew:
    """`start`, and later `stop`, which waits for the final response to every request."""

    def __init__(
        self,
        shared: Shared,
        *,
        service: Service,
        broker: str,
        make_due: Callable[[str], bool],
        options: Options,
    ) -> None:
        self._shared = shared
        clients, seed = options.clients, options.seed
        readers = FEED_READERS if options.has_integrations else ()
        self._feed_readers = [FeedReader(name, shared, seed=seed) for name in readers]
        self._actors: list[Actor] = [
            buyer(f"{buyer.contract}-buyer-{number}", shared, seed=seed)
            for number in range(1, clients + 1)
            for buyer in BUYERS
        ]
        self._actors += [Reader(f"reader-{number}", shared, seed=seed) for number in range(1, clients + 2)]
        self._actors += [SignIn(name, shared, seed=seed) for name in SIGN_INS]
        self._actors += [
            Canceller("canceller-1", shared, seed=seed),
            Holder("holder-1", shared, seed=seed),
            Administrator("administrator-1", shared, seed=seed),
            Carrier("carrier-1", shared, seed=seed, url=broker),
            Merchant("merchant-1", shared, seed=seed),
            LatePayer("late-payer-1", shared, seed=seed, make_due=make_due),
            Restocker("restocker-1", shared, seed=seed, service=service),
            *self._feed_readers,
        ]
        if options.has_integrations:
            self._actors.append(PaymentMessenger("payment-messenger-1", shared, seed=seed, url=broker))

    def start(self) -> None:
        for actor in self._actors:
            actor.thread.start()

    def stop(self) -> Sequence[str]:
        """Return the names of the threads that did not end."""
        self._shared.stop()
        deadline = time.monotonic() + GRACE_SECONDS + 10
        for actor in self._actors:
            if actor.thread.ident is not None:
                actor.thread.join(max(deadline - time.monotonic(), 0))
        return [actor.name for actor in self._actors if actor.thread.is_alive()]

    def catch_up(self) -> None:
        """Read the event feed to its end."""
        for reader in self._feed_readers:
            reader.catch_up()
