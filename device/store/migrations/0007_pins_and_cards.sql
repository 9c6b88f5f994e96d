-- A person's own number, and what the PIN to it is checked by. The number alone opens nothing and is nobody's secret.
CREATE TABLE pins (
    subject_id INTEGER PRIMARY KEY REFERENCES people (subject_id),
    realm TEXT NOT NULL,
    number TEXT NOT NULL,
    set_at REAL,               -- POSIX seconds; NULL where the time was not known
    hash BLOB NOT NULL         -- sealed under the person's key: argon2id, with its parameters and salt
);
CREATE UNIQUE INDEX pins_by_number ON pins (realm, number);

-- Cards and codes that a reader reads, as keyed hashes of what they say. `name` is how operators call one.
CREATE TABLE cards (
    hash BLOB PRIMARY KEY,
    subject_id INTEGER NOT NULL REFERENCES people (subject_id),
    name TEXT NOT NULL UNIQUE,
    added_at REAL
) WITHOUT ROWID;
CREATE INDEX cards_by_subject ON cards (subject_id);

-- Failures in a row at the kiosk's pad and reader: of one user number, whether anybody has it or not, and of the device.
CREATE TABLE pad_lockouts (
    name TEXT PRIMARY KEY,
    failures INTEGER NOT NULL,
    wait_s REAL NOT NULL,
    boot_id TEXT NOT NULL,     -- of the last failure
    until_boot REAL NOT NULL,
    until REAL                 -- POSIX seconds; NULL where the time was not known
) WITHOUT ROWID;

-- What operators changed about somebody, in the hash chain.
CREATE TABLE operator_acts (
    number INTEGER PRIMARY KEY REFERENCES log (number) DEFERRABLE INITIALLY DEFERRED,
    subject_id INTEGER NOT NULL REFERENCES subjects (subject_id),
    act TEXT NOT NULL,
    boot_id TEXT NOT NULL,
    boot_time REAL NOT NULL,
    created_at REAL,
    personal BLOB NOT NULL     -- sealed: about whom, by whom, detail
);

-- By what somebody was recognised: NULL is the camera.
ALTER TABLE attempts ADD COLUMN means TEXT;
