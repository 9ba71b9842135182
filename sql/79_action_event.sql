-- That an action waits for approval is an event, so that rules and subscriptions can tell whoever has to look at it.

CREATE FUNCTION lealup._action_proposed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    emissions lealup._emission[];
BEGIN
    IF lealup._suppressed() THEN
        RETURN NULL;
    END IF;
    SELECT array_agg(ROW(n.tenant_id, 'action.proposed', n.customer_id,
        lealup._json_object('customer_id', n.customer_id, 'customer_name', u.name, 'action_id', n.id, 'provider', c.provider, 'operation', n.operation, 'title', coalesce(o.title, n.operation),
            'audience', n.audience, 'ticket_id', n.ticket_id, 'task_id', n.task_id, 'member_id', m.id, 'member_email', m.email, 'owner_id', u.owner_id, 'owner_email', w.email),
        CASE WHEN u.id IS NOT NULL THEN lealup._customer_context(u) END)::lealup._emission) INTO emissions
    FROM new_rows n
    JOIN lealup.connection c ON c.tenant_id = n.tenant_id AND c.id = n.connection_id
    LEFT JOIN lealup.provider_operation o ON o.provider = c.provider AND o.name = n.operation
    LEFT JOIN lealup.ticket t ON t.tenant_id = n.tenant_id AND t.id = n.ticket_id
    LEFT JOIN lealup.task k ON k.tenant_id = n.tenant_id AND k.id = n.task_id
    LEFT JOIN lealup.customer u ON u.tenant_id = n.tenant_id AND u.id = n.customer_id
    LEFT JOIN lealup.member w ON w.tenant_id = u.tenant_id AND w.id = u.owner_id
    -- As action_queue says who has to look at it.
    LEFT JOIN lealup.member m ON m.tenant_id = n.tenant_id AND m.id = coalesce(c.member_id, n.created_by, t.assignee_id, k.assignee_id, u.owner_id)
    WHERE n.status = 'draft';
    PERFORM lealup._emit_all(emissions);
    RETURN NULL;
END $$;
COMMENT ON FUNCTION lealup._action_proposed() IS 'Trigger: action.proposed for each action that begins as a draft.';
CREATE TRIGGER action_proposed AFTER INSERT ON lealup.action REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION lealup._action_proposed();
