-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What auditors and operators see of texts: to whom, why, when, and what became of them; never
-- their words.  And of PINs: that there is one.
BEGIN;
SET search_path = tegata, public;
SELECT plan(30);
CREATE FUNCTION t.bytes(n int) RETURNS bytea LANGUAGE sql AS $$ SELECT decode(lpad(to_hex(n), 32, '0'), 'hex') $$;
CREATE FUNCTION t.put(n int, terminal text, words text, question bigint DEFAULT NULL) RETURNS bigint LANGUAGE sql AS $$
	SELECT message_id FROM tegata.outbox_put(ARRAY[CASE WHEN question IS NULL THEN t.bytes(n) END], ARRAY[t.id(terminal)], '{""}', '{NULL}',
		ARRAY[question], ARRAY[words], '{0}') $$;
CREATE FUNCTION t.asked(terminal text, what int, value bigint, rid uuid, code text) RETURNS bigint LANGUAGE sql AS $$
	INSERT INTO tegata.question (terminal_id, kind, arguments, code, request_id, opened_at, deadline)
	VALUES (t.id(terminal), what, jsonb_strip_nulls(jsonb_build_object('value_id', value, 'amount', 500)), code, rid, clock_timestamp(),
		clock_timestamp() + interval '10 minutes') RETURNING question_id $$;
CREATE FUNCTION t.words(cursor_of text) RETURNS boolean LANGUAGE sql AS $$ SELECT cursor_of ~ 'Balance|7F3A|9XYC|KM34' $$;

SELECT operator_setting('outbox', 'on', 'test');
-- a is asked by SMS whether he buys, says yes; is asked elsewhere whether he hands it on; asks for his balance.
SELECT t.asked('a', 1, NULL, t.rid(1), '7F3A'), t.put(1, 'a', 'Buy 500 JPY? To agree answer YES 7F3A, else NO');
SELECT t.issue('a', t.rid(1), t.vid('a', 1), 500, 'cash');
SELECT t.put(2, 'a', 'Send 500 JPY to b? YES 9XYC', t.asked('a', 2, t.vid('a', 1), t.rid(2), '9XYC'));
SELECT t.put(3, 'a', 'Balance 9487 JPY');
-- b's question has nothing to do with it.
SELECT t.asked('b', 1, NULL, t.rid(9), 'KM34'), t.put(4, 'b', 'Buy? YES KM34'), t.put(5, 'b', 'Value 7F3A 7F3A');
CREATE TABLE t.id1 AS SELECT value_id_text(t.vid('a', 1)) AS id, t.rid(1) AS asked, t.rid(2) AS other;
GRANT SELECT ON t.id1 TO PUBLIC;
-- Sent, arrived, tried in vain.
SELECT outcome FROM outbox_take('m', 1, 60000), LATERAL (SELECT 1 WHERE message_id IS NOT NULL) x, LATERAL outbox_result('{m}', ARRAY[message_id],
	'{1}', '{5000}', '{smpp:a}', '{""}', '{1}', '{id1}') WHERE terminal_id = t.id('a');
SELECT outbox_receipt('{smpp:a}', '{id1}', '{2}', '{005}');
SELECT outcome FROM outbox_take('m', 10, 60000) o, LATERAL outbox_result('{m}', ARRAY[o.message_id], '{2}', '{5000}', '{smpp:a}', '{no route}', '{0}', '{}')
WHERE o.terminal_id = t.id('b');

SET ROLE tegata_auditor;
SELECT results_eq($$SELECT kind, value_id, version, request_id, question_id IS NOT NULL, state, attempts, link, told_at >= sent_at
	FROM audit.text WHERE number = '819000000001' ORDER BY message_id$$,
	$$SELECT * FROM (VALUES ('reply', NULL, NULL::int, (SELECT asked FROM t.id1), true, 'told', 1, 'smpp:a', true),
		('receipt.bought', (SELECT id FROM t.id1), 1, (SELECT asked FROM t.id1), false, 'being sent', 1, NULL, NULL),
		('question', (SELECT id FROM t.id1), NULL, (SELECT other FROM t.id1), true, 'waiting', 0, NULL, NULL),
		('reply', NULL, NULL, NULL, false, 'waiting', 0, NULL, NULL)) v$$, 'each text, its cause and its end');
SELECT results_eq($$SELECT kind, state, attempts, error, request_id IS NOT NULL FROM audit.text WHERE number = '819000000002' ORDER BY message_id$$,
	$$VALUES ('reply', 'waiting', 1, 'no route', true), ('reply', 'waiting', 0, NULL, false)$$, 'one tried in vain; a code of somebody else''s is none');
SELECT is_empty($$SELECT * FROM audit.text x WHERE t.words(x::text)$$, 'not the words');
SELECT results_eq($$SELECT what, outcome, value_id IS NOT NULL, request_id IS NOT NULL FROM audit.terminal_report('819000000001', now() - interval '1 hour', now() + interval '1 hour')
	WHERE what LIKE 'text:%' ORDER BY at, what DESC$$,
	$$VALUES ('text: reply', 'told', false, true), ('text: receipt.bought', 'being sent', true, true), ('text: question', 'waiting', true, true),
		('text: reply', 'waiting', false, false)$$, 'in the report of a number');
SELECT matches((SELECT detail FROM audit.terminal_report('819000000001', now() - interval '1 hour', now() + interval '1 hour') WHERE outcome = 'told'),
	'^message [0-9]+, question [0-9]+, sent [0-9-]+ .*, arrived ', 'with its times');
