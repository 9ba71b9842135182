-- Signatures as providers make them: each variant with what the vendors' own code, or Node's, signed (test/peers/sign.mjs at
-- 2025-11-21 20:00 UTC), and what is changed of it.
BEGIN;
SELECT plan(360);

CREATE TEMP TABLE sample (kind text PRIMARY KEY, signature jsonb, secret text, request jsonb);
INSERT INTO sample VALUES
    ('slack', $j${"type": "hmac", "header": "X-Slack-Signature", "prefix": "v0=", "algorithm": "sha256", "encoding": "hex", "template": "v0:{ts}:{body}", "timestamp": {"header": "X-Slack-Request-Timestamp", "unit": "s"}}$j$, 'slack-signing-secret',
        $j${"method": "POST", "url": "https://hub.example.com/v1/inbound/abc", "headers": {"content-type": "application/json", "x-slack-signature": "v0=4fd322b3f06af1fc03c4ab113da0c8fd3dbc1785ec0eca677ed2b9efd7517362", "x-slack-request-timestamp": "1763755200"}, "body": "{\"type\":\"event_callback\",\"event_id\":\"Ev1\",\"text\":\"añ\"}"}$j$),
    ('github', $j${"type": "hmac", "header": "X-Hub-Signature-256", "prefix": "sha256=", "algorithm": "sha256", "encoding": "hex"}$j$, 'github-secret',
        $j${"method": "POST", "url": "https://hub.example.com/v1/inbound/abc", "headers": {"content-type": "application/json", "x-github-event": "issues", "x-github-delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958", "x-hub-signature-256": "sha256=3d38489cf5e3283d053712a4d56bdcb6aafc6ab9e664a0966273c9c4d97c8a73"}, "body": "{\"action\":\"opened\"}"}$j$),
    ('linear', $j${"type": "hmac", "header": "Linear-Signature", "algorithm": "sha256", "encoding": "hex", "timestamp": {"json": "webhookTimestamp", "unit": "ms", "tolerance": 60}}$j$, 'linear-secret',
        $j${"method": "POST", "url": "https://hub.example.com/v1/inbound/abc", "headers": {"content-type": "application/json", "linear-event": "Issue", "linear-delivery": "234d1a4e", "linear-signature": "0e9ed46407132aa4a21a6c50055b15ed35742ad409fc7f6be0489928f4d18dee"}, "body": "{\"action\":\"create\",\"webhookTimestamp\":1763755200123}"}$j$),
    ('hubspot3', $j${"type": "hmac", "header": "X-HubSpot-Signature-v3", "algorithm": "sha256", "encoding": "base64", "template": "{method}{uri}{body}{ts}", "key": "client_secret", "timestamp": {"header": "X-HubSpot-Request-Timestamp", "unit": "ms"}}$j$, 'hubspot-secret',
        $j${"method": "POST", "url": "https://hub.example.com/v1/inbound/abc?a=b%3Ac%20d", "headers": {"content-type": "application/json", "x-hubspot-signature-v3": "ZNmuXpv30Iw1/gBQlwCXToU6f/hDRgA3sPL7dN7O9k4=", "x-hubspot-request-timestamp": "1763755200000"}, "body": "[{\"eventId\":1,\"subscriptionId\":2,\"occurredAt\":3,\"x\":\"añ\"},{\"eventId\":4,\"subscriptionId\":5,\"occurredAt\":6}]"}$j$),
    ('stripe', $j${"type": "hmac", "header": "Stripe-Signature", "separator": ",", "prefix": "v1=", "algorithm": "sha256", "encoding": "hex", "template": "{ts}.{body}", "timestamp": {"header": "Stripe-Signature", "separator": ",", "prefix": "t=", "unit": "s"}}$j$, 'whsec_stripe',
        $j${"method": "POST", "url": "https://hub.example.com/v1/inbound/abc", "headers": {"content-type": "application/json", "stripe-signature": "t=1763755200,v1=b356653ed7521a3f40fa8a352cd6a52b8e1bb1f9f396229ec69ff2c46a4c589f"}, "body": "{\"id\":\"evt_1\"}"}$j$),
    ('standard', $j${"type": "hmac", "header": "webhook-signature", "separator": " ", "prefix": "v1,", "algorithm": "sha256", "encoding": "base64", "key_format": "base64", "template": "{hdr:webhook-id}.{ts}.{body}", "timestamp": {"header": "webhook-timestamp", "unit": "s"}}$j$, 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
        $j${"method": "POST", "url": "https://hub.example.com/v1/inbound/abc", "headers": {"content-type": "application/json", "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp": "1763755200", "webhook-signature": "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= v1,v5oUnLYJEe5Io4kBYEQoblBijbc/LqdICWWToO8+HAo="}, "body": "{\"test\": 2432232314}"}$j$),
    ('twilio', $j${"type": "hmac", "header": "X-Twilio-Signature", "algorithm": "sha1", "encoding": "base64", "template": "{url}{form_sorted}", "any_port": true, "body_hash": "bodySHA256", "key": "auth_token"}$j$, '12345',
        $j${"method": "POST", "url": "https://hub.example.com/v1/inbound/abc?foo=1&bar=2", "headers": {"content-type": "application/x-www-form-urlencoded; charset=UTF-8", "x-twilio-signature": "a2c6579rMxk4P8t1RHIia/Vh5Us="}, "body": "Digits=1234&To=%2B18005551212&From=%2B14158675310&Body=hola+%C3%B1+%26&Empty=&CallSid=CA1"}$j$),
    ('twilio_json', $j${"type": "hmac", "header": "X-Twilio-Signature", "algorithm": "sha1", "encoding": "base64", "template": "{url}{form_sorted}", "any_port": true, "body_hash": "bodySHA256", "key": "auth_token"}$j$, '12345',
        $j${"method": "POST", "url": "https://hub.example.com/v1/inbound/abc?bodySHA256=fd502c0d05eedbca04a906d7ff730e55622620377231ee163ef0f0802e659c99", "headers": {"content-type": "application/json", "x-twilio-signature": "aCcW24LJfZ3iD6qd8GkMMh+b3pI="}, "body": "{\"property\": \"value\"}"}$j$),
    ('front', $j${"type": "hmac", "header": "X-Front-Signature", "algorithm": "sha256", "encoding": "base64", "template": "{ts}:{body}", "timestamp": {"header": "X-Front-Request-Timestamp", "unit": "ms"}}$j$, 'front-secret',
        $j${"method": "POST", "url": "https://hub.example.com/v1/inbound/abc", "headers": {"content-type": "application/json", "x-front-request-timestamp": "1763755200000", "x-front-signature": "YlwNJ6nIonFVvcRwW4gaUprKjewEu0GA5OFPYCTjc1M="}, "body": "{\"type\":\"inbound\"}"}$j$),
    ('zendesk', $j${"type": "hmac", "header": "X-Zendesk-Webhook-Signature", "algorithm": "sha256", "encoding": "base64", "template": "{ts}{body}", "timestamp": {"header": "X-Zendesk-Webhook-Signature-Timestamp", "unit": "iso8601"}}$j$, 'zendesk-secret',
        $j${"method": "POST", "url": "https://hub.example.com/v1/inbound/abc", "headers": {"content-type": "application/json", "x-zendesk-webhook-invocation-id": "01ARZ", "x-zendesk-webhook-signature-timestamp": "2025-11-21T20:00:00Z", "x-zendesk-webhook-signature": "Empk3Ol4q+UryEG/YyWJ73JS2EN4CTtTy/+0jVTCJ2w="}, "body": "{\"t\":1}"}$j$),
    ('intercom', $j${"type": "hmac", "header": "X-Hub-Signature", "prefix": "sha1=", "algorithm": "sha1", "encoding": "hex", "key": "client_secret"}$j$, 'intercom-secret',
        $j${"method": "POST", "url": "https://hub.example.com/v1/inbound/abc", "headers": {"content-type": "application/json", "x-hub-signature": "sha1=6321877df11876ab5ea434556ff25f6bc53cdb40"}, "body": "{\"id\":\"notif_1\"}"}$j$),
    ('helpscout', $j${"type": "hmac", "header": "X-HelpScout-Signature", "algorithm": "sha1", "encoding": "base64"}$j$, 'helpscout-secret',
        $j${"method": "POST", "url": "https://hub.example.com/v1/inbound/abc", "headers": {"content-type": "application/json", "x-helpscout-event": "convo.created", "x-helpscout-signature": "QqpneUNGHODtvLEnRE9euMauhD4="}, "body": "{\"id\":1}"}$j$),
    ('segment', $j${"type": "hmac", "header": "X-Signature", "algorithm": "sha1", "encoding": "hex", "template": "{first_item}"}$j$, 'segment-secret',
        $j${"method": "POST", "url": "https://hub.example.com/v1/inbound/abc", "headers": {"content-type": "application/json", "x-signature": "2efbd0a26d06327543de15ac7fa9d75df5a96ad1"}, "body": "[{\"messageId\":\"a\",\"p\":\"],}\\\"\"},{\"messageId\":\"b\"}]"}$j$),
    ('meta', $j${"type": "hmac", "header": "X-Hub-Signature-256", "prefix": "sha256=", "algorithm": "sha256", "encoding": "hex", "key": "client_secret"}$j$, 'app-secret',
        $j${"method": "POST", "url": "https://hub.example.com/v1/inbound/abc", "headers": {"content-type": "application/json", "x-hub-signature-256": "sha256=fe6aaed5aff30b5679e782271914a2287bdd7de6bedb495c95c24ad91e5e3fdb"}, "body": "{\"entry\":[]}"}$j$),
    ('kapso', $j${"type": "hmac", "header": "X-Webhook-Signature", "algorithm": "sha256", "encoding": "hex"}$j$, 'kapso-secret',
        $j${"method": "POST", "url": "https://hub.example.com/v1/inbound/abc", "headers": {"content-type": "application/json", "x-webhook-event": "whatsapp.message.received", "x-idempotency-key": "idem-1", "x-webhook-signature": "aa4af4bfc6dfb23edc568a414274a3829e4e5a2215c14b63ffda08358d34fe55"}, "body": "{\"m\":1}"}$j$);
