"""The store in a relational database: PostgreSQL, or SQLite in one file, through SQLAlchemy Core.

What both promise: all or nothing, nothing lost once it was committed, no update lost, every order's history and
events with the order itself, and errors of the domain only.

What SQLite does not give, or gives otherwise:

- One writer at a time. A unit of work holds the database's only write lock from its beginning, so that nothing in it
  can collide; a writer waits 5 s for its turn, then hears StoreUnavailable. Readers never wait, and never hold it up.
- One machine. The file must lie on a local disk, and processes that share it find each other by locks on it.
- One relay at a time, whatever the shard: a lock on ``<file>.relay`` says whose turn it is.
- No bell between processes: a relay hears at once of what its own process commits, of the rest when it next looks.
- Lengths of text are not enforced by the schema; the domain refuses what is too long.
- In memory (``sqlite://``) there is one connection, which everybody waits for: for tests and demonstrations, and not
  for reading while a unit of work is open.
"""
