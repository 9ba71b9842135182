-- An application reports what happened, in its own transaction.
BEGIN;
SELECT lealup.emit(:'tenant', 'customer.created',
    '{"customer_id": "01HCUS7Q2M", "name": "Acme Corp", "arr": 84000}',
    context => '{"arr": 84000}');
SELECT lealup.emit(:'tenant', 'health.drop_sharp', json_build_object(
        'customer_id', '01HCUS7Q2M', 'customer_name', 'Acme Corp',
        'previous_score', 72, 'current_score', 54, 'delta', -18, 'days', 5,
        'owner_id', '01HUSR41XA', 'owner_email', 'ana@example.com'),
    context => '{"arr": 84000}');
SELECT lealup.emit(:'tenant', 'renewal.approaching',
    '{"customer_id": "01HCUS7Q2M", "days": 30}',
    context => '{"arr": 84000}');
COMMIT;

-- This customer is too small for the first subscription's filter.
SELECT lealup.emit(:'tenant', 'customer.created',
    '{"customer_id": "01HCUS9B3K", "name": "Tiny Ltd", "arr": 900}',
    context => '{"arr": 900}');

-- Rolled back: nobody will ever hear of it.
BEGIN;
SELECT lealup.emit(:'tenant', 'customer.created',
    '{"customer_id": "01HCUS0000", "name": "Never Inc", "arr": 99000}',
    context => '{"arr": 99000}');
ROLLBACK;
