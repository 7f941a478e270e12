"""The tables of the store, in words that `sqlite3` on any machine can read back.

A row of `punches` never changes and never goes; whatever happens to it later is a row of `outbox`. A row of the
outbox is open while `settled_us` is NULL, and `head` while it is its member's oldest open one in its lane: only heads
are sent, which keeps everybody's own order and lets nobody's trouble stop another. The deliveries of punch `seq` are
numbered from 16 x `seq` on, which saves every punch an index to write.
"""

APPLICATION_ID = 0x4B696F73
"""Stands in the file's header, so that another program's database is not taken for ours. ASCII `Kios`."""

VERSION = 1
"""PRAGMA user_version after the last migration in `migrations.py`."""

FIRST = """
CREATE TABLE members (
    uid TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    phone TEXT,
    title TEXT,
    gender TEXT,
    balance INTEGER,
    active INTEGER NOT NULL CHECK (active IN (0, 1)),
    changed_us INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE fingers (
    id TEXT PRIMARY KEY,
    member_uid TEXT NOT NULL REFERENCES members (uid),
    name TEXT NOT NULL,
    station TEXT NOT NULL,
    slot INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'enrolled')),
    consent_text TEXT NOT NULL,
    consent_witness TEXT NOT NULL,
    consent_us INTEGER NOT NULL,
    created_us INTEGER NOT NULL,
    UNIQUE (station, slot)
) STRICT, WITHOUT ROWID;
CREATE INDEX fingers_by_member ON fingers (member_uid);

CREATE TABLE punches (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    member_uid TEXT NOT NULL,
    station TEXT NOT NULL,
    direction TEXT NOT NULL CHECK (direction IN ('in', 'out')),
    reason TEXT NOT NULL,
    work_day TEXT NOT NULL,
    utc_us INTEGER NOT NULL,
    boot_id TEXT NOT NULL,
    boottime_us INTEGER NOT NULL,
    clock_state TEXT NOT NULL,
    max_error_us INTEGER,
    zone TEXT NOT NULL,
    slot INTEGER NOT NULL,
    score INTEGER,
    chain BLOB NOT NULL CHECK (length(chain) = 32)
) STRICT;
CREATE INDEX punches_by_member ON punches (member_uid);
CREATE TRIGGER punches_never_change BEFORE UPDATE ON punches
BEGIN SELECT RAISE (ABORT, 'a punch never changes'); END;
CREATE TRIGGER punches_never_go BEFORE DELETE ON punches
BEGIN SELECT RAISE (ABORT, 'a punch is never deleted'); END;

CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    lane TEXT NOT NULL,
    punch_id TEXT NOT NULL REFERENCES punches (id),
    member_uid TEXT NOT NULL,
    body BLOB NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'in_flight', 'unknown', 'confirmed', 'rejected', 'quarantined')),
    attempts INTEGER NOT NULL DEFAULT 0,
    tried INTEGER NOT NULL DEFAULT 0,
    head INTEGER NOT NULL CHECK (head IN (0, 1)),
    note TEXT NOT NULL DEFAULT '',
    created_us INTEGER NOT NULL,
    settled_us INTEGER,
    CHECK ((settled_us IS NULL) = (state IN ('pending', 'in_flight', 'unknown'))),
    CHECK (head = 0 OR settled_us IS NULL)
) STRICT;
CREATE INDEX outbox_open ON outbox (lane, member_uid, settled_us) WHERE settled_us IS NULL;
CREATE INDEX outbox_heads ON outbox (lane, head, tried) WHERE head = 1;
CREATE INDEX outbox_failed ON outbox (lane, state) WHERE state IN ('rejected', 'quarantined');
CREATE TRIGGER outbox_words_never_change
BEFORE UPDATE OF seq, id, lane, punch_id, member_uid, body, created_us ON outbox
BEGIN SELECT RAISE (ABORT, 'what is to be sent never changes'); END;

CREATE TABLE requests (
    seq INTEGER PRIMARY KEY,
    utc_us INTEGER NOT NULL,
    boot_id TEXT NOT NULL,
    boottime_us INTEGER NOT NULL
) STRICT;
CREATE TABLE request_days (
    day TEXT PRIMARY KEY,
    spent INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE notes (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
"""
