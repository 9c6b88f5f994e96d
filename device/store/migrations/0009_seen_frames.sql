-- Hashes of frames that sessions were judged by, in batches, so that a restart forgets none of them before their time. No picture.
CREATE TABLE seen_frames (
    batch_id TEXT PRIMARY KEY,
    boot_id TEXT NOT NULL,
    boot_time REAL NOT NULL,    -- of writing: no frame is later
    wall REAL,                  -- the same in POSIX seconds; NULL: the time was not trusted
    frames INTEGER NOT NULL,
    personal BLOB NOT NULL      -- sealed: sessions' names, times, hashes
);
