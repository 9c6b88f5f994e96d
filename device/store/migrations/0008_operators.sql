-- Who may use the admin screen. There is none until kioskctl makes one.
CREATE TABLE operators (
    name TEXT PRIMARY KEY,
    role TEXT NOT NULL,
    created_at REAL,           -- POSIX seconds; NULL where the time was not known
    last_step INTEGER NOT NULL, -- of the newest one-time code that was used: each is good once
    secrets BLOB NOT NULL      -- sealed: argon2id of the password, secret of the one-time codes, keyed hashes of recovery codes
) WITHOUT ROWID;

-- How a look is called for which a person was enrolled beside the ordinary one: glasses, winter hat.
ALTER TABLE enrollments ADD COLUMN label TEXT NOT NULL DEFAULT '';
