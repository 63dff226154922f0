-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- One row of operator_terminal_recycle.  settled: what terminal_settled answered.
--
-- Values of products whose rule is "lapse" are revoked and booked from
-- circulation to breakage; the others stay frozen with the old row, and so do
-- its balance and debt (view audit.money_left).  It retires when all are gone.
CREATE OR REPLACE FUNCTION tegata.terminal_recycle_one(number text, imsi text, settled bigint[], reason text,
	OUT outcome smallint, OUT note text)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, tegata, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	v_imsi text := terminal_recycle_one.imsi;
	v_old terminal;
	v_id bigint;
	v_now timestamptz;
	v_n bigint;
BEGIN
	SELECT * INTO v_old FROM terminal t
	WHERE t.imsi = v_imsi AND t.status <> 4 AND t.address = number AND t.kind = 1 FOR UPDATE;
	v_id := v_old.terminal_id;
	outcome := outcome_code('ok');
	IF (v_imsi ~ '^[0-9]{6,15}$') IS NOT TRUE THEN
		outcome := outcome_code('number_malformed');
		note := 'say the IMSI of who had the number: it may be another''s by now';
	ELSIF v_id IS NULL THEN
		SELECT t.terminal_id INTO v_id FROM terminal t
		WHERE t.address = number AND t.status = 4 AND t.imsi = v_imsi
		ORDER BY t.terminal_id DESC LIMIT 1;
		IF v_id IS NULL THEN
			outcome := outcome_code('terminal_unknown');
		ELSE
			note := 'it has retired already';
		END IF;
	ELSIF v_old.status <> terminal_status_code('quarantined') THEN
		-- The new person has not been seen yet: the number becomes free for them.
		UPDATE terminal t
		SET status = terminal_status_code('quarantined'), quarantined_at = clock_timestamp()
		WHERE t.terminal_id = v_id;
		note := 'quarantined; say it again for its values';
	ELSIF NOT v_id = ANY (settled) THEN
		outcome := outcome_code('again');
		note := 'quarantined a moment ago, and transactions of before are still running';
	ELSE
		PERFORM FROM value v JOIN product p ON p.product_id = v.product_id AND p.recycle_rule = 2
		WHERE v.owner_id = v_id AND v.state = 1
		ORDER BY v.home, v.value_id FOR UPDATE OF v;
		v_now := clock_timestamp();
		WITH lapsed AS (
			UPDATE value v SET state = 5, version = v.version + 1
			FROM product p
			WHERE p.product_id = v.product_id AND p.recycle_rule = 2
				AND v.owner_id = v_id AND v.state = 1
			RETURNING v.value_id, v.home, v.version, v.amount, v.currency
		), ins_charge AS (
			INSERT INTO charge (cause_id, debit_account, credit_account, amount, at, version,
				home, kind, currency)
			SELECT value_id, -1, -5, amount, v_now, version, home,
				charge_kind_code('breakage'), currency
			FROM lapsed
		)
		INSERT INTO journal (value_id, owner_id, at, version, home, operation, state)
		SELECT value_id, v_id, v_now, version, home, operation_code('lapse'), 5 FROM lapsed;
		GET DIAGNOSTICS v_n = ROW_COUNT;
		note := v_n || ' values lapsed';
		IF terminal_money(v_id) IS NOT NULL THEN
			note := format('%s, %s stay: settle', note, terminal_money(v_id));
		END IF;
		IF terminal_holds(v_id) THEN
			note := note || ', the rest stays frozen';
		ELSIF terminal_money(v_id) IS NULL THEN
			UPDATE terminal t SET status = terminal_status_code('retired')
			WHERE t.terminal_id = v_id;
			note := note || ', retired';
		END IF;
	END IF;
	PERFORM operator_log('terminal_recycle', jsonb_build_object('number', number, 'imsi', v_imsi,
		'note', note),
		reason, outcome, v_id);
END
$$;
COMMENT ON FUNCTION tegata.terminal_recycle_one(text, text, bigint[], text) IS 'One recycled number';
