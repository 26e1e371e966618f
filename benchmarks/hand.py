"""The hand path: routes written by hand for one purpose, without any of the promises of the service.

It writes the same rows as the service, in one round trip, and reads a cached order with one round trip to Redis. It
validates nothing, logs nothing and counts nothing.
"""

import os
import threading
from pathlib import Path
from typing import Any

import jwt
import orjson
import psycopg
import redis
from flask import Flask, Response, request
from tests.torture.credentials import JWT_SECRET

PLACING = (Path(__file__).parent / "placing.sql").read_text()

app = Flask(__name__, static_folder=None)
_thread = threading.local()


def _subject() -> str:
    token = request.headers["Authorization"].removeprefix("Bearer ")
    subject: str = jwt.decode(token, JWT_SECRET, algorithms=["HS256"])["sub"]
    return subject


def _database() -> psycopg.Connection[Any]:
    if not hasattr(_thread, "database"):
        _thread.database = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True, prepare_threshold=1)
    connection: psycopg.Connection[Any] = _thread.database
    return connection


def _redis() -> redis.Redis:
    if not hasattr(_thread, "redis"):
        _thread.redis = redis.Redis.from_url(os.environ["REDIS_URL"], protocol=2)
    client: redis.Redis = _thread.redis
    return client


@app.get("/bare")
def bare() -> Response:
    return Response(b'{"status":"ok"}', mimetype="application/json")


@app.post("/place")
def place() -> Response:
    user, body = _subject(), orjson.loads(request.get_data())
    items = body["order_items"]
    values = {
        "user": user,
        "ids": [item["product_id"] for item in items],
        "quantities": [item["quantity"] for item in items],
    }
    row = _database().execute(PLACING, values).fetchone()
    if row is None:
        return Response(b'{"detail":"Insufficient stock."}', status=400, mimetype="application/json")
    number, total, created_at = row
    placed = {
        **body,
        "order_id": number,
        "user_id": user,
        "order_date": created_at,
        "total_amount": total / 100,
        "status": "pending",
    }
    return Response(orjson.dumps(placed), mimetype="application/json")


@app.get("/order/<order_id>")
def order(order_id: str) -> Response:
    user, stored = _subject(), _redis().get(f"hand:{order_id}")
    if not isinstance(stored, bytes):
        return Response(status=404)
    owner, etag, body = stored.split(b" ", 2)
    if owner.decode() != user:
        return Response(status=403)
    return Response(body, mimetype="application/json", headers={"ETag": etag.decode()})
