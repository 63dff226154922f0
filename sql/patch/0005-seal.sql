-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- History under seal: intervals of journal, charge and operator_act that were
-- hashed and signed by a key that is not in the database (lib/seal_chain.h).

INSERT INTO tegata.setting (name, value) VALUES ('sealing', 'off');
COMMENT ON COLUMN tegata.setting.name IS 'maintenance: on = value is not moved; outbox: on = receipts are written to table outbox (off until something sends them); swap_freeze_hours: how long outgoing operations are refused after a SIM swap; sandbox: on = this database is for trials, and takes test keys of shops only; partitions: the row that partition_ensure locks; sealing: on = the manager that has the signing key seals history';

CREATE TABLE tegata.signing_key (
	key_id bytea PRIMARY KEY CHECK (octet_length(key_id) = 8),
	public_key bytea NOT NULL CHECK (octet_length(public_key) = 32),
	label text NOT NULL CHECK (octet_length(label) BETWEEN 1 AND 64),
	valid_from timestamptz NOT NULL DEFAULT clock_timestamp(),
	valid_until timestamptz,
	CHECK (key_id = substr(sha256(public_key), 1, 8)),
	CHECK (valid_until >= valid_from)
);
COMMENT ON TABLE tegata.signing_key IS 'By which keys history may be sealed. The private keys are files of the managers; who verifies takes the public keys from a file of his own, never from here alone';
COMMENT ON COLUMN tegata.signing_key.key_id IS 'First 8 octets of the SHA-256 of the public key';
COMMENT ON COLUMN tegata.signing_key.public_key IS 'Ed25519 (RFC 8032)';
COMMENT ON COLUMN tegata.signing_key.label IS 'What operators call it';
COMMENT ON COLUMN tegata.signing_key.valid_from IS 'No seal is taken from it before';
COMMENT ON COLUMN tegata.signing_key.valid_until IS 'Nor from then on; NULL: no end';

CREATE TABLE tegata.seal (
	number bigint PRIMARY KEY CHECK (number > 0),
	system_identifier bigint NOT NULL,
	from_xact bigint NOT NULL,
	to_xact bigint NOT NULL,
	row_count bigint NOT NULL CHECK (row_count >= 0),
	sealed_at timestamptz NOT NULL,
	lost_number bigint,
	epoch int NOT NULL CHECK (epoch > 0),
	timeline int NOT NULL,
	format smallint NOT NULL,
	root bytea NOT NULL,
	list bytea NOT NULL,
	previous bytea,
	key_id bytea NOT NULL,
	lost_hash bytea,
	reason text,
	hash bytea NOT NULL,
	signature bytea NOT NULL,
	CHECK (to_xact >= from_xact),
	CHECK ((previous IS NULL) = (number = 1)),
	CHECK ((lost_number IS NULL) = (lost_hash IS NULL))
);
CREATE INDEX seal_to_xact ON tegata.seal (to_xact, number);
COMMENT ON INDEX tegata.seal_to_xact IS 'Which seal covers a transaction';
COMMENT ON TABLE tegata.seal IS 'A chain: each row seals the rows of an interval of transactions, once, and names the seal before it. Append-only';
COMMENT ON COLUMN tegata.seal.number IS 'From 1, without a gap';
COMMENT ON COLUMN tegata.seal.system_identifier IS 'Of the cluster that sealed it';
COMMENT ON COLUMN tegata.seal.from_xact IS 'First transaction of the interval: to_xact of the seal before it';
COMMENT ON COLUMN tegata.seal.to_xact IS 'Horizon: the first transaction that is not in it; every one below had ended';
COMMENT ON COLUMN tegata.seal.row_count IS 'How many rows of journal, charge and operator_act it seals';
COMMENT ON COLUMN tegata.seal.sealed_at IS 'When, by this database''s clock';
COMMENT ON COLUMN tegata.seal.lost_number IS 'Only in the first seal of an epoch: the last seal that had been published, where it is gone from this database; NULL: nothing published was lost';
COMMENT ON COLUMN tegata.seal.epoch IS 'From 1; another one after every restore or failover';
COMMENT ON COLUMN tegata.seal.timeline IS 'Timeline of the cluster''s WAL';
COMMENT ON COLUMN tegata.seal.format IS 'How rows became octets: lib/seal_row.h';
COMMENT ON COLUMN tegata.seal.root IS 'Root of the Merkle tree over the rows';
COMMENT ON COLUMN tegata.seal.list IS 'SHA-256 of the entries of seal_list';
COMMENT ON COLUMN tegata.seal.previous IS 'hash of the seal before it; of the first NULL';
COMMENT ON COLUMN tegata.seal.key_id IS 'Which key signed it';
COMMENT ON COLUMN tegata.seal.lost_hash IS 'The hash of lost_number, as published';
COMMENT ON COLUMN tegata.seal.reason IS 'Only in the first seal of an epoch: why it began';
COMMENT ON COLUMN tegata.seal.hash IS 'SHA-256 of all of the above';
COMMENT ON COLUMN tegata.seal.signature IS 'Ed25519 of hash';

CREATE TABLE tegata.seal_list (
	number bigint NOT NULL,
	chunk int NOT NULL CHECK (chunk >= 0),
	entries bytea NOT NULL,
	PRIMARY KEY (number, chunk)
);
ALTER TABLE tegata.seal_list ALTER COLUMN entries SET STORAGE EXTERNAL;
COMMENT ON TABLE tegata.seal_list IS 'The rows of each seal by name, so that a missing or changed one can be named. Append-only';
COMMENT ON COLUMN tegata.seal_list.number IS 'Of the seal';
COMMENT ON COLUMN tegata.seal_list.chunk IS 'From 0: entries of one seal are cut into pieces';
COMMENT ON COLUMN tegata.seal_list.entries IS '24 octets a row: table, home, kind, version, id, first 8 octets of its hash; in the order of the tree';
