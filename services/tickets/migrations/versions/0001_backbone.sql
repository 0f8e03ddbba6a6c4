-- helpdesk: what the log amounts to. Only the role helpdesk_tickets writes here.

CREATE TABLE helpdesk.consumer_offset (
  consumer text NOT NULL, topic text NOT NULL, partition int NOT NULL, next_offset bigint NOT NULL,
  PRIMARY KEY (consumer, topic, partition)
);
CREATE TABLE helpdesk.seen_event (event_id uuid PRIMARY KEY, at timestamptz NOT NULL DEFAULT now());
CREATE INDEX seen_event_at ON helpdesk.seen_event USING brin (at);

CREATE TABLE helpdesk.config_entry (
  kind text NOT NULL, id text NOT NULL, version int NOT NULL, value jsonb, updated_at timestamptz NOT NULL,
  PRIMARY KEY (kind, id)
);

CREATE TABLE helpdesk.counter (name text PRIMARY KEY, day date, next bigint NOT NULL, last_reset timestamptz);

CREATE TABLE helpdesk.customer (
  id uuid PRIMARY KEY, number text NOT NULL UNIQUE, name text NOT NULL, email text,
  vip boolean NOT NULL DEFAULT false, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL
);
CREATE TABLE helpdesk.handle (
  kind text NOT NULL, value text NOT NULL, customer_id uuid NOT NULL REFERENCES helpdesk.customer (id),
  PRIMARY KEY (kind, value)
);
CREATE INDEX handle_customer ON helpdesk.handle (customer_id);
CREATE INDEX customer_search ON helpdesk.customer USING gin ((name || ' ' || coalesce(email, '')) public.gin_trgm_ops);

-- `state` is the folded domain state (decide/evolve); `doc` is the value of ticket.state, served as it is.
-- The other columns are what lists filter and sort by.
CREATE TABLE helpdesk.ticket (
  id uuid PRIMARY KEY, number text NOT NULL UNIQUE, version int NOT NULL,
  status text NOT NULL, priority text NOT NULL, priority_order int NOT NULL DEFAULT 0,
  team_id uuid, assignee_id uuid, requester_id uuid NOT NULL, channel text NOT NULL,
  subject text NOT NULL, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL,
  sla_due timestamptz, snoozed_until timestamptz, unread boolean NOT NULL DEFAULT false, tags text[] NOT NULL DEFAULT '{}',
  state jsonb NOT NULL, doc jsonb NOT NULL,
  search tsvector NOT NULL DEFAULT ''
);
CREATE INDEX ticket_updated ON helpdesk.ticket (updated_at DESC, id DESC);
CREATE INDEX ticket_created ON helpdesk.ticket (created_at DESC, id DESC);
CREATE INDEX ticket_sla ON helpdesk.ticket ((CASE WHEN sla_due IS NULL THEN 'infinity' ELSE sla_due END), id);
CREATE INDEX ticket_team ON helpdesk.ticket (team_id, updated_at DESC, id DESC);
CREATE INDEX ticket_assignee ON helpdesk.ticket (assignee_id, updated_at DESC, id DESC);
CREATE INDEX ticket_requester ON helpdesk.ticket (requester_id, updated_at DESC, id DESC);
CREATE INDEX ticket_status ON helpdesk.ticket (status, updated_at DESC, id DESC);
CREATE INDEX ticket_ai_waiting ON helpdesk.ticket (updated_at DESC, id DESC) WHERE doc ->> 'ai_waiting' = 'true';
CREATE INDEX ticket_rating ON helpdesk.ticket ((doc ->> 'rating'), updated_at DESC, id DESC) WHERE doc ->> 'rating' IS NOT NULL;
CREATE INDEX ticket_incident ON helpdesk.ticket ((doc ->> 'incident_of')) WHERE doc ->> 'incident_of' IS NOT NULL;
CREATE INDEX ticket_search ON helpdesk.ticket USING gin (search);

