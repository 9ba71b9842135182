-- The embedded classifier of messages: phrases of three languages, found through PostgreSQL's text search. It needs no service.

-- The stemmers as PostgreSQL has them, but without stop words: "not", "out" and "off" are what tells an issue from none.
CREATE TEXT SEARCH DICTIONARY lealup.en_stem (TEMPLATE = pg_catalog.snowball, Language = english);
CREATE TEXT SEARCH DICTIONARY lealup.es_stem (TEMPLATE = pg_catalog.snowball, Language = spanish);
CREATE TEXT SEARCH DICTIONARY lealup.pt_stem (TEMPLATE = pg_catalog.snowball, Language = portuguese);
CREATE TEXT SEARCH CONFIGURATION lealup.en (COPY = pg_catalog.english);
CREATE TEXT SEARCH CONFIGURATION lealup.es (COPY = pg_catalog.spanish);
CREATE TEXT SEARCH CONFIGURATION lealup.pt (COPY = pg_catalog.portuguese);
ALTER TEXT SEARCH CONFIGURATION lealup.en ALTER MAPPING FOR asciiword, asciihword, hword_asciipart, word, hword, hword_part WITH lealup.en_stem;
ALTER TEXT SEARCH CONFIGURATION lealup.es ALTER MAPPING FOR asciiword, asciihword, hword_asciipart, word, hword, hword_part WITH lealup.es_stem;
ALTER TEXT SEARCH CONFIGURATION lealup.pt ALTER MAPPING FOR asciiword, asciihword, hword_asciipart, word, hword, hword_part WITH lealup.pt_stem;
COMMENT ON TEXT SEARCH CONFIGURATION lealup.en IS 'English without stop words.';
COMMENT ON TEXT SEARCH CONFIGURATION lealup.es IS 'Spanish without stop words.';
COMMENT ON TEXT SEARCH CONFIGURATION lealup.pt IS 'Portuguese without stop words.';

CREATE FUNCTION lealup._language_config(language text) RETURNS regconfig
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN CASE language WHEN 'en' THEN 'lealup.en'::regconfig WHEN 'es' THEN 'lealup.es'::regconfig WHEN 'pt' THEN 'lealup.pt'::regconfig END;
COMMENT ON FUNCTION lealup._language_config(text) IS 'The text search configuration of en, es or pt; null for any other.';

