# SPDX-License-Identifier: Apache-2.0
"""Fills a stopped gatehouse's SQLite store with copies of what it holds: proxies by the thousand, tokens by the million.

A copy is a row like its original under another name or key, in the order of the key, so that ten million
take a minute or two instead of the hours that issuing them one by one would take.
"""
import sqlite3, time

HOURS = 100  # the copies expire in so many different hours

NUMBERS = "WITH RECURSIVE n(i) AS (SELECT :first UNION ALL SELECT i + 1 FROM n WHERE i < :last) "


def opened(file):
    db = sqlite3.connect(file, isolation_level=None)
    for pragma in ("synchronous=OFF", "cache_size=-262144", "wal_autocheckpoint=0"):
        db.execute(f"PRAGMA {pragma}")
    return db


def copies(db, table, where, **changed):
    """A copy of table's rows that fit, for each number of n; changed: column -> expression with i."""
    columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
    values = ", ".join(changed.get(c, c) for c in columns)
    return f"INSERT INTO {table} ({', '.join(columns)}) {NUMBERS} SELECT {values} FROM n, (SELECT * FROM {table} WHERE {where})"


def fill_proxies(file, name, first, last):
    """The proxy `name`, deployed, whose name stands for whatever differs; its copies carry a number instead of a trailing 0."""
    stem = name.removesuffix("0")
    other = lambda column: f"replace({column}, '{name}', '{stem}' || i)"
    db = opened(file)
    db.execute("BEGIN")
    for table, changed in (("api_proxy", ()), ("revision", ("doc",)), ("revision_file", ("path", "bytes")), ("deployment", ()), ("base_path_use", ("path",))):
        said = {c: f"CAST({other('CAST(bytes AS TEXT)')} AS BLOB)" if c == "bytes" else other(c) for c in ("name", *changed)}
        db.execute(copies(db, table, f"name = '{name}'", **said), {"first": first, "last": last})
    db.execute("COMMIT")
    db.close()


def fill_tokens(file, wanted):
    """Until so many are stored: copies of the newest under random keys of its hour and those that follow.  Whoever was
    there before is then spread among them, so that looking for one does not bring in its neighbours."""
    db = opened(file)
    have, newest = db.execute("SELECT COUNT(*), MAX(rowid) FROM token").fetchone()
    if have < wanted:
        hour = int.from_bytes(db.execute("SELECT token_key FROM token WHERE rowid = ?", (newest,)).fetchone()[0][:4], "big")
        for part in range(HOURS):
            last = newest + (wanted - have) * (part + 1) // HOURS
            first = newest + (wanted - have) * part // HOURS + 1
            insert(db, newest, first, last, hour + part)
        db.execute("UPDATE OR IGNORE token SET rowid = 2 * (:newest + (:wanted - :have) * ABS(RANDOM() % 1000000000) / 1000000000) + 1 WHERE rowid <= :newest",
                   {"newest": newest, "wanted": wanted, "have": have})
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


def insert(db, like, first, last, hour):
    if first > last:
        return
    key = f"CAST(x'{hour:08x}' || randomblob(32) AS BLOB)"
    columns = [row[1] for row in db.execute("PRAGMA table_info(token)")]
    said = {"token_key": "key", "refresh_key": "NULL", "expires_at_ms": str(hour * 3600000)}
    values = ", ".join(said.get(c, f"old.{c}") for c in columns)
    db.execute("BEGIN")
    db.execute(f"INSERT INTO token (rowid, {', '.join(columns)}) {NUMBERS} SELECT 2 * (:first - 1 + ROW_NUMBER() OVER ()), {values} FROM "
               f"(SELECT {key} AS key FROM n ORDER BY 1) AS keys, (SELECT * FROM token WHERE rowid = {like}) AS old", {"first": first, "last": last})
    db.execute("COMMIT")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
