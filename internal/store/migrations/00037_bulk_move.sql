-- Occurrences moved together: who was chosen, and what became of each. The previous release knows nothing of these tables and
-- never takes up what stands in them; what it moves meanwhile is seen by the movement that was the occurrence's last.

-- +goose Up

INSERT INTO bulk_state (code) VALUES ('juntar'), ('escolher');

CREATE TABLE bulk_move_outcome (code TEXT PRIMARY KEY);
INSERT INTO bulk_move_outcome (code) VALUES ('escolhida'), ('iria'), ('fica'), ('movida');

-- One act: occurrences that were chosen together, and the status that they are to be moved to. It is done by whoever chose
-- them. reach is where they worked then, as JSON: the ids of developments, empty for all. round counts its plans.
CREATE TABLE bulk_move (
  id TEXT PRIMARY KEY,
  state TEXT NOT NULL REFERENCES bulk_state (code),
  user_id BIGINT NOT NULL REFERENCES app_user (id),
  user_name TEXT NOT NULL,
  reach TEXT NOT NULL,
  to_status TEXT NOT NULL DEFAULT '',
  comment TEXT NOT NULL DEFAULT '',
  round BIGINT NOT NULL DEFAULT 0,
  chosen BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  ended_at BIGINT
);
CREATE INDEX bulk_move_created ON bulk_move (created_at, id);
CREATE INDEX bulk_move_waiting ON bulk_move (created_at, id) WHERE state IN ('ensaiar', 'fazer');

-- One occurrence of it, as it was when it was chosen. What became of it is written in the transaction that moves it; of an
-- earlier round than the act's nothing is known yet. tells: Mobuss is told; why: a code, and detail its arguments as JSON.
CREATE TABLE bulk_move_item (
  bulk_move_id TEXT NOT NULL REFERENCES bulk_move (id),
  seq BIGINT NOT NULL,
  occurrence_id BIGINT NOT NULL REFERENCES occurrence (id),
  status_code TEXT NOT NULL,
  status_movement_id BIGINT,
  round BIGINT NOT NULL DEFAULT 0,
  outcome TEXT NOT NULL DEFAULT 'escolhida' REFERENCES bulk_move_outcome (code),
  tells BOOLEAN NOT NULL DEFAULT FALSE,
  why TEXT NOT NULL DEFAULT '',
  detail TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (bulk_move_id, seq)
);
CREATE INDEX bulk_move_item_occurrence ON bulk_move_item (occurrence_id); -- whose words a comment may hold, when they are erased
CREATE INDEX bulk_move_item_tally ON bulk_move_item (bulk_move_id, round, outcome, tells, why);

INSERT INTO work_lease (name) VALUES ('mover_em_lote');