-- People leave out accents and apostrophes when they write on a phone, so both sides do without them.
CREATE FUNCTION lealup._plain_text(body text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN regexp_replace(regexp_replace(translate(lower(body), '’`´áàâãäéèêëíìîïóòôõöúùûüñç', '''''''aaaaaeeeeiiiiooooouuuunc'),
        '\m(ca|do|did|does|is|was|were|wo|would|should|could|have|has|had|are|ai)n''?t\M', '\1 not', 'g'),
        '\mcan?( ?not)\M', 'can not', 'g');
COMMENT ON FUNCTION lealup._plain_text(text) IS 'Text in lower case, without accents, and with English contractions of "not" written out.';

-- What the sender wrote: neither what they reply to nor how they sign.
CREATE FUNCTION lealup._own_words(body text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    attribution text := '(on|am|le|el|em|il)\M[^\n]{1,200}(\n[^\n]{0,200})?\m(wrote|schrieb|escribio|escribió|escreveu|a écrit|ha scritto) ?:';
    words text := replace(left(body, 20000), E'\r', '');
BEGIN
    IF words ~* '<(html|body|div|p|br|blockquote)\M[^<>]*>' THEN
        words := regexp_replace(words, '<blockquote\M.*', '', 'i');
        words := regexp_replace(regexp_replace(words, '<(br|/p|/div|/li|/tr)\M[^<>]*>', E'\n', 'gi'), '<[^<>]*>', ' ', 'g');
        words := replace(replace(replace(replace(words, '&nbsp;', ' '), '&lt;', '<'), '&gt;', '>'), '&amp;', '&');
    END IF;
    -- An answer may stand below a quotation whose lines are marked; below one whose lines are not, nothing of the sender's is expected.
    words := regexp_replace(words, '(?n)(^[ \t]*' || attribution || '[ \t]*\n+)?(^[ \t]*>.*(\n|$))+', E'\n', 'gi');
    words := regexp_replace(words, '(^|\n)[ \t]*' || attribution || '.*', '', 'i');
    words := regexp_replace(words, '(^|\n)[ \t]*-{2,} ?(original message|forwarded message|mensaje original|mensaje reenviado|mensagem original|mensagem encaminhada).*', '', 'i');
    words := regexp_replace(words, '(^|\n)[ \t*]*(from|de|von):[^\n]*\n([^\n]*\n)?[ \t*]*(sent|date|to|subject|enviad[oa]( el| em)?|fecha|data|para|asunto|assunto):.*', '', 'i');
    words := regexp_replace(words, '(^|\n)_{10,}[ \t]*\n.*', '');
    words := regexp_replace(words, '(^|\n)(--[ \t]*|[ \t]*(sent from my|get outlook for|enviado (desde|do|pelo|via) )[^\n]*)(\n.*|$)', '', 'i');
    words := regexp_replace(words, '\n[ \t]*((best|kind|warm|many)( regards| wishes)?|regards|cheers|sincerely|yours sincerely|(un |cordiales )?saludos?( cordial(es)?)?|atentamente|att|abs|(um )?abraços?|atenciosamente|cordialmente)[ \t]*[,.!]?[ \t]*(\n[^\n]{0,100}){0,8}$', '', 'i');
    RETURN btrim(words, E' \t\n');
END $$;
COMMENT ON FUNCTION lealup._own_words(text) IS
    'What the sender of a message wrote, up to 20,000 characters: without quoted replies, forwarded messages, signatures and HTML tags.';

-- ----- Phrases -----

CREATE FUNCTION lealup._phrase_query(language text, phrase text) RETURNS tsquery
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    config regconfig := lealup._language_config(language);
    terms text[] := regexp_split_to_array(btrim(lealup._plain_text(phrase)), '\s+');
    term tsquery;
    part tsquery;
    whole tsquery;
    gap int := 1;
BEGIN
    -- From right to left, because text search measures the distance to the beginning of a phrase on the right.
    FOR i IN REVERSE cardinality(terms)..1 LOOP
        IF terms[i] = '&' THEN
            whole := coalesce(whole && part, part);
            part := NULL;
            gap := 1;
        ELSIF terms[i] = '..' THEN
            gap := 4;
        ELSE
            -- A stemmer takes the end of a word to be an ending, which that of a prefix is not; a prefix may itself have a
            -- part of an ending, as in quebrad*, which the participle's stem has not.
            SELECT string_agg('(' || q.text || ')', '|')::tsquery INTO term
            FROM regexp_split_to_table(terms[i], '/') w CROSS JOIN LATERAL (
                SELECT to_tsquery(config, quote_literal(rtrim(w, '*') || CASE WHEN w LIKE '%*' AND language <> 'en' THEN 'o' ELSE '' END))::text
                UNION ALL SELECT to_tsquery('simple', quote_literal(rtrim(w, '*')) || ':*')::text WHERE w LIKE '%*') q(text)
            WHERE w ~ '\w' AND q.text <> '';
            IF numnode(term) > 0 THEN
                IF part IS NULL THEN
                    part := term;
                ELSE
                    SELECT string_agg('(' || tsquery_phrase(term, part, n)::text || ')', '|')::tsquery INTO part FROM generate_series(1, gap) n;
                END IF;
                gap := 1;
            END IF;
        END IF;
    END LOOP;
    RETURN coalesce(whole && part, part, whole);
END $$;
COMMENT ON FUNCTION lealup._phrase_query(text, text) IS
    'What finds a phrase in a language (en, es, pt): words next to each other; a/b = either; canc* = all that begin so; .. = up to three words between; & = somewhere in the same sentence. Null if it has no word.';

CREATE FUNCTION lealup._severity_rank(severity text) RETURNS smallint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN array_position(ARRAY['low', 'medium', 'high'], severity)::smallint;
COMMENT ON FUNCTION lealup._severity_rank(text) IS 'low = 1, medium = 2, high = 3.';

CREATE FUNCTION lealup._phrase_probe(language text, phrase text) RETURNS tsquery
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN regexp_replace(lealup._phrase_query(language, replace(phrase, '..', ' '))::text, '<(-|\d+)>', '&', 'g')::tsquery;
COMMENT ON FUNCTION lealup._phrase_probe(text, text) IS
    'What tells quickly that a text cannot have a phrase: its words, wherever they stand.';

CREATE FUNCTION lealup._negated(language text, query tsquery) RETURNS tsquery[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN (SELECT array_agg(tsquery_phrase(to_tsquery(lealup._language_config(language), CASE language
            WHEN 'en' THEN 'not|no|never|without|nor' WHEN 'es' THEN 'no|nunca|jamas|tampoco|ni|sin|ningun|ninguna'
            ELSE 'nao|nunca|jamais|nem|sem|nenhum|nenhuma' END), _negated.query, n)) FROM generate_series(1, 3) n);
COMMENT ON FUNCTION lealup._negated(text, tsquery) IS 'The same query with a negation up to two words before it.';

CREATE TABLE lealup.lexicon (
    language text NOT NULL CHECK (language IN ('en', 'es', 'pt')),
    class text NOT NULL CHECK (class IN ('cancellation', 'complaint', 'billing', 'outage', 'competitor')),
    phrase text NOT NULL,
    severity text NOT NULL CHECK (severity IN ('low', 'medium', 'high')),
    weight real NOT NULL CHECK (weight >= 0 AND weight < 1),
    probe tsquery NOT NULL,
    -- In an array, because a tsquery by itself cannot be stored out of line, and what is seldom read should be.
    query tsquery[] NOT NULL,
    negated tsquery[] NOT NULL,
    PRIMARY KEY (language, class, phrase)
);
COMMENT ON TABLE lealup.lexicon IS 'The phrases that the built-in classifier knows. It comes with the extension; tenant_phrase is what a tenant adds.';
COMMENT ON COLUMN lealup.lexicon.phrase IS
    'Words next to each other; a/b = either, canc* = all that begin so, .. = up to three words between, & = somewhere in the same sentence, ! before it = a negation before it does not matter.';
COMMENT ON COLUMN lealup.lexicon.weight IS 'How sure it is by itself, below 1; 0 = it takes its class back for the sentence.';
COMMENT ON COLUMN lealup.lexicon.probe IS 'What has to match a message, before anything else is tried.';
COMMENT ON COLUMN lealup.lexicon.query IS 'What has to match a sentence.';
COMMENT ON COLUMN lealup.lexicon.negated IS 'What must not match it: the same after a negation.';

INSERT INTO lealup.lexicon (language, class, phrase, severity, weight, probe, query, negated)
SELECT v.language, v.class, p, v.severity, v.weight, lealup._phrase_probe(v.language, p), ARRAY[q.query],
       CASE WHEN p LIKE '!%' THEN '{}' ELSE lealup._negated(v.language, q.query) END
FROM (VALUES
        -- English
        ('en', 'cancellation', 'high', 0.9::real, 'cancel/cancels/cancelling/canceling/cancelled/canceled .. subscription/plan/account/contract/service/licence/license/membership/agreement/renewal
want/need/like/wish/ask*/decided/thinking/considering/going/about/have/even .. cancel/cancelling/canceling
how .. cancel
we/i .. cancel/cancelling/canceling
we/i cancelled/canceled
cancellation letter/request/form/policy/fee/terms/process
request/send/confirm .. cancellation
not/against .. renew/renewing/renewal
not .. extend/extended/prolong/prolonged
not .. be .. extend/renew
contract/agreement/subscription/licence/license .. not .. renew/extend/continue
we/i .. not .. continue/proceed
not .. continue/proceed .. with/after/contract/subscription/service
we/i .. not .. go/going/move/moving ahead/forward
terminat* .. contract/agreement/service/subscription/account/partnership/relationship
terminat* .. our/your/the service/contract/agreement
notice .. terminat*
termination .. contract/agreement/notice
want/like/will/going/need/decided/asked/wish/must/be .. end/ending .. contract/agreement/partnership/subscription/relationship/collaboration/service
close/closing/delete/deactivate/deactivating .. account/workspace/subscription
stop/disable/deactivate/cancel .. auto/automatic/autorenew*/renewal
turn/switch off .. renewal
want/going/decided/considering/thinking/planning/plan/about/intend .. leave/leaving/quit/exit
leave/leaving/exit .. platform/vendor/contract/service/term
want/wanted/get/getting/got out
get rid of .. contract/subscription/tool/platform/service
part/parting ways
walk/walking away
wind/winding .. down
let .. lapse/expire
opt/opting .. out .. renewal/contract
opting out
discontinu* .. service/services/tool/tools/contract/use/using/subscription/licence/license/platform/your
pull/pulling .. the plug
unsubscribe .. company/plan/service/account/team
offboarding
notice period
out of .. contract
early termination
end/ending/terminate .. contract .. early
last day/month/year as .. customer/client
not .. need .. licence/licences/license/licenses/tool/service/subscription/platform/product
no longer need/use/require/want
stop using .. tool/platform/service/product/software
not .. use/using .. service/tool/platform/product .. any/anymore
not .. be .. renew/continue/stay
reason .. stay/renew
wo/will/do not .. stay
non renewal
we/i are/am done
take/taking .. business elsewhere
goodbye .. contract/service
say/saying goodbye
back out .. contract/agreement
cut ties'),
        ('en', 'cancellation', 'medium', 0.35, 'cancellation
budget cut/cuts
downgrade
cut/cutting costs
end date
penalty
not .. year'),
        ('en', 'cancellation', 'low', 0, 'not cancelling
not want/wish/plan/planning/going/intend/thinking .. cancel/cancelling
cancel* .. meeting/call/slot/appointment/flight/room/session/request/workshop/booking/reservation/invite/invitation/demo/task/order/ticket/event/dinner/lunch/trip/training/visit/webinar
meeting/call/slot/appointment/flight/room/request/workshop/booking/demo/task/event/training/visit .. cancel*
on leave
leave .. message/comment/note/feedback/review/voicemail
not .. want/plan/intend/going/thinking .. leave/cancel/quit
terminat* .. session/process/job/connection/user
maternity/parental/sick/annual leave
we/i .. not .. renew* .. yet'),
        ('en', 'complaint', 'medium', 0.9, 'disappoint*
unaccept*
not acceptable
unhappy
not .. happy/satisfied/pleased/impressed
displeased
frustrat*
dissatisf*
unsatisf*
terrible/awful/horrible/appalling/dreadful/lousy/pathetic/abysmal
useless/worthless
waste/wasted/wasting .. time/money
fed up
sick/tired of
los*/out .. patience/confidence/trust/faith
patience .. out/over/end
ridiculous
outrage*
shame/shameful/disgrac*
joke
rude/impolite/arrogant
unprofessional
incompet*
file/make/raise/lodge/formal/register/submit .. complaint
complain/complaining .. about
have/my/our complaint
not .. good enough
below .. expectation/expectations/standard/standards
expect* .. better/more
not what .. promised/sold/agreed/expected/told
not .. deliver/delivered/kept .. promise/promised
still .. not .. deliver/delivered
let .. us/me down
nobody .. repl*/answer*/call*/help*/respond*/care*/listen*/knows/takes
no one .. repl*/answer*/call*/help*/respond*/care*/listen*/knows/takes/who
nobody/noone .. got/gets/getting back
no .. response/reply/answer
no reply/answer/response/reaction/feedback
not .. reply/replied/answer/answered/respond/responded/responding
not .. heard back/anything
still .. waiting .. answer/reply/response/feedback
been waiting
waiting .. weeks/days/months
how long .. take/wait
second/third/fourth/fifth time/request/reminder/message/email
again and again/time
over and over
annoy*
angry/furious/livid/upset/outraged/enraged
step/steps .. backward/backwards
disaster
mess
lack of
excuses
enough is enough
escalat* .. manager/supervisor/management/boss/director
speak/talk .. manager/supervisor/boss
feel/feeling/felt/being/been/are/am .. ignored/neglected/abandoned
broken promise/promises
promised .. not/never/again/call*
was/were promised/assured/told .. but
painfully/too/so/very/extremely/terribly slow
very/really/so/extremely/pretty/that/just bad/poor
poor .. communication/quality/support/service/experience/performance
bad .. service/support/experience/communication/quality
hate/hates
not .. worth
overpromis*
not .. go on
not .. way .. treat*/run
how .. treat*
chasing/chased
no .. ownership
worst
not .. cool/fair/right/okay/serious
support .. not .. care/help/answer
no respect
missed/missing/missed .. deadline/date/deadlines
delays .. hurting/unacceptable/again/costing
explain* .. again/times/everything/time
does anyone/anybody .. listen*/read*/care*
anyone/anybody .. reading/listening/there
confusing
step .. wrong direction
lost .. day/days/week/hours
without telling/warning/asking/informing
never .. mentioned/told/informed
below par
too long
for months/weeks now
letdown
not .. value .. pay/money
regret .. experience/choosing/signing/say
feel/feeling .. cheated/misled/lied/stupid
misled/misleading
please .. answer & time/times/request/reminder'),
        ('en', 'complaint', 'medium', 0.35, 'again
complain*
slow
bad
poor
problem/problems
ages/forever
enough
late
promise*
urgent
serious*
delay*
terribl*'),
        ('en', 'complaint', 'low', 0, 'no .. complaint/complaints
customers/clients complain*
complain* less
sorry .. slow/late/delay
see you again'),
        ('en', 'billing', 'medium', 0.9, 'charged/billed/invoiced/charging/billing/paid/debited .. twice/double
double/doubly/duplicate .. charge/charged/bill/billed/billing/invoice/invoiced/payment/payments
overcharg*
overbill*
still .. charged/billed/invoiced/charging
charged .. although/wrong/wrongly/incorrectly/even/but
billed/invoiced/charged .. for/us .. although/but/only/instead
invoiced/billed/charged/bill/charge .. for .. another/users/seats/licences/licenses/annual/year
wrong/incorrect/mistaken .. invoice/bill/amount/charge/price/vat/statement/currency
mistake/error/errors .. invoice/bill/billing/statement/charge/amount
invoice/bill/amount/charge/statement/total .. wrong/incorrect/mistake/error/off
amount .. higher/differ*/not
invoice & not .. match/correct/agree/correspond
invoice/bill/amount & not .. match/agree/correspond/right/correct
want/like/request*/need/demand/expect/get/give/issue/owe/please/claim/process .. refund/reimburse*/credit
refund .. please/for/last/payment/payments/us/me
refund/reimbursement & not .. received/arrived/seen
not .. received/got .. refund/reimburse*/credit
where .. refund/credit/reimburse*
credit note .. promised/missing/please/waiting
issue .. credit
money back
card .. declined/rejected/refused
payment .. declined/rejected/failed/fails/failing/bounced
payment .. keeps .. failing
direct/bank .. debit .. rejected/returned/failed/wrong
why .. bill/invoice/price/charged/charge/billed
price/bill/cost/costs/fee/fees .. gone/went up
unexpected/unauthori*/unknown/additional/extra/hidden/strange/surprise .. charge/charges/fee/fees/cost/costs/amount
charge/charges/fee & not .. order*/authori*/agree*/recogni*/recognize/mentioned
disput* .. charge/invoice/fee/bill/overage/amount
disput*
overage fee/fees/charge/charges
discount .. missing/not/never
discount & not .. applied/included/shown
reminder .. invoice/payment & paid
dunning/overdue & paid
already paid
not .. owe
fee/fees .. too high
factura/fatura .. wrong/incorrect
remove .. invoice/fee/fees/charge
raised/raise/increased/increasing .. price/prices/fee/fees
price .. increase/increased/hike/raise
invoice .. dollars/euros/currency .. contract/but
pro rata/prorated/prorata & off/wrong/calculation/supposed
supposed .. pay
paying .. too much
credit .. downtime/outage
compensation/compensate
setup fee
vat .. wrong/incorrect/missing
billing .. error/mistake/issue/problem'),
        ('en', 'billing', 'medium', 0.35, 'refund
credit note
invoice
overpaid
explain .. charge/charges/fee'),
        ('en', 'billing', 'low', 0, 'thank/thanks .. refund/invoice/credit
no .. need .. refund
invoice/bill is/was correct/right/fine
refund .. arrived/received & thanks/thank/settled
future invoice/invoices'),
        ('en', 'outage', 'high', 0.9, 'is/are/went/goes/was/been/keeps/still/completely/all down
down again/since/for
down .. everybody/everyone/users/all
outage
unavailable
not .. available
error/errors 500/502/503/504/404
500/502/503/504/404 error/errors
get/getting/gets/see/seeing/shows/receive/throws/returns/gives/keep .. error/errors
error message/page
error .. when/every/while
service unavailable
not .. log/sign/get in
not .. login/access/connect/load/loading/open/start/respond/sync/synced/syncing/synchronize/synchronized/work/working/arrive/arriving
unable .. log/login/access/open/connect/sign/load/get
not .. be able .. log/login/access/open
nobody/noone .. log/get/access/open
no one .. log/get/access/open
none .. open/access/log/load
locked out
lost access
nothing .. load/loads/works/loading/working/sync/syncs/happens/comes
stopped/stops/stop working/syncing/sending/loading/responding
crash*
freezes/freezing
app/page/screen/tool/system/browser/dashboard .. frozen/hangs/hanging/froze
time/times/timed/timing out
timeout/timeouts
blank/white/empty .. screen/page
dashboard/dashboards/page/pages/screen .. blank/empty/white
broken
disappeared/vanished
data .. missing/gone/lost/deleted
lost .. data
got/is/gets stuck
stuck .. at/on/since
connector/integration/sync/import/export/webhook/webhooks/api/login/connection .. fail/fails/failing/failed/broken/error
keeps failing/crashing
spin/spins/spinning
something went wrong
out of service
no service
invalid session
never arrive/arrives/come/comes/loads/load
not .. any .. message/messages/webhook/webhooks/notification/notifications
not .. come/coming through
file .. is empty
system .. unreachable
unreachable
emergency'),
        ('en', 'outage', 'medium', 0.35, 'error
bug
stale
failing
offline
slow
fail'),
        ('en', 'outage', 'low', 0, 'outage page
not .. error
maintenance window/on
payment/card .. fail*
no .. outage
loading/working/works/loads again
everything .. works
slow down
break/broken down by
sorry
ends/walk/sit/write/wind/come/written/settle down
not .. stopped'),
        ('en', 'competitor', 'medium', 0.9, '! gainsight/totango/churnzero/planhat/vitally/catalyst/custify/clientsuccess/velaris/strikedeck
hubspot/salesforce/zendesk/intercom/freshdesk & migrate/move/moving/migrating/switch/switching/consolidat*/replace/instead/offer*/free/success/cheaper/compare/compared/comparison
competitor/competitors
competing offer/product/tool/vendor/solution/bid
other/another/different/alternative .. vendor/vendors/provider/providers/supplier/suppliers
alternative/alternatives & look*/evaluat*/consider*/compar*/check*/search*/explor*/assess*/year
looking/evaluating/considering/comparing/exploring/checking .. alternative/alternatives/options/other
evaluat*/compar*/test*/look*/assess* .. other/another/two/three .. tool/tools/solution/solutions/product/products/platform/platforms/option/options/software
compar* .. you .. with/to/against
cheaper .. offer/proposal/alternative/option/quote/tool/provider/price/solution
rfp
call for tenders
tender
half .. price
same .. less/cheaper/half
switch/switching .. to .. another/other/different
better .. offer/deal/price .. from/by
match .. offer/price/quote'),
        ('en', 'competitor', 'low', 0, 'not .. looking/evaluating/considering/comparing .. competitor/competitors/alternative/alternatives/other
glad/happy/pleased/great .. chose/chosen/choose/picked/stayed
you won
our competitor/competitors
last year & glad'),
        -- Spanish
        ('es', 'cancellation', 'high', 0.9, 'cancel* .. suscripcion/plan/cuenta/contrato/servicio/licencia/licencias/membresia/acuerdo/renovacion
quier*/queremos/necesit*/deseo/deseamos/quisiera/decidido/pensando/vamos/voy/pedi/solicit*/incluso .. cancelar
como .. cancelo/cancelar/cancelamos
cancelamos/cancelo/cancelaremos/cancelaria
carta/solicitud/proceso/formulario .. cancelacion/baja
dar*/damos/doy/den/dan/denos/dennos/deme/denme/dado .. de baja
me/nos .. doy/damos .. baja
pedi/pedimos/solicit*/tramitar .. baja/cancelacion
baja .. contrato/cuenta/servicio/suscripcion/plan
carta .. baja
no .. renovar/renovamos/renovaremos/renueven/renovemos/renovacion/renuevo
no .. prorrog*/extender/ampliar/ampliaremos/prolongar
contrato .. no .. renueva/prorroga/continua
vamos/queremos/podemos/quiero/voy/decision/decidido .. no .. continuar/seguir
no .. vamos/queremos/quiero/voy .. continuar/seguir
no continuaremos/continuamos/seguiremos/seguimos
ya no .. necesit*/usamos/usaremos/queremos/utilizamos/seguimos/interesa
no .. vamos/voy/queremos a/de contratar
no contrataremos
rescision
rescind*
resolver/resolucion .. contrato
terminar/finalizar/terminamos/finalizamos/terminada/acabar .. contrato/servicio/acuerdo/relacion/suscripcion
dar/daremos/damos .. terminad*/finalizad*
poner/ponemos/pondremos .. fin
cierro/cerrar/cierren/cerramos/cierre .. cuenta
desactiv*/detener/parar/quitar/anular .. renovacion
desactiv*/elimin*/borr* .. cuenta
desactivar .. cuenta
queremos/quiero/pensando/decidido/vamos/queriendo/planeamos .. irnos/irme/salir/dejar/dejarlo/marcharnos
dejar/dejamos/dejaremos/abandonar .. plataforma/herramienta/servicio/contrato
nos .. vamos/iremos/bajamos/salimos
queremos/quiero/queriendo ir/irnos/marchar
salir .. contrato
suscripcion/contrato/licencia .. caduque/venza/expire
dejar .. caducar/vencer/expirar
prescindir
plazo .. preaviso
preaviso
proceso .. salida
quitennos/saquennos/quitenos .. plan
no .. razon/motivo .. seguir/quedar*
razon/motivo .. quedarme/quedarnos/seguir
inclin* .. no .. renovar
terminacion .. contrato
penalizacion/penalidad .. contrato/cancelar/salir
no .. renov*
baja .. definitiva
anular .. contrato/suscripcion
nos .. despedimos'),
        ('es', 'cancellation', 'medium', 0.35, 'baja
cancelacion
recortar/recortes
penalizacion
irnos'),
        ('es', 'cancellation', 'low', 0, 'cancel* .. reunion/llamada/cita/vuelo/sala/sesion/peticion/solicitud/taller/reserva/invitacion/demo/tarea/pedido/evento/viaje/formacion/visita/ticket
no .. quier*/queremos/pensamos/pensando/vamos/voy .. cancelar/irnos/irme/dejar/salir
quien .. cancelo
no vamos .. cancelar
dejar .. mensaje/comentario/nota
baja/de .. medica/maternidad/paternidad/vacaciones
cerrar .. sesion/ticket
mas baja
no lo/la/los/las necesit*'),
        ('es', 'complaint', 'medium', 0.9, 'decepcion*
inaceptable/inadmisible/intolerable/indignante/lamentable/vergonzoso/bochornoso
no .. aceptable/admisible/tolerable
descontent*/insatisfech*/disgustad*
no .. content*/satisfech*/conform*/feliz/felices
frustra*
pesim*/horrible/terrible/fatal/nefast*/deplorable
inutil/inutiles
no .. sirve/sirven
perdida/perdiendo/perder/perdido .. tiempo/dinero/confianza/paciencia
pierdo/perdi/perdimos/agot*/acaba/acabando .. paciencia/confianza
hart*/cansad*/aburrid* .. de/que
desesperad*
ridicul*
verguenza
falta .. respeto
maleducad*/groser*/prepotente/antipatic*
poco profesional
incompet*
queja/reclamacion/reclamo .. formal/por/sobre/contra
presentar/poner/interponer/hacer/tengo .. queja/reclamacion/reclamo
quejarme/quejarnos
debajo .. esperado/expectativas
esperabamos/esperaba .. mas/mejor
no .. lo que .. vendieron/prometieron/acordamos/esperabamos/dijeron
no .. entregado/entregaron/cumplido/cumplieron/cumplen
incumpl*
nadie .. contest*/respond*/ayud*/llam*/atiend*/hace/escucha/conoce/sabe/explic*/lee
alguien .. escucha/lee
sin respuesta/contestar/contestacion
no .. respond*/contest*/respuesta
sigo/seguimos/sigue/seguir/llevo/llevamos .. esperando
esperando respuesta
llevo/llevamos .. semanas/dias/meses/detras/desde
cuanto tardan
segunda/tercera/cuarta/quinta/enesima vez
una y otra vez
molest* .. con/por/muy
muy/bastante/realmente/tan/estoy/estamos molest*/enfadad*/enojad*/indignad*/mal/mala/malo
furios*/enfadad*/enojad*/indignad*
paso .. atras
desastre
excusas
escal* .. responsable/supervisor/jefe/gerente/superior
hablar .. supervisor/responsable/jefe/superior
nos/me .. abandonad*/ignorad*/olvidad*
prometi* .. no/nadie/nunca/otra
promet* .. y/pero & no
mala .. calidad/atencion/experiencia/comunicacion/respuesta
mal .. servicio/soporte
muy lent*/lentisim*
demasiado/tan/super lent*
no .. vale .. pena/pagamos
asi no .. trata/trabaj*/puede
no .. puede .. seguir
no .. gusta
odia*
peor
basta
sin avisar/aviso/consultar/preguntar/decir
engan*
falta de .. respuesta/respeto/seriedad/profesionalidad/comunicacion
tengo que explicar*
explic* .. otra/veces/vez
le da igual
retraso/retrasos/demora/demoras .. perjudic*/afecta*/inaceptable*
va .. lentisim*
demasiado tiempo
confus*
perdi* .. dia/dias/semana/semanas/horas
que pasa con
no .. tolerar/aguant*'),
        ('es', 'complaint', 'medium', 0.35, 'otra vez
queja/quejas
lent*
mal/mala
problema/problemas
siempre
tarde
promet*
urgente
molest*
pena
demora*'),
        ('es', 'complaint', 'low', 0, 'ninguna/no/sin queja/quejas
perdon* .. molest*
disculp* .. molest*
quejan menos
clientes .. quejan
no .. molest*
mucho gusto'),
        ('es', 'billing', 'medium', 0.9, 'cobr*/factur*/carg*/pag* .. dos veces/doble
cobr*/factur*/cargo/pago/cargos/pagos .. duplicad*/doble/demas
por duplicado
cobr* .. de mas
siguen/sigue/continuan .. cobrando/facturando/cargando
cobr* .. aunque/indebid*/incorrect*/mal
cobr*/factur* .. plan/anual/ano/usuarios/licencias
error/errores/fallo .. factura/facturacion/cobro/recibo/importe/cargo
factura/cobro/importe/recibo/cargo/monto/invoice .. mal/incorrect*/erron*/equivocad*/error/no
mal/incorrect*/erron*/equivocad* .. factura/importe/cobro/monto/recibo/precio
importe/monto/factura/total & no .. coincide/corresponde/cuadra/correct*
reembols*/reintegr* & quier*/queremos/quisiera/solicit*/necesit*/exij*/favor/recib*/pid*/esper*/todavia/aun
quier*/quisiera/solicit*/necesit*/exij*/exigimos/espero/esperamos/pido/pedimos .. reembols*/devolucion/abono/reintegro
devuelvan*/devolver*/devuelvanme/devolvernos .. dinero/pago/pagos/importe/cobro
me/nos devuelvan
devuelv*
no .. reembolso/reintegro/devolucion/abono
donde .. abono/reembolso/devolucion/reintegro
nota .. credito
nota .. abono
dinero .. vuelta
tarjeta .. rechaz*/declin*/deneg*
rechaz* .. tarjeta/pago/recibo
pago .. falla/fallo/rechazad*/fallido
falla .. pago
banco .. devolvio/rechazo
por que .. factura/subido/subio/cobran/cobraron/precio
sub* .. precio/factura/tarifa/cuota
aumento/incremento/subida .. precio/precios/tarifa
cargo/cargos/cobro/cobros .. no/adicional*/extra/desconocid*/indebid*/inesperad*/autorizad*
no .. reconozco/reconocemos .. cargo/cobro
no .. de acuerdo .. recargo/factura/cobro/cargo
recargo
descuento & no/falta/sin .. aplic*/descuento/aparece/acordado
falta .. descuento
recordatorio .. pago/factura & pag*
ya pagamos/pague
comision/comisiones/tarifa/tarifas .. alta/altas/oculta/ocultas
tarifa .. alta & menciono/oferta/nunca/jamas
quitenl*/quiten .. factura
factura .. dolares/euros & contrato
prorrateo & raro/mal/error/debiamos/calculo
debiamos/deberiamos pagar
compensacion
pagando .. de mas
nif/cif/rfc/iva .. mal/incorrect*/equivocad*
disput*
impugn*
sobrecost*'),
        ('es', 'billing', 'medium', 0.35, 'reembolso
factura
devolucion
cobro
abono'),
        ('es', 'billing', 'low', 0, 'gracias .. devolucion/reembolso/factura/cobro
no hace falta .. devolucion/reembolso
factura esta bien/correcta
me equivoque
sin error
importes ya cuadran'),
        ('es', 'outage', 'high', 0.9, 'caid* .. otra/para/desde/sistema/plataforma/produccion
esta*/sigue/produccion/sistema/plataforma/servicio/servidor/pagina/web .. caid*
se cayo
hay .. caida
cuarta/tercera/segunda/otra .. caida
error 500/502/503/504/404
sale/aparece/da/muestra/devuelve/sigue/recibo/tira .. error
mensaje .. error
no .. carga/cargan/funciona/funcionan/abre/abren/sincroniz*/conecta/conectan/responde/llegan/llega/inicia/arranca/entra/avanza
no .. puedo/podemos/puede/pueden/consigo/conseguimos/logro/logramos/deja .. entrar/acceder/abrir/iniciar/conectar*/ver/guardar/descargar/login/hacer
nadie .. entrar/acceder/abrir/ingresar
ninguno .. abrir/entrar/acceder
imposible .. entrar/acceder/abrir/conectar
nada .. carga/funciona/sincroniza
aqui no .. carga/funciona
dejo/dejaron/deja/ha dejado de funcionar/sincronizar/enviar/cargar/llegar/responder
dejado de .. funcionar/sincronizar
ya no funciona*
servicio .. no disponible/interrumpido
no .. disponible
sin .. servicio/acceso/sistema/conexion
perdimos/perdi/perdido .. acceso/datos
desaparec*
bloquead*
se .. cierra/cuelga/congela/traba/bloquea/cuelgan/quedan
se .. cierra sola
pantalla .. blanco/negra
en blanco
tiempo .. espera .. agotado
rot*
trabad*/atascad*/colgad*
falla/fallan/fallando/fallo .. conector/integracion/sincronizacion/api/importacion/exportacion/webhooks/conexion
conector/integracion/sincronizacion/api/importacion/exportacion/webhooks/conexion .. falla*/fallo/fallando/error/rota/caida
algo salio mal
sesion invalida
archivo .. vacio
no me sale
datos .. borrad*/perdid*/faltan
quedan .. cargando
interrupcion'),
        ('es', 'outage', 'medium', 0.35, 'error
falla/fallo/fallan
caida
desactualizad*
lent*'),
        ('es', 'outage', 'low', 0, 'no .. ningun error
no .. hay .. error
ya .. carga/funciona/puedo bien/entrar
no era .. error
no .. vuelto .. fallar
no .. encuentro
no hay problema
todo funciona
perdon'),
        ('es', 'competitor', 'medium', 0.9, '! gainsight/totango/churnzero/planhat/vitally/catalyst/custify/clientsuccess/velaris/strikedeck
hubspot/salesforce/zendesk/intercom/freshdesk & migrar/pasar*/cambiar*/unificar/reemplaz*/regal*/ofrec*/gratis/success/barat*/compar*
competidor/competidores/competencia
otro/otros/otra/distinto/nuevo .. proveedor/proveedores/vendor
otra empresa/compania/herramienta/plataforma & propuesta/oferta/barat*/ofrec*/cambi*
alternativa/alternativas & miran*/busc*/evalu*/consider*/compar*/explor*/viendo/ver/ano
mirando/buscando/evaluando/comparando/viendo/explorando .. alternativa/alternativas/opciones/otras/otros
compar* .. con .. otra/otras/otro/otros/dos/tres
evalu*/compar*/prob* .. otra/otras/otro/otros .. herramienta/herramientas/solucion/soluciones/plataforma/plataformas/opcion/opciones
mas barat* .. oferta/propuesta
oferta/propuesta/opcion/alternativa .. barat*
licitacion
mitad .. precio
por la mitad
mismo .. menos/mitad
igual* .. oferta/precio
nos cambiamos
cambiar* .. de proveedor'),
        ('es', 'competitor', 'low', 0, 'no .. mirando/evaluando/buscando/comparando .. competencia/competidores/alternativas/otros/otras
content*/feliz/felices/encantad* .. elegid*/elegido/haber*
ganaste/ganaron/ganasteis
nuestra competencia'),
        -- Portuguese
        ('pt', 'cancellation', 'high', 0.9, 'cancel* .. assinatura/plano/conta/contrato/servico/licenca/licencas/acordo/renovacao
quero/queremos/preciso/precisamos/gostaria/gostariamos/decidimos/decidi/pensando/vamos/vou/pedi/pedimos/ate .. cancelar
como .. cancelo/cancelar/cancelamos
cancelamos/cancelaremos
estou/estamos cancelando
carta/pedido/solicitacao/processo/formulario .. cancelamento
pedi/pedimos/solicit*/confirm* .. cancelamento
nao .. renovar/renovamos/renovaremos/renovem/renovacao/renovarmos
nao .. prorrog*/estender/estenderemos/prolongar/ampliar
contrato .. nao .. renovado/prorrogado/continua
vamos/queremos/quero/vou/decisao/decidimos .. nao .. continuar/seguir
nao .. vamos/queremos/quero/vou .. continuar/seguir/prosseguir
nao continuaremos/continuamos/seguiremos
nao .. mais .. precisar/usamos/usar/queremos/interesse/utilizamos/usaremos/precisamos
nao .. usamos/precisamos/utilizamos/queremos mais
nao vamos/vou/queremos contratar
nao contrataremos
rescis*
rescind*
terminar/encerrar/finalizar/encerramento/encerramos/termino/encerraremos .. contrato/servico/acordo/parceria/relacao/assinatura/conta
encerrado/encerrada .. projeto/contrato
projeto .. encerrado
por/colocar/dar fim
fechar/encerrar/excluir/apagar/desativ* .. conta
desativ*/parar/remover/cancelar .. renovacao
desativacao .. conta
exclusao .. dados
queremos/quero/pensando/decidimos/vamos/querendo/planejamos .. sair/deixar/abandonar
deixar/deixamos/abandonar .. plataforma/ferramenta/servico/contrato
sair .. contrato/plataforma
estamos saindo
assinatura/contrato/licenca .. expirar/vencer/expire
deixar .. expirar/vencer/caducar
abrir mao
dispensar .. ferramenta/ferramentas/servico
aviso previo
processo .. saida
tirem/retirem/removam .. plano
motivo/razao .. ficar/continuar
inclinad* .. nao
multa .. contrato/rescis*/cancel*/sair
qual seria .. multa
dar baixa
baixa .. contrato/conta'),
        ('pt', 'cancellation', 'medium', 0.35, 'cancelamento
cancelar
cortar/cortes
multa
sair'),
        ('pt', 'cancellation', 'low', 0, 'cancel* .. reuniao/chamada/ligacao/voo/sala/sessao/pedido/workshop/reserva/convite/demonstracao/tarefa/evento/viagem/treinamento/visita/chamado
voo/reuniao/chamada/evento .. cancelad*
quem cancelou
nao .. quer*/queremos/pensamos/pensando/vamos/vou .. cancelar/sair/deixar
deixar .. mensagem/comentario/recado
encerrar .. sessao/chamado
fechar .. chamado/ticket
nao .. preciso mais dele/dela/deles/delas'),
        ('pt', 'complaint', 'medium', 0.9, 'decepcao/decepcion*
inaceit*/inadmissivel/intoleravel/lamentavel/vergonhoso/absurdo
nao .. aceitavel/admissivel/toleravel
descontent*/insatisfeit*
nao .. content*/satisfeit*/feliz/felizes
frustra*
pessim*/horrivel/terrivel/deploravel
inutil/inuteis
nao .. serve/servem
perda/perdendo/perder .. tempo/dinheiro
perdi/perdemos/perdendo/perda/acabando/esgot* .. paciencia/confianca
paciencia .. acab*/esgot*
fart*/cansad*/chei* .. de
desesperad*
ridicul*
vergonha
falta .. respeito
gross*/mal educad*/arrogante
pouco profissional
incompet*
reclamacao/queixa .. formal/sobre/por/contra
registrar/fazer/abrir/apresentar/tenho .. reclamacao/queixa
quero/queria/vou/preciso reclamar
abaixo .. esperado/expectativa/expectativas
esperavamos/esperava .. mais/melhor
nao .. isso .. venderam/prometeram/combinamos/combinado
nao .. entregaram/entregue/entregou/cumpriram/cumprem
descumpr*
ninguem .. respond*/ajud*/lig*/atend*/retorn*/assume/escuta/conhece/sabe
alguem .. escuta/le
sem resposta/retorno
nao .. respond*/retorn*/resposta
continuo/continuamos/ainda/sigo .. esperando/aguardando
esperando/aguardando resposta/retorno
ha/faz .. semanas/meses/dias & ninguem/nada/espero/esperando/aguard*
atras disso
quanto tempo .. demoram/leva/resposta
segunda/terceira/quarta/quinta/enesima vez
muito/bem/bastante/estou/estamos chatead*/irritad*/brav*/indignad*/aborrecid*/ruim/mal/ruins
chatead*/furios*/irritad*/indignad*/aborrecid*/revoltad*
passo .. atras
desastre
desculpas & so/sempre/recebo/mais
so .. desculpas
gestor/supervisor/gerente/superior & passe/falar/escal*/encaminh*
sentindo/sinto/fomos/fui .. abandonad*/ignorad*/esquecid*
promet* .. e .. nao/ninguem/nunca
prometeram/prometido/prometida/prometeu & ninguem/nao/novo/sem
ma qualidade/experiencia
ruim .. atendimento/suporte/comunicacao/qualidade
muito lent*/lentissim*
lent* demais
tempo demais
passou .. limite/limites
nao .. vale .. pena/pagamos/pago
assim nao .. da/trata
nao .. assim .. trata
nao .. gost*
detest*/odei*
pior
chega
sem avisar/aviso/consultar/perguntar/dizer
engan* .. fomos/fui/enganad*
fui/fomos enganad*
falta de .. resposta/respeito/seriedade/comunicacao
tenho que explicar
expliquei .. vezes/novamente
nem liga
atraso/atrasos .. prejudic*/afeta*/inaceit*
confus*
perdeu/perdemos/perdi .. dia/dias/semana/horas
nao .. tolerar/aguent*'),
        ('pt', 'complaint', 'medium', 0.35, 'de novo
reclamacao/reclamacoes
lent*
ruim/mal
problema/problemas
tarde
promet*
urgente
demora*'),
        ('pt', 'complaint', 'low', 0, 'nenhuma/sem/nao .. reclamacao/reclamacoes
desculp* .. incomod*/demora
reclamam menos
clientes .. reclamam
nao .. problema
chega/chego/chegar na/no/em/so/ao/amanha/segunda
que chega
gosto muito'),
        ('pt', 'billing', 'medium', 0.9, 'cobr*/fatur*/pag* .. duas vezes/dobro
cobr*/fatur*/pagamento/pagamentos .. duplic*/dobro/mais
em duplicidade
cobr* .. a mais
continuam/continua .. cobrando/faturando
cobr* .. embora/indevid*/incorret*/errad*/taxa
cobr*/fatur* .. plano/anual/ano/usuarios/licencas
erro/erros .. fatura/faturamento/cobranca/boleto/nota/valor
fatura/cobranca/valor/boleto/conta/nota/invoice .. errad*/incorret*/erro/nao
errad*/incorret* .. fatura/valor/cobranca/boleto/preco
valor/fatura/total & nao .. bate/confere/corresponde/cert*
reembols*/estorn* & quero/queremos/gostaria/solicit*/preciso/exij*/favor/receb*/peco/esper*/ainda
quero/gostaria/solicit*/preciso/exij*/espero/esperamos/peco .. reembolso/estorno/devolucao/abatimento/credito
devolv* .. dinheiro/pagamento/pagamentos/valor/cobranca
devolvam
nao .. recebemos/recebi .. reembolso/estorno/devolucao/credito
cade/onde .. credito/reembolso/estorno/devolucao
nota .. credito
dinheiro .. volta
cartao .. recus*/neg*/rejeit*
recus* .. cartao/pagamento/debito/boleto
pagamento .. falha/falhou/recusad*/negado
banco .. recus*/devolveu
por que .. fatura/conta/subiu/cobr*/preco
aument*/subiu/subiram/reajust* .. preco/fatura/tarifa/conta/mensalidade
conta/fatura/preco subiu
taxa/taxas/cobranca/cobrancas .. nao/adicional*/extra/desconhecid*/indevid*/autorizad*/excedente
nao .. reconhec* .. cobranca/taxa
contest* .. taxa/cobranca/fatura/valor
taxa .. excedente
desconto & nao/falta/sem .. aplicad*/desconto/aparece
falta .. desconto
lembrete .. pagamento/fatura & pag*
ja pagamos/paguei
tarifa/tarifas/taxa/taxas .. alta/altas/oculta/ocultas
taxa .. adesao
tirem/retirem .. fatura
fatura .. dolares/euros/reais & contrato
proporcional & estranho/errado/calculo/deveriamos
deveriamos pagar
compensacao
pagando .. a mais
cnpj/nif/iva .. errad*/incorret*
disput*'),
        ('pt', 'billing', 'medium', 0.35, 'reembolso
fatura
estorno
cobranca
boleto'),
        ('pt', 'billing', 'low', 0, 'obrigad* .. estorno/reembolso/fatura/cobranca
nao precisa .. devolver/reembols*
fatura esta certa/correta
erro meu
contato .. cobranca'),
        ('pt', 'outage', 'high', 0.9, 'fora do ar
fora .. ar
caiu .. novo/sistema/servico/plataforma/site
sistema/plataforma/site/servico/servidor .. caiu
esta parado/parada
caiu de novo
quarta/terceira/segunda/outra .. queda
com instabilidade
instabilidade
erro 500/502/503/504/404
aparece/da/mostra/retorna/recebo/dando .. erro
mensagem .. erro
nao .. carrega/carregam/funciona/funcionam/abre/abrem/sincroniz*/conecta/responde/chegam/chega/chegando/inicia/anda/entra/carregando/funcionando
nao .. consigo/conseguimos/consegue/conseguem/conseguindo/deixa .. entrar/acessar/abrir/logar/conectar/ver/salvar/baixar/fazer/login
nao conseguimos/consigo entrar/acessar/abrir
ninguem .. entrar/acessar/abrir/logar
nenhum .. abrir/entrar/acessar
impossivel .. entrar/acessar/abrir
nada .. carrega/funciona/sincroniza
parou/pararam de .. funcionar/sincronizar/enviar/carregar/chegar/responder
parou .. funcionar
servico .. indisponivel/interrompido
indispon*
sem .. servico/acesso/sistema/conexao
perdemos/perdi .. acesso/dados
sumiu/sumiram/desaparec*
bloquead*
trava/travou/travando/travado/travada/congela/congelou/congelando
fecha sozinho
tela .. branca/branco/preta
em branco
tempo limite
estoura*
quebrad*
falha/falham/falhando/falhou .. conector/integracao/sincronizacao/api/importacao/exportacao/webhooks/conexao
conector/integracao/sincronizacao/api/importacao/exportacao/webhooks/conexao .. falh*/erro/quebrada/caiu/parou/travou
algo deu errado
sessao invalida
arquivo .. vazio
producao parada/fora
ficam .. carregando
nao .. mais .. funciona
dados .. apagad*/perdid*/faltando'),
        ('pt', 'outage', 'medium', 0.35, 'erro
falha/falhou/falhando
queda
desatualizad*
lent*'),
        ('pt', 'outage', 'low', 0, 'nao .. nenhum erro
nao .. era/foi .. erro
nao .. falhou
erro meu
ja consigo
voltou .. carregar/funcionar
tudo funcionando
nao .. encontr*/ach*
fora do escritorio'),
        ('pt', 'competitor', 'medium', 0.9, '! gainsight/totango/churnzero/planhat/vitally/catalyst/custify/clientsuccess/velaris/strikedeck
hubspot/salesforce/zendesk/intercom/freshdesk & migrar/mudar/passar/trocar/juntar/substitu*/brinde/oferec*/gratis/success/barat*/compar*
concorrente/concorrentes/concorrencia
outro/outros/outra/novo .. fornecedor/fornecedores
outra empresa/ferramenta/plataforma & proposta/oferta/barat*/oferec*/troc*
alternativa/alternativas & olhando/busc*/avali*/consider*/compar*/explor*/vendo/procur*/ano
olhando/buscando/avaliando/comparando/vendo/procurando .. alternativa/alternativas/opcoes/outras/outros
compar* .. com .. outra/outras/outro/outros/duas/tres
avali*/compar*/test* .. outra/outras/outro/outros .. ferramenta/ferramentas/solucao/solucoes/plataforma/plataformas/opcao/opcoes
mais barat* .. proposta/oferta
proposta/oferta/opcao/alternativa .. barat*
licitacao
metade .. preco
pela metade
cobrir*/igual* .. oferta/proposta/preco
trocar .. de fornecedor'),
        ('pt', 'competitor', 'low', 0, 'nao .. olhando/avaliando/buscando/comparando/procurando .. concorrencia/concorrentes/alternativas/outros/outras
feliz/felizes/content* .. escolhid*/escolher
ganharam/ganhou
nossa concorrencia')
    ) v(language, class, severity, weight, phrases)
CROSS JOIN LATERAL regexp_split_to_table(v.phrases, E'\n') p
CROSS JOIN LATERAL (SELECT lealup._phrase_query(v.language, p) AS query OFFSET 0) q;

-- ----- What a tenant adds -----

CREATE FUNCTION lealup._phrase_queries(language text, phrase text) RETURNS tsquery[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    RETURN (SELECT array_agg(CASE WHEN language IS NULL OR language = l THEN lealup._phrase_query(l, phrase) END ORDER BY n)
            FROM unnest(ARRAY['en', 'es', 'pt']) WITH ORDINALITY k(l, n));
COMMENT ON FUNCTION lealup._phrase_queries(text, text) IS 'What finds a phrase in English, Spanish and Portuguese; null where it is not looked for.';

CREATE FUNCTION lealup._is_phrase(phrase text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN phrase ~ '\w' AND length(phrase) <= 200 AND cardinality(regexp_split_to_array(phrase, '\s+')) <= 12
        AND cardinality(regexp_split_to_array(phrase, '\.\.')) <= 3
        AND position(E'\\' IN phrase) = 0;
COMMENT ON FUNCTION lealup._is_phrase(text) IS 'Whether a phrase has a word, no backslash, and not more than 200 characters, 12 words and 2 gaps.';

CREATE TABLE lealup.tenant_phrase (
    tenant_id uuid NOT NULL REFERENCES lealup.tenant,
    id uuid NOT NULL DEFAULT lealup.uuid7(),
    class text NOT NULL CHECK (class IN ('cancellation', 'complaint', 'billing', 'outage', 'competitor')),
    severity text NOT NULL DEFAULT 'medium' CHECK (severity IN ('low', 'medium', 'high')),
    language text CHECK (language IN ('en', 'es', 'pt')),
    phrase text NOT NULL CHECK (lealup._is_phrase(phrase)),
    active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    queries tsquery[] GENERATED ALWAYS AS (lealup._phrase_queries(language, phrase)) STORED,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, class, phrase)
);
COMMENT ON TABLE lealup.tenant_phrase IS 'A phrase that a tenant adds to the lexicon: the name of a competitor, a product that is "not syncing".';
COMMENT ON COLUMN lealup.tenant_phrase.language IS 'Null = in every language.';
COMMENT ON COLUMN lealup.tenant_phrase.phrase IS 'Words next to each other; a/b = either, canc* = all that begin so, .. = up to three words between, & = somewhere in the same sentence.';

-- ----- Classification -----

CREATE FUNCTION lealup._languages(words text) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH token AS MATERIALIZED (SELECT w FROM regexp_split_to_table(left(words, 2000), '[^a-z]+') w),
    vote AS (
        SELECT f.language, count(t.w) AS votes
        FROM (VALUES
            ('en', '{the,and,is,are,we,i,you,to,of,for,our,your,it,this,that,have,has,with,not,was,be,my,on,in,at,please,thanks,but,from,they,will,hello,hey}'::text[]),
            ('es', '{el,los,las,y,es,una,un,con,muy,del,lo,al,mi,su,ya,pero,hola,gracias,nos,nuestro,nuestra,ustedes,la,en,esta,este,hay,estoy,estamos,desde,hemos,le,usted,buenas,buenos,quiero}'),
            ('pt', '{o,os,as,e,um,uma,com,nao,muito,mas,do,da,dos,das,ao,meu,minha,nosso,nossa,voce,voces,em,na,nas,obrigado,obrigada,oi,ola,foi,temos,estou,isso,ainda,ja,esta,este,ha,desde,quero,faz}')) f(language, words)
        LEFT JOIN token t ON t.w = ANY (f.words)
        GROUP BY f.language)
    SELECT array_agg(v.language ORDER BY v.language) FROM vote v WHERE v.votes * 3 >= (SELECT max(votes) FROM vote);
END;
COMMENT ON FUNCTION lealup._languages(text) IS
    'The languages (en, es, pt) in which a plain text may be, by its function words: several if it mixes them, all if nothing tells.';

CREATE FUNCTION lealup._classify(tenant_id uuid, body text, language text DEFAULT NULL) RETURNS TABLE (class text, severity text, score real, evidence text)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
    -- Planning takes longer than the search; and a word that is too long to be found is nothing to tell the sender of.
    SET plan_cache_mode = force_generic_plan SET client_min_messages = warning AS $$
DECLARE
    words text := lealup._own_words(body);
    plain text := lealup._plain_text(words);
    languages text[] := CASE WHEN language IS NULL THEN lealup._languages(plain) ELSE ARRAY[language] END;
BEGIN
    RETURN QUERY
    -- First the message as a whole, which few phrases survive; then sentence by sentence, because a negation rules its own.
    WITH whole AS MATERIALIZED (
        SELECT l AS language, to_tsvector(lealup._language_config(l), plain) AS v FROM unnest(languages) l
    ), candidate AS MATERIALIZED (
        SELECT p.language, p.class, p.phrase, p.severity, p.weight, p.query, p.negated
        FROM whole w JOIN lealup.lexicon p ON p.language = w.language AND w.v @@ p.probe
        UNION ALL
        SELECT w.language, p.class, p.phrase, p.severity, 0.9, p.queries[k.n:k.n], lealup._negated(w.language, p.queries[k.n])
        FROM whole w JOIN (VALUES (1, 'en'), (2, 'es'), (3, 'pt')) k(n, language) ON k.language = w.language
        JOIN lealup.tenant_phrase p ON p.tenant_id = _classify.tenant_id AND p.active AND w.v @@ p.queries[k.n]
    ), sentence AS MATERIALIZED (
        SELECT s.n, s.words, l AS language, to_tsvector(lealup._language_config(l), lealup._plain_text(s.words)) AS v
        FROM regexp_split_to_table(words, '[.!?;…]+(?=\s|$)|\n+') WITH ORDINALITY s(words, n), unnest(languages) l
        WHERE s.words ~ '\w' AND EXISTS (SELECT FROM candidate c WHERE c.weight > 0)
    ), hit AS (
        SELECT DISTINCT ON (c.class, c.language, c.phrase) c.class, c.language, c.severity, c.weight, s.words
        FROM candidate c JOIN sentence s ON s.language = c.language AND s.v @@ ANY (c.query) AND NOT s.v @@ ANY (c.negated)
        WHERE c.weight > 0 AND NOT EXISTS (
            SELECT FROM candidate u WHERE u.weight = 0 AND u.class = c.class AND u.language = c.language AND s.v @@ ANY (u.query))
        ORDER BY c.class, c.language, c.phrase, s.n
    ), sum AS (
        SELECT h.class, max(lealup._severity_rank(h.severity)) AS severity, (1 - exp(sum(ln(1 - h.weight))))::real AS score,
               (array_agg(btrim(h.words) ORDER BY h.weight DESC, length(h.words)))[1] AS evidence
        FROM hit h GROUP BY h.class, h.language
    )
    SELECT DISTINCT ON (s.class) s.class, (ARRAY['low', 'medium', 'high'])[s.severity], s.score, left(s.evidence, 300)
    FROM sum s WHERE s.score >= 0.5 ORDER BY s.class, s.score DESC;
END $$;
COMMENT ON FUNCTION lealup._classify(uuid, text, text) IS 'classify_message() with the phrases of a tenant.';

CREATE FUNCTION lealup.classify_message(body text, language text DEFAULT NULL) RETURNS TABLE (class text, severity text, score real, evidence text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF classify_message.language NOT IN ('en', 'es', 'pt') THEN
        RAISE EXCEPTION 'invalid language: %', quote_literal(left(classify_message.language, 100))
            USING ERRCODE = 'invalid_parameter_value', HINT = 'language is en, es or pt; null = found out.';
    END IF;
    RETURN QUERY SELECT c.class, c.severity, c.score, c.evidence
    FROM lealup._classify(lealup.current_tenant(), classify_message.body, classify_message.language) c;
END $$;
COMMENT ON FUNCTION lealup.classify_message(text, text) IS
    'The issues that a message of a customer tells of: class (cancellation, complaint, billing, outage, competitor), severity (low, medium, high), score (0.5 to 1), evidence (the sentence). No row = none. language: en, es or pt; null = found out, also a mixture. Quoted replies and signatures do not count; the current tenant''s own phrases do. Text beyond 20,000 characters is not read.';
