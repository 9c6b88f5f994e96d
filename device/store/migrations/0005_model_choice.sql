-- Which embedding model is in use: the newest choice counts. No row: the one that the device comes with.
CREATE TABLE model_choices (
    number INTEGER PRIMARY KEY,  -- of its row in the log, which retention may cut off
    model_id TEXT NOT NULL,
    former_id TEXT NOT NULL,     -- the model that is compared beside it during a transition; empty: none
    boot_id TEXT NOT NULL,       -- of the choice
    until_boot REAL NOT NULL,    -- end of the transition, by the boot-time clock of that boot
    until REAL NOT NULL,         -- the same, POSIX seconds by the wall clock as it was
    chosen_at REAL               -- POSIX seconds; NULL where the time was not known
);

-- The same for audit, in the hash chain.
CREATE TABLE model_changes (
    number INTEGER PRIMARY KEY REFERENCES log (number) DEFERRABLE INITIALLY DEFERRED,
    subject_id INTEGER NOT NULL REFERENCES subjects (subject_id),
    model_id TEXT NOT NULL,
    former_id TEXT NOT NULL,
    until REAL NOT NULL,
    boot_id TEXT NOT NULL,
    boot_time REAL NOT NULL,
    created_at REAL,
    personal BLOB NOT NULL     -- sealed: who chose
);
