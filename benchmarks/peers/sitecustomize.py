"""Gives a peer's SQLite the journal and the durability that ours has, in every process of its server.

Python imports this by itself where this folder is on PYTHONPATH.
"""

import sqlite3
import sqlite3.dbapi2 as module

_connect = module.connect


def connect(*arguments, **named):
    connection = _connect(*arguments, **named)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    return connection


sqlite3.connect = module.connect = connect
