-- A scan has its row from its start. While its process runs, `report` is what was found so far, `process` and `phase` say who
-- is at what, and `beat_us` when that was written. The process holds a lock on a file beside the database meanwhile.
ALTER TABLE scan ADD COLUMN mode TEXT;
ALTER TABLE scan ADD COLUMN requests INTEGER NOT NULL DEFAULT 0;
ALTER TABLE scan ADD COLUMN process INTEGER;
ALTER TABLE scan ADD COLUMN phase TEXT;
ALTER TABLE scan ADD COLUMN beat_us INTEGER;

CREATE INDEX scan_running ON scan (id) WHERE status = 'running';
