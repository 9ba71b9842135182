SELECT tenant_id AS tenant FROM lealup.tenant \gset
\getenv secret LEALUP_WEBHOOK_SECRET
\getenv url RECEIVER_URL

-- Who looks after the customers.
INSERT INTO lealup.member (tenant_id, email, name)
VALUES (:'tenant', 'ana@northwind.example', 'Ana') RETURNING id AS ana \gset

-- How files of accounts are read is kept by name. A small file can be pasted; large ones are uploaded with \copy.
SELECT lealup.save_import_mapping(:'tenant', 'accounts', 'customer',
    '{"external_id": "Id", "name": "Company", "domain": "Domain", "arr": "ARR", "owner": "CSM", "renewal_date": "Renewal"}');
SELECT import_id AS import, inserted, updated, rejected, errors
  FROM lealup.import_csv(:'tenant', 'accounts', $csv$Id,Company,Domain,ARR,CSM,Renewal
A-1,Acme Corp,acme.example,"84,000",ana@northwind.example,2035-03-31
A-2,Globex,www.globex.example,60000,ana@northwind.example,2035-01-15
A-3,Initech,initech.example,a lot,ana@northwind.example,
$csv$) \gx
SELECT id AS import FROM lealup.import_status \gset

-- What was refused is kept, and comes in once it is corrected.
SELECT retried, inserted, rejected
  FROM lealup.retry_rejects(:'tenant', :'import', '{"3": {"ARR": "45000"}}');

-- How health is measured, what was observed, and why the score is what it is.
SELECT lealup.set_health_definition(:'tenant', NULL, '[
    {"kind": "logins", "weight": 3, "worst": 0, "best": 50, "fresh_for": "14 days"},
    {"kind": "nps", "weight": 1, "thresholds": [{"from": 0, "points": 20}, {"from": 7, "points": 60}, {"from": 9, "points": 100}]},
    {"kind": "open_tickets", "weight": 1, "worst": 10, "best": 0}]');
SELECT customer_id AS acme FROM lealup.customer_identity WHERE tenant_id = :'tenant' AND provider = 'csv' AND external_id = 'A-1' \gset
INSERT INTO lealup.health_signal (tenant_id, customer_id, kind, value, observed_at)
VALUES (:'tenant', :'acme', 'logins', 41, now() - interval '2 days'),
       (:'tenant', :'acme', 'nps', 9, now() - interval '60 days'),
       (:'tenant', :'acme', 'open_tickets', 1, now() - interval '1 hour');
SELECT score, band, color FROM lealup.health_score WHERE customer_id = :'acme';
SELECT kind, state, points, share, explanation FROM lealup.explain_health(:'tenant', :'acme') \gx

-- What is to be done when an important customer pauses, and who else wants to know.
SELECT lealup.create_playbook(:'tenant', 'Win back', ARRAY['customer.status_changed'], filters => '{"to_status": "paused", "min_arr": 50000}', steps => '[
    {"type": "create_task", "title": "Call {{customer_name}}", "assignee": "owner", "due": "1 day", "priority": "high"},
    {"type": "note", "title": "{{customer_name}} went from {{data.previous_status}} to {{data.current_status}}"},
    {"type": "draft", "channel": "email", "subject": "How can we help?", "body": "Hi, we noticed that you paused ..."}]');
SELECT lealup.create_subscription(:'tenant', :'url' || '/lealup-webhook',
    ARRAY['customer.status_changed', 'playbook.triggered', 'task.created'], :'secret');

-- One UPDATE.
UPDATE lealup.customer SET status = 'paused' WHERE tenant_id = :'tenant' AND id = :'acme';
