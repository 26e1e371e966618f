"""Users who sign in, refresh their token, sign out, and present the revoked token again."""

from collections import deque

from tests.torture.credentials import PASSWORD
from tests.torture.load.actor import Actor
from tests.torture.load.shared import Shared
from tests.torture.log import Outcome


class SignIn(Actor):
    """The account's id and its e-mail address are derived from the actor's name."""

    pause = (1.2, 2.4)  # the limit is 100 sign-ins per minute and address

    def __init__(self, name: str, shared: Shared, *, seed: int) -> None:
        super().__init__(name, shared, seed=seed)
        self._dead: deque[str] = deque(maxlen=200)

    def act(self) -> None:
        for token in self.chance.sample(list(self._dead), min(3, len(self._dead))):
            self._use(token)
        body = {"email": email_of(self.name), "password": PASSWORD}
        if self.attempt("auth.login", "POST", "/auth/login", body, token="").outcome is not Outcome.ACKNOWLEDGED:
            return
        token = str(self.response.body["token"])
        self._use(token)
        if self.chance.random() < 0.5:
            token = self._refreshed(token)
        if (
            token
            and self.retry_until_final("auth.logout", "POST", "/auth/logout", token=token, subject=token).status == 200
        ):
            self._dead.append(token)
            self._use(token)

    def _refreshed(self, token: str) -> str:
        """Return the new token. There is no retry, because a second use would revoke both tokens."""
        path, body = "/auth/refresh", {"token": token}
        if self.attempt("auth.refresh", "POST", path, body, token="", subject=token).outcome is Outcome.ACKNOWLEDGED:
            successor = str(self.response.body["token"])
            self._dead.append(token)
            self._use(token)
            return successor
        return ""

    def _use(self, token: str) -> None:
        self.attempt("auth.use", "GET", f"/orders/user/{self.name}?limit=1", token=token, subject=token)


def email_of(name: str) -> str:
    return f"{name}@example.com"
