-- A scan is kept whole in `report`; the other columns are what is looked up or listed. Times for ordering are microseconds
-- since 1970, because RFC 3339 texts of differing precision do not sort.
CREATE TABLE scan (
    id          TEXT    NOT NULL PRIMARY KEY,
    started_at  TEXT    NOT NULL,
    started_us  INTEGER NOT NULL,
    base_url    TEXT    NOT NULL,
    target      TEXT    NOT NULL,
    document    TEXT    NOT NULL,
    status      TEXT    NOT NULL,
    grade       TEXT,
    findings    INTEGER NOT NULL,
    severe      INTEGER NOT NULL,
    report      TEXT    NOT NULL
) STRICT;

CREATE INDEX scan_by_start ON scan (started_us);
CREATE INDEX scan_by_target ON scan (target, started_us);

CREATE TABLE finding (
    scan_id       TEXT    NOT NULL REFERENCES scan (id) ON DELETE CASCADE,
    finding_id    TEXT    NOT NULL,
    check_id      TEXT    NOT NULL,
    severity      TEXT    NOT NULL,
    confidence    TEXT    NOT NULL,
    method        TEXT    NOT NULL,
    path          TEXT    NOT NULL,
    first_seen    TEXT    NOT NULL,
    first_seen_us INTEGER NOT NULL,
    PRIMARY KEY (scan_id, finding_id)
) STRICT;

CREATE INDEX finding_by_id ON finding (finding_id);