CREATE FUNCTION pg_temp.why(kind text, keys text[] DEFAULT NULL, change jsonb DEFAULT '{}', at timestamptz DEFAULT '2025-11-21 20:00 UTC', scheme jsonb DEFAULT '{}') RETURNS text
    LANGUAGE plpgsql AS $$
DECLARE
    s sample;
    r jsonb;
BEGIN
    SELECT * INTO s FROM sample x WHERE x.kind = why.kind;
    r := s.request || (change - 'headers') || jsonb_build_object('headers', s.request -> 'headers' || coalesce(change -> 'headers', '{}'));
    RETURN lealup._check_signature(s.signature || scheme, coalesce(keys, ARRAY[s.secret]), r ->> 'method', r ->> 'url', nullif(split_part(r ->> 'url', '?', 2), ''),
        jsonb_strip_nulls(r -> 'headers'), convert_to(r ->> 'body', 'UTF8'), lealup._inbound_json(convert_to(r ->> 'body', 'UTF8')), at);
END $$;
SELECT set_eq('SELECT kind FROM sample', '{slack,github,linear,hubspot3,stripe,standard,twilio,twilio_json,front,zendesk,intercom,helpscout,segment,meta,kapso}'::text[], 'there is a sample of each');
SELECT is(pg_temp.why(kind), NULL, kind || ': what the vendor signs is right') FROM sample ORDER BY kind;
SELECT is(pg_temp.why(kind, ARRAY['another-secret', secret]), NULL, kind || ': with either of two secrets') FROM sample WHERE kind <> 'standard' ORDER BY kind;
SELECT is(pg_temp.why('standard', '{whsec_AAAA,whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw}'), NULL, 'standard: with either of two secrets');
SELECT is(pg_temp.why(kind, '{YW5vdGhlci1zZWNyZXQ=}'), 'the signature does not match', kind || ': but not with another one') FROM sample ORDER BY kind;
SELECT is(pg_temp.why(kind, '{}'), 'no secret is set: lealup.set_inbound_secret() sets one', kind || ': nor without any') FROM sample WHERE kind IN ('slack', 'twilio') ORDER BY kind;
SELECT matches(pg_temp.why(kind, change => jsonb_build_object('body', CASE kind WHEN 'segment' THEN replace(request ->> 'body', '"a"', '"z"') ELSE (request ->> 'body') || ' ' END)),
    '^the (signature does not match|hash in its query is not that of the body)$', kind || ': nor with one byte more') FROM sample ORDER BY kind;
