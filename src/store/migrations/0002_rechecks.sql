-- A recheck looks at a few operations of an earlier scan: its findings can be explained, but it is no scan of the API.
ALTER TABLE scan ADD COLUMN recheck_of TEXT;
