-- Links by which somebody enrols from a phone. `secret` is the keyed hash of what opens it now: each use puts a new one in its place.
CREATE TABLE enroll_links (
    link_id TEXT PRIMARY KEY,
    secret BLOB NOT NULL UNIQUE,
    subject_id INTEGER NOT NULL REFERENCES subjects (subject_id),
    realm TEXT NOT NULL,
    expires_at REAL NOT NULL,   -- POSIX seconds
    boot_id TEXT NOT NULL,      -- of its making
    expires_boot REAL NOT NULL,
    uses INTEGER NOT NULL,
    session_token TEXT NOT NULL, -- of the newest session that it opened; empty before the first
    personal BLOB NOT NULL      -- sealed: user id, display name
);
