-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Which managers live, and whom a dead one did not tell.

CREATE TABLE tegata.manager_alive (
	instance text PRIMARY KEY CHECK (instance ~ '[0-9a-f]{8}$'),
	started_at timestamptz NOT NULL,
	seen_at timestamptz NOT NULL,
	told_to timestamptz NOT NULL
) WITH (fillfactor = 50);
COMMENT ON TABLE tegata.manager_alive IS 'Managers that work, or died at it: one that ends takes its row away. Written every few seconds, not for each operation';
COMMENT ON COLUMN tegata.manager_alive.instance IS 'The process: host, pid, random; its last eight digits are those of the request ids that it mints';
COMMENT ON COLUMN tegata.manager_alive.started_at IS 'When it was first seen';
COMMENT ON COLUMN tegata.manager_alive.seen_at IS 'Its last sign of life';
COMMENT ON COLUMN tegata.manager_alive.told_to IS 'Of what it did before then it owes nobody a word: it was shown, or a text about it is in table outbox';

CREATE TABLE tegata.manager_owed (
	terminal_id bigint NOT NULL,
	request_id uuid NOT NULL,
	PRIMARY KEY (terminal_id, request_id)
);
COMMENT ON TABLE tegata.manager_owed IS 'Operations of dead managers that were found, to be told by SMS a batch at a time';
COMMENT ON COLUMN tegata.manager_owed.terminal_id IS 'Whose';
COMMENT ON COLUMN tegata.manager_owed.request_id IS 'Under which id it was done';

INSERT INTO tegata.sweep (name) VALUES ('manager');
COMMENT ON COLUMN tegata.sweep.name IS 'request: old answers go; expiry: values past their expiry are written down as expired; outbox: texts past their validity die, old ones go; question: the same for questions; manager: what dead managers owe is told';
COMMENT ON COLUMN tegata.sweep.reached_at IS 'expiry: everything that expired before is done; manager: since when somebody has looked without a break';
