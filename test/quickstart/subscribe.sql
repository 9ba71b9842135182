-- The extension, and a tenant: one customer of the platform.
CREATE EXTENSION lealup;
SELECT lealup.create_tenant('Northwind CS') AS tenant \gset

-- A subscription, only for customers with ARR of 50,000 or more.  The secret
-- comes from the environment, as does the receiver's.
\getenv secret LEALUP_WEBHOOK_SECRET
\getenv url RECEIVER_URL
SELECT lealup.create_subscription(:'tenant', :'url' || '/lealup-webhook',
    ARRAY['customer.created', 'health.drop_sharp'], :'secret',
    description => 'Alerts to the CRM',
    filters => '{"min_arr": 50000}') AS subscription \gset

-- One whose endpoint fails twice.  The document's schedule would wait 1 and
-- 5 minutes; this one waits 1 and 2 seconds.
SELECT lealup.create_subscription(:'tenant', :'url' || '/flaky',
    ARRAY['renewal.approaching'], :'secret',
    description => 'A system that is often down',
    retry_schedule => '{0, 1 s, 2 s}') AS flaky \gset
