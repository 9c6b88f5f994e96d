-- A client's key before the present one: still good until the overlap ends, by the boot-time clock in its boot, else by wall time.
ALTER TABLE clients ADD COLUMN key_created_at REAL;
ALTER TABLE clients ADD COLUMN former_prefix TEXT;
ALTER TABLE clients ADD COLUMN former_hash BLOB;
ALTER TABLE clients ADD COLUMN former_until REAL;
ALTER TABLE clients ADD COLUMN former_boot_id TEXT;
ALTER TABLE clients ADD COLUMN former_until_boot REAL;
UPDATE clients SET key_created_at = created_at;
CREATE UNIQUE INDEX clients_by_former ON clients (former_prefix) WHERE former_prefix IS NOT NULL;

CREATE INDEX sessions_active ON sessions (token) WHERE status = 'active';

-- Failures in a row of whoever claimed to be this person in a remote session, and how long the next try has to wait.
CREATE TABLE lockouts (
    subject_id INTEGER PRIMARY KEY REFERENCES subjects (subject_id),
    failures INTEGER NOT NULL,
    wait_s REAL NOT NULL,
    boot_id TEXT NOT NULL,     -- of the last failure
    until_boot REAL NOT NULL,
    until REAL                 -- POSIX seconds; NULL where the time was not known
);

-- Set where the face was somebody else's of the realm already, and policy let the enrolment pass.
ALTER TABLE enrollments ADD COLUMN duplicate INTEGER NOT NULL DEFAULT 0;
