-- Changes in how the device's parts are, in the hash chain: nothing in them is about anybody.
CREATE TABLE health_events (
    number INTEGER PRIMARY KEY REFERENCES log (number) DEFERRABLE INITIALLY DEFERRED,
    subject_id INTEGER NOT NULL REFERENCES subjects (subject_id),
    event_id TEXT NOT NULL UNIQUE,
    component TEXT NOT NULL,
    status TEXT NOT NULL,
    message TEXT NOT NULL,
    boot_id TEXT NOT NULL,
    boot_time REAL NOT NULL,
    created_at REAL,
    personal BLOB NOT NULL     -- sealed: nothing
);
CREATE INDEX health_events_by_component ON health_events (component, number);
