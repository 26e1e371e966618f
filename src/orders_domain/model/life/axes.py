"""Axes of an order beside its status: payment and fulfilment. Both are derived, and no request sets them."""

from enum import Enum


class PaymentStatus(Enum):
    NONE = "none"
    AUTHORIZED = "authorized"
    PART_PAID = "part_paid"
    PAID = "paid"
    PART_REFUNDED = "part_refunded"
    REFUNDED = "refunded"


class FulfillmentStatus(Enum):
    NONE = "none"
    PART = "part"  # some units are shipped, and others are open
    FULL = "whole"  # no unit is open, and some are shipped
    DELIVERED = "delivered"
