-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- A question as the manager reads it.  Locks nothing; inlined by the planner.
SET LOCAL check_function_bodies = off; -- what it calls comes later in the alphabet
CREATE OR REPLACE FUNCTION tegata.question_columns(q tegata.question)
RETURNS TABLE (question_id bigint, kind smallint, state smallint, code text, request_id uuid,
	opened_at timestamptz, deadline timestamptz, answered_at timestamptz, product text,
	amount bigint, fee bigint, currency text, value_id bigint, transferee_id bigint,
	transferee text, reference text, needs_pin boolean, refusal smallint)
LANGUAGE sql STABLE
AS $$
	SELECT q.question_id, q.kind, tegata.question_state(q), q.code, q.request_id, q.opened_at, q.deadline,
		q.answered_at, q.arguments->>'product', (q.arguments->>'amount')::bigint,
		(q.arguments->>'fee')::bigint, q.arguments->>'currency',
		(q.arguments->>'value_id')::bigint, (q.arguments->>'transferee_id')::bigint,
		q.arguments->>'transferee', q.arguments->>'reference',
		tegata.question_needs_pin(q), q.refusal
$$;
COMMENT ON FUNCTION tegata.question_columns(tegata.question) IS 'A question as the manager reads it';
