-- Where the log is delivered to. `cursor` is the number of the newest event that the receiver has acknowledged.
CREATE TABLE webhooks (
    webhook_id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    realm TEXT NOT NULL,
    cursor INTEGER NOT NULL,
    created_at REAL,
    delivered_at REAL,
    failures INTEGER NOT NULL,  -- deliveries in a row that failed
    trouble TEXT NOT NULL,      -- what the last of them came to; empty where none failed since
    personal BLOB NOT NULL      -- sealed: address, secret
);