SELECT is(pg_temp.why(kind, change => jsonb_build_object('headers', jsonb_build_object(lower(signature ->> 'header'), NULL))), 'it has no signature', kind || ': nor without signature') FROM sample ORDER BY kind;
SELECT isnt(pg_temp.why(kind, change => jsonb_build_object('headers', jsonb_build_object(lower(signature ->> 'header'), coalesce(signature ->> 'prefix', '') || v))), NULL,
    format('%s: nor by "%s"', kind, left(v, 20))) FROM sample, unnest(ARRAY['', '0', 'AAAA', repeat('A', 43) || '=', repeat('0', 64), repeat('x', 10000)]) v ORDER BY kind, v;

-- Times.
SELECT is(pg_temp.why(kind, at => '2025-11-21 20:00 UTC'::timestamptz + make_interval(secs => (d * coalesce((signature #>> '{timestamp,tolerance}')::int, 300)))), NULL,
    format('%s: %s tolerances off is well', kind, d)) FROM sample, unnest(ARRAY[-0.9, 0.9]) d WHERE signature ? 'timestamp' ORDER BY kind, d;
SELECT matches(pg_temp.why(kind, at => '2025-11-21 20:00 UTC'::timestamptz + make_interval(secs => (d * coalesce((signature #>> '{timestamp,tolerance}')::int, 300)))),
    '^its timestamp is \d+ s from the server''s clock', format('%s: %s is not', kind, d)) FROM sample, unnest(ARRAY[-1.1, 1.1, 1000]) d WHERE signature ? 'timestamp' ORDER BY kind, d;
SELECT is(pg_temp.why(kind, at => '2035-01-01'), NULL, kind || ': without a timestamp it does not age') FROM sample WHERE NOT signature ? 'timestamp' ORDER BY kind;
SELECT is(pg_temp.why('slack', change => jsonb_build_object('headers', jsonb_build_object('x-slack-request-timestamp', t))), 'its timestamp cannot be read', 'no time: ' || t)
FROM unnest(ARRAY['', 'x', '-1763755200', '99999999999999999999', '1763755200 ', '0x69']) t;
SELECT is(pg_temp.why('slack', change => '{"headers": {"x-slack-request-timestamp": null}}'), 'it has no timestamp', 'a timestamp that is missing');
SELECT is(pg_temp.why('slack', change => '{"headers": {"x-slack-request-timestamp": "1763755201"}}'), 'the signature does not match', 'another timestamp');
SELECT is(pg_temp.why('zendesk', change => jsonb_build_object('headers', jsonb_build_object('x-zendesk-webhook-signature-timestamp', t))), why, 'ISO 8601: ' || t)
FROM (VALUES ('2025-11-21T20:00:01.123Z', 'the signature does not match'), ('2025-11-21T21:00:00+01:00', 'the signature does not match'), ('2025-11-21T15:00:00-05:00', 'the signature does not match'),
    ('2025-11-21T20:00:00', 'its timestamp cannot be read'), ('2025-13-21T20:00:00Z', 'its timestamp cannot be read'), ('2025-11-21T20:00:00Zx', 'its timestamp cannot be read'),
    ('2025-11-21', 'its timestamp cannot be read'), ('', 'its timestamp cannot be read')) v(t, why);

-- URLs.
SELECT is(pg_temp.why('twilio', change => '{"url": "https://hub.example.com:443/v1/inbound/abc?foo=1&bar=2"}'), NULL, 'a port that was not signed');
SELECT is(pg_temp.why('twilio', '{12345}', '{"url": "https://hub.example.com:443/v1/inbound/abc?foo=1&bar=2"}', scheme => '{"any_port": false}'), 'the signature does not match', 'counts, unless the scheme says otherwise');
SELECT is(pg_temp.why('twilio', change => '{"url": "https://hub.example.com/v1/inbound/abc?foo=1&bar=3"}'), 'the signature does not match', 'the query is signed');
SELECT is(pg_temp.why('twilio', change => '{"url": "http://hub.example.com/v1/inbound/abc?foo=1&bar=2"}'), 'the signature does not match', 'and the scheme');
SELECT is(pg_temp.why('twilio', change => '{"headers": {"content-type": "application/json"}}'), 'its query has no hash of the body', 'what is no form is not taken for one');
SELECT is(pg_temp.why('twilio_json', change => '{"body": "{}"}'), 'the hash in its query is not that of the body', 'the hash in the query covers the body');
SELECT is(pg_temp.why('twilio_json', change => '{"headers": {"content-type": "application/x-www-form-urlencoded"}}'), NULL, 'whatever it is said to be');
SELECT isnt(pg_temp.why('twilio', change => jsonb_build_object('body', 'Digits=1234&' || repeat('a=1&', 2000))), NULL, 'a form of very many fields');

-- A hex signature may come in capitals; a base64 one may not be another spelling.
SELECT is(pg_temp.why('github', change => jsonb_build_object('headers', jsonb_build_object('x-hub-signature-256', 'sha256=' || upper(substr(request #>> '{headers,x-hub-signature-256}', 8))))), NULL,
    'hexadecimal digits in capitals') FROM sample WHERE kind = 'github';
SELECT is(pg_temp.why('github', change => jsonb_build_object('headers', jsonb_build_object('x-hub-signature-256', substr(request #>> '{headers,x-hub-signature-256}', 8)))), 'it has no signature',
    'without the prefix it is none') FROM sample WHERE kind = 'github';
SELECT is(pg_temp.why('standard', '{whsec_!!}'), 'the secret that is set is not in base64', 'a secret of another format is named');
SELECT is(pg_temp.why('segment', change => '{"body": "{\"messageId\":\"a\",\"p\":\"],}\\\"\"}"}'), NULL, 'an event alone is signed as the first of many');
SELECT isnt(pg_temp.why('segment', change => jsonb_build_object('body', b)), NULL, 'arrays that are none: ' || b) FROM unnest(ARRAY['[', '[]', '[,', '', '["', '[{"a":"\']) b;

-- Tokens, passwords.
CREATE FUNCTION pg_temp.token(signature jsonb, headers jsonb DEFAULT '{}', body text DEFAULT '', query text DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
    SELECT lealup._check_signature(signature, '{old-token,the-token}', 'POST', 'https://hub.example.com/', query, headers, convert_to(body, 'UTF8'), lealup._inbound_json(convert_to(body, 'UTF8')), now())
$$;
SELECT is(pg_temp.token('{"type": "token", "header": "X-Goog-Channel-Token"}', '{"x-goog-channel-token": "the-token"}'), NULL, 'Google: the channel''s token');
SELECT is(pg_temp.token('{"type": "token", "header": "X-Goog-Channel-Token"}', '{"x-goog-channel-token": "old-token"}'), NULL, 'or the one before');
SELECT is(pg_temp.token('{"type": "token", "header": "X-Goog-Channel-Token"}', jsonb_build_object('x-goog-channel-token', t)), 'the token does not match', 'no other: ' || t)
FROM unnest(ARRAY['', 'the-toke', 'the-token ', 'THE-TOKEN', 'the-tokenx']) t;
SELECT is(pg_temp.token('{"type": "token", "header": "X-Goog-Channel-Token"}'), 'it has no token', 'nor none');
SELECT is(pg_temp.token('{"type": "token", "header": "Authorization", "prefix": "Bearer "}', '{"authorization": "Bearer the-token"}'), NULL, 'a token behind a prefix');
SELECT is(pg_temp.token('{"type": "token", "query": "token"}', query => 'a=1&token=the%2Dtoken'), NULL, 'a token in the query');
SELECT is(pg_temp.token('{"type": "token", "json": "value.{}.clientState"}', body => '{"value": [{"clientState": "the-token"}, {"clientState": "the-token"}]}'), NULL, 'Graph: the state of every element');
SELECT is(pg_temp.token('{"type": "token", "json": "value.{}.clientState"}', body => '{"value": [{"clientState": "the-token"}, {"clientState": "x"}]}'), 'the token does not match', 'not of one alone');
SELECT is(pg_temp.token('{"type": "token", "json": "value.{}.clientState"}', body => b), 'it has no token', 'nothing: ' || b)
FROM unnest(ARRAY['', '[]', '{"value": []}', '{"value": {"clientState": "the-token"}}', '{"value": [[]]}', '{"value": [{"clientState": ["the-token"]}]}', '"the-token"', '{"value"']) b;
SELECT is(pg_temp.token('{"type": "basic", "user": "lealup"}', jsonb_build_object('authorization', 'Basic ' || encode(up::bytea, 'base64'))), why, 'Pipedrive: ' || up)
FROM (VALUES ('lealup:the-token', NULL), ('lealup:old-token', NULL), ('lealup:the-tokenx', 'the user name or the password does not match'), ('other:the-token', 'the user name or the password does not match'),
    (':', 'the user name or the password does not match'), ('the-token', 'its user name and password cannot be read')) v(up, why);
SELECT is(pg_temp.token('{"type": "basic"}', '{"authorization": "Basic !!"}'), 'its user name and password cannot be read', 'no base64');
SELECT is(pg_temp.token('{"type": "basic"}', '{"authorization": "Bearer x"}'), 'it has no user name and password', 'another scheme');
SELECT is(pg_temp.token('{"type": "none"}'), NULL, 'the URL alone');
SELECT is(pg_temp.token('{"type": "magic"}'), 'its scheme is not known', 'an unknown scheme verifies nothing');

-- What is kept of a body that holds the token.
SELECT is(convert_from(lealup._hide_values(convert_to(b, 'UTF8'), b::jsonb, '{"json": "value.{}.clientState"}'), 'UTF8'), e, 'hidden: ' || b)
FROM (VALUES ('{"value":[{"clientState":"tok","id":1},{"clientState":"tok"}]}', '{"value":[{"clientState":"***","id":1},{"clientState":"***"}]}'),
    ('{"value":[{"clientState":"t/k","x":"t/k"}]}', '{"value":[{"clientState":"***","x":"***"}]}'),
    ('{"value":[{"clientState":"a\u0062c"}]}', '{"value": [{"clientState": "***"}]}'), ('{"other":1}', '{"other":1}')) v(b, e);

-- Where something is.
SELECT is(lealup._inbound_values(s::jsonb, 'a=1&b=x%20y&c&a=2&bad=%ff&d=%00', '{"x-name": "v", "x-list": "t=1, v1=aa,v1=bb"}', '{"a": {"b": [1.50, "x", null, true, {"c": 2}]}, "n": null}'), v::text[], s)
FROM (VALUES ('{"header": "X-Name"}', '{v}'), ('{"header": "x-none"}', '{}'), ('{"query": "a"}', '{1}'), ('{"query": "b"}', '{"x y"}'), ('{"query": "c"}', '{""}'), ('{"query": "bad"}', '{}'), ('{"query": "d"}', '{}'),
    ('{"json": "a.b.{}"}', '{1.50,x,true}'), ('{"json": "a.b.{}.c"}', '{2}'), ('{"json": "a.b"}', '{}'), ('{"json": "n"}', '{}'), ('{"json": "{}"}', '{}'), ('{"json": ""}', '{}'), ('{"json": "a..b"}', '{}'),
    ('{"header": "X-List", "separator": ",", "prefix": "v1="}', '{aa,bb}'), ('{"header": "X-List", "separator": ",", "prefix": "v2="}', '{}'), ('{"header": "X-List", "prefix": "t="}', '{"1, v1=aa,v1=bb"}'), ('{}', '{}')) c(s, v);
SELECT is(lealup._inbound_matches(w::jsonb, 'POST', 'hub.mode=subscribe', '{"x-state": "sync"}', '{"type": "url_verification", "n": 1}'), m, w)
FROM (VALUES ('{"json": {"type": "url_verification"}}', true), ('{"json": {"type": "other"}}', false), ('{"json": {"type": null}}', true), ('{"json": {"none": null}}', false), ('{"json": {"n": 1}}', true),
    ('{"header": {"X-State": "sync"}, "query": {"hub.mode": "subscribe"}}', true), ('{"header": {"X-State": "sync"}, "query": {"hub.mode": "x"}}', false), ('{"method": "POST"}', true), ('{"method": "GET"}', false),
    ('{"json": "x"}', false)) c(w, m);

-- What repetitions have in common.
CREATE FUNCTION pg_temp.key(rule jsonb, headers jsonb DEFAULT '{}', body text DEFAULT '') RETURNS text LANGUAGE sql AS $$
    SELECT lealup._inbound_key(rule, NULL, headers, lealup._inbound_json(body::bytea), body::bytea)
$$;
SELECT is(pg_temp.key('{"header": "X-GitHub-Delivery"}', '{"x-github-delivery": "72d3"}'), '72d3', 'one value stays as it is');
SELECT is(pg_temp.key('{"header": "X-GitHub-Delivery"}', '{}', 'body'), encode(sha256('body'), 'hex'), 'without it the body stands in');
SELECT is(pg_temp.key('{"body": true}', '{}', 'body'), encode(sha256('body'), 'hex'), 'or where the scheme says so');
SELECT is(pg_temp.key('{"all": [{"header": "a"}, {"header": "b"}]}', '{"a": "1", "b": "23"}'), encode(sha256('1:12:23'), 'hex'), 'several are hashed, each with its length');
SELECT isnt(pg_temp.key('{"all": [{"header": "a"}, {"header": "b"}]}', '{"a": "12", "b": "3"}'), pg_temp.key('{"all": [{"header": "a"}, {"header": "b"}]}', '{"a": "1", "b": "23"}'), 'so that none is taken for others');
SELECT is(pg_temp.key('{"all": [{"header": "a"}, {"header": "b"}]}', '{"a": "1"}', 'body'), encode(sha256('body'), 'hex'), 'all of them have to be there');
SELECT is(pg_temp.key('{"all": [{"json": "{}.eventId"}, {"json": "{}.occurredAt"}]}', '{}', '[{"eventId": 1, "occurredAt": 3, "attemptNumber": 0}, {"eventId": 2, "occurredAt": 4}]'),
    pg_temp.key('{"all": [{"json": "{}.eventId"}, {"json": "{}.occurredAt"}]}', '{}', '[{"eventId": 1, "occurredAt": 3, "attemptNumber": 5}, {"eventId": 2, "occurredAt": 4}]'), 'HubSpot: whatever attempt it is');
SELECT is(pg_temp.key('{"header": "a"}', jsonb_build_object('a', repeat('x', 101))), encode(sha256(('101:' || repeat('x', 101))::bytea), 'hex'), 'a long value is hashed');

-- Broken descriptions.
CREATE FUNCTION pg_temp.handle(call jsonb, message jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$SELECT '{}'::jsonb$$;
INSERT INTO lealup.provider (name, title, kind, base_url, allowed_hosts, auth) VALUES ('regress', 'Regress', 'workspace', 'https://api.example.com', '{api.example.com,*.keys.example}', 'none');
CREATE FUNCTION pg_temp.least() RETURNS lealup.provider_inbound LANGUAGE sql AS $$
    SELECT jsonb_populate_record(NULL::lealup.provider_inbound, '{"provider": "regress", "name": "x", "ord": 1, "signature": {"type": "none"}, "handshake": [],
        "dedupe": {"body": true}, "handler": "pg_temp.handle", "acknowledge": {"status": 200}, "accepts": {}, "options": {}}')
$$;
CREATE FUNCTION pg_temp.faults(change jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(p, '; ') FROM lealup._check_inbound(jsonb_populate_record(pg_temp.least(), change)) p
$$;
SELECT is(pg_temp.faults('{}'), NULL, 'nothing is wrong with the least there can be');
SELECT is_empty($$SELECT * FROM lealup._check_inbound(pg_temp.least())$$, 'not even a nameless fault');
SELECT is_empty('SELECT p.name, f.* FROM lealup.provider p, lealup.check_inbound(p.name) f WHERE p.builtin', 'nor with the providers that lealup has');
SELECT is(pg_temp.faults(jsonb_build_object('signature', signature)), NULL, kind || ' is described well') FROM sample ORDER BY kind;
SELECT is(pg_temp.faults(f::jsonb), e, f) FROM (VALUES
    ('{"signature": []}', 'signature is no object'),
    ('{"signature": {}}', 'signature: type is not hmac, token, basic, oidc_jwt or none'),
    ('{"signature": {"type": "none", "header": "x"}}', 'signature has unknown members: header'),
    ('{"signature": {"type": "token"}}', 'signature names not exactly one of header, query, json'),
    ('{"signature": {"type": "token", "header": "a", "query": "b"}}', 'signature names not exactly one of header, query, json'),
    ('{"signature": {"type": "token", "header": 1}}', 'signature: header is no name'),
    ('{"signature": {"type": "hmac", "header": "x", "algorithm": "md5", "encoding": "hex"}}', 'signature: algorithm is not sha256 or sha1'),
    ('{"signature": {"type": "hmac", "header": "x", "algorithm": "sha1", "encoding": "base32"}}', 'signature: encoding is not hex or base64'),
    ('{"signature": {"type": "hmac", "json": "x", "algorithm": "sha1", "encoding": "hex"}}', 'signature has unknown members: json; signature names not exactly one of header, query'),
    ('{"signature": {"type": "hmac", "header": "x", "algorithm": "sha1", "encoding": "hex", "template": "{url}{bodi}"}}', 'signature: template has an unknown piece {bodi}; signature: the body is not signed'),
    ('{"signature": {"type": "hmac", "header": "x", "algorithm": "sha1", "encoding": "hex", "template": "{ts}{body}"}}', 'signature: template has {ts}, but there is no timestamp'),
    ('{"signature": {"type": "hmac", "header": "x", "algorithm": "sha1", "encoding": "hex", "timestamp": {"header": "t", "unit": "s"}}}', 'signature: the timestamp is not signed'),
    ('{"signature": {"type": "hmac", "header": "x", "algorithm": "sha1", "encoding": "hex", "template": "{ts}{body}", "timestamp": {"header": "t", "unit": "h", "tolerance": "x"}}}', 'signature.timestamp: unit is not s, ms or iso8601; signature.timestamp: tolerance is no number of seconds, below 100000'),
    ('{"signature": {"type": "oidc_jwt", "header": "Authorization", "prefix": "Bearer ", "jwks": "https://www.keys.example/certs", "issuers": ["x"], "audience": "{url}"}}', NULL),
    ('{"signature": {"type": "oidc_jwt", "header": "Authorization", "jwks": "https://elsewhere.example/certs"}}', 'signature: jwks is no https URL of a host in allowed_hosts; signature: issuers is no list of those who may have issued it; signature: audience is missing, so a token for anybody would do'),
    ('{"handshake": {}}', 'handshake is no array'),
    ('{"handshake": [{}]}', 'handshake: when does not say which requests it is for'),
    ('{"handshake": [{"when": {"query": "x"}, "echo": {"query": "x"}, "as": "html"}]}', 'handshake.when: query is no object; handshake: as is not text, json:NAME or header:NAME'),
    ('{"handshake": [{"when": {"query": {"validationToken": null}}, "echo": {"query": "validationToken"}, "verify": {"type": "none"}}]}', NULL),
    ('{"handshake": [{"when": {"method": "GET"}, "verify": {"type": "x"}}]}', 'handshake.verify: type is not hmac, token, basic, oidc_jwt or none'),
    ('{"dedupe": {}}', 'dedupe names not exactly one of header, query, json'),
    ('{"dedupe": {"all": [{"header": "a"}, {"jsn": "b"}]}}', 'dedupe.all names not exactly one of header, query, json'),
    ('{"acknowledge": {"status": 302}}', 'acknowledge: status is not from 200 to 299'),
    ('{"acknowledge": {"status": 204, "body": "x"}}', 'acknowledge: an answer with status 204 has no body'),
    ('{"acknowledge": {"status": 200, "headers": []}}', 'acknowledge: headers is no object'),
    ('{"handler": "lealup._none"}', 'handler: there is no function lealup._none(jsonb, jsonb)'),
    ('{"handler": "lealup._no ne"}', 'handler is no name of a function')) v(f, e);

SELECT * FROM finish();
ROLLBACK;
