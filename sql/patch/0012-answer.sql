-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- What became of an answer is kept with it: that its PIN was right, and why what was
-- agreed to was refused.  A text that tries a PIN is one try.

ALTER TABLE tegata.question
	DROP CONSTRAINT question_state_check,
	DROP CONSTRAINT question_check,
	ADD COLUMN pin_at timestamptz,
	ADD COLUMN refusal smallint,
	ADD CONSTRAINT question_state_check CHECK (state BETWEEN 0 AND 5),
	ADD CONSTRAINT question_check CHECK ((state IN (1, 2, 5)) = (answered_at IS NOT NULL)),
	ADD CHECK ((state = 5) = (refusal IS NOT NULL));
COMMENT ON COLUMN tegata.question.state IS '0 open, 1 yes, 2 no, 3 expired, 4 superseded: by newer ones, or because its code was guessed at, 5 refused: yes, but what was agreed to could not be done';
COMMENT ON COLUMN tegata.question.pin_at IS 'When the PIN was right that was typed for it; NULL: none was';
COMMENT ON COLUMN tegata.question.refusal IS 'Of a refused one: the outcome that is told, however often it is answered';

ALTER TABLE tegata.terminal_pin
	ADD COLUMN tried bytea[] NOT NULL DEFAULT '{}' CHECK (cardinality(tried) <= 6);
COMMENT ON COLUMN tegata.terminal_pin.tried IS 'Texts that the last wrong ones came in, as in sms_command: delivered again each is the same try';

-- Their arguments or columns are others than before; the functions come with their files.
DROP FUNCTION IF EXISTS tegata.question_columns(tegata.question);
DROP FUNCTION IF EXISTS tegata.question_open(bigint[], int[], text[], bigint[], bigint[], text[], bigint[], bigint[], text[], text[], uuid[], int[], text[], text[]);
DROP FUNCTION IF EXISTS tegata.question_answer(bigint[], bigint[], text[], boolean[], text[]);
DROP FUNCTION IF EXISTS tegata.question_of_terminal(bigint[], text[]);
DROP FUNCTION IF EXISTS tegata.pin_check(bigint[], text[], bytea[]);
DROP FUNCTION IF EXISTS tegata.pin_try(bigint, text, bytea);
