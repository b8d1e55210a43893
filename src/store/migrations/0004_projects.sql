-- A scan belongs to the folder that it was started in. Assistants are shown those of their own folder.
ALTER TABLE scan ADD COLUMN project TEXT;

CREATE INDEX scan_by_project ON scan (project, started_us);
