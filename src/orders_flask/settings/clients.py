"""Settings for clients of other order services; without them no client gets anything that was closed to it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from orders_flask.settings.auth import AuthSettings
from orders_flask.settings.broker import BrokerSettings
from orders_flask.settings.services import ServiceSettings
from orders_flask.settings.validation import InvalidSetting, require_one_of, setting

_CLAIMS = tuple(f"jwt_{name}_claim" for name in ("subject", "role", "scope", "email", "phone", "locale"))
_CLAIM = re.compile(r"[^\s.]+(\.[^\s.]+)*")


@dataclass(frozen=True, kw_only=True)
class ClientSettings(ServiceSettings, AuthSettings, BrokerSettings):
    """The claims, ids, carts, catalogue and events of services whose clients switch over."""

    jwt_subject_claim: str = setting(
        "JWT_SUBJECT_CLAIM", "", "the claim of the user's id, if it is not `sub`: a name, or a path such as `user.id`"
    )
    jwt_role_claim: str = setting(
        "JWT_ROLE_CLAIM", "", "the claim of the role, if it is not `role`; a list or words, of which one is `admin`"
    )
    jwt_scope_claim: str = setting(
        "JWT_SCOPE_CLAIM", "", "the claim of the scopes, if it is not `scope`; a list or words"
    )
    jwt_email_claim: str = setting(
        "JWT_EMAIL_CLAIM", "email", "the claim of the user's e-mail address, for letters; a name or a path"
    )
    jwt_phone_claim: str = setting(
        "JWT_PHONE_CLAIM", "phone_number", "the claim of the user's phone number, for short messages; a name or a path"
    )
    jwt_locale_claim: str = setting(
        "JWT_LOCALE_CLAIM", "locale", "the claim of the user's language, for letters; a name or a path"
    )
    user_ids: str = setting(
        "USER_IDS", "string", "`integer` shows ids of users that are whole numbers as JSON numbers, up to 2^53 - 1"
    )
    cart_authorization: str = setting(
        "CART_AUTHORIZATION", "token", "`signature` accepts signed carts that come without a token"
    )
    catalog_reservations: str = setting(
        "CATALOG_RESERVATIONS", "on", "`off` for a Product Catalog Service without reservations: stock is only checked"
    )
    order_events_exchange: str = setting(
        "ORDER_EVENTS_EXCHANGE", "", "a further topic exchange, for `checkout` orders in the envelope of source 004"
    )

    @property
    def integer_user_ids(self) -> bool:
        return self.user_ids == "integer"

    @property
    def carts_need_no_token(self) -> bool:
        return self.cart_authorization == "signature"

    def _check_clients(self) -> None:
        require_one_of("USER_IDS", self.user_ids, "string", "integer")
        require_one_of("CART_AUTHORIZATION", self.cart_authorization, "token", "signature")
        require_one_of("CATALOG_RESERVATIONS", self.catalog_reservations, "on", "off")
        for name in _CLAIMS:
            claim = getattr(self, name)
            if claim and not _CLAIM.fullmatch(claim):
                raise InvalidSetting(
                    f"{name.upper()} is {claim!r}; it must be a claim such as roles, or a path user.id."
                )
        if self.carts_need_no_token and not self.cart_snapshot_secret:
            raise InvalidSetting("CART_SNAPSHOT_SECRET must be set, because CART_AUTHORIZATION is signature.")
        if self.catalog_reservations == "off" and not self.catalog_service_url:
            raise InvalidSetting("CATALOG_RESERVATIONS must only be off if CATALOG_SERVICE_URL is set.")
        if self.order_events_exchange and not self.rabbitmq_url:
            raise InvalidSetting("ORDER_EVENTS_EXCHANGE must only be set if RABBITMQ_URL is set.")
        if self.order_events_exchange and self.order_events_exchange in (self.events_exchange, self.new_order_queue):
            raise InvalidSetting("ORDER_EVENTS_EXCHANGE must differ from EVENTS_EXCHANGE and NEW_ORDER_QUEUE.")
