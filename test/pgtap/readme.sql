-- What README.md says: its settings, its names, and its tours, whose statements are run as they stand there and whose results are compared.
BEGIN;
SELECT plan(23);

\set text `cat README.md`
SELECT set_config('test.readme', :'text', true) IS NOT NULL AS kept \gset
CREATE FUNCTION pg_temp.says(what text) RETURNS boolean LANGUAGE sql AS $$ SELECT position(what IN current_setting('test.readme')) > 0 $$;

-- ----- Settings and names -----

CREATE TEMP TABLE documented AS
SELECT m[1] AS name, btrim(m[2]) AS value FROM regexp_matches(current_setting('test.readme'), '\n\| `(lealup\.[a-z_]+)` \|([^|\n]*)\|', 'g') m;
SELECT set_eq('SELECT name FROM documented', $$SELECT name FROM pg_settings WHERE name LIKE 'lealup.%' AND NOT 'NOT_IN_SAMPLE' = ANY (pg_settings_get_flags(name))$$,
    'each setting is described, but for those that lealup itself sets');
SELECT is_empty($$SELECT d.name, d.value, s.boot_val, s.unit FROM documented d JOIN pg_settings s ON s.name = d.name
    WHERE CASE WHEN s.unit IN ('B', 'kB') THEN pg_size_bytes(d.value) <> s.boot_val::bigint * CASE s.unit WHEN 'kB' THEN 1024 ELSE 1 END
               WHEN s.unit IN ('ms', 's', 'min') THEN d.value::interval <> (s.boot_val || s.unit)::interval
               ELSE d.value <> s.boot_val END$$, 'with its default');
SELECT is_empty($$SELECT m[1] FROM regexp_matches(current_setting('test.readme'), '\mlealup\.([a-z_]+)', 'g') m
    WHERE m[1] <> 'key' AND to_regclass('lealup.' || m[1]) IS NULL AND NOT EXISTS (SELECT FROM pg_settings s WHERE s.name = 'lealup.' || m[1])
      AND NOT EXISTS (SELECT FROM pg_proc p WHERE p.pronamespace = 'lealup'::regnamespace AND p.proname = m[1])$$, 'what is named is there');
SELECT is_empty($$SELECT m[1] FROM regexp_matches(current_setting('test.readme'), '`([a-z_]+)\([^`]*\)`', 'g') m
    WHERE NOT EXISTS (SELECT FROM pg_proc p WHERE p.pronamespace IN ('lealup'::regnamespace, 'pg_catalog'::regnamespace) AND p.proname = m[1])$$, 'so are the functions');
SELECT set_eq($$SELECT (regexp_matches((regexp_match(current_setting('test.readme'), 'insert and update rows of (.*?); functions do the rest'))[1], '`([a-z_]+)`', 'g'))[1]$$,
    'SELECT c.relation FROM lealup._changeable() c', 'the tables that are changed by plain DML');
SELECT results_eq('SELECT count(*) FILTER (WHERE name !~ ''^(ticket|lead)''), count(*) FILTER (WHERE name ~ ''^ticket''), count(*) FILTER (WHERE name ~ ''^lead'') FROM lealup.event_type',
    'VALUES (15::bigint, 5::bigint, 6::bigint)', 'there are fifteen events of the catalog, five of tickets and six of leads');

-- ----- The tours -----

-- The statements of two sections; BEGIN and COMMIT are left out, for this is one transaction.
\set tour `mktemp`
\setenv TOUR :tour
\! awk '/^## /{on = / in (five|fifteen) minutes$/} /^```/{sql = on && $0 == "```sql"; next} sql && !/^(BEGIN|COMMIT);$/' README.md > "$TOUR"
\o /dev/null
\i :tour
\o
\! rm "$TOUR"
SELECT results_eq('SELECT s.status, s.events, s.retry_schedule, s.description IS NULL FROM lealup.subscription s ORDER BY s.id LIMIT 1',
    $$VALUES ('active', '{*}'::text[], '{0, 10 s, 1 min}'::interval[], true)$$, 'the first tour leaves a subscription that works');
SELECT is((SELECT e.data ->> 'customer_id' FROM lealup.event e ORDER BY e.id LIMIT 1), 'c-1', 'and an event');
SELECT is_empty(format($$SELECT r.row_no, r.field, r.reason FROM lealup.import_reject r WHERE r.import_id = %L
        AND NOT pg_temp.says(format('-- inserted 2, rejected 1: [%%s]', jsonb_build_object('row', r.row_no, 'field', r.field, 'reason', r.reason)))$$, :'import'), 'the row that is refused says what is printed');
