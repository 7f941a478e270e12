"""The tables of the store, in words that `sqlite3` on any machine can read back.

A row of `punches` never changes and never goes; whatever happens to it later is a row of `outbox`. A row of the
outbox is open while `settled_us` is NULL, and `head` while it is its member's oldest open one in its lane: only heads
are sent, which keeps everybody's own order and lets nobody's trouble stop another. The deliveries of punch `seq` are
numbered from 16 x `seq` on, which saves every punch an index to write. In `punches.slot`, -1 stands for none (a rebuild of the whole
log would be the price of NULL there), and rows of before version 2 have NULL in `finger_id`, `method` and `tries`.
"""

APPLICATION_ID = 0x4B696F73
"""Stands in the file's header, so that another program's database is not taken for ours. ASCII `Kios`."""

VERSION = 2
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

SECOND = """
ALTER TABLE fingers RENAME TO fingers_1;
DROP INDEX fingers_by_member;

CREATE TABLE fingers (
    id TEXT PRIMARY KEY,
    member_uid TEXT NOT NULL REFERENCES members (uid),
    name TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'enrolled')),
    consent_text TEXT NOT NULL,
    consent_witness TEXT NOT NULL,
    consent_us INTEGER NOT NULL,
    created_us INTEGER NOT NULL,
    UNIQUE (member_uid, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE slots (
    station TEXT NOT NULL,
    slot INTEGER NOT NULL,
    finger_id TEXT NOT NULL REFERENCES fingers (id) ON DELETE CASCADE,
    state TEXT NOT NULL CHECK (state IN ('writing', 'held')),
    digest BLOB CHECK (length(digest) = 32),
    PRIMARY KEY (station, slot),
    UNIQUE (finger_id, station)
) STRICT, WITHOUT ROWID;

CREATE TABLE templates (
    finger_id TEXT NOT NULL REFERENCES fingers (id) ON DELETE CASCADE,
    model TEXT NOT NULL,
    size INTEGER NOT NULL,
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    key_id TEXT NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (finger_id, model)
) STRICT;

CREATE TABLE pins (
    member_uid TEXT PRIMARY KEY REFERENCES members (uid),
    hash TEXT NOT NULL,
    failures INTEGER NOT NULL,
    set_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO fingers
SELECT id, member_uid, name, state, consent_text, consent_witness, consent_us, created_us
FROM (SELECT *, row_number() OVER (PARTITION BY member_uid, name ORDER BY state = 'pending', created_us, id) AS place
      FROM fingers_1)
WHERE place = 1;

INSERT INTO slots (station, slot, finger_id, state)
SELECT station, slot, finger, CASE state WHEN 'enrolled' THEN 'held' ELSE 'writing' END
FROM (SELECT old.station, old.slot, old.state, new.id AS finger,
             row_number() OVER (PARTITION BY old.station, new.id
                                ORDER BY old.state = 'pending', old.created_us, old.id) AS place
      FROM fingers_1 AS old JOIN fingers AS new USING (member_uid, name))
WHERE place = 1;

DROP TABLE fingers_1;

ALTER TABLE punches ADD COLUMN finger_id TEXT;
ALTER TABLE punches ADD COLUMN method TEXT CHECK (method IN ('finger', 'number', 'pin'));
ALTER TABLE punches ADD COLUMN tries INTEGER;
"""
"""A finger is enrolled once, and lies in any number of slots.

Of one member's fingers of one name the oldest enrolled one stays (or the oldest, if none is enrolled), and takes over the slots of the
others, one at a station; a slot that is left over credits nobody any more.
"""
