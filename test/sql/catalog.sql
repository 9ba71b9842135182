-- The catalog of event types, as people list it.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS lealup;
RESET client_min_messages;

-- The fifteen types of the document, the five of tickets and the six of leads, each with what a reader needs.
SELECT name, description FROM lealup.event_types WHERE builtin ORDER BY name COLLATE "C";
SELECT name FROM lealup.event_types
WHERE jsonb_typeof(schema) IS DISTINCT FROM 'object' OR schema ->> '$schema' IS NULL OR jsonb_typeof(filters) IS DISTINCT FROM 'object';

-- The document's example of filters, and what else this type supports.
SELECT filter, type, match, field, allowed FROM lealup.event_filters('health.changed');
SELECT filter, description FROM lealup.event_filters('health.changed');

-- Each type's own filters; those about the customer are the same for all.
SELECT t.name, string_agg(f.filter, ', ' ORDER BY f.filter COLLATE "C") AS filters
FROM lealup.event_types t CROSS JOIN LATERAL lealup.event_filters(t.name) f
WHERE t.builtin AND f.filter NOT IN ('segment_id', 'customer_id', 'owner_id', 'tier', 'status', 'min_arr', 'max_arr')
GROUP BY 1 ORDER BY t.name COLLATE "C";
SELECT filter, count(*) FROM lealup.event_types t CROSS JOIN LATERAL lealup.event_filters(t.name) f
WHERE t.builtin AND filter IN ('segment_id', 'customer_id', 'owner_id', 'tier', 'status', 'min_arr', 'max_arr')
GROUP BY 1 ORDER BY filter COLLATE "C";

-- An example has every field that its schema requires, and no filter looks for a field that neither schema nor customer or lead has.
SELECT e.name, r AS required_but_not_in_the_example
FROM lealup.event_type e, jsonb_array_elements_text(e.schema -> 'required') r WHERE NOT e.example ? r;
SELECT e.name, f.key FROM lealup.event_type e, jsonb_each(e.filters) f
WHERE NOT e.schema -> 'properties' ? (f.value ->> 'field') AND f.value ->> 'field' NOT IN ('segment_id', 'tier', 'status', 'arr')
  AND NOT (e.name LIKE 'lead%' AND f.value ->> 'field' IN ('automation', 'stage', 'previous_stage', 'source', 'activity_type'));

-- A tenant's own type is listed for that tenant only.
BEGIN;
SELECT lealup.create_tenant('first') AS first, lealup.create_tenant('second') AS second \gset
SELECT lealup.register_event_type(:'first', 'acme.order_shipped', 'An order left the house.',
    filters => '{"carrier": {"type": "string"}, "min_weight": {"type": "number", "match": "min", "field": "weight"}}');
SELECT name, builtin FROM lealup.event_types(:'first') WHERE NOT builtin;
SELECT filter, type, match, field FROM lealup.event_filters('acme.order_shipped', :'first');
SELECT count(*) FROM lealup.event_types(:'second');
SELECT count(*) FROM lealup.event_types;
SET LOCAL lealup.tenant_id = :'first';
SELECT name, builtin FROM lealup.event_types WHERE NOT builtin;
-- Registering it again changes it.
SELECT lealup.register_event_type(:'first', 'acme.order_shipped', 'An order was handed to the carrier.');
SELECT name, description, filters FROM lealup.event_types WHERE NOT builtin;
ROLLBACK;