-- `doc` is the value of ticket.messages.
CREATE TABLE helpdesk.message (
  id uuid PRIMARY KEY, ticket_id uuid NOT NULL, home_ticket_id uuid NOT NULL, version int NOT NULL,
  kind text NOT NULL, created_at timestamptz NOT NULL, delivery_state text NOT NULL, taken_back boolean NOT NULL DEFAULT false,
  sender text, rfc_id text, body_hash text, raw_sha256 text, doc jsonb NOT NULL
);
CREATE INDEX message_ticket ON helpdesk.message (ticket_id, created_at, id);
CREATE INDEX message_rfc_id ON helpdesk.message (rfc_id) WHERE rfc_id IS NOT NULL;
CREATE INDEX message_sender ON helpdesk.message (sender, created_at) WHERE sender IS NOT NULL;
CREATE INDEX message_raw_sha ON helpdesk.message (raw_sha256) WHERE raw_sha256 IS NOT NULL;

-- Message-IDs that lead to a ticket: foreign ids stored, and ids that were only referred to (email.md 4, 5 c and d).
CREATE TABLE helpdesk.thread_ref (ref text PRIMARY KEY, ticket_id uuid NOT NULL, stored boolean NOT NULL);
CREATE INDEX thread_ref_ticket ON helpdesk.thread_ref (ticket_id);
-- Who takes part in a ticket: requester, CC, agents by mail.
CREATE TABLE helpdesk.participant (ticket_id uuid NOT NULL, address text NOT NULL, role text NOT NULL, PRIMARY KEY (ticket_id, address));
CREATE INDEX participant_address ON helpdesk.participant (address);

-- The history. `topic_partition` and `topic_offset` are filled by the relay once the broker has acknowledged.
CREATE TABLE helpdesk.ticket_event (
  id uuid PRIMARY KEY, ticket_id uuid NOT NULL, version int NOT NULL, type text NOT NULL, time timestamptz NOT NULL,
  actor jsonb NOT NULL, data jsonb NOT NULL, causation_id uuid, topic_partition int, topic_offset bigint
);
CREATE UNIQUE INDEX ticket_event_version ON helpdesk.ticket_event (ticket_id, version);
CREATE INDEX ticket_event_cause ON helpdesk.ticket_event (causation_id) WHERE causation_id IS NOT NULL;

CREATE TABLE helpdesk.attachment (
  id uuid PRIMARY KEY, message_id uuid NOT NULL, ticket_id uuid NOT NULL, name text NOT NULL, type text NOT NULL,
  size bigint NOT NULL, sha256 text NOT NULL, inline boolean NOT NULL DEFAULT false, content_id text
);
CREATE INDEX attachment_message ON helpdesk.attachment (message_id);

CREATE TABLE helpdesk.ai_suggestion (
  id uuid PRIMARY KEY, ticket_id uuid NOT NULL, created_at timestamptz NOT NULL, decision text NOT NULL, doc jsonb NOT NULL
);
CREATE INDEX ai_suggestion_ticket ON helpdesk.ai_suggestion (ticket_id, created_at, id);
CREATE INDEX ai_suggestion_newest ON helpdesk.ai_suggestion (created_at DESC, id DESC);

