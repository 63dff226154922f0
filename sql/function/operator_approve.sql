-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Approves what another operator asked for, which is then done, once, with both
-- names in operator_act; the approval is an act of its own, with its own reason.
--
-- Locks: the approval; then what the act locks, and waits for it.  Of a swap it
-- waits up to 5 s for older transactions, and must come first in its transaction.
-- Idempotency: an approval is used up by what its act came to, refusals too,
-- except by "again".
--
-- Outcomes in precedence: not_found, value_state (decided or expired already),
-- forbidden (who asked cannot approve, nor somebody who is no operator),
-- request_conflict (the number belongs to another terminal by now), else those of
-- the act.
CREATE OR REPLACE FUNCTION tegata.operator_approve(approval_id bigint, reason text,
	OUT outcome smallint, OUT note text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	v_id bigint := operator_approve.approval_id;
	v_settled bigint[] := '{}';
	v approval;
	a jsonb;
BEGIN
	SELECT * INTO v FROM approval p WHERE p.approval_id = v_id;
	IF v.act = 'terminal_swap' AND v.state = 0 THEN
		v_settled := terminal_settled(ARRAY[v.arguments->>'number']);
	END IF;
	SELECT * INTO v FROM approval p WHERE p.approval_id = v_id FOR UPDATE;
	a := v.arguments;
	outcome := CASE
		WHEN v.approval_id IS NULL THEN outcome_code('not_found')
		WHEN v.state <> 0 OR v.expires_at <= clock_timestamp() THEN outcome_code('value_state')
		WHEN v.operator = session_user
			OR NOT pg_has_role(session_user, 'tegata_operator', 'MEMBER') THEN outcome_code('forbidden')
		ELSE outcome_code('ok')
	END;
	IF outcome = 0 THEN
		CASE v.act
		WHEN 'top_up' THEN
			SELECT o.outcome, o.note INTO operator_approve.outcome, operator_approve.note
			FROM top_up_one(a->>'number', a->>'currency', (a->>'amount')::bigint, a->>'reference',
				v.reason, v_id) o;
		WHEN 'account_settle' THEN
			SELECT o.outcome, o.note INTO operator_approve.outcome, operator_approve.note
			FROM account_settle_one(a->>'number', a->>'imsi', a->>'reference', v.reason, v_id) o;
		WHEN 'terminal_status' THEN
			SELECT o.outcome, o.note INTO operator_approve.outcome, operator_approve.note
			FROM terminal_status_one(a->>'number', a->>'action', '{}', v.reason, v_id) o;
		WHEN 'terminal_swap' THEN
			SELECT o.outcome, o.note INTO operator_approve.outcome, operator_approve.note
			FROM terminal_swap_one(a->>'number', a->>'imsi', v_settled, v.reason, v_id) o;
		WHEN 'terminal_import' THEN
			SELECT o.outcome, o.note INTO operator_approve.outcome, operator_approve.note
			FROM terminal_import_one(a->>'number', a->>'imsi', a->>'mode',
				(a->>'credit_limit')::bigint, a->>'language', a->>'currency', v.reason, v_id) o;
		WHEN 'setting' THEN
			SELECT o.outcome, o.note INTO operator_approve.outcome, operator_approve.note
			FROM setting_one(a->>'name', a->>'value', v.reason, v_id) o;
		WHEN 'pin_unblock', 'pin_clear' THEN
			SELECT o.outcome, o.note INTO operator_approve.outcome, operator_approve.note
			FROM pin_one(a->>'number', substr(v.act, 5), v.reason, v_id) o;
		END CASE;
		IF outcome <> outcome_code('again') THEN
			UPDATE approval p SET state = 1, decided_at = clock_timestamp(),
				decided_by = session_user, outcome = operator_approve.outcome
			WHERE p.approval_id = v_id;
		END IF;
	ELSE
		note := CASE
			WHEN v.approval_id IS NULL THEN 'no such approval'
			WHEN v.state IN (1, 2) THEN format('it was %s by %s on %s',
				(ARRAY['approved', 'rejected'])[v.state], v.decided_by, v.decided_at)
			WHEN v.state <> 0 OR v.expires_at <= clock_timestamp() THEN format('it expired on %s', v.expires_at)
			WHEN v.operator = session_user THEN 'another operator must approve what you asked for'
			ELSE 'only operators approve'
		END;
	END IF;
	PERFORM operator_log('approve', jsonb_build_object('approval', v_id), reason, outcome, v.terminal_id);
END
$$;
COMMENT ON FUNCTION tegata.operator_approve(bigint, text) IS 'Approves what another operator asked for: it is done';
