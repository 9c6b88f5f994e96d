-- Whoever rows are about: a person, or everybody unknown of one period. The key of each is wrapped by the field key;
-- destroying it (wrapped = NULL) makes every field sealed under it unreadable for good, while the rows stay.
CREATE TABLE subjects (
    subject_id INTEGER PRIMARY KEY AUTOINCREMENT,
    realm TEXT NOT NULL,
    user_id TEXT,              -- NULL for a period, and for a person who was erased
    period TEXT,               -- NULL for a person
    ends_at REAL,              -- when a period is over, POSIX seconds; NULL while its boot is not dated
    wrapped BLOB
);
CREATE UNIQUE INDEX subjects_by_user ON subjects (realm, user_id) WHERE user_id IS NOT NULL;
CREATE UNIQUE INDEX subjects_by_period ON subjects (period) WHERE period IS NOT NULL AND wrapped IS NOT NULL;

CREATE TABLE realms (realm TEXT PRIMARY KEY) WITHOUT ROWID;

CREATE TABLE people (
    subject_id INTEGER PRIMARY KEY REFERENCES subjects (subject_id),
    realm TEXT NOT NULL REFERENCES realms (realm),
    status TEXT NOT NULL,
    valid_from REAL,
    valid_until REAL,
    created_at REAL,
    personal BLOB NOT NULL     -- sealed: display name, groups, language, accommodations, basis
);
CREATE INDEX people_by_realm ON people (realm);

CREATE TABLE enrollments (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    enrollment_id TEXT NOT NULL UNIQUE,
    subject_id INTEGER NOT NULL REFERENCES people (subject_id),
    model_id TEXT NOT NULL,
    quality_score REAL NOT NULL,
    samples INTEGER NOT NULL,
    liveness_verified INTEGER NOT NULL,
    origin TEXT NOT NULL,
    door TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at REAL,
    client_id TEXT,
    template BLOB NOT NULL     -- sealed: float32, little-endian
);
CREATE INDEX enrollments_by_subject ON enrollments (subject_id);

CREATE TABLE clients (
    client_id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    realm TEXT NOT NULL REFERENCES realms (realm),
    grants TEXT NOT NULL,
    key_prefix TEXT NOT NULL UNIQUE,
    key_hash BLOB NOT NULL,
    created_at REAL,
    revoked_at REAL
);

CREATE TABLE sessions (
    token TEXT PRIMARY KEY,
    subject_id INTEGER REFERENCES subjects (subject_id),
    kind TEXT NOT NULL,
    realm TEXT NOT NULL,
    client_id TEXT,
    require_liveness INTEGER NOT NULL,
    status TEXT NOT NULL,
    created_at REAL NOT NULL,
    expires_at REAL NOT NULL,
    completed_at REAL,
    outcome TEXT NOT NULL,
    personal BLOB NOT NULL     -- sealed: user id, metadata
);
CREATE INDEX sessions_by_subject ON sessions (subject_id);

-- One numbering for everything that happened. `link` is the row's place in the hash chain.
CREATE TABLE log (
    number INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    link BLOB NOT NULL
);

-- The authenticated ends of the chain: `start` (moved by retention) and `head` (moved by every row).
CREATE TABLE chain_ends (
    name TEXT PRIMARY KEY,
    number INTEGER NOT NULL,
    link BLOB NOT NULL,
    mac BLOB NOT NULL
);

CREATE TABLE attempts (
    number INTEGER PRIMARY KEY REFERENCES log (number) DEFERRABLE INITIALLY DEFERRED,
    subject_id INTEGER NOT NULL REFERENCES subjects (subject_id),
    attempt_id TEXT NOT NULL UNIQUE,
    session_token TEXT NOT NULL,
    realm TEXT NOT NULL,
    kind TEXT NOT NULL,
    success INTEGER NOT NULL,
    liveness_passed INTEGER NOT NULL,
    processing_time_ms INTEGER NOT NULL,
    failure_reason TEXT NOT NULL,
    boot_id TEXT NOT NULL,
    boot_time REAL NOT NULL,
    created_at REAL,
    personal BLOB NOT NULL     -- sealed: user id, confidence, matched enrolment, detail
);
CREATE INDEX attempts_by_realm ON attempts (realm, number);
CREATE INDEX attempts_by_subject ON attempts (subject_id, number);
CREATE INDEX attempts_by_session ON attempts (session_token);

CREATE TABLE visits (
    number INTEGER PRIMARY KEY REFERENCES log (number) DEFERRABLE INITIALLY DEFERRED,
    subject_id INTEGER NOT NULL REFERENCES subjects (subject_id),
    visit_id TEXT NOT NULL UNIQUE,
    outcome TEXT NOT NULL,
    reason TEXT NOT NULL,
    duration_ms INTEGER NOT NULL,
    attempts TEXT NOT NULL,
    boot_id TEXT NOT NULL,
    boot_time REAL NOT NULL,
    created_at REAL,
    personal BLOB NOT NULL     -- sealed: user id, confidence
);
CREATE INDEX visits_by_subject ON visits (subject_id, number);

CREATE TABLE door_events (
    number INTEGER PRIMARY KEY REFERENCES log (number) DEFERRABLE INITIALLY DEFERRED,
    subject_id INTEGER NOT NULL REFERENCES subjects (subject_id),
    event_id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    cause TEXT NOT NULL,       -- the grant's variant
    attempt_id TEXT,
    boot_id TEXT NOT NULL,
    boot_time REAL NOT NULL,
    created_at REAL,
    personal BLOB NOT NULL     -- sealed: user id, detail
);
CREATE INDEX door_events_by_subject ON door_events (subject_id, number);

-- What dates the rows that were written before the time was known: wall time minus boot time, of a boot.
CREATE TABLE boots (
    boot_id TEXT PRIMARY KEY,
    wall_minus_boot REAL NOT NULL
);