SELECT results_eq(format('SELECT rows, inserted, rejected FROM lealup.import WHERE id = %L', :'import'), 'VALUES (3::bigint, 3::bigint, 0::bigint)', 'and came in once corrected');
SELECT ok(pg_temp.says(format('-- %s, %s, %s', s.score, s.band, s.color)), 'the score is the one that is printed') FROM lealup.health_score s WHERE s.customer_id = :'acme';
SELECT is((SELECT count(*) FROM lealup.explain_health(:'tenant', :'acme') x WHERE pg_temp.says(rpad(x.kind, 12) || ' ' || x.state) AND pg_temp.says(x.explanation || E'\n')), 3::bigint,
    'so is each explanation');

DO $$
BEGIN
    WHILE EXISTS (SELECT FROM lealup.outbox) LOOP
        PERFORM lealup._fan_out(1000, now());
        PERFORM lealup._playbooks_due(now(), 100);
    END LOOP;
END $$;
SELECT is((SELECT string_agg(e.event_type, ' ' ORDER BY e.event_type) FROM lealup.delivery_queue q JOIN lealup.event e ON e.tenant_id = q.tenant_id AND e.id = q.event_id
    WHERE q.subscription_id = (SELECT s.id FROM lealup.subscription s ORDER BY s.id DESC LIMIT 1)), 'customer.status_changed playbook.triggered task.created', 'one UPDATE: three webhooks');
SELECT is((SELECT string_agg(r.status, ' ') FROM lealup.playbook_run r), 'completed', 'a run of the playbook');
SELECT results_eq('SELECT t.title, m.name, t.priority, t.due_at BETWEEN now() + interval ''23 hours'' AND clock_timestamp() + interval ''1 day'' FROM lealup.task t JOIN lealup.member m ON m.id = t.assignee_id',
    $$VALUES ('Call Acme Corp', 'Ana', 'high', true)$$, 'a task for Ana by tomorrow');
SELECT results_eq('SELECT d.subject, d.status FROM lealup.draft d', $$VALUES ('How can we help?', 'draft')$$, 'a draft for her to edit');
SELECT is((SELECT string_agg(e.title, '') FROM lealup.timeline_event e), 'Acme Corp went from active to paused', 'and a note');

-- ----- Leads -----

\set leads `mktemp`
\setenv LEADS :leads
\! awk '/^## /{on = $0 == "## Leads"} /^```/{sql = on && $0 == "```sql"; next} sql' README.md > "$LEADS"
\o /dev/null
\i :leads
\o
\! rm "$LEADS"
SELECT results_eq(format('SELECT l.fields, l.deleted_at FROM lealup.lead l WHERE l.tenant_id = %L', :'tenant'),
    $$VALUES ('{"email": "jo@example.com", "pan": "ABCPE1234F", "score": 12, "stage": "post purchase"}'::jsonb, NULL::timestamptz)$$, 'the tour of leads leaves the one that fits');
SELECT ok(pg_temp.says(E'-- 1 updated\n-- 2 failed  score: true is not an integer'), 'and says what is wrong with the other');
SELECT is((SELECT string_agg(e.context ->> 'automation', ' ') FROM lealup.event e WHERE e.tenant_id = :'tenant' AND e.event_type LIKE 'lead%'), jsonb_build_array(:'automation')::text, 'one change of it is sent');

-- ----- Connections -----

-- What is to be filled in is filled in; between the two parts Google has agreed.
SELECT id AS member FROM lealup.member WHERE tenant_id = :'tenant' LIMIT 1 \gset
\set gmail `mktemp`
\setenv GMAIL :gmail
\set fill 's/[$]client_id/''client''/; s/[$]client_secret/''client-secret''/; s/[$]tenant/:''tenant''/g; s/[$]member/:''member''/g; s/[$]connection/(SELECT id FROM lealup.connection)/g'
\setenv FILL :fill
\! awk '/^##/{on = /^### A Gmail account/} /^```/{sql = on && $0 == "```sql"; next} sql' README.md | sed "$FILL" > "$GMAIL"
\o /dev/null
\i :gmail
\o
SELECT results_eq('SELECT c.provider, c.state, c.member_id, c.backfill, c.options -> ''ignore_labels'' FROM lealup.connection c', format($$VALUES ('gmail', 'pending', %L::uuid, interval '180 days', '["Private"]'::jsonb)$$, :'member'),
    'a member''s mail is being connected');
UPDATE lealup.connection SET account_id = 'ana@northwind.example';
SELECT lealup._connection_established(tenant_id, id, now()) FROM lealup.connection;
\! awk '/^##/{on = /^### What one does/} /^```/{sql = on && $0 == "```sql"; next} sql' README.md | sed "$FILL" > "$GMAIL"
\o /dev/null
\i :gmail
\o
\! rm "$GMAIL"
SELECT is((SELECT string_agg(a.action, ' ' ORDER BY a.id) FROM lealup.audit a WHERE a.tenant_id = :'tenant' AND a.action ~ '^(connection|stream|record)\.'),
    'connection.connect stream.pause record.retry connection.reconnect connection.disconnect', 'all is done that is told');
SELECT is((SELECT c.state FROM lealup.connection c), 'disconnected', 'to the end');

SELECT * FROM finish();
ROLLBACK;
