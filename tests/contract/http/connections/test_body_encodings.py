"""Encodings of bodies: each is read as it is meant, or refused with a sentence that says what to do."""

import gzip
import json
import zlib
from codecs import BOM_UTF8

import pytest

from tests.support.client import Answer, Caller
from tests.support.service_stack import Stack

NAME = "Thé 🍵 à 2 €"
TEXT = f'{{"items": [{{"name": "{NAME}"}}], "total_price": 1}}'
BODY, PLAIN = TEXT.encode(), b'{"items": [{"name": "Tea"}], "total_price": 1}'
LATIN = TEXT.replace("🍵", "").replace("€", "")

READ = {
    "UTF-8": (BODY, "application/json"),
    "UTF-8 with a byte order mark": (BOM_UTF8 + BODY, "application/json"),
    "a charset in capitals": (BODY, "application/json; charset=UTF-8"),
    "a charset in quotes": (BODY, 'application/json;charset="utf8"'),
    "a charset with a byte order mark": (BOM_UTF8 + BODY, "application/json; charset=utf-8"),
    "escapes": (json.dumps(json.loads(TEXT)).encode(), "application/json"),
    "another JSON type": (BODY, "application/merge-patch+json; charset=utf-8"),
}
ASCII_CHARSETS = ("us-ascii", "ISO-8859-1", "windows-1252", "unknown")
SEND_UTF8 = "The body must be UTF-8; it seems to be"
CHARSET = "The charset must be utf-8 or left out, not {}; encode the body as UTF-8."
REFUSED = {
    "UTF-16": (TEXT.encode("utf-16"), "application/json", 400, f"{SEND_UTF8} UTF-16."),
    "UTF-16 without a mark": (TEXT.encode("utf-16-le"), "application/json", 400, f"{SEND_UTF8} UTF-16."),
    "UTF-16, big-endian": (TEXT.encode("utf-16-be"), "application/json", 400, f"{SEND_UTF8} UTF-16."),
    "UTF-16 in its charset": (
        BODY.decode().encode("utf-16"),
        "application/json; charset=utf-16",
        415,
        CHARSET.format("utf-16"),
    ),
    "UTF-16 of ASCII": (
        PLAIN.decode().encode("utf-16-le"),
        "application/json; charset=utf-16",
        400,
        f"{SEND_UTF8} UTF-16.",
    ),
    "UTF-32": (TEXT.encode("utf-32"), "application/json", 400, f"{SEND_UTF8} UTF-32."),
    "Latin-1": (LATIN.encode("latin-1"), "application/json; charset=latin-1", 415, CHARSET.format("latin-1")),
    "Latin-1 that is not declared": (b'"\xe9"', "application/json", 400, "The body must be UTF-8; byte 2 is not."),
    "gzip": (gzip.compress(BODY), "application/json", 400, f"{SEND_UTF8} compressed with gzip."),
    "deflate": (zlib.compress(BODY), "application/json", 400, f"{SEND_UTF8} compressed with deflate."),
}
CODINGS = ("gzip", "x-gzip", "deflate", "br", "zstd", "gzip, deflate", "identity, gzip", "utf-8", "aws-chunked")


def post(ann: Caller, body: bytes, content_type: str, **headers: str) -> Answer:
    return ann.ask("POST", "/orders/", data=body, content_type=content_type, headers=headers)


@pytest.mark.parametrize("form", READ)
def test_body_is_read_as_it_is_meant(ann: Caller, form: str) -> None:
    placed = post(ann, *READ[form])

    assert (placed.status_code, placed.json.get("items")) == (201, [{"name": NAME}]), placed.json


def test_ascii_body_is_read_in_any_charset(ann: Caller) -> None:
    answers = {charset: post(ann, PLAIN, f"application/json; charset={charset}") for charset in ASCII_CHARSETS}

    assert {charset: answer.status_code for charset, answer in answers.items()} == dict.fromkeys(answers, 201)


@pytest.mark.parametrize("form", REFUSED)
def test_other_encoding_is_refused_with_advice(stack: Stack, ann: Caller, form: str) -> None:
    body, content_type, status, sentence = REFUSED[form]

    refused = post(ann, body, content_type)

    assert (refused.status_code, refused.json["detail"]) == (status, sentence)
    assert ann.list().json == []


def test_compressed_body_is_refused_with_advice(ann: Caller) -> None:
    for coding in CODINGS:
        refused = post(ann, gzip.compress(BODY), "application/json", **{"Content-Encoding": coding})

        named = coding.removeprefix("identity, ")
        assert (refused.status_code, refused.headers["Accept-Encoding"]) == (415, "identity")
        assert refused.json["detail"] == (
            f"The body must be sent without compression, and not with the Content-Encoding {named}."
        )


def test_identity_is_no_compression(ann: Caller) -> None:
    assert post(ann, BODY, "application/json", **{"Content-Encoding": "Identity"}).status_code == 201


def test_every_contract_reads_and_refuses_alike(stack: Stack, ann: Caller) -> None:
    for path in ("/api/v1/orders/", "/ostore/orders", "/api/orders"):
        marked = ann.ask("POST", path, data=BOM_UTF8 + b"{}", content_type="application/json")
        coded = ann.ask("POST", path, data=b"{}", content_type="application/json", headers={"Content-Encoding": "br"})
        wide = ann.ask("POST", path, data="{}".encode("utf-16"), content_type="application/json")

        assert "JSON" not in marked.text
        assert (coded.status_code, "without compression" in coded.text) == (415, True)
        assert SEND_UTF8 in wide.text
