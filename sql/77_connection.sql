-- Connections: a tenant's or a member's account at a provider.

CREATE TABLE lealup.oauth_client (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT lealup.uuid7(),
    provider text NOT NULL,
    client_id text NOT NULL CHECK (length(client_id) BETWEEN 1 AND 500),
    redirect_uri text NOT NULL CHECK (length(redirect_uri) <= 2000),
    options jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(options) = 'object' AND octet_length(options::text) <= 65536),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, provider)
);
COMMENT ON TABLE lealup.oauth_client IS 'The application that lealup is at a provider, one per tenant, or the installation''s (tenant_id 00000000-0000-0000-0000-000000000000) for tenants without one of their own. Its secret is in the vault.';
COMMENT ON COLUMN lealup.oauth_client.redirect_uri IS 'Where the provider sends people back to, exactly as it is registered there.';

CREATE TABLE lealup.connection (
    tenant_id uuid NOT NULL REFERENCES lealup.tenant,
    id uuid NOT NULL DEFAULT lealup.uuid7(),
    provider text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('personal', 'workspace')),
    member_id uuid,
    client_id uuid,
    client_tenant_id uuid,
    state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'connected', 'error', 'disconnected')),
    reason text,
    fix text,
    trace_id uuid,
    state_since timestamptz NOT NULL DEFAULT now(),
    account_id text CHECK (length(account_id) BETWEEN 1 AND 500),
    account_name text CHECK (length(account_name) <= 500),
    options jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(options) = 'object' AND octet_length(options::text) <= 65536),
    facts jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(facts) = 'object' AND octet_length(facts::text) <= 65536),
    scopes text[] NOT NULL DEFAULT '{}',
    token_version int NOT NULL DEFAULT 0,
    token_expires_at timestamptz,
    token_fingerprint text,
    paused_at timestamptz,
    not_before timestamptz,
    wait_reason text,
    backfill interval NOT NULL DEFAULT '90 days' CHECK (backfill BETWEEN interval '0' AND interval '10 years'),
    purge_at timestamptz,
    created_by uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, token_fingerprint),
    FOREIGN KEY (tenant_id, member_id) REFERENCES lealup.member,
    CHECK ((kind = 'personal') = (member_id IS NOT NULL))
);
CREATE INDEX ON lealup.connection (tenant_id, provider, account_id);
CREATE INDEX ON lealup.connection (tenant_id, member_id);
COMMENT ON TABLE lealup.connection IS 'An account at a provider that a tenant or a member has connected. Its tokens are in the vault.';
COMMENT ON COLUMN lealup.connection.member_id IS 'Whose personal connection it is; null = the workspace''s.';
COMMENT ON COLUMN lealup.connection.reason IS 'Why it is in state error or disconnected, in words for people.';
COMMENT ON COLUMN lealup.connection.fix IS 'What to do about it, in words for people.';
COMMENT ON COLUMN lealup.connection.trace_id IS 'Of what brought it into state error: it is in sync_run and in the server''s log as well.';
COMMENT ON COLUMN lealup.connection.options IS 'What connect() was given, without the secrets.';
COMMENT ON COLUMN lealup.connection.facts IS 'What the provider told when it was connected, such as the host of its API.';
COMMENT ON COLUMN lealup.connection.scopes IS 'What was granted.';
COMMENT ON COLUMN lealup.connection.token_version IS 'Counts the access tokens that it had: a refusal of an earlier one is no news.';
COMMENT ON COLUMN lealup.connection.token_fingerprint IS 'A keyed hash of its refresh token: two connections with one token would end each other''s grant.';
COMMENT ON COLUMN lealup.connection.purge_at IS 'Since when what it has brought is being deleted; null = it stays.';
COMMENT ON COLUMN lealup.connection.not_before IS 'The provider has asked us to wait until then.';
COMMENT ON COLUMN lealup.connection.backfill IS 'How far back the first sync reads.';

CREATE TABLE lealup.connection_job (
    tenant_id uuid NOT NULL,
    connection_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind ~ '^(token|identity|refresh|revoke|(watch|unwatch):[a-z0-9_]+)$'),
    due_at timestamptz NOT NULL,
    claim_id uuid,
    lease_until timestamptz,
    attempts int NOT NULL DEFAULT 0,
    state jsonb NOT NULL DEFAULT '{}',
    error text,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, connection_id, kind),
    FOREIGN KEY (tenant_id, connection_id) REFERENCES lealup.connection ON DELETE CASCADE
);
CREATE INDEX ON lealup.connection_job (tenant_id, due_at);
COMMENT ON TABLE lealup.connection_job IS 'What is to be asked of a provider beside the records: a token for a code (token), whose account it is (identity), a new access token (refresh), the end of a grant (revoke), notifications of a stream (watch:name) and their end (unwatch:name). The key makes each single-flight.';
COMMENT ON COLUMN lealup.connection_job.lease_until IS 'Until when the worker with claim_id has it.';

CREATE TABLE lealup.oauth_state (
    tenant_id uuid NOT NULL,
    state_hash bytea NOT NULL,
    connection_id uuid NOT NULL,
    member_id uuid,
    provider text NOT NULL,
    redirect_uri text NOT NULL,
    scopes text[] NOT NULL DEFAULT '{}',
    return_url text CHECK (length(return_url) <= 2000),
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    PRIMARY KEY (tenant_id, state_hash),
    FOREIGN KEY (tenant_id, connection_id) REFERENCES lealup.connection ON DELETE CASCADE
);
CREATE INDEX ON lealup.oauth_state (tenant_id, connection_id);
COMMENT ON TABLE lealup.oauth_state IS 'Somebody was sent to a provider and has not come back yet, or has. The state itself is nowhere: tenant_route (kind oauth_state) finds the tenant by its SHA-256.';
COMMENT ON COLUMN lealup.oauth_state.member_id IS 'Who was sent; null = an application for no member. If a member brings it back, it must be this one.';
COMMENT ON COLUMN lealup.oauth_state.scopes IS 'What was asked for.';
COMMENT ON COLUMN lealup.oauth_state.used_at IS 'It is good for once; it stays a day, so that a second time can be told from one that never was.';