-- What became of each draft of the assistant: the basis of earned autonomy (ai.md 14). Codes and ids only.
CREATE TABLE helpdesk.ai_review (
  id uuid PRIMARY KEY, ticket_id uuid NOT NULL, team_id uuid, topic text, verdict text NOT NULL, at timestamptz NOT NULL,
  returned boolean NOT NULL DEFAULT false
);
CREATE INDEX ai_review_ticket ON helpdesk.ai_review (ticket_id);
CREATE INDEX ai_review_scope ON helpdesk.ai_review (team_id, topic);
CREATE VIEW helpdesk.ai_track_record AS
SELECT team_id, topic,
  count(*) FILTER (WHERE verdict IN ('accepted', 'edited', 'rejected')) AS reviewed,
  count(*) FILTER (WHERE verdict = 'accepted') AS accepted,
  count(*) FILTER (WHERE verdict <> 'undone' AND at > now() - interval '7 days') AS lately,
  count(*) FILTER (WHERE verdict IN ('accepted', 'answered') AND at > now() - interval '7 days') AS good_lately,
  count(*) FILTER (WHERE verdict IN ('accepted', 'answered') AND at > now() - interval '30 days') AS sent,
  count(*) FILTER (WHERE verdict IN ('accepted', 'answered') AND at > now() - interval '30 days' AND returned) AS returned,
  count(*) FILTER (WHERE verdict = 'answered') AS by_itself
FROM helpdesk.ai_review GROUP BY team_id, topic;

-- What the radar noticed: surges and gaps. Ids and word stems; who may see which ticket is asked when it is shown.
CREATE TABLE helpdesk.ai_signal (id uuid PRIMARY KEY, kind text NOT NULL, created_at timestamptz NOT NULL, doc jsonb NOT NULL);
CREATE INDEX ai_signal_newest ON helpdesk.ai_signal (kind, created_at DESC);

CREATE TABLE helpdesk.timer (
  id uuid PRIMARY KEY, ticket_id uuid NOT NULL, message_id uuid, kind text NOT NULL, generation int NOT NULL, due_at timestamptz NOT NULL
);
CREATE INDEX timer_due ON helpdesk.timer (due_at);
CREATE INDEX timer_ticket ON helpdesk.timer (ticket_id);

