"""SQL adapters for PostgreSQL and SQLite (one file), with SQLAlchemy Core.

Guarantees of both: transactions are atomic and durable, no update is lost, the history and events of an order are
stored in the order's transaction, and only errors of the domain are raised.

Differences of SQLite:

- One writer at a time. A unit of work holds the database's write lock from its beginning, so it cannot conflict. A
  writer waits 5 s for the lock, then raises StoreUnavailable. Readers do not wait and do not block the writer.
- One machine. The file must be on a local disk, because the processes that share it use file locks.
- One relay at a time for all shards, which holds a lock on ``<file>.relay``.
- No notification between processes: a relay is woken by commits of its own process, and polls for all others.
- The schema does not enforce lengths of text; the domain rejects text that is too long.
- In memory (``sqlite://``) all callers share one connection. This is for tests and demonstrations, and does not permit
  reads while a unit of work is open.
"""