SELECT is_empty($$SELECT * FROM audit.terminal_report('819000000001', now() - interval '2 hours', now() - interval '1 hour') WHERE what LIKE 'text:%'$$, 'not before they were written');
SELECT is_empty($$SELECT * FROM audit.terminal_report('819000000001', now() + interval '1 hour', now() + interval '2 hours') WHERE what LIKE 'text:%'$$, 'nor after');
SELECT is_empty($$SELECT * FROM audit.terminal_report('819000000003', now() - interval '1 hour', now() + interval '1 hour') WHERE what LIKE 'text:%'$$, 'not another one''s');
SELECT is_empty($$SELECT * FROM audit.terminal_report('819000000001', '-infinity', 'infinity') x WHERE t.words(x::text)$$, 'not the words there');
SELECT results_eq($$SELECT number, kind, state, request_id FROM t.id1, audit.texts_about(id)$$,
	$$SELECT v.* FROM t.id1, LATERAL (VALUES ('819000000001', 'reply', 'told', asked), ('819000000001', 'receipt.bought', 'being sent', asked),
		('819000000001', 'question', 'waiting', other)) v$$, 'about a value: the questions too');
SELECT is_empty($$SELECT * FROM t.id1, audit.texts_about(id) x WHERE t.words(x::text)$$, 'not the words there either');
SELECT throws_ok($$SELECT * FROM audit.texts_about('12')$$, '22023', NULL, 'what is no value id is an error');
SELECT throws_ok('SELECT * FROM tegata.outbox', '42501', NULL, 'the table is closed');
SELECT throws_ok('SELECT tegata.outbox_first(now())', '42501', NULL, 'so are its helpers');
RESET ROLE;

-- By their numbers: gaps, order to a minute, nothing there.
UPDATE outbox o SET created_at = now() - (20 - n) * interval '1 hour' FROM (SELECT message_id, row_number() OVER (ORDER BY message_id) AS n FROM outbox) i
WHERE i.message_id = o.message_id;
SELECT is_empty($$SELECT h FROM generate_series(0, 21) h WHERE (SELECT min(message_id) FROM outbox WHERE created_at >= now() - h * interval '1 hour')
	< outbox_first(now() - h * interval '1 hour')$$, 'none is missed');
SELECT is_empty($$SELECT h FROM generate_series(14, 19) h WHERE (SELECT count(*) FROM outbox WHERE created_at < now() - h * interval '1 hour'
	AND message_id >= outbox_first(now() - h * interval '1 hour')) > 0$$, 'none too many is read');
DELETE FROM outbox WHERE message_id % 3 = 1;
SELECT is_empty($$SELECT h FROM generate_series(0, 21) h WHERE (SELECT min(message_id) FROM outbox WHERE created_at >= now() - h * interval '1 hour')
	< outbox_first(now() - h * interval '1 hour')$$, 'nor with gaps');
DELETE FROM outbox;
SELECT is(outbox_first(now()), 1::bigint, 'nor where there is none');

-- Why one waits, in words.
CREATE FUNCTION t.why() RETURNS text[] LANGUAGE sql AS $$ SELECT array_agg(coalesce(error, '-') ORDER BY message_id) FROM tegata.operator_outbox(NULL, false, 10) $$;
SELECT t.put(10, 'a', 'one'), t.put(11, 'a', 'two'), t.put(12, 'b', 'three');
SELECT matches(array_to_string(t.why(), '; '), '^-; waits for message [0-9]+, which goes first; -$', 'just written; behind another');
UPDATE outbox SET next_at = next_at - interval '1 minute';
SELECT matches(array_to_string(t.why(), '; '), '^no manager is alive; waits for message [0-9]+, which goes first; no manager is alive$', 'nobody is there to send it');
INSERT INTO manager_alive VALUES ('a/1/00000001', now(), now(), now()), ('a/1/00000002', now(), now(), now()), ('a/1/00000003', now(), now() - interval '1 day', now());
SELECT matches(array_to_string(t.why(), '; '), '^not taken: no link of 2 managers is up and has room; waits', 'they are there, without a link');
SELECT matches((SELECT what FROM operator_outbox('819000000002', false, 10) LIMIT 1), '^reply$', 'what it is');
SELECT t.put(13, 'c', 'Buy? YES 7F3A', t.asked('c', 1, NULL, t.rid(30), '7F3A'));
SELECT matches((SELECT what FROM operator_outbox('819000000003', false, 10) LIMIT 1), '^question [0-9]+$', 'a question by its number');

-- PINs, and whose a charge was.
SELECT is(operator_show_terminal('819000000001')->0->'pin', '{"state": "not set"}', 'no PIN');
INSERT INTO terminal_pin (home, terminal_id, key_id, digest, tries, set_at) SELECT home, terminal_id, repeat('a', 16), sha256('x'), 2, now()
FROM terminal WHERE terminal_id = t.id('a');
SELECT is((operator_show_terminal('819000000001')->0->'pin') - 'set_at', '{"state": "set", "wrong_tries": 2}', 'a PIN, and wrong tries');
UPDATE terminal_pin SET tries = 3, blocked_at = now();
SELECT is((operator_show_terminal('819000000001')->0->'pin') - 'set_at' - 'blocked_at', '{"state": "blocked", "wrong_tries": 3}', 'a blocked one');
SELECT ok((operator_show_terminal('819000000001')->0->'pin') ?& '{set_at,blocked_at}', 'since when');
SELECT is(operator_show_terminal('3344')->0->'pin', NULL, 'shops have none');
SELECT is_empty($$SELECT 1 WHERE operator_show_terminal('819000000001')::text ~ 'aaaaaaaa|digest|2d711642b726b0'$$, 'neither digest nor key');
SELECT is(operator_show_value(t.vid('a', 1))->'charges'->0->>'debit', '819000000001', 'charges name numbers');
SELECT * FROM finish();
ROLLBACK;