CREATE TABLE helpdesk.outbox (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, topic text NOT NULL, key text NOT NULL, routing text, value bytea,
  headers jsonb NOT NULL, ticket_event_id uuid, created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE helpdesk.command_outcome (
  command_id uuid PRIMARY KEY, body_hash text NOT NULL, outcome jsonb NOT NULL, at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX command_outcome_at ON helpdesk.command_outcome USING brin (at);

-- Poison: the first failed record of a routing key and all that came behind it. `released`: sent again, and the only ones of their key that
-- may be decided; each leaves the table when it is, so what is newer never overtakes it.
CREATE TABLE helpdesk.parked_event (
  id uuid PRIMARY KEY, topic text NOT NULL, partition int NOT NULL, record_offset bigint NOT NULL, routing text NOT NULL, record_key text,
  headers jsonb NOT NULL, value bytea, reason text NOT NULL, first boolean NOT NULL, at timestamptz NOT NULL DEFAULT now(), released boolean NOT NULL DEFAULT false
);
CREATE INDEX parked_routing ON helpdesk.parked_event (routing);

-- Mail that opened no ticket on purpose: bounces, auto-replies without a ticket, our own mail, quarantined senders.
CREATE TABLE helpdesk.parked_mail (
  id uuid PRIMARY KEY, mailbox text NOT NULL, reason text NOT NULL, raw jsonb NOT NULL, doc jsonb NOT NULL, at timestamptz NOT NULL,
  status text NOT NULL, sender text NOT NULL, settled_at timestamptz, settled_by text, ticket_id uuid
);
CREATE INDEX parked_mail_waiting ON helpdesk.parked_mail (at DESC, id DESC) WHERE status = 'parked';
CREATE INDEX parked_mail_sender ON helpdesk.parked_mail (sender, at);

-- The ledger (email.md 1): what became of each mail that was ever stored, kept by a consumer of its own; and where each stands in the log.
-- `topic` is mail.raw.dlq where the server listed a mail but never gave it out. One that was erased keeps its place and nothing else.
CREATE TABLE helpdesk.mail_ledger (
  id uuid PRIMARY KEY, inbound_id uuid NOT NULL, mailbox text NOT NULL, place text NOT NULL, topic text NOT NULL, partition int NOT NULL,
  record_offset bigint NOT NULL, received_at timestamptz NOT NULL, message_id text, sha256 text, imported boolean NOT NULL DEFAULT false,
  erased boolean NOT NULL DEFAULT false, outcome text NOT NULL
);
CREATE INDEX mail_ledger_outcome ON helpdesk.mail_ledger (mailbox, outcome, id);
CREATE INDEX mail_ledger_open ON helpdesk.mail_ledger (outcome, id) WHERE outcome <> 'ticketed';
CREATE INDEX mail_ledger_message ON helpdesk.mail_ledger (message_id) WHERE message_id IS NOT NULL;
CREATE TABLE helpdesk.mail_letter (id uuid PRIMARY KEY, topic text NOT NULL, record_offset bigint NOT NULL, reason text NOT NULL);
CREATE TABLE helpdesk.mail_folder (account text NOT NULL, folder text NOT NULL, seen bigint NOT NULL, PRIMARY KEY (account, folder));

-- Automatic mail by recipient, for the caps of email.md 5.
-- `likeness`: what the answered mail says, numbers aside; two automats that answer each other say the same again and again.
CREATE TABLE helpdesk.automatic_mail (
  address text NOT NULL, at timestamptz NOT NULL, message_id uuid NOT NULL PRIMARY KEY, likeness text NOT NULL DEFAULT ''
);
CREATE INDEX automatic_mail_recent ON helpdesk.automatic_mail (address, at);

CREATE TABLE helpdesk.suppression (
  address text PRIMARY KEY, kind text NOT NULL, reason text NOT NULL, at timestamptz NOT NULL, until timestamptz
);

-- identity: credentials and sessions; the gateway owns the rows.
CREATE TABLE identity.credential (agent_id uuid PRIMARY KEY, email text NOT NULL UNIQUE, password_hash text NOT NULL, updated_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE identity.session (
  token_hash bytea PRIMARY KEY, id uuid NOT NULL UNIQUE, agent_id uuid NOT NULL, created_at timestamptz NOT NULL DEFAULT now(),
  seen_at timestamptz NOT NULL DEFAULT now(), expires_at timestamptz NOT NULL, user_agent text
);
CREATE INDEX session_agent ON identity.session (agent_id);
CREATE TABLE identity.api_key (
  id uuid PRIMARY KEY, key_hash bytea NOT NULL UNIQUE, agent_id uuid NOT NULL, name text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(), revoked_at timestamptz
);
CREATE TABLE identity.upload (
  id uuid PRIMARY KEY, agent_id uuid NOT NULL, name text NOT NULL, type text NOT NULL, size bigint NOT NULL, sha256 text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- Who may see what. The user is set per transaction: set_config('helpdesk.user', agent id, true). Unset means no rows.
CREATE FUNCTION helpdesk.my_role() RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = helpdesk, pg_temp AS $$
  SELECT value ->> 'role' FROM helpdesk.config_entry
  WHERE kind = 'agent' AND id = nullif(current_setting('helpdesk.user', true), '') AND coalesce((value ->> 'active')::boolean, true)
$$;
CREATE FUNCTION helpdesk.my_teams() RETURNS uuid[] LANGUAGE sql STABLE SECURITY DEFINER SET search_path = helpdesk, pg_temp AS $$
  SELECT CASE WHEN value ->> 'role' = 'admin'
    THEN ARRAY(SELECT t.id::uuid FROM helpdesk.config_entry t WHERE t.kind = 'team')
    ELSE ARRAY(SELECT jsonb_array_elements_text(coalesce(value -> 'teams', '[]'))::uuid) END
  FROM helpdesk.config_entry
  WHERE kind = 'agent' AND id = nullif(current_setting('helpdesk.user', true), '') AND coalesce((value ->> 'active')::boolean, true)
$$;

ALTER TABLE helpdesk.ticket ENABLE ROW LEVEL SECURITY;
ALTER TABLE helpdesk.message ENABLE ROW LEVEL SECURITY;
ALTER TABLE helpdesk.ticket_event ENABLE ROW LEVEL SECURITY;
ALTER TABLE helpdesk.ai_suggestion ENABLE ROW LEVEL SECURITY;
ALTER TABLE helpdesk.attachment ENABLE ROW LEVEL SECURITY;
ALTER TABLE helpdesk.customer ENABLE ROW LEVEL SECURITY;
ALTER TABLE helpdesk.parked_mail ENABLE ROW LEVEL SECURITY;
ALTER TABLE helpdesk.mail_ledger ENABLE ROW LEVEL SECURITY;
ALTER TABLE helpdesk.mail_letter ENABLE ROW LEVEL SECURITY;
ALTER TABLE helpdesk.mail_folder ENABLE ROW LEVEL SECURITY;

CREATE POLICY writer ON helpdesk.ticket TO helpdesk_tickets USING (true) WITH CHECK (true);
CREATE POLICY writer ON helpdesk.message TO helpdesk_tickets USING (true) WITH CHECK (true);
CREATE POLICY writer ON helpdesk.ticket_event TO helpdesk_tickets USING (true) WITH CHECK (true);
CREATE POLICY writer ON helpdesk.ai_suggestion TO helpdesk_tickets USING (true) WITH CHECK (true);
CREATE POLICY writer ON helpdesk.attachment TO helpdesk_tickets USING (true) WITH CHECK (true);
CREATE POLICY writer ON helpdesk.customer TO helpdesk_tickets USING (true) WITH CHECK (true);
CREATE POLICY writer ON helpdesk.parked_mail TO helpdesk_tickets USING (true) WITH CHECK (true);
CREATE POLICY writer ON helpdesk.mail_ledger TO helpdesk_tickets USING (true) WITH CHECK (true);
CREATE POLICY writer ON helpdesk.mail_letter TO helpdesk_tickets USING (true) WITH CHECK (true);
CREATE POLICY writer ON helpdesk.mail_folder TO helpdesk_tickets USING (true) WITH CHECK (true);

-- Written as init-plans: the functions run once a query, not once a row.
CREATE POLICY team ON helpdesk.ticket FOR SELECT TO helpdesk_gateway USING (
  (team_id IS NULL AND (SELECT helpdesk.my_role()) IS NOT NULL) OR team_id = ANY ((SELECT helpdesk.my_teams())::uuid[])
);
CREATE POLICY team ON helpdesk.message FOR SELECT TO helpdesk_gateway USING (EXISTS (SELECT 1 FROM helpdesk.ticket t WHERE t.id = ticket_id));
CREATE POLICY team ON helpdesk.ticket_event FOR SELECT TO helpdesk_gateway USING (EXISTS (SELECT 1 FROM helpdesk.ticket t WHERE t.id = ticket_id));
CREATE POLICY team ON helpdesk.ai_suggestion FOR SELECT TO helpdesk_gateway USING (EXISTS (SELECT 1 FROM helpdesk.ticket t WHERE t.id = ticket_id));
CREATE POLICY team ON helpdesk.attachment FOR SELECT TO helpdesk_gateway USING (EXISTS (SELECT 1 FROM helpdesk.ticket t WHERE t.id = ticket_id));
CREATE POLICY agents ON helpdesk.customer FOR SELECT TO helpdesk_gateway USING ((SELECT helpdesk.my_role()) IS NOT NULL);
-- Mail of a team's mailbox is for that team, other mail for every agent who may change tickets.
CREATE POLICY team ON helpdesk.parked_mail FOR SELECT TO helpdesk_gateway USING (
  (SELECT helpdesk.my_role()) = 'admin' OR ((SELECT helpdesk.my_role()) IN ('agent', 'lead') AND NOT EXISTS (
    SELECT 1 FROM helpdesk.config_entry m WHERE m.kind = 'mailbox' AND m.id = mailbox AND m.value ->> 'team_id' IS NOT NULL
      AND NOT (m.value ->> 'team_id')::uuid = ANY ((SELECT helpdesk.my_teams())::uuid[])
  ))
);
CREATE POLICY admins ON helpdesk.mail_ledger FOR SELECT TO helpdesk_gateway USING ((SELECT helpdesk.my_role()) = 'admin');
CREATE POLICY admins ON helpdesk.mail_letter FOR SELECT TO helpdesk_gateway USING ((SELECT helpdesk.my_role()) = 'admin');
CREATE POLICY admins ON helpdesk.mail_folder FOR SELECT TO helpdesk_gateway USING ((SELECT helpdesk.my_role()) = 'admin');

-- What somebody types: words, "phrases", -without; the last word may be unfinished.
CREATE FUNCTION helpdesk.typed_query(query text) RETURNS tsquery LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE
    WHEN t.last IS NULL THEN websearch_to_tsquery('simple', query)
    WHEN numnode(websearch_to_tsquery('simple', t.head)) = 0 THEN to_tsquery('simple', quote_literal(t.last) || ':*')
    ELSE websearch_to_tsquery('simple', t.head) && to_tsquery('simple', quote_literal(t.last) || ':*') END
  FROM (SELECT substring(query FROM '(?:^|\s)([[:alnum:]][^\s"]*)$') AS last, regexp_replace(query, '(^|\s)[[:alnum:]][^\s"]*$', '') AS head) t
$$;

-- Row policies switch off GIN indexes, so search has the team predicate inside (architecture.md 6).
CREATE FUNCTION helpdesk.search_tickets(query text, most int) RETURNS TABLE (id uuid, rank real)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = helpdesk, pg_temp AS $$
  SELECT t.id, ts_rank(t.search, q.tsq) FROM helpdesk.ticket t, (SELECT helpdesk.typed_query(query) AS tsq) q
  WHERE t.search @@ q.tsq
    AND ((t.team_id IS NULL AND (SELECT helpdesk.my_role()) IS NOT NULL) OR t.team_id = ANY ((SELECT helpdesk.my_teams())::uuid[]))
  ORDER BY 2 DESC, t.updated_at DESC LIMIT least(most, 100)
$$;
CREATE FUNCTION helpdesk.search_customers(query text, most int) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = helpdesk, public, pg_temp AS $$
  SELECT c.id FROM helpdesk.customer c
  WHERE (SELECT helpdesk.my_role()) IS NOT NULL AND (c.name || ' ' || coalesce(c.email, '')) ILIKE '%' || regexp_replace(query, '([%_\\])', '\\\1', 'g') || '%'
  ORDER BY c.updated_at DESC LIMIT least(most, 100)
$$;

GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA helpdesk TO helpdesk_tickets;
GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA helpdesk TO helpdesk_tickets;
GRANT SELECT ON helpdesk.config_entry, helpdesk.customer, helpdesk.handle, helpdesk.ticket, helpdesk.message, helpdesk.ticket_event, helpdesk.attachment,
  helpdesk.ai_suggestion, helpdesk.ai_review, helpdesk.ai_signal, helpdesk.ai_track_record, helpdesk.command_outcome, helpdesk.counter, helpdesk.parked_mail, helpdesk.suppression TO helpdesk_gateway;
GRANT SELECT ON helpdesk.mail_ledger, helpdesk.mail_letter, helpdesk.mail_folder TO helpdesk_gateway;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA identity TO helpdesk_gateway;
REVOKE ALL ON FUNCTION helpdesk.typed_query(text), helpdesk.my_role(), helpdesk.my_teams(), helpdesk.search_tickets(text, int), helpdesk.search_customers(text, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION helpdesk.my_role(), helpdesk.my_teams(), helpdesk.search_tickets(text, int), helpdesk.search_customers(text, int) TO helpdesk_gateway;
