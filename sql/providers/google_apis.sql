-- Notification channels, which Google Calendar and Google Drive have alike.

-- Google knows a channel by the id that its maker gave it, and refuses one that it has had. A channel cannot be renewed: the next one is opened
-- before it ends, and for a while both tell of the same news, which costs a poll at most.
CREATE FUNCTION lealup._google_channel(call jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN jsonb_build_object('id', md5(concat_ws('/', call #>> '{connection,id}', call ->> 'stream', call ->> 'now'))::uuid, 'type', 'web_hook');
COMMENT ON FUNCTION lealup._google_channel(jsonb) IS 'The body of a request for a channel, but for its address and its token, which are in the vault, and for when it ends.';

CREATE FUNCTION lealup._google_channel_fields() RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN '[{"in": "json", "name": "address", "secret": "inbound_url"}, {"in": "json", "name": "token", "secret": "inbound_secret"}]'::jsonb;
COMMENT ON FUNCTION lealup._google_channel_fields() IS 'Where Google is to send a channel''s notifications, and what it puts into each of them so that we know them as its own.';

CREATE FUNCTION lealup._google_channel_opened(call jsonb, response jsonb) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN jsonb_strip_nulls(jsonb_build_object(
        'expires_at', lealup._google_time(response #>> '{body,expiration}'),
        'watch', jsonb_build_object('id', response #> '{body,id}', 'resource_id', response #> '{body,resourceId}')));
COMMENT ON FUNCTION lealup._google_channel_opened(jsonb, jsonb) IS 'What Google says of a channel that it has opened: when it ends, and what it is stopped by.';

CREATE FUNCTION lealup._google_channel_stop(call jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN call #>> '{watch,resource_id}' IS NOT NULL THEN jsonb_build_object('method', 'POST', 'path', '/channels/stop',
        'json', jsonb_build_object('id', call #> '{watch,id}', 'resourceId', call #> '{watch,resource_id}')) END;
COMMENT ON FUNCTION lealup._google_channel_stop(jsonb) IS 'The request that stops a channel; null if there is none.';

-- A notification has no body and no signature: all that tells it from others' is the channel's token. The first of each channel says that it is open.
CREATE FUNCTION lealup._google_channel_news(call jsonb, message jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN message #>> '{headers,x-goog-resource-state}' = 'sync' THEN '{"ignore": "The channel is open."}'::jsonb
        ELSE jsonb_build_object('hint', CASE call #>> '{connection,provider}' WHEN 'google_drive' THEN '["files"]'::jsonb ELSE '["events"]' END) END;
COMMENT ON FUNCTION lealup._google_channel_news(jsonb, jsonb) IS 'What a notification says: there is news. Which, tells the next page of changes.';

INSERT INTO lealup.provider_inbound (provider, name, signature, handshake, dedupe, handler)
SELECT p, 'channel', '{"type": "token", "header": "X-Goog-Channel-Token"}', '[{"when": {"header": {"X-Goog-Resource-State": "sync"}}}]',
    '{"all": [{"header": "X-Goog-Channel-ID"}, {"header": "X-Goog-Message-Number"}]}', 'lealup._google_channel_news'
FROM unnest('{google_calendar,google_drive}'::text[]) p;

GRANT EXECUTE ON FUNCTION lealup._google_channel(jsonb), lealup._google_channel_fields(), lealup._google_time(text), lealup._google_epoch(text), lealup._google_words(jsonb)
    TO lealup_provider;
