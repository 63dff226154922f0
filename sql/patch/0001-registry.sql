-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- The schema and the registry of its patches.

CREATE SCHEMA tegata;
COMMENT ON SCHEMA tegata IS 'Tegata''s record: tables that nobody but their owner reads, and the functions that decide about value';

CREATE SCHEMA audit;
COMMENT ON SCHEMA audit IS 'One view per invariant; a row is a violation';

CREATE TABLE tegata.patch (
	number int PRIMARY KEY,
	name text NOT NULL,
	sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
	applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	applied_by text NOT NULL DEFAULT session_user
);
COMMENT ON TABLE tegata.patch IS 'Files of sql/patch that were applied, each once';
COMMENT ON COLUMN tegata.patch.number IS 'The number in front of the file''s name';
COMMENT ON COLUMN tegata.patch.name IS 'The rest of the file''s name, without .sql';
COMMENT ON COLUMN tegata.patch.sha256 IS 'Of the file; a registered patch never changes';
COMMENT ON COLUMN tegata.patch.applied_at IS 'When it was applied';
COMMENT ON COLUMN tegata.patch.applied_by IS 'session_user that applied it';
