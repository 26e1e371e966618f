"""Failure modes of an external service."""

from enum import Enum


class Misbehaviour(Enum):
    """The behaviour of a server instead of a normal response."""

    HANG = "never answers"
    DRIP_HEADERS = "answers a byte each 0.2 s, of the headers"
    DRIP_BODY = "answers a byte each 0.2 s, of the body"
    NO_JSON = "answers what is no JSON"
    OTHER_SHAPE = "answers other JSON"
    FLOOD = "answers 50 MB"
    DROP = "hangs up without an answer"
    FAIL = "answers 500"
    REDIRECT = "sends us elsewhere"
    NOT_HTTP = "answers what is no HTTP"
    DO_AND_DROP = "does it, and hangs up"
    DO_AND_HANG = "does it, and never answers"
    DO_AND_FAIL = "does it, and answers 500"
    DO_AND_LIE = "does it, and answers other JSON"
    HANG_AND_DO = "does it when we have long given up"

    @property
    def does_it(self) -> bool:
        return self.name.startswith("DO_AND")
