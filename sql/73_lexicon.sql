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

-- What is called for every message and is one expression has no SET, so that it is inlined instead of planned anew.
CREATE FUNCTION lealup._language_config(language text) RETURNS regconfig
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE language WHEN 'en' THEN 'lealup.en'::regconfig WHEN 'es' THEN 'lealup.es'::regconfig WHEN 'pt' THEN 'lealup.pt'::regconfig END;
COMMENT ON FUNCTION lealup._language_config(text) IS 'The text search configuration of en, es or pt; null for any other.';

-- People leave out accents and apostrophes when they write on a phone, so both sides do without them.
CREATE FUNCTION lealup._plain_text(body text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN regexp_replace(regexp_replace(regexp_replace(regexp_replace(translate(replace(lower(body), 'e-mail', 'email'), '’`´áàâãäéèêëíìîïóòôõöúùûüñç-', '''''''aaaaaeeeeiiiiooooouuuunc '),
        '\m(ca|do|did|does|is|was|were|wo|would|should|could|have|has|had|are|ai)n''?t\M', '\1 not', 'g'),
        '\mcan?( ?not)\M', 'can not', 'g'),
        -- Else the stemmers take "para" for "parou", and the charge "cargo" for "cargando", which is loading.
        '\mpara\M', 'pra', 'g'), '\mcargos?\M', 'cobro', 'g');
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
    -- A line by itself, as people write on a phone, quotes nothing and is not signed.
    IF words ~ '[\n>:]|--|__' THEN
        -- An answer may stand below a quotation whose lines are marked; below one whose lines are not, nothing of the sender's is expected.
        words := regexp_replace(words, '(?n)(^[ \t]*' || attribution || '[ \t]*\n+)?(^[ \t]*>.*(\n|$))+', E'\n', 'gi');
        words := regexp_replace(words, '(^|\n)[ \t]*' || attribution || '.*', '', 'i');
        words := regexp_replace(words, '(^|\n)[ \t]*-{2,} ?(original message|forwarded message|mensaje original|mensaje reenviado|mensagem original|mensagem encaminhada).*', '', 'i');
        words := regexp_replace(words, '(^|\n)[ \t*]*(from|de|von):[^\n]*\n([^\n]*\n)?[ \t*]*(sent|date|to|subject|enviad[oa]( el| em)?|fecha|data|para|asunto|assunto):.*', '', 'i');
        words := regexp_replace(words, '(^|\n)_{10,}[ \t]*\n.*', '');
        words := regexp_replace(words, '(^|\n)(--[ \t]*|[ \t]*(sent from my|get outlook for|enviado (desde|do|pelo|via) )[^\n]*)(\n.*|$)', '', 'i');
        words := regexp_replace(words, '\n[ \t]*((best|kind|warm|many)( regards| wishes)?|regards|cheers|sincerely|yours sincerely|(un |cordiales )?saludos?( cordial(es)?)?|atentamente|att|abs|(um )?abraços?|atenciosamente|cordialmente)[ \t]*[,.!]?[ \t]*(\n[^\n]{0,100}){0,8}$', '', 'i');
    END IF;
    RETURN btrim(words, E' \t\n');
END $$;
COMMENT ON FUNCTION lealup._own_words(text) IS
    'What the sender of a message wrote, up to 20,000 characters: without quoted replies, forwarded messages, signatures and HTML tags.';

-- Lower case loses what is a name, and a product that nobody could list is found by being one. The few tools that everybody has are none.
CREATE FUNCTION lealup._with_names(words text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN regexp_replace(words, '([[:lower:][:digit:],(] |\m(?:A|O|As|Os|La|El|Los|Las|The|At|With|From|Con|Com) )((?!(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?\M|January|February|March|April|May\M|June|July|August|September|October|November|December|Excel|PowerPoint|Word\M|Outlook|Teams|Zoom|Slack|WhatsApp|Gmail|Google|Chrome|Windows|iPhone|Android|LinkedIn)[[:upper:]][[:alnum:]]*[[:lower:]][[:alnum:]]*( [[:upper:]][[:alnum:]]*)*)', '\1xname \2', 'g');
COMMENT ON FUNCTION lealup._with_names(text) IS 'A text with the word xname before each name, which is what has a capital within a sentence.';

-- ----- Phrases -----

CREATE FUNCTION lealup._phrase_query(language text, phrase text) RETURNS tsquery
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    config regconfig := lealup._language_config(language);
    terms text[] := regexp_split_to_array(btrim(lealup._plain_text(phrase)), '\s+');
    term tsquery;
    prefixes tsquery;
    part tsquery;
    near tsquery;
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
            -- part of an ending, as in quebrad*, which the participle's stem has not (but a stem of three letters is anybody's).
            SELECT to_tsquery(config, string_agg(quote_literal(rtrim(w, '*')) || CASE WHEN w LIKE '%*' AND language <> 'en' AND length((tsvector_to_array(to_tsvector(config, rtrim(w, '*') || 'o')))[1]) > 3 THEN '|' || quote_literal(rtrim(w, '*') || 'o') ELSE '' END, '|')),
                   to_tsquery('simple', string_agg(quote_literal(rtrim(w, '*')) || ':*', '|') FILTER (WHERE w LIKE '%*'))
            INTO term, prefixes FROM regexp_split_to_table(terms[i], '/') w WHERE w ~ '\w';
            term := CASE WHEN numnode(prefixes) > 0 THEN term || prefixes ELSE term END;
            IF numnode(term) > 0 THEN
                IF part IS NULL THEN
                    part := term;
                ELSE
                    near := tsquery_phrase(term, part);
                    FOR n IN 2..gap LOOP
                        near := near || tsquery_phrase(term, part, n);
                    END LOOP;
                    part := near;
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

-- What set-returning functions are estimated to give makes the planner believe that compiling is worth while.
CREATE FUNCTION lealup._phrase_keys(language text, phrase text) RETURNS text[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
    WITH key AS (
        SELECT t.n, left(k, 4) AS k
        FROM regexp_split_to_table(btrim(lealup._plain_text(_phrase_keys.phrase)), '\s+') WITH ORDINALITY t(term, n)
        CROSS JOIN LATERAL regexp_split_to_table(t.term, '/') w
        CROSS JOIN LATERAL unnest(tsvector_to_array(to_tsvector(lealup._language_config(_phrase_keys.language), rtrim(w, '*') || CASE WHEN w LIKE '%*' THEN ' ' || rtrim(w, '*') || 'o' ELSE '' END))
            || CASE WHEN w LIKE '%*' THEN ARRAY[rtrim(w, '*')] END) k
        WHERE w ~ '\w' AND k <> ''
    ), rare AS (
        SELECT key.n FROM key GROUP BY key.n ORDER BY sum(CASE WHEN length(key.k) < 4 THEN 8 ELSE 1 END), key.n LIMIT 1
    )
    SELECT array_agg(DISTINCT _phrase_keys.language || key.k) FROM key JOIN rare ON rare.n = key.n;
END;
COMMENT ON FUNCTION lealup._phrase_keys(text, text) IS
    'How the words begin of which a text must have one to have a phrase: language and up to four letters of what may stand at the place with the fewest choices, where a short word counts as many.';

CREATE FUNCTION lealup._message_keys(language text, v tsvector) RETURNS text[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (SELECT coalesce(array_agg(DISTINCT _message_keys.language || left(w, n)), '{}') FROM unnest(tsvector_to_array(v)) w, generate_series(1, 4) n);
COMMENT ON FUNCTION lealup._message_keys(text, tsvector) IS 'How the words of a text begin, to be compared with _phrase_keys().';

CREATE FUNCTION lealup._negated(language text, query tsquery) RETURNS tsquery[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN (SELECT array_agg(tsquery_phrase(to_tsquery(lealup._language_config(language), CASE language
            WHEN 'en' THEN 'not|no|never|without|nor' WHEN 'es' THEN 'no|nunca|jamas|tampoco|ni|sin|ningun|ninguna'
            ELSE 'nao|nunca|jamais|nem|sem|nenhum|nenhuma' END), _negated.query, n)) FROM generate_series(1, 3) n);
COMMENT ON FUNCTION lealup._negated(text, tsquery) IS 'The same query with a negation up to two words before it.';

CREATE TABLE lealup.lexicon (
    language text NOT NULL CHECK (language IN ('en', 'es', 'pt')),
    class text NOT NULL CHECK (class IN ('cancellation', 'complaint', 'billing', 'outage', 'competitor') OR class = 'any' AND weight <= 0),
    phrase text NOT NULL,
    severity text NOT NULL CHECK (severity IN ('low', 'medium', 'high')),
    weight real NOT NULL CHECK (weight >= 0 AND weight < 1 OR weight = -1),
    keys text[] NOT NULL,
    probe tsquery NOT NULL,
    -- In an array, because a tsquery by itself cannot be stored out of line, and what is seldom read should be.
    query tsquery[] NOT NULL,
    negated tsquery[] NOT NULL,
    PRIMARY KEY (language, class, phrase)
);
CREATE INDEX ON lealup.lexicon USING gin (keys) WITH (fastupdate = off);
COMMENT ON TABLE lealup.lexicon IS 'The phrases that the built-in classifier knows. It comes with the extension; tenant_phrase is what a tenant adds.';
COMMENT ON COLUMN lealup.lexicon.class IS 'any = every class but competitor, which other people''s and past trouble may be about; only for what takes a class back.';
COMMENT ON COLUMN lealup.lexicon.phrase IS
    'Words next to each other; a/b = either, canc* = all that begin so, .. = up to three words between, & = somewhere in the same sentence, ! before it = a negation before it does not matter.';
COMMENT ON COLUMN lealup.lexicon.weight IS 'How sure it is by itself, below 1; 0 = it takes its class back for the sentence, -1 = for the message.';
COMMENT ON COLUMN lealup.lexicon.keys IS 'One of these has to be among the message''s _message_keys(): through the index, a message is compared with few phrases only.';
COMMENT ON COLUMN lealup.lexicon.probe IS 'What has to match a message, before the query is tried on its sentences.';
COMMENT ON COLUMN lealup.lexicon.query IS 'What has to match a sentence.';
COMMENT ON COLUMN lealup.lexicon.negated IS 'What must not match it: the same after a negation.';

-- How to write a phrase: see the comment on lexicon.phrase. A slot in capitals stands for its list of words below, NAME for any name, so that a phrase
-- is a combination, as WANT .. cancel. Spanish and Portuguese endings are many, so their verbs are mostly beginnings, as cancel*.
-- Without a star a word is found by its stem; mind short stems, which other words share (final for finalista).
-- Weight 0.9 decides by itself, two of 0.35 decide together, 0 and -1 take the class back.
INSERT INTO lealup.lexicon (language, class, phrase, severity, weight, keys, probe, query, negated)
WITH slot (language, name, words) AS (VALUES
        ('en', 'SERVICE', 'subscription/plan/account/contract/service/licence/license/membership/agreement/renewal/workspace/tool/platform/product/software/system/package/partnership/relationship/collaboration/engagement/commitment/seat/instance/solution/you/trial/module'),
        ('en', 'WANT', 'want/wanna/need/like/wish/decide/choose/chosen/think/consider/contemplate/plan/intend/intention/going/gonna/about/ready/tempted/ask/tell/told/instructed/must/will/ll/might/may/forced/prefer/vote/try/request/please/kindly/pls/plz/just/lean/have/had/has/hereby/inclined/would/d/can/could/should/possible/option/agreed/authori*'),
        ('en', 'SUPPORT', 'support/service/helpdesk/team/csm/agent/rep/manager/consultant/staff/engineer/trainer/colleague/people/guys/communication/company/onboarding/implementation/rollout/training/documentation/docs/interface/ui/product/tool/platform/software/quality/experience/response/handling/attitude'),
        ('en', 'CHARGE', 'charge/bill/invoice/debit/payment/fee/transaction/withdrawal/price/amount/total/statement/receipt/renewal/figure/vat/tax/direct'),
        ('en', 'THING', 'dashboard/page/report/sync/integration/app/login/sso/api/webhook/email/mail/notification/alert/search/export/import/upload/download/data/screen/system/platform/site/website/portal/tool/connector/server/button/link/form/file/record/account/user/widget/chart/score/calendar/inbox/service/product/software/workspace/filter/module/feature/job/csv/tracker/contact/list/token/environment/instance/tab'),
        ('en', 'ENTER', 'log/login/sign/signin/access/enter/open/save/load/export/import/upload/download/edit/create/send/connect/reach/get/use/work/run/reset/submit/sync/update/view/generate/add/authenticate/retrieve/pull'),
        ('en', 'VENDOR', 'vendor/provider/supplier/tool/platform/solution/software/product/system/company/app/partner/offering/option/player/firm/service/suite'),
        ('en', 'LOOK', 'look/evaluate/evaluation/compare/comparison/consider/test/trial/pilot/demo/try/assess/explore/review/shortlist/shop/check/benchmark/switch/move/migrate/replace/talk/speak/meet/met/approach/contact/quote/pitch/offer/propose/proposal/interview/research/weigh/scout/see/seen/saw/investigate/go/went/gone/sign/choose/chosen/show/present/cheaper/prefer/invite/adopt/pick/roll/transition'),
        ('en', 'NAME', 'xname'),
        ('en', 'RIVAL', 'gainsight/totango/churnzero/planhat/vitally/catalyst/custify/clientsuccess/velaris/strikedeck/freshsuccess/akita/smartkarrot/cast/hook'),
        ('es', 'SERVICIO', 'suscripcion*/subscripcion*/plan/planes/cuenta/cuentas/contrato/contratos/servicio/servicios/licencia/licencias/membresia/acuerdo/renovacion/herramienta/plataforma/producto/software/sistema/paquete/espacio/convenio/relacion/colaboracion/alianza/abono/solucion/usuarios/asientos/modulo/prueba'),
        ('es', 'QUERER', 'quier*/quer*/quisier*/necesit*/dese*/decid*/decision/pens*/piens*/plane*/vamos/voy/van/va/ire*/plante*/consider*/valor*/evalu*/intencion/prefer*/ped*/pid*/solicit*/favor/puede*/podr*/podemos/rog*/rueg*/exij*/tendr*/tenemos/tengo/toca/obligad*/acord*/gustaria/proced*/optado/resuelto/analiz*/contempl*/autoriz*/comunic*/inform*/avis*'),
        ('es', 'FACTURA', 'factura/facturas/facturacion/cobro/cobros/cargo/cargos/recibo/recibos/importe/monto/pago/pagos/precio/tarifa/cuota/total/cuenta/iva/impuesto/comision/mensualidad/estado/extracto/boleta/cfdi/debito/debitos/retencion'),
        ('es', 'COSA', 'panel/paneles/tablero*/pagina*/informe*/reporte*/sincroniz*/integracion*/app/aplicacion*/login/acceso/sso/api/webhook*/correo*/mail*/email*/notificacion*/alerta*/buscador/busqueda*/exportacion/importacion/datos/pantalla/sistema/plataforma/sitio/web/portal/herramienta/conector/servidor/boton/enlace/formulario/archivo*/registro*/cuenta/usuario*/grafica*/grafico*/calendario/servicio/software/filtro*/modulo/sesion/contrasena/link/conexion/lista*/programa/mapa'),
        ('es', 'ENTRAR', 'entr*/acced*/ingres*/abr*/inici*/conect*/guard*/carg*/descarg*/exportar*/importar*/subir/login/logue*/ver/usar*/trabaj*/envi*/mand*/edit*/crear/sincroniz*/generar/hacer/actualiz*/utiliz*/avanz*/oper*'),
        ('es', 'ANDAR', 'funcion*/carg*/abre*/sincroniz*/conect*/respond*/arranc*/anda*/jala*/sirve*/guarda*/envia*/lleg*/entra/entran/inicia*/actualiz*/descarg*/export*/deja/permit*/camin*/muestra*/aparec*/refresc*/sale*/arroj*/corre*/levant*/prend*/dispar*/figur*/marcha/dispar*/integra/contest*'),
        ('es', 'PROVEEDOR', 'proveedor*/herramienta*/plataforma*/solucion*/software*/producto*/opcion*/sistema*/empresa*/compania*/vendor*/marca*/firma*/aplicacion*/app*/servicio*/fabricante*/suite'),
        ('es', 'MIRAR', 'mir*/busc*/evalu*/compar*/consider*/prob*/prueba*/demo*/explor*/revis*/viendo/vemos/vimos/ver/visto/estudi*/analiz*/cambi*/migr*/pas*/reemplaz*/sustitu*/habl*/reun*/contact*/cotiz*/presupuest*/ofrec*/oferta*/propuesta*/propus*/present*/mostr*/ensen*/vayamos/ir/irnos/vamos/optar/elegi*/contrat*/firm*/barat*/econom*/llam*/visit*/invit*/valor*/sond*/tante*/acerc*/finalista*/piloto/muestr*'),
        ('es', 'NAME', 'xname'),
        ('es', 'RIVAL', 'gainsight/totango/churnzero/planhat/vitally/catalyst/custify/clientsuccess/velaris/strikedeck/freshsuccess/akita/smartkarrot'),
        ('es', 'SOPORTE', 'soporte/servicio/atencion/equipo/asesor*/ejecutiv*/consultor*/agente*/tecnico*/gerente/empresa/compania/producto/herramienta/plataforma/documentacion/capacitacion/formacion/implementacion/implantacion/interfaz/comunicacion/trato/calidad/experiencia/respuesta/instructor*/software/seguimiento/gestion/mesa/version'),
        ('pt', 'SERVICO', 'assinatura*/subscricao/plano*/conta*/contrato*/servico*/licenca*/acordo/renovacao/ferramenta/plataforma/produto/software/sistema/pacote/ambiente/convenio/relacao/relacionamento/parceria/cadastro/solucao/adesao/usuarios/utilizadores/modulo/projeto/teste'),
        ('pt', 'QUERER', 'quer*/precis*/gostar*/dese*/decid*/decisao/resolv*/pens*/planej*/plane*/vamos/vou/vai/vao/iremos/irei/pretend*/consider*/avali*/intencao/prefer*/ped*/pec*/solicit*/favor/pode*/rog*/exij*/tere*/temos/tenho/obrigad*/acord*/optamos/proced*/cogit*/estud*/inclinad*/analis*/autoriz*/comunic*/inform*/avis*/gentileza'),
        ('pt', 'FATURA', 'fatura*/factura*/cobranca*/debito*/boleto*/valor*/pagamento*/preco*/tarifa*/taxa*/total/conta/contas/nota/iva/imposto/mensalidade*/extrato/lancamento*/nf/recibo*/anuidade/montante/conciliacao'),
        ('pt', 'COISA', 'painel/paineis/dashboard*/pagina*/relatorio*/sincroniz*/integracao/integracoes/app/aplicativo/aplicacao/login/acesso/sso/api/webhook*/email*/mail*/notificacao/notificacoes/alerta*/busca/pesquisa/exportacao/importacao/dados/tela/ecra/sistema/plataforma/site/web/portal/ferramenta/conector/servidor/botao/link/formulario/arquivo*/ficheiro*/registro*/conta/usuario*/utilizador*/grafico*/calendario/servico/software/filtro*/modulo/sessao/senha/conexao/lista*/programa/mapa'),
        ('pt', 'ENTRAR', 'entr*/acess*/aced*/abr*/inici*/conect*/salv*/guard*/carreg*/baix*/export*/import*/subir/logar/login/ver/usar/trabalh*/envi*/mand*/edit*/criar/sincroniz*/gerar/fazer/atualiz*/utiliz*/avanc*/acord*/autentic*'),
        ('pt', 'ANDAR', 'funcion*/carreg*/abr*/sincroniz*/conect*/respond*/anda*/roda*/presta*/salva*/guarda*/envia*/cheg*/entra*/inicia*/atualiz*/baix*/export*/deixa*/permit*/mostra*/aparec*/traz*/indo/dispar*/arranca*/grava*/integra/gira'),
        ('pt', 'FORNECEDOR', 'fornecedor*/ferramenta*/plataforma*/solucao/solucoes/software*/produto*/opcao/opcoes/sistema*/empresa*/vendor*/marca*/aplicativo*/app*/servico*/fabricante*/suite'),
        ('pt', 'OLHAR', 'olh*/busc*/avali*/compar*/consider*/test*/demo*/explor*/revis*/revend*/revendo/vendo/vemos/vimos/ver/estud*/analis*/troc*/mud*/migr*/pass*/substitu*/convers*/fal*/reuni*/contat*/contact*/cot*/orcament*/oferec*/oferta*/proposta*/propos*/apresent*/mostr*/ir/vamos/optar/escolh*/contrat*/fech*/barat*/procur*/ligou/visit*/convid*/pesquis*/sond*/abord*/finalista*/piloto/conhec*/experiment*/assin*/adot*'),
        ('pt', 'NAME', 'xname'),
        ('pt', 'RIVAL', 'gainsight/totango/churnzero/planhat/vitally/catalyst/custify/clientsuccess/velaris/strikedeck/freshsuccess/akita/smartkarrot/sensedata'),
        ('pt', 'SUPORTE', 'suporte/servico/atendimento/equipe/equipa/time/consultor*/atendente*/tecnico*/gerente/empresa/produto/ferramenta/plataforma/documentacao/treinamento/formacao/implantacao/implementacao/interface/comunicacao/tratamento/qualidade/experiencia/resposta/instrutor*/software/acompanhamento/gestao/versao')
), v (language, class, severity, weight, phrases) AS (VALUES
        -- ----- English -----
        -- Cancellation: verbs that say it by themselves, then what is ended, then idioms.
        ('en', 'cancellation', 'high', 0.9::real, 'cancel .. SERVICE
WANT .. cancel/terminate/discontinue/unsubscribe/offboard
WANT .. leave/quit/exit/drop/ditch/axe/scrap/dump/abandon .. SERVICE
want/decide/consider/think/plan/intend/going/tempted/about/ready .. leave/leaving/quit/exit
how .. cancel/terminate/unsubscribe/deactivate
we/i/me/us .. cancel
cancellation letter/request/form/fee/terms/procedure/clause/option
request/send/confirm/start/initiate .. cancellation
terminate .. our/your/the/early/effective
procedure/process/step/way .. terminate/leave/cancel/exit/close
termination .. contract/agreement/notice
notice/letter/right/clause .. terminate
early termination
end/ending/terminate .. contract .. early
discontinue .. our/use/using/SERVICE
unsubscribe .. company/plan/service/account/team
close/closing/shut/shutting/delete/deactivate/disable/remove/erase/wipe .. account/workspace/subscription/instance/tenant/organisation/organization/org
close/closing .. things/out/shop .. with/you/month
delete/erase/remove/wipe .. all .. data
want/like/need/going/decided/wish/must/will/be end/ending .. contract/agreement/partnership/subscription/relationship/collaboration/service
want/like/need/going/decided/wish/must/will .. end/ending .. contract/agreement/partnership/subscription/relationship/collaboration
end/ending our/the/this partnership/subscription/relationship/collaboration/agreement/contract
bring/draw/come .. to an end/close
stop/disable/deactivate/cancel/turn/switch/remove/opt/prevent .. auto/automatic/autorenew*/renewal/renewing
decision .. final
final decision
sunset .. you/vendor/tool/contract/platform/product/your
pause/stop/freeze/suspend/halt .. contract/subscription/agreement/plan/membership
wrap/wrapping .. account/contract/up/things .. with/account/you
want/like/need .. SERVICE .. ended/terminated/closed/cancelled/stopped/deleted/deactivated
not .. see .. staying/stay/continuing/us/ourselves/renewing .. with/past/beyond/after
request/ask/asking/application .. leave/exit/withdraw
withdraw .. from/agreement/contract/programme/program
leave/leaving .. program/programme
end/stop .. trial
not .. convert
before .. converts
exit option/options/route/date/strategy
first .. to go
chopping block
exit .. deal/contract/agreement/arrangement
not .. able .. keep/retain/maintain/continue/stay/renew/hold
can not .. keep/retain/maintain/justify/continue/renew/stay .. SERVICE/with/this/it/any
not/hard/difficult/harder .. justify .. SERVICE/spend/cost/expense/it/another/keeping/renewing
close/delete/cancel/kill .. acct/acc/sub/subs
want/wanted/need out
will/ll/would/then/might switch when/if/once/unless/to/away
redundant
without you/your .. from/next/by
seek/seeking .. exit/way
way/ways/path out
not .. green light
hand/handing/give/giving/send .. back .. licence/license/seat/subscription
hand/handing .. in .. notice
not .. make/made .. cut
delete/remove/erase/export .. our data .. at/end/month/close/account
remove/delete/erase our/all/my data
give/giving .. it/you/this/SERVICE .. up
pull/pulling/back/backing/break .. out .. contract/agreement/deal/of
not .. sign up
not .. be around/here/with .. next/year/you/longer
not .. be with you
end/stop/finish our/my/the plan/subscription/contract/trial/licence/membership
want/wanting/like/need .. pull out
latest/last date/day .. notice/cancel/leave/terminate
without paying .. another/next/full
not .. justify
not .. on .. list .. next/year/tools
no longer .. customer/member
not .. continue .. next/this/in
not .. part/fit .. plans/strategy/budget/roadmap/needs
not .. in .. budget
off .. budget/list
we/i can not .. carry/go/continue on .. with
want/wanted/need out of .. contract/agreement/this
we/i drop/dropping/ditching/ditch/dumping .. you/your/this/it
cancel .. immediately/effective/us/me/everything/today
cancel it .. immediately/please/now/effective
no .. another year/term
improve/improves/better/change/changes/fixed/resolved/sorted/solved & leave/leaving/cancel/out
if/unless & leaving/leave/cancel/switch/walk & we/i & improve/change/better/fix/not/support/happen
makes/make sense .. stay/continue/renew/keep
sense .. stay/continue/keep/renew
question .. if/whether
end .. SERVICE & please/today/hereby
we .. be leaving
prepare/plan/organise/organize/initiate/arrange .. exit/departure/offboarding/termination
leaving you/your
decided against .. extending/renewing/another/continuing/it
earliest possible
close/shut/shutting/delete/end/deactivate .. environment/instance/tenant/space/organisation
not .. for us
not .. right fit/tool/choice/solution/product
not .. good fit
give/giving .. up .. contract/software/tool/licence/license/subscription/plan
take/taking .. business/custom/money .. elsewhere/else/away
somewhere else
business elsewhere
think/believe .. not .. renew
not .. think/believe .. renew/stay/continue/extend
give/giving/send/return/returning/hand .. licences/licenses/seats .. back
whether .. keep/renew/stay/continue .. SERVICE/with
consider/discuss/debate/review .. whether/if .. keep/stay/continue/renew
return .. licences/licenses/seats
project .. stopped/cancelled/ended/closed & licences/licenses/contract/tool/subscription'),
        -- Not going on.
        ('en', 'cancellation', 'high', 0.9, 'not/never/against .. renew/extend/prolong/roll/rollover
not/never .. sign/signing/resign .. another/again/next/new/renewal/year/extension
not .. sign/signing .. for
not .. be sign/signing/staying/stay/continuing/continue/renewing/returning
contract/agreement/subscription/licence/license .. not .. renew/extend/continue
not .. auto/autorenew*/automatically
not .. want/take/approve/fund/pay/budget/commit/buy/go .. another/next year/term/round/renewal/period
not .. approve/fund/budget .. renewal/year/licence/license/this/it/SERVICE
we/i .. not .. continue/proceed/carry
not .. continue/proceed .. with/after/beyond/past/contract/subscription/service/pilot/trial
we/i .. not .. move/moving/go/going ahead/forward/further/through
doubt/unlikely/refuse/reluctant/hesitant/hesitate .. renew/sign/extend/continue/stay/prolong/keep
renew/renewal/staying/stay/extend/continue & doubt/unlikely/unsure/fence/reconsider/rethink/hesitant/uncertain
not .. sure/certain/convinced/see/worth .. renew/stay/continue/staying/keep
decide/debate/question/reconsider/discuss/rethink .. whether/if .. renew/continue/keep/stay/need
reconsider/rethink/question .. contract/subscription/renewal/relationship/partnership/future
no/any/good/one reason .. stay/renew/keep/continue
non renewal
no longer need/use/require/want/wish/interested/continue/be
no longer .. need/use/want/continue
not .. need/use/using/require/want .. you/it/SERVICE .. any/anymore/longer
not .. need/require/want .. this/it/you/SERVICE .. after/from/next/beyond
not .. need .. licence/license/tool/platform/subscription/product
not .. use/using .. SERVICE .. any/anymore/enough
no .. use .. for it/this/your/the
stop/stopping using .. tool/platform/service/product/software/it/this/you/your
stop/stopping .. paying/subscription/service
let .. lapse/expire
let .. SERVICE .. go/lapse/expire
out of .. contract/agreement/commitment/subscription/deal
better off without
do without you/your/it/the/this
last year/quarter/month/term/renewal/contract/season/day .. with you/your/as
our last year/quarter/term/renewal
last day/month/year as .. customer/client
part/parting ways/company
walk/walking away
move/moving/step/stepping/transition away from
jump/jumping ship
pull/pulling .. plug
cut .. ties/loose/losses
call it quits/a
throw* .. towel
say/saying/wave goodbye
goodbye .. contract/service
wind/winding .. down
opt/opting .. out .. renewal/contract
opting out
back out .. contract/agreement/deal
get/getting rid of .. SERVICE
take/taking .. business elsewhere
go/going/look/move elsewhere
on .. way out
exit/leave/leaving .. before/at/when/after/by .. term/end/contract/year/renewal
leaving/exit .. platform/vendor/contract/service/term/you
exit clause/fee/terms/plan/strategy/process
offboard
notice period
give/giving/serve/hand/handing .. you/our .. notice
formal/official/written notice
lose/losing us/me .. customer/client/as
lose us/me
zero seats/licences/licenses/users
down to zero
cut/cutting/chop/axe/eliminate .. your/this/the .. tool/subscription/licence/license/software/contract/service
axe/chopping/cut list
list .. axe/cut/eliminate
give/giving up on .. SERVICE
we/i/am/are done with/here
we/i am/are/m/re done
we/i re/are/am/m out
out of here'),
        ('en', 'cancellation', 'medium', 0.35, 'cancel
terminate
budget cut/gone/freeze/frozen/slashed
downgrade .. free/basic
cut/cutting costs
end date
penalty/fee & leave/early
not .. bill/charge .. again/anymore
stop paying
sunset
not .. year
leave/leaving you
churn
save/saving money
not .. budget
redundant
keep/keeping .. subscription
nobody .. use/uses/champion
not convince
bad/sad news
part ways
licences back'),
        ('en', 'cancellation', 'low', 0, 'not cancelling
not/no/never/without .. want/wish/plan/going/intend/intention/think/mean/say .. cancel/leave/quit/terminate
not/no/never .. intention/plan/thought/desire .. cancel/leave/quit/terminate/switch/of
cancel .. meeting/call/slot/appointment/flight/room/session/request/workshop/booking/reservation/invite/invitation/demo/task/order/ticket/event/dinner/lunch/trip/training/visit/webinar/report/export/import/job/email/reminder/campaign/seat/registration/hotel/sync/upload/button/kickoff/review/qbr/standup/class/course/lesson/friday/thursday/wednesday/tuesday/monday/tomorrow/tonight/survey/run
meeting/call/slot/appointment/flight/room/request/workshop/booking/demo/task/event/training/visit/train/session/webinar/reservation/order .. cancel
on/from/parental/maternity/sick/annual/paternity leave
leave .. message/comment/note/feedback/review/voicemail/field/blank/empty/open/it/office/room/tomorrow/early/out/question/team
leave .. as is
out of .. office/town/memory/date/sync/stock/scope/seats/licences/licenses
we/i re/are/am/m out on/until/this/next/today/tomorrow/for
not .. want/plan/intend/going/thinking .. leave/cancel/quit
terminate .. session/process/job/connection/user/employee
we/i .. not .. renew .. yet
though/although/since/after/because .. cancel .. in/last
glad/happy/good .. not .. leave/cancel
if/when/once a/an/the/my/our/one/some customer/client/user/account/contact .. cancel/leave/churn/terminate/want/stop/quit/close
my/our/of/your/a/which/these/those customers/clients/customer/client .. cancel/leave/churn/terminate/quit/leaving/renew/threaten/think/want
customers/clients .. cancel/churn/leave/renew/terminate
predict*/reduce/prevent/forecast/detect/calculate/dashboard/report/score .. churn
churn rate/score/risk/report/dashboard/reason
someone/somebody/anybody/user/employee/colleague leave/leaves/left
employee/colleague/user/admin/member .. leave/left
where .. see .. cancel
used/nearly/almost .. cancel .. but
policy .. cancel/terminate
cancellation policy
will/does/do .. renew .. automatically
how/where do/can/to i/we .. not renew
delete/remove/disable/deactivate .. test/demo/duplicate/sandbox/old account/user
test/demo/duplicate/sandbox account
cancel .. yet/but/still
feature .. dropped
although/though .. cancel
bill/charge .. although/though/after
how .. many customers
leave/leaving .. company/job/firm/organisation/organization/position/team
our own cancellation
cancel .. playbook
thank/thanks .. sorting/for'),
        ('en', 'cancellation', 'low', -1, 'changed our/my mind
glad/happy we stayed/renewed
decided .. to stay'),
        -- Complaint: words that are one by themselves.
        ('en', 'complaint', 'medium', 0.9, 'disappoint*
unaccept*/inaccept*
unhappy/displeased/discontent/dismayed/appalled/disgusted/disheartened/aggrieved/offended/insulted
not .. happy/satisfied/pleased/impressed/amused/thrilled/delighted
frustrat*/exasperat*/infuriat*/irritat*/annoy*/aggravat*/madden*
dissatisf*/unsatisf*/underwhelm*
terrible/awful/horrible/appalling/dreadful/lousy/pathetic/abysmal/atrocious/shocking/dismal/horrendous/disgraceful/lamentable/deplorable/horrid/ghastly
useless/worthless/hopeless/pointless
ridiculous/ludicrous/laughable/absurd/insane/farce/farcical/circus/shambles/fiasco/disaster/nightmare/chaos/chaotic/mess/messy/joke/mockery/scandal/outrage*/shame/shameful/disgrace/embarrassing/embarrassment
rude/impolite/arrogant/condescending/dismissive/patronising/patronizing/disrespect*/unfriendly/aggressive/hostile/insulting
unprofessional/amateur*/incompet*/clueless/unhelpful/sloppy/shoddy/careless/negligent/negligence/unreliable/untrustworthy/dishonest/inept/unresponsive
crap/crappy/rubbish/garbage/trash/shit/bullshit/sucks/damn/bloody/wtf
waste/wasted/wasting .. time/money/hours/day/days/effort/budget
clunky/cumbersome/buggy/unintuitive/confusing/convoluted/overcomplicated
we/i/am/are/re/m/very/so/is/boss/team/director/really/getting/pretty .. angry/furious/livid/upset/enraged/fuming/pissed/mad
angry/furious/livid/fuming .. with/at/about you/your/this/that
mediocre/subpar/substandard/underperform*
overpromis*/underdeliver*/letdown
regret .. choosing/signing/buying/experience/decision
excuses
worst
complain/complaining .. about
file/make/raise/lodge/formal/register/submit/official .. complaint
have/my/our complaint/grievance
whoever .. designed/built/wrote/made
late/minutes .. unprepared/late
quality .. dropped/declined/worse/down/gone/poor/suffered/deteriorat*
deteriorat*/worsen*
told .. would .. ship/come/be/arrive/have
only matter/care/hear/contact/call/remember/important .. when/if
never .. used it
not .. be/been/is/at acceptable/tolerable
not .. delivered .. promised/what/agreed/yet
never/nobody/not showed/turned up
did not show/turn up
took/takes/taking .. twice/longer .. as/than
talk/speak/reach .. human/person
zero/no/not .. replies/replied
hard/difficult/impossible .. talk/reach/get .. human/someone/person/hold/anyone
half .. features .. not
close/closed .. ticket/case .. without/even
closed .. without .. look/looking/solving/fixing/asking/reading
treated/treat .. like/as .. if/bothering/second/number/we
what .. is/s .. the point
who/that never call/calls/answers/replies/shows/delivers/listens/responds
never call/calls/called/answers/answered/replies/replied/responds/responded/listens/delivers/returned/returns
advertise/promise/sell/sold .. not .. exist
asked .. days/weeks/months/week/month ago
days/weeks/months .. ago .. nothing/still/nobody/no
want/wants nothing to do with
stars/points out of
out of .. stars/ten
so/too/overly/very/needlessly complicated/confusing/cumbersome/convoluted
take/takes/took ages
cheeky/cheek/unbelievable/incredible/audacity/nerve
how often/many .. do/must/should/have/need .. i/we
how many times
how much longer
how long .. does it take .. get/answer/reply/you
not .. get/got/had/received/have .. answer/reply/solution/callback
not .. had/got/received/get/have response .. from/to
third/fourth/fifth/second time .. now/already/we/moved/postponed/this
promised .. call/callback/back/fix/solution/feature/deliver/training & not/never/nothing/nobody
missed .. deadline/date/deadlines
you .. missed .. meeting/call/appointment
no/without .. agenda/preparation/structure
left .. hanging/alone/dark
in the dark
on our own
keep .. telling
nobody/noone .. bother
not .. level .. service/support
can not/not/hardly .. say .. thrilled/happy/impressed/satisfied/delighted
wish .. had/would/never & you/your/never
lip service
no/zero/little value
not .. deserve
is/be/are/was/quite/simply not acceptable/tolerable
not .. thrilled
unbearably/ridiculously/incredibly slow
how slowly/slow .. handled/answered/you/my/requests
rushed
nobody/none/noone .. understood/understand
asking/asked/requesting/begging .. since/for .. weeks/months/january/february/march/april/may/june
nothing .. changed/done/improved
taken/take .. seriously
not .. serious
keep/keeps giving .. up
not .. reply/answer/acknowledge
you/they/nobody/support/team/agent/manager/who/he/she not .. respond
should not .. take/be/have/need/happen/cost
should/shouldn .. not .. take/have
patience & thin/end/over/out/limit/lost/losing/tested/wearing
documentation/docs/manual/help/guide/examples .. out of date/outdated/wrong/incomplete/missing/useless/misleading
documentation/docs/manual/guide .. outdated/wrong/incomplete/lacking/useless/misleading/nonexistent
out of date
more bugs/problems/trouble/issues/questions/work .. than
more .. than .. solves/helps/features/answers/worth
nobody/noone/anyone/somebody .. test/tested/checked/check/think/thought/proofread
explain/explained/repeat/repeated/told .. three/four/five/several/many/different/same .. times/agents/people/persons/thing
same thing/question/story/issue/problem/answer/mistake .. again/over/every/three/different/agents/times/week
why do/must/should/am/are/does we/i/it .. have/always/still/still/take
has/have become .. worse/unusable/unreliable/difficult/impossible
unreliable/unstable/inconsistent/unpredictable/disorganised/disorganized/inattentive/lazy/indifferent/unfair/unjust/misguided
not .. understand/comprehend why/how .. you/it/this/anyone/that
zero/little/no .. help/effort/interest/guidance/support
not .. help/helpful/helping .. at/us/me/all
waited/wait/waiting .. for .. days/weeks/hours/months/nothing
kept waiting
not .. once .. apolog*/sorry/call/ask
not even/once .. apology/sorry/reply/call/answer/an/apologise/apologize
embarrass*/humiliat*
losing .. faith/trust/confidence/patience/hope
struggle/struggling .. to get .. answer/help/support/response
far too/much long/complicated/slow/many/complex/little
took .. far/way/too/much .. long
cannot/can not rely/trust/depend
hard .. to .. trust/believe/recommend
not recommend
never recommend
wish .. never/had/someone/you
since .. nothing .. happened/changed/heard/improved
not .. matter/important/care .. to/for you
small .. customers .. matter
nobody/noone/none & called/call/contacted/replied/answered/responded/back & not/although/promised/yet/still/despite
one more .. mistake/error/failure/time
another .. mistake/error/failure .. and/like
nothing happened since/after/despite/yet/until
without .. warning/asking/informing/notice/consulting/explanation
make/making/made .. simple/easy .. hard/difficult/complicated
happened .. again & mistake/promised/nothing
another week/month/day .. without/no/and
without/no .. reaction/progress/movement/improvement .. from/at/since
promised .. and .. never/not/nothing/nobody & call/workshop/training/feature/fix/visit/meeting/it/help
on hold
hotline/helpline/support .. disaster/useless/joke/nightmare
never .. took place/happened/came/arrived'),
        -- Complaint: idioms, patience and trust.
        ('en', 'complaint', 'medium', 0.9, 'fed up
sick/tired/weary of
had enough
enough is enough
had it with/up
ve/have/has had it
end of my/our rope/tether/patience/wits
wits end
last/final straw
beyond a/belief
los*/lost/out/shake/shaken/dent/erode/little/no/zero .. patience/confidence/trust/faith/credibility
patience .. out/over/end/thin
let .. us/me/down down
let us/me down
black hole
step/steps/move .. backward/backwards/back/down
step .. wrong direction
going/gone downhill
worse/slower/harder than/since/with/every/now
everything/things/made/got/getting/even/become .. worse
fall/fell/falls/falling .. short
leaves/left .. lot/much .. desired
far from .. expect/ideal/promised/acceptable/good/professional
below/beneath .. expectation/expectations/standard/standards/par/average
not .. up to .. standard/scratch/par/expectation/mark/promise
not .. good enough
not great/cool/fair/right/ok/okay/serious/professional/ideal/nice/normal/funny/helpful
expect .. better/more
hoped for/we/to .. more/better
deserve/deserves better/more
not .. what .. promised/sold/agreed/expected/told/paid/signed/pay/bargained/ordered/need/advertised
nothing like .. promised/sold/demo/expected/told
level of .. service/support .. pay/paid/expect
for .. price/money .. expect/pay
out of line/order
poor/bad/weak/terribl*/sad .. SUPPORT
SUPPORT .. is/was/were/been/has bad/poor/weak/slow/rude/lacking/nonexistent/broken/dead
very/really/so/extremely/pretty/that/just/quite/how bad/poor/badly/poorly
badly/poorly handled/managed/designed/prepared/organised/organized/documented/trained/explained/run/done/executed
handled/treated/managed .. badly/poorly/terribly/like
lack/absence of
no/zero/little .. respect/ownership/empathy/accountability/transparency/communication/urgency/interest
not .. respect/care/bother/listen .. us/customers/clients/about/to/our
not .. seem/appear .. care/bother/listen/know/understand
hate/hates/despise/detest/loathe
joke/mess/pain
pain in
not .. worth
not .. value .. pay/money
feel/feeling/felt .. cheated/misled/lied/stupid/ignored/neglected/abandoned/forgotten/unheard/undervalued/unimportant/scammed/second/like
misled/misleading/deceived/deceptive/lied/lying/scam/ripped
how .. treat
never/not .. been/be treated/spoken
hung up
way .. spoke/talk/treated/handled/dealt .. us/me/to/with/this/our
talk/spoke/talked down
attitude
not .. way .. treat/run/do/work
not .. go on
how .. you .. dare/sleep'),
        -- Complaint: nobody answers, again and again, promises.
        ('en', 'complaint', 'medium', 0.9, 'nobody/noone/none .. reply/answer/call/help/respond/care/listen/know/knows/take/bother/read/follow/react/show/contact/told/informed/own/solve/fix/seem
no one .. reply/answer/call/help/respond/care/listen/know/take/who/bother/read/follow/react/show/contact/told/informed/own/solve/fix/seem
nobody/noone .. got/gets/getting/came/come/gotten back
no .. response/reply/answer/reaction/feedback/follow/followup/progress/explanation/apology/news/sign/acknowledg*
no update/updates
without .. reply/response/answer/update/explanation/apology
still no/nothing/not/unresolved/unanswered
still .. not .. deliver/fixed/resolved/solved/answered/heard/received/seen/had/replied/addressed
still .. waiting/open/pending/unresolved
remain/remains/left/gone/go/went unanswered/unresolved/ignored/unaddressed
not .. heard back/anything/from
been waiting
waiting .. weeks/days/months/ages/forever/long/hours/since
when/will .. finally
weeks/days/months/fortnight/ages .. reply/answer/respond/response/resolve/fix/nothing
weeks/days/months .. to get
takes/took/taking/take .. weeks/days/months/fortnight/ages/forever .. to/reply/answer/for/before
ticket/case/issue/request/tickets .. takes/take/took/taking/open/ignored/unanswered/closed .. weeks/days/months/since/without/fortnight/ages/and
ticket/case/issue/request/bug .. open/sitting/pending .. since/for/weeks/months
second/third/fourth/fifth/sixth/tenth/nth/umpteenth/hundredth time/request/reminder/message/email/attempt/ticket
times/twice .. already/now/and & write/wrote/ask/asked/call/called/email/report/reported/explain/told/contact/mention
over and over
time and again/time
once/yet again
write/wrote/asked/called/emailed/reported/contacted .. again & answer/nobody/anybody/there/read/nothing/still
automated/automatic/canned/generic/scripted/robotic/standard/copy/boilerplate .. answer/answers/reply/replies/response/responses/paste/message/messages
run/running/going/talking .. circles
runaround
passed/pass/bounced/bouncing/sent/shoved/pushed/handed/transferred/shuffled/ping .. from/around/between/pong/along/person
pillar to post
blame/blaming/finger/point .. us/each/other/pointing
ghosted/ghosting/crickets/stonewall*/fobbed/brushed
radio/total/complete/deafening silence
silence .. since/from
ignore/ignoring/ignored us/me/our/my/again/for/completely
feel/feeling/felt/being/been/are/am .. ignored/neglected/abandoned
is/are/does/do anyone/anybody/someone .. there/listen/read/care/alive/work/reading/listening
anyone/anybody .. reading/listening/there/home/care
nothing .. resolved/done/changed/improved/fixed/changes/improves/solved/better/moves/progress
nothing .. but .. automated/excuses/promises/trouble/problems/answers
explain .. again/times/everything/time/over/new/each/every/person
repeat/repeating .. myself/ourselves/story/everything
start/starting .. from scratch/zero/over
was/were/we promised/assured/told .. but/yet/by
assured/promised .. by now/last/ago/week/month
broken/empty/false/unkept/kept .. promise/promises/word
not/never/none .. deliver/delivered/kept/keep/honour/honor .. promise/promised/word/date/commitment/what
dates/deadlines/deadline/date .. none/missed/slipped/slip/postponed/moved/kept/broken
delays .. hurting/unacceptable/again/costing
no show
chasing/chased/chase
escalate/escalating .. this/manager/supervisor/management/boss/director/issue/ceo
speak/talk .. manager/supervisor/boss/superior/charge/director
never .. mentioned/told/informed/warned
too long
for/in/been weeks/months now
lost .. day/days/week/weeks/hours
had/has/have no clue/idea
not .. have a clue/idea
not .. know .. product/own/doing/talking
unprepared/ill prepared
why .. so hard/difficult/complicated/slow/long/many
too/so/very/overly/needlessly/unnecessarily/way/far complicated/complex/confusing/difficult/many/hard .. to/use/clicks/for/bugs/problems/steps
more clicks/steps/work .. than
adoption .. nowhere
missing half
keep/keeps/kept/constantly/always/constant .. asking/changing/postponing/rescheduling/problems/issues/bugs/breaking/promising/moving/forget*/closing
does .. not .. help
please .. answer & time/times/request/reminder'),
        ('en', 'complaint', 'medium', 0.35, 'again
complain/complaint
slow
bad/badly
poor/poorly
problem/problems
ages/forever
enough
promise
urgent
serious
seriously/honestly/frankly
sad/sadly
hard/difficult
concern*
weird
late
unprepared
again .. and
by now'),
        ('en', 'complaint', 'low', 0, 'no/not/never/without/less/zero/any .. complaint/complaints/complaining/complain
my/our/of/your/these/which customers/clients .. unhappy/angry/dissatisfied/frustrated/satisfied/complain/disappointed/upset/happy/unresponsive
unhappy/angry/dissatisfied/frustrated/at customers/clients/customer/client
complain less
sorry .. slow/late/delay/silence/wait/waiting/mess/confusion/chasing/chase/trouble/inconvenience/bother
apolog*
see you again
again thanks/thank/soon
thanks/thank .. again
not disappointed/frustrating/bad/unhappy/complaining/angry/urgent
never .. disappoint
no rush/urgency/hurry/worries/problem/problems/issues
no .. answer/reply/response needed/necessary/required
not .. waste .. time
not/nothing .. serious/urgent/wrong
bad/poor connection/weather/luck/timing/line/health
worst case
wait .. see/approval/legal/signature
not .. too long
cross sell
you .. helped .. again
not .. expect .. quick/fast/so
all good/fine
server/api/system/endpoint/app/page/website .. not .. respond/answer/reply
documents .. out of date
our/my .. data/list/contact/contacts/info .. out of date
alert/load/loading/page/app .. slow/forever'),
        ('en', 'complaint', 'low', -1, 'keep up .. work
please ignore/disregard
ignore/disregard .. message/email/last/previous'),
        -- Billing.
        ('en', 'billing', 'medium', 0.9, 'charged/bill/invoiced/pay/paid/debited/invoice/payment/money .. twice/double
charge/bill/debited/paid .. two/three times
double/doubly/duplicate/identical/same/second/two/another .. charge/charged/bill/billed/billing/invoice/invoiced/payment/payments/debit/debits/withdrawal/withdrawals
overcharg*/overbill*/overpaid/overpaying/overpayment/miscalculat*/misbill*/mischarg*
still/keep/keeps/kept/continue .. charged/billed/invoiced/charging/billing/invoicing/paying/pay
charge/bill/invoice .. although/wrong/wrongly/incorrectly/even/despite/instead/without
charge/bill/invoice .. for .. another/seats/users/licences/licenses/annual/never/months/deleted/removed/nothing/something
charge/bill/invoice/paying & never/cancelled/canceled/deleted/only/left/gone/inactive/agreed/free
charge/bill .. more/extra/too/higher
CHARGE .. wrong/incorrect/mistake/error/mistaken/inaccurate/odd/strange/weird/discrepancy/excessive/off/unclear/differ/inconsistent/erroneous/inflated/twice/missing/different/high/higher
wrong/incorrect/mistaken/inaccurate/erroneous/strange/weird/odd/mysterious/unexplained/unexpected/unauthori*/unknown/unfamiliar/hidden/surprise/surprising/excessive/disputed/extra/discrepancy/mistake/error/errors/issue/problem .. charge/bill/invoice/amount/fee/fees/cost/costs/payment/price/vat/debit/currency/billing/statement/invoicing/line
not .. order/authori*/agree/recogni*/request/approve/sign/buy/bought/ask & charge/bill/invoice/fee/amount/pay/line/item/price/transaction
never .. order/authori*/agree/recogni*/request/approve/sign/buy/bought/ask/use & charge/bill/invoice/fee/amount/pay/line/item/price/transaction
invoice/bill/charge/statement .. includes/include/contains/shows/lists/has/for .. never/not/we/module/wrong/more/extra
not/never .. add/adds .. up
numbers/figures/amounts/math/total/maths .. off/wrong/not
CHARGE & not .. match/correct/agree/correspond/right/reconcile/tally/reflect/apply
discount/credit/voucher/promo/rebate/coupon & not/missing/never/forgot/forgotten/promised/without/disappeared
reimburse
money/cash/deposit back
get/want/need/give/send/return .. money back
return .. money/payment/overpayment
when .. get .. money
credit note
issue/owe/owed .. credit/us
reverse .. charge/transaction/payment/fee/invoice
chargeback
dispute/disputing/disputed/contest .. charge/invoice/fee/bill/overage/amount/payment/it
disput*
overage
already paid/settled
paid & reminder/reminders/overdue/dunning/late/unpaid/outstanding/notice/notices/blocked/suspended/collection/still
dunning/overdue/collections & paid/pay/wrong/why/mistake/although/never
reminder .. invoice/payment & paid
not .. owe
card/payment/transfer/transaction/checkout .. declined/decline/rejected/refused/fail/failing/bounced/error/blocked
payment/card/checkout .. not .. go/going/accept/accepted/work/process/through
not .. pay/accept/process/take .. card/invoice/online/payment
direct/bank/standing debit/order/transfer .. returned/failed/wrong/rejected/twice
why .. bill/invoice/price/charge/pay/paying/cost/renewal/fee
what .. charge/fee/amount .. for
charge/bill/invoice/account/took & what for
explain/clarify/justify/breakdown/understand .. charge/fee/fees/amount/invoice/bill/increase/line/price
price/bill/cost/costs/fee/fees/renewal/rate/subscription/quote .. gone/went/going/goes/go up
price/cost/fee/rate/renewal/quote/bill/subscription/invoice .. increase/hike/jump/jumped/raise/raised/rise/rose/doubled/tripled/double/triple/higher/surged/climbed
increase/hike/raise/raised/jump/uplift/rise .. price/fee/cost/renewal/rate/percent/rates
too/so/very/extremely/ridiculously/overly/quite/pretty/getting/really/far/become expensive/pricey/costly/high
too expensive/pricey/costly
overpriced/exorbitant/unaffordable
not .. afford
cannot afford
fee/fees/price/prices/cost/costs .. too/very/so high
expensive .. for/than
factura/fatura .. wrong/incorrect
remove .. invoice/fee/fees/charge/line
invoice .. dollars/euros/currency/pounds .. contract/but/instead
pro rata/prorated/prorata/prorat* & off/wrong/calculation/supposed/not/why
supposed .. pay/free
free .. but/yet/still & charge/bill/invoice
paying .. too much
pay/paying .. more than
paying .. for .. not/unused/never/nothing
credit/compensat* .. downtime/outage
compensate/compensation
setup/activation/hidden/cancellation fee
vat/tax/purchase .. wrong/incorrect/missing/not/twice
invoice .. wrong/old/different .. entity/company/address/name/vat/currency
correct/reissue/rectify/amend/fix/redo/revise .. invoice/bill
billing .. error/mistake/issue/problem/mess
invoice .. not .. right/what
higher/more than .. quote/agreed/offer/order/budgeted/contract/quoted/usual/invoiced/signed
took/taken/debited/withdrawn/withdrew/deducted/deduct/pulled/taking .. from .. account/card/bank/us
took/taken/debited/withdrawn/withdrew/deducted .. account/card/money/bank/twice
took/debited/withdrew/deducted .. eur/usd/euros/dollars/pounds/gbp/payment
discrepancy/difference/mismatch/gap .. quote/invoiced/invoice/agreed/contract/charged/order/bill
promised/agreed/told .. off/discount
offered .. percent off
prices/pricing/costs/fees .. out/hand/control/ridiculous/crazy/insane/high/climbing/steep
iban/swift .. invalid/wrong
vat/tax/po .. id/number .. missing/wrong
missing .. invoice
invoice .. missing
still .. on .. invoice/bill
not .. match .. quote/contract/order
price .. comes/come down
debited .. card/account/again
yet/but/still .. debited/charged
half .. month .. charged
steep/hefty
late/penalty/interest/extra fee/fees
charged .. dollars/euros/pounds/eur/usd/gbp/accident/immediately
reject/refuse/decline .. card/payment
taking money
new/higher price/prices/pricing/rate/fee & not/can/afford/budget/too/end/cancel/carry
full price
full/wrong price/amount/rate .. billed/charged/instead
not .. pay .. for .. it/this/that/these
not .. going/willing .. pay
charge/bill/invoice .. instead/rather
invoice .. lists/shows/states/says .. although/but/while/months/instead
money .. back .. yet/still
not .. got/had/received/seen .. money
be undone/reversed/refunded
amount/price/rate .. not .. what
wrongly/incorrectly/mistakenly charged/billed/invoiced/debited
additional charge/charges/fee/fees
get/want/give/issue/where/when/still/request/need/claim/demand/like/owe/due/no/my/our/full/partial/process/expect/promised/waiting/please .. refund
refund .. me/us/last/payment/double/amount/missing/not/still/yet/difference/months
only have/are/use .. users/seats/licences/licenses/people/employees
wrong .. tax/vat/rate/price/quantity
two invoices
only & charge/bill/invoice
not .. got/had/received/seen/get .. refund/reimburse*/credit
refund & not/announced/promised/yet/still/ago
raise/raised/increase/increased/hike .. price/prices/fee/fees & without/why/not
correct/fix/adjust .. amount/price/total/vat/bill
reminder/reminders .. paid
should .. be & amount/invoice/bill/price/charge'),
        ('en', 'billing', 'medium', 0.35, 'invoice
charge
bill/billing
explain .. charge/fee
payment
price/pricing/expensive
paid
wrong/incorrect/mistake/correct
extra'),
        ('en', 'billing', 'low', 0, 'thank/thanks/appreciate/glad/great .. refund/invoice/credit/bill/discount
no/not .. need .. refund/credit/reimburse/invoice
invoice/bill is/was/are/were/looks correct/right/fine/ok/good/perfect
refund/credit/payment/money .. arrived/received/came/landed & thanks/thank/settled/great/today
future/upcoming/next/all invoice/invoices .. to
refund/billing/pricing/payment policy/terms/page/model/address/cycle/contact/method
policy .. refund/refunds
change/update .. payment/billing/card/invoice .. method/address/details/email/contact/card
send/resend/forward/share/get/need/have .. copy/pdf/invoice/invoices/receipt .. for/to/please/of/as/in/copy
could/can you .. send .. invoice
paid .. invoice .. today/yesterday/you/now/thanks
just/have/has paid
customer/customers/client/clients .. pay/paid/invoice/overdue/refund/unpaid/price/charge
my/our/of .. customers/clients & invoice/refund/overdue/pay/unpaid/billing
in/free of charge
person/who/manager/team .. charge
no extra/additional charge/cost/fee
price/pricing list/page
bill is
price/prices comes/come down
what would/will/does/do .. cost
is/are there .. cost/costs/fee
thanks/thank .. for .. sorting/refund
refund .. recorded/policy/works
how .. is .. refund
deactivate .. account
where .. see .. invoice
which/when .. invoice .. paid/due'),
        -- Outage.
        ('en', 'outage', 'high', 0.9, 'is/are/s/re/went/goes/was/been/keeps/still/completely/all/gone/be down
down again/since/for
site/app/system/server/platform/everything/api/portal/service/login/website is/s/went/are/was/down/seems/appears/totally/completely down
down .. everybody/everyone/users/all
blackout/unavailable/unreachable/inaccessible/unresponsive/inoperable
not .. available/reachable/accessible/usable
500*/502*/503*/504*/404*/429*/401*/403*/408* .. error/errors/when/on/all/again/response/responses
error/errors/code/returns/return/get/getting/see/throws/with/status/http .. 500*/502*/503*/504*/404*/429*/401*/403*/408*
internal/server/gateway/connection/network/application/unexpected/unknown/fatal/script/authentication/validation/critical/database/javascript error/errors
bad gateway
get/see/show/receive/throw/return/give/keep/display/have/has/getting/say/says/ends/end/same/strange/with .. error/errors/timeout
error message/page/when/every/while/after/on/since
this/an/same/keep/get/getting/the/strange error code
fail/exception .. THING
error/errors/bug .. in/on/with/when/the/our THING
not .. log/sign/get in/on/into
not .. login/access/connect/load/open/start/respond/sync/synchronize/work/arrive/run/refresh/render/fire/trigger/export/upload/download/import/deliver/delivered/save/launch/authenticate/return/opening/reach/boot/process/function/react
THING & not .. show/appear/update/visible/complete/finish/coming/come/send/sent/go/get/display/let/allow/there
not .. let/allow .. me/us/anyone/users/you
no .. emails/mails/data/notifications/alerts/webhooks/results/messages/calls/records/updates .. come/coming/arrive/arriving/since/through/in/anymore/at/received
can not .. ENTER
unable/impossible/struggling .. ENTER
ENTER .. impossible
not .. able/possible .. ENTER
not .. be/been able .. ENTER
nobody/noone/none/neither .. log/get/access/open/load/login/work/works/sign/use/enter/able/arrive/sync/coming/come/arrived
no one .. log/get/access/open/login/work/sign/use/enter/able
trouble/problem/problems/issues/issue/difficulty/difficulties/hiccups .. log/logging/login/access/getting/loading/connecting/sync/syncing/opening/server/signing/sso/api
having/experiencing/have .. trouble/problems/issues/difficulties .. with/on/since .. THING
locked/kicked/thrown/logged/booted/logging/logs/kicks/throws/signs/stuck/shut me/us/users/everyone/out/outside
locked/kicked/thrown/logged/logging/kicks .. out
nothing .. load/work/sync/appear/show/open/save/respond/move/update/through
returns/shows/displays/gives/return .. nothing/empty/blank/zero/wrong
does/did/do nothing
not .. do/doing anything
THING .. stop/stopped/broke/broken/hangs/hung/dies/died/dead/stalled/stuck/glitchy/flaky/unstable/collapsed/corrupted/misbehaving/frozen
no longer work/load/open/sync/respond/connect/start/arrive/run/update/show/function/appear
crash/crashed/crashing
time/times/timed/timing out
timeout/timeouts
blank/white/empty/black/grey/gray .. screen/page/window
dashboard/page/screen/report/list/file/export/chart/widget .. blank/empty/white/missing
THING .. broken/broke/breaks
broken/broke/breaks .. since/again/for/after/down/now/today/completely
is/are/s/totally/completely/still/been broken
disappeared/vanished/wiped/erased
data/records/dashboards/reports/contacts/notes/files/everything/accounts/customers/tasks/integration .. missing/gone/lost/deleted
lost .. data/records/work/notes/history
stuck
fail/failing/failure .. THING/since/every/again/with/for/all/to
THING .. fail/failing/failed/failure/error/errors/bug
keep/keeps/kept failing/crashing/freezing/logging/disconnecting/spinning/loading/asking/dropping/hanging/buffering/reloading/timing/breaking
disconnect/disconnects/disconnected/disconnecting
spin/spins/spinning/spinner/hourglass
something went wrong
out of service
no service/connection/access
invalid session/credentials/token/password
session .. expire/expired/invalid/ends
never arrive/arrives/come/comes/loads/load/finish/finishes/completes/sent/opens
not .. any .. message/messages/webhook/webhooks/notification/notifications
not .. come/coming/go/going through
not .. come/came/coming in/through
system .. unreachable
emergency
malfunction
takes/take/taking/took .. minutes/forever/ages/hours/eternity/seconds .. load/open/to/respond/run/for
minutes .. load/open/respond/render/run/page
slow .. unusable/use/work/crawl/can
lag/laggy/lagging/sluggish/crawling/crawl
wrong/incorrect/stale/outdated/old .. data/numbers/scores/values
data/scores/numbers/sync .. stale/outdated/behind/delayed/late/wrong
not .. been .. sync/synced/updated/refreshed/delivered/working
access denied
refuse/refuses/refusing .. to load/start/open/save/connect/log
degraded
nobody/noone/none/neither & able/can/could & ENTER
stop/stopped/stops/ceased working/work/sync/syncing/loading/responding/updating/firing/functioning/importing/arriving/refreshing/recording/tracking/delivering/running
unbearably/unusably/impossibly slow
slow .. all/today/morning/since/everyone/everybody/now
sync/emails/messages/mails/data .. lost/duplicated/missing/delayed/gone/disappear
not .. show/load/display .. any/data/anything/customers
app/page/screen/tool/system/browser/everything/it/dashboard .. frozen/hangs/hanging/freeze/freezing
loop/loops/looping
sends/redirects/throws/takes/brings/send/redirect me/us/users .. back
exception .. when/on/if
throws/throw .. exception
not/never .. reach/reaches/arrive/receive .. recipient/recipients/customer/anyone/us
never .. reach
not .. received/receiving/receive/got/getting any .. emails/messages/responses/notifications/alerts/since/data
not .. submit/submitted
not .. run/ran .. night/last/since/day/schedule
THING .. dead/dying
half .. see/can .. empty/not
empty .. home/page/screen/list/dashboard
THING .. are/is/still .. from .. last/yesterday
not .. coming/come .. through/in
none .. coming/come/arrive/arrived/through/working/load
back up/online
when .. back .. up/online
duplicates/duplicated .. everything/records/contacts/all/messages/entries
back to .. start/login
everything/screen/it/app/page/browser/system .. freezes/freezing/froze
nothing .. happens .. when/if/click
nothing comes/come up/through
outage .. again/today/now/third/second/fourth/this/on/at/your/affecting/still
there/an/your/another/major/third/second/fourth outage
downtime
get/getting/see/seeing/shows/got .. blank/empty/white/black
hours/days/minutes .. late/delay/delayed/behind .. since/now
emails/notifications/alerts/messages/sync/data/webhooks/reports .. late/delayed/behind
come/arrive/arrives/arriving .. hours/late/days .. late/later/delay/since
lost .. access/connection .. to/since/again/all
getting/get/gets/got kicked/logged/booted/thrown/locked
nothing happens
click/clicked/clicking/press/pressed & nothing
nobody/none/noone/no & colleagues/users/us/team & see/log/access/open/load/use/work
just/completely/totally/shows empty/blank
not .. react'),
        ('en', 'outage', 'medium', 0.35, 'error
bug/buggy/glitch
fail/failing
slow/slowly
since .. morning/yesterday/update/deployment/release/weekend/monday/upgrade/noon
everyone/everybody/anyone .. else
problem/problems/issue/issues/trouble
now/currently
missing/gone
intermittent*
outage'),
        ('en', 'outage', 'low', 0, 'not/no/without .. error/errors/outage/outages/issues/incidents/crash
maintenance
maintenance window/on
payment/card/invoice/bill/charge/refund/discount .. fail/error/declined/not/missing/wrong
wrong/error/mistake .. invoice/bill/charge/amount
no .. outage
loading/work/works/loads .. again/now/fine/perfectly/well/great & thanks/thank/good/great/happy
is/are/s/everything/all/now/it working/works/loading again/fine/now/perfectly/well/as/great
everything .. works
slow down
break/broken/drill/narrow/cut/break down by/into/to
ends/walk/sit/write/wind/come/written/settle/calm/note/jot/scroll/track/hand/boil down
usage/score/churn/price/prices/numbers/sales/rate/revenue/traffic/cost/health/customer .. down/drop
not .. stopped
last/previous/earlier/past week/month/outage/incident/problem/year .. over/resolved/gone/fixed/not/solved
yesterday .. gone/over/resolved/fixed
problem/issue/error/incident/outage/bug/slowness/glitch .. gone/over/resolved/fixed/solved/disappeared/closed/cleared/sorted
was/were/been/got/is/are fixed/resolved/solved/sorted
thank/thanks .. fix/resolve/solve/sort/help/incident/restoring/quick/quickly
not .. come/happen/happened/occur/seen/had .. back/again/since
error/mistake/fault .. mine/ours/my/our
how do/can/to/could/should/would/do i/we/you/one .. ENTER/set/find/configure/change/filter/enable/disable/hide/get/notify/show/make/see/know/customise/customize
is/was there .. way/option/possible/limit/plan/report/api
is it possible
could/can/would/will you/we/i/it/the .. add/support/include/be
if .. api/system/it/integration/job/sync/something fails/fail/goes/is/breaks
alert/notify/notified/notification/warn/warned .. when/if
not .. find
can not .. get .. to/enough/make/over
can not .. attend/join/make
next/upcoming release/version/update
outage page
meeting/conference/projector/office .. down/broken
hung up
frozen budget/hiring/headcount
headcount/budget/hiring is/are frozen
if/when the/an/a/my/our .. import/export/sync/api/job/webhook fails/fail/failed/breaks
on/from our/my side .. wrong/mistake/fault/error
freeze .. subscription/account/contract/plan
headcount .. frozen
nobody .. logged in since
our own .. data/server/network/centre/center/system
not related .. to .. you
had .. outage .. yesterday/last
more bugs
during .. call/meeting
is it normal
lost .. connection .. call/meeting/during
delete .. our .. data
still not delivered
since then .. smooth/fine/stable/well/perfect/ok/good/no/been/run/runs
but .. since then
was/were/went down .. but .. now/fine/since'),
        ('en', 'outage', 'low', -1, 'all good now/again
false alarm
up and running
back to/up normal/online/running/and/again
works/working now/again thanks/thank
please ignore/disregard
ignore/disregard .. message/email/last/previous
was my/our mistake/fault/error
not .. come/came back & close
fixed/resolved/solved now
thanks/thank .. fix/fixing/fixed/resolving/solving/sorting/restoring
fixed/resolved/solved .. thanks/thank'),
        -- Competitor.
        ('en', 'competitor', 'medium', 0.9, '! RIVAL
hubspot/salesforce/zendesk/intercom/freshdesk/dynamics/zoho/pipedrive & consolidate/consolidating/replace/instead/offer/free/success/cheaper/compare/comparison/unify/standardise/standardize/switch/alternative/everything/bundle/bundled
migrate/move/moving/migrating/switch/switching/going/gone/go .. to/with/over/into hubspot/salesforce/zendesk/intercom/freshdesk/dynamics/zoho
competitor/competitors/rival/rivals & offer/quote/price/cheap*/call/contact/approach/demo/meet/evaluate/compare/look/talk/switch/move/sign/consider/test/trial/pitch/have/does/can/charges/proposal/migrate/better/against/vs
competing offer/product/tool/vendor/solution/bid/quote/platform
the/your/some competition
other/another/different/alternative/rival/second/new/competing/several/multiple/few/some/two/three/four/various .. vendor/vendors/provider/providers/supplier/suppliers
LOOK & other/another/different/alternative/alternatives/several/rival/similar VENDOR
LOOK .. other/another/different/alternative/alternatives/several/new/similar .. VENDOR
alternative/alternatives & LOOK/year/market/any/cheaper/some/list/better
options/solutions/others & market/elsewhere/evaluate/compare/explore/weigh
looking/shopping/look/shop around/elsewhere
look .. market/elsewhere/out/what/who
what .. else .. market/out/available/there
market & compare/scan/check/test/look/explore/research
compare/comparing/compared/comparison .. you/your/yourselves .. with/to/against/and
compare/stack/measure/hold/differ/different .. against/up/to/from/with .. others/other/competition/alternatives/market
stack up
versus
cheaper .. offer/proposal/alternative/option/quote/tool/provider/price/solution/vendor/elsewhere
offer/quote/proposal/bid/deal/price .. cheaper/lower/better/attractive/hard/half
better/lower/attractive/great/tempting/competitive/good offer/deal/price/quote/proposal/pricing .. from/by/elsewhere
fraction of
costs/cost half/less/a/much
same .. less/cheaper/half .. money/price
less money
match .. offer/price/quote/pricing/their/proposal
undercut
rfp/rfi/rfq/bidding
tender/tenders .. for/out/process/launch*/publish*/invite*/software/platform/renewal/participat*/year
call for tenders
vendor/supplier/tool/software/platform/product/solution/market review/selection/evaluation/comparison/assessment/benchmark/consolidation/bake
shortlist/shortlisted/finalist/finalists
replace/replacing/replacement .. you/your/this/tool/platform/system
replacement .. for
switch/switching/moving/migrating/transitioning/changing/jump .. to/vendors/providers/suppliers/vendor/provider .. another/other/different/something/someone/new
change/switch/changing vendors/providers/suppliers/tools/vendor/provider/supplier
go/going/gone/went/signed/sign/chose/picked/selected .. with .. another/someone/somebody/different/other/else/them
parent/group/holding/headquarters/hq & different/another/their/own/uses/use/theirs
demo/pitch/presentation/trial .. of/with/from/by .. another/other/different/competing/their/rival
approached/contacted/pitched/courted/called/reached .. us/me/our .. with/offering/cheaper/half/better/price
in talks with
someone/somebody else .. offer/cheaper/better
half .. price/cost/what
quotes/bids/offers/proposals/quotations from/by .. others/other/several/elsewhere/three/two
get/ask/collect/request/compare/comparing/gather/received .. quotes/bids/proposals/quotations/offers
benchmark .. you/your/against
bring/bringing .. in & rival/product/tool/used/another
used .. RIVAL
up against
what .. answer/response .. RIVAL
compar* .. of/three/two/several/different .. platforms/tools/vendors/products/solutions/providers/systems/software
trialling/trialing/testing/piloting another
price/pricing .. from .. RIVAL
keep/keeping .. options open
promise/promised/promises/offers/offered/offering .. same .. for/at/scope
build/building .. own/inhouse/on .. instead
couple of .. providers/vendors/tools
comparison of .. platforms/tools/vendors/products/solutions/three/two/providers/customer
compar* .. offering/offer .. with/to/against
think/thinking/consider/considering/plan/planning/want/going .. move/moving/switch/switching/migrate/migrating/change .. to/over another/other/different/new
cheaper .. out/does/same/elsewhere
a/another/much cheaper tool/product/platform/solution/provider/vendor/software
moving/move/migrate/migrating/switch/switching to another/different/other/new platform/tool/vendor/provider/system/product/solution
does/do/do/offers/has the same .. cheaper/less
switch/switching to RIVAL
recommended .. RIVAL/another'),
        ('en', 'competitor', 'medium', 0.35, 'cheaper/cheap
another/other tool/platform/solution/product
evaluate/compare
alternative
demo/trial
attractive/tempting
their pricing/price/product'),
        ('en', 'competitor', 'low', 0, 'not/stopped/no .. look/evaluate/consider/compare/interested/need/plan .. competitor/competitors/alternative/alternatives/other/elsewhere/switch/another
glad/happy/pleased/great/relieved .. chose/chosen/choose/picked/stayed/went/switched/you
you won
our/my/own/beat/beating competitor/competitors/rival/rivals/competition
a/one/of .. our .. competitor/competitors/competition
beat/won/win/against/over a competitor/rival
last year & glad
much better than/compared
customer/customers/client/clients/prospect/prospects .. compare/competitor/competitors/alternatives/alternative/evaluate/switch/use
payment/internet/email/hosting/cloud/identity/sso/telecom/electricity provider/providers/supplier
compare .. customers/accounts/months/quarters/periods/year/score/scores/segments/regions/plans/reports/numbers/versions/teams
compare .. plan/plans/edition/editions
came/come/moved/migrated/switched/coming/imported/moving/migrating from .. RIVAL
left/replaced/leaving .. RIVAL
RIVAL .. last year/before
moved/moving to .. department/team/role/office/position
integrat*/connect*/sync .. another/other tool/system/platform'),
        -- A name (NAME: a capital within a sentence) in the place of a rival needs no list of products.
        ('en', 'competitor', 'medium', 0.9, 'sign/signed/going/go/gone/went/contract .. with NAME
switch/switching/migrate/migrating/transition/defect/jump/change/changing .. to/onto/over NAME
trial/pilot/poc/demo/proposal/quote/offer/pitch/bake/quotation/bid .. of/from/by/off/against NAME
NAME .. quote/pitch/court .. us
NAME .. offer/gave/give/show/sent/promise .. us/me/our/half/free/price
NAME .. came/did/doing/run/ran/gave/present .. demo/pitch/presentation
difference/compare/comparison/versus/vs/against/between .. you/your/yours .. NAME
difference/compare/comparison/versus/vs/against .. NAME
you/your/yours .. vs/versus/against/or NAME
NAME .. vs/versus/against/or you/yours
NAME .. does/has/have/can/offer/built .. better/cheaper/faster/already/natively
like/as NAME .. does/do/has/have/s
than NAME .. does/do/charge/has
with/use/using/on/to NAME .. in the meantime/instead
instead of NAME .. you
people/guys/folks/team/rep/salesperson/sales .. at/from NAME
NAME .. people/guys/folks/rep/salesperson
NAME .. instead of you/yours
saw/see/seen/watched/heard .. what NAME
NAME .. shop/background & want/look
talk/speak/chat/conversation .. startup/start .. called/NAME
quoted us
side by side & you/your/tool/both/platform/vendor
score/scoring/rank/ranking/matrix/scorecard/rate .. both/vendors/tools/platforms/providers
elsewhere .. quote/offer/price/deal
quotes/offer/deal/price/quote .. elsewhere
look/looking/shop/shopping/go/going/take .. elsewhere
looking/look/shop/shopping/ask/asking around
competition .. your/offer/cheaper/charges
another/different/other/new/rival/second/alternative vendor/provider/supplier/platform & demo/trial/pilot/quote/proposal/offer/talk/meet/move/switch/migrate/evaluate/compare/sign/chose/chosen
bake off
head to head
rfp/rfi/tender .. for/process/out/launch/invite/issue/renewal
put .. out to tender
go/going/went out to market/tender
benchmark .. you/against/vendors
launched/offers/has .. what .. you .. not
they have .. what/that .. you .. not
what .. you .. have .. they .. not
poach/poaching/wooing/courting .. us'),
        ('en', 'competitor', 'medium', 0.35, 'demo/pilot/trial/meeting/proposal .. with NAME
talking/moving/move/spoke/speaking .. to/with NAME
trial of
NAME .. cheaper/better/free/faster/impress*
side by side
your/you vs/versus
convince/persuade/argument/arguments/defend
both tools/platforms/products
your tool/product/platform'),
        ('en', 'competitor', 'low', 0, 'our/my/your own .. brand/bakery/market/industry/competition
rival/rivals/competitor/competitors .. bakery/track/monitor/mention/mentions/keyword/keywords/listening/dashboard/field/picklist/segment/handle/handles
track/monitor/add/tag/analysis/analyse/analyze .. competitor/competitors/rival/rivals
competitor/competitors/competitive analysis/field/tracking/monitoring/benchmark/report/column
instead of .. monday/mondays/friday
integration/connector/sync/import/export/api .. with/to/from NAME
left/leaving/came/switched/moved/migrated/come from NAME'),
        ('en', 'cancellation', 'high', 0.9, 'earliest/contractual/actual termination/end/exit/cancellation date
termination date
no renewal
nice knowing/working .. you
not .. see us .. here/using/still/in
see .. us .. leaving
exercise .. clause/right/option
downgrade .. free
free plan/tier .. downgrade/move/switch
move/switch/drop/downgrade .. free plan/tier
dropping/drop/leaving/ditching/replacing/replace you
part/parting ways
go/going .. separate ways
last day/invoice/payment/month/year .. with you
this .. be our last/final .. year/month/renewal/invoice/term
our last/final .. year/month/renewal/invoice/term .. with
let/letting .. contract/subscription/plan/licence/license/it/renewal/agreement .. lapse/expire/run/end
lapse/expire .. and not/then
no point .. keeping/continuing/paying/renewing/having/staying
exit .. end of
stop using
we/i are/re/am leaving .. you/platform/service/end/after
winding/wind .. down/up
close/closing/shutting/shut .. down/business/company/shop/store/doors & plan/account/subscription/contract/service/you
get out .. contract/agreement/deal
way/ways .. out of .. contract/agreement
last straw
not .. go/going ahead .. renewal/contract/next/year/subscription
not .. proceed/proceeding .. renewal/contract/subscription/licence/license/order
decided/voted against .. you/renew/renewing/continuing'),
        ('en', 'cancellation', 'medium', 0.35, 'goodbye/farewell
data/backup/full export
end date
notice period'),
        ('en', 'cancellation', 'low', 0, 'unsubscribe/remove .. newsletter/newsletters/digest/marketing/webinar/mailing/list/emails
newsletter/newsletters/digest/webinar .. unsubscribe/cancel
cancel .. meeting/call/lunch/coffee/demo/training/webinar/session/flight/booking/hotel/appointment/visit/order/dinner/workshop/invite/reservation
an/a/one/some/any student/patient/guest/tenant/member/employee/donor/resident/shopper/buyer/customer/client/subscriber/attendee/parent/visitor
employment/work contract
lease/landlord/gym/rent/insurance
account itself stays'),
        ('en', 'complaint', 'medium', 0.9, 'sour/bad/bitter taste
no way to treat/run
not .. how .. treat
deserve .. better/straighter/more/answer/explanation
feel/felt .. ambushed/cornered/blindsided/trapped/fooled/tricked/unwelcome/taken
never/not .. did/do/does/done what .. said/promised/sold/told/salesperson/sales/demo
not .. what .. sold/promised/shown/told/agreed
do you .. test/read/listen/check/even
never .. lived/matched/worked .. up/promised/expect*/sold
marketing slides/speak/fluff
copy .. paste/pasted
wasting/waste/wasted .. time/money
take/takes/took/taken .. forever/ages
ashamed/embarrassing/embarrassed/embarrassment/shameful/disgrace/disgraceful/shambles/farce/pathetic/ridiculous/insulting/insult
feels like .. 19*/200*/beta/unfinished/amateur
clunky/buggy/outdated/amateurish/sloppy/half baked
how hard .. be
how many .. times
what .. going on .. your/over/there
so much for
let/lets/letting .. us/me .. down
expected .. more/better .. from/of
not .. good enough
not .. acceptable/impressed/amused/happy/pleased/satisfied/professional/serious
not .. get .. straight .. answer
running out .. patience'),
        ('en', 'complaint', 'low', 0, 'nobody/noone/no .. unhappy/complain/angry/upset
cross border/sell/selling/functional/platform/country/team
not .. help .. laughing/smiling/but notice
sorry .. i/we/my/our
no hurry/rush
not .. happy/pleased .. with .. theirs/old'),
        ('en', 'billing', 'medium', 0.9, 'dunning
waive/waived/waiver
credit .. diff/difference/balance/back
credit/refund .. us .. for
percent .. increase/hike/uplift/rise/raise/above/more/higher/jump
increase/hike/uplift/rise/raise/raised/went/gone/jump/jumped/up .. percent & price/fee/renewal/quote/contract/plan/licence/license/rate/bill/subscription/cost
tax/taxed/vat .. though/although/exempt/despite/even/but/wrong/twice
exempt & vat/tax/invoice/charge
discount .. drop/dropped/fell/fallen/off/gone/lost/vanished/removed/expired/stopped/disappeared
new rates/pricing/price/prices/rate .. kill/kills/too/can/balk/steep/not/shock/insane/out
balk/balked/shocked/choked/sticker .. rate/rates/price/prices/pricing/quote/invoice/shock
cap/caps/capped/ceiling & increase/uplift/percent/price
price increase/hike/rise/jump
remittance/proof .. late/overdue/notice/unpaid/paid/payment
days late/overdue & yet/but/paid/remittance/though
paid/billed/charged .. again/twice/anyway
billed/charged/invoiced .. after .. cancelled/left/cancel/leave/terminated
raise/raising/raised/up/upped/hiked/hiking .. fee/fees/price/prices/rate/rates
above/over .. last year & quote/price/renewal/fee/invoice
reissue/issue .. quote/invoice & percent/contract/wrong/correct'),
        ('en', 'billing', 'low', 0, 'an/a/one/some/any student/patient/guest/tenant/member/donor/resident/shopper/buyer/customer/client/subscriber/attendee/parent/visitor
my/our guests/tenants/members/students/patients/donors/residents/shoppers/buyers/suppliers
sandbox/demo/test/training .. invoice/payment/charge/environment'),
        ('en', 'outage', 'high', 0.9, 'you/u guys/all/lot .. down
are/is you/u/it/everything/site/system/server/servers/anything/something down
THING .. stopped/stop .. at/since/working/coming/firing/arriving/syncing/sending/yesterday/around
THING .. dead/offline/frozen/stuck/gone/blank/hang/hangs/unusable
completely/totally/basically/it/still/practically unusable
unusable .. since/today/for/right
stopped .. at/around .. utc/am/pm/gmt/cet/noon
nothing .. inbound/coming/arriving/through/loading
deliver/deliveries .. stopped/missing/failing/not
without .. console/system/access/dashboard/platform/tool/phones/app & morning/hours/day/since/whole
can .. you .. get .. it .. going/back/running
dead/broken/frozen/hanging .. since/for/again/this
spinning/spinner/wheel
not .. come/coming/came .. through/in/up/back
sitting .. there .. not/without/can
throws/throwing/throw .. error/exception/500*
offline .. since/again/for/right
goes/went/go/going/keeps offline'),
        ('en', 'outage', 'medium', 0.35, 'offline
outage'),
        ('en', 'outage', 'low', 0, 'can not wait .. to/for
planned/scheduled maintenance/downtime/window/work
maintenance .. window/sunday/tonight/weekend
will be offline/down
in the loop
keep/keeping .. loop
close/closing .. loop
is/was/are gone since
gone since .. you/the fix/update/upgrade
slowness/lag/delay/bug/problem/error/glitch .. gone/disappeared/vanished
power cut/outage
my/our own .. server/wifi/network/router/excel
our .. wifi/router/printer/internet'),
        -- What is none, whatever it speaks of: their mistake, somebody else's trouble, nobody at the desk.
        ('en', 'any', 'low', -1, 'false alarm
my/our own/bad/mistake/fault
was .. my/our .. mistake/fault/side/bad
on our side/end .. sorry/after
turned/turns out .. our/my/we/i
out of office
automatic reply
auto reply
parental/maternity/paternity leave
sorry .. noise/wrong'),
        ('en', 'any', 'low', 0, 'neighbour/neighbor/friend/husband/wife/cousin/roommate
theirs .. not yours
another company/firm .. their/they
used to be/have/take/get
no longer .. problem/issue'),
        ('en', 'competitor', 'medium', 0.9, 'offer/quote/proposal/bid/pitch/rep/salesperson/consultant .. from NAME
NAME .. has/have/had it/this/that/already
on/onto NAME .. migrate/move/switch/everyone/all/group
group/parent/hq/headquarters/holding/corporate .. on/use/uses/chose/standardis*/standardiz* NAME
swears/swear/raves/rave/drool*/obsessed/keen .. by/about/over/on NAME
second/closer/serious/hard look .. them/NAME/at
take/taking/took .. look at NAME
consider*/evaluat*/assess*/test/testing/trial*/pilot*/try/trying/shortlist* .. NAME
NAME .. answer/answered/replied/solved/fixed .. within/in/faster
NAME .. free/cheaper/half/third/percent/fraction
offer/quote/proposal .. half/third/cheaper/lower/percent .. less/price/cost/it
two/three/other/several/few products/tools/vendors/platforms/providers/suppliers .. this/we/and/in/on
seen/saw/see .. two/three/other/several products/tools/vendors/platforms/demos
cheaper .. elsewhere/vendor/tool/alternative/option/than
half/third/quarter/fraction .. price/cost/what you
under/below/less .. your price/quote/rate
replacement/replacements/alternative/alternatives .. for/to/options you/your/this/it
incumbent'),
        ('en', 'competitor', 'medium', 0.35, 'look/looking .. NAME
use/using/uses NAME
NAME .. demo/trial/pilot/quote/proposal/offer/sales
offer/quote/proposal'),
        ('en', 'competitor', 'low', 0, 'podcast/conference/keynote/article/linkedin
shopping around .. not/are not
asked if .. shopping/looking
biggest/local/sports/football/team competitor/rival'),
        ('en', 'cancellation', 'high', 0.9, 'give/giving/serve/serving/hand/handing .. notice .. you/to/in/by/now
notice to you
agreement/contract/subscription/account/plan .. lapse/lapses/expire/end/ends .. in/at/on/with/september
acquired/bought/merged/merger/parent & consolidat*/internal/migrate/own/lapse/move
no way .. staying/stay/we/renew*
either .. or .. not .. sign/stay/renew/continue
how/can .. get out
wants/want/wanting/wanted out
not .. sign/signing .. again/renewal/another/new/year
or .. we .. gone/out/leave/walk
not .. sign'),
        ('en', 'cancellation', 'low', 0, 'if .. ever had
hypothetical/risk form/questionnaire/due diligence
no plan/plans/intention .. leave/leaving/cancel/cancelling'),
        ('en', 'complaint', 'medium', 0.9, 'just want/need .. human/person/somebody/someone
talk/speak .. to .. human/person/real
chatbot/bot .. again/loop/useless/human
told us/me/you .. and/but/then .. nothing/never/not
funny how
you promised/said/told/assured & it s/is
promised .. for/by .. q1/q2/q3/q4/january/february/march/april/june/july/august/september/october/november/december/spring/summer/autumn
been/being hearing/told/hear .. since/for/years/months
passed .. on .. product/team/colleague/department
took .. a/two/three/four week/weeks/month/months/days .. to
guys/you took
figure/figured .. out .. ourselves/myself/youtube
cursing/swearing/moaning/grumbling/complaining
worst/ugh/yikes/wtf'),
        ('en', 'complaint', 'low', 0, 'server/page/query/job .. took
nobody told'),
        ('en', 'billing', 'medium', 0.9, 'card/account .. hit/charged/debited/billed twice/again/two
hit/took/taken/charged/debited twice
hike .. hard/accept/percent/explain/too
like/want .. reversed/refunded/waived/credited
credit .. for .. days/downtime/outage/hours
never/not .. told .. limit/cap/extra/fee/charge
number/price/figure .. come/comes/came down .. or
last year .. it .. was & percent/price/staying/renew*
extra/another/additional .. for .. nobody/overage/what
should/could/please get .. credit'),
        ('en', 'billing', 'low', 0, 'increase .. is/was fine/ok/okay/acceptable/expected
received .. credit note/refund
dunning/billing/payment feature/module/workflow/flow/email
copy .. invoice
invoice .. copy'),
        ('en', 'outage', 'high', 0.9, 'freezes/freeze/freezing/crashes/hangs/lags .. every/all/when/whenever/constantly/again/since
THING .. take/takes/taking/took .. minutes/minute/seconds/ages/forever
THING .. has/have/shows/returns/return/with/contains .. 0/zero/no rows/results/records/data
every .. csv/file/export/report .. 0/empty/blank/zero
not/no longer .. pair/pairs/print/prints/scan/scans/ring/register/dispatch/transmit
gives/give/get/getting/gave .. timeout/timeouts
still not back/up/working/fixed
no data .. coming/arriving/through/since
any eta
on paper .. now/meantime/today'),
        ('en', 'outage', 'low', 0, 'accountant lost
roll outs .. failed
broken .. promise/promises/word/leg/arm/heart'),
        ('en', 'billing', 'low', 0, 'how do/can/to/should/would/could i/we/one/you
invoice is paid
how many credits'),
        ('en', 'outage', 'low', 0, 'does/do/can/will .. work offline
error log/logs/code
sales/revenue/numbers/traffic/orders .. down'),
        ('en', 'complaint', 'low', 0, 'how long does/do/will
can/does/could the chatbot/bot
customer/customers/client/guest/patient/member/tenant .. was/were/is/got angry/upset
match/game/weather/penalty/football'),
        ('en', 'competitor', 'low', 0, 'pro/team/basic/starter/business/enterprise/premium/free plan/plans/edition/tier
cleaning/catering/insurance/security/courier/law company/firm/provider
our/your/the own/new module/feature/release/branch/office/site
single sign
pilot/trial .. went/going well
spoke/talked .. NAME .. and/she/he/about
team/branch/office/site .. pilot/trial
pilot/trial .. team/branch/office/site'),
        ('en', 'competitor', 'medium', 0.9, 'used/uses/had/has/knows/loves NAME .. at/in/from .. last/previous/old/other/former
showed/shown/recommended/mentioned/suggested/praised/told .. me/us .. NAME
rather than .. NAME
instead of .. you .. NAME
lean/leaning/inclined .. towards/to NAME
NAME .. do/does/offers/gives/costs/charges .. same/for
other/others/most/all systems/tools/platforms/apps/vendors/providers .. do/can/have/offer/include/already
stay/stick/sticking/staying with you .. or/rather/instead/over
how do you .. stack/compare/differ/measure
better than .. rest/others/alternatives/competition
list/shortlist/round of alternatives/vendors/options/tools/candidates
what else .. out/there/available/around/market
next to each other
someone/somebody/guy/lady/rep/people/salesman/salesperson .. from NAME .. offer/visit/came/called/dropped/price/showed
you and NAME
NAME and you/yours
three/two/several/multiple bids/quotes/offers/proposals
open/opening .. up .. bidding/competition/market
jump/jumping ship
poached/wooed/tempted .. by
better/cheaper/lower/attractive/tempting/aggressive deal/offer/price/quote .. from/by/elsewhere
match .. their/the/this/that offer/price/quote'),
        ('en', 'competitor', 'medium', 0.35, 'use/used NAME
slick/impressive/impressed
showed .. NAME
aggressive/tempting/attractive offer
rather than
stay with you'),
        ('en', 'cancellation', 'high', 0.9, 'as/is/be our/my notice/resignation
to end this/it/things
not .. need/needing .. system/tool/platform/software/service/licences/licenses/you .. after/anymore/from/next/once
get/getting/got rid .. you/tool/tools/platform/software/contract/subscription/everything
penalty/fee/fees .. quit/leave/leaving/cancel/exit/stop/terminate
quit/leave/cancel .. early/halfway/mid/before
pull/pulled/pulling .. plug
call/calling it quits/day
throw/throwing .. towel
carry/carrying on .. whether/if/not/hard
whether/if .. carry/continue/stay/keep/go on
not .. roll/rollover .. over/january
go/going/back/revert .. to excel/paper/spreadsheet/spreadsheets/pen
build/building/develop/developing/bring/bringing .. own/inhouse/house .. tool/system/solution/instead
closing/closed/close/shutting .. doors/good/business
out of business
bankrupt/bankruptcy/insolven*/liquidation/receivership
phase/phasing .. out
licences/licenses/seats/account .. can go
how much/long notice
done with you/this
we/i are/re/m/am done .. with/here/bill
walk/walking away
moving/move on from you/your/this/the'),
        ('en', 'complaint', 'medium', 0.9, 'third/fourth/fifth/second/another/new/different consultant/manager/agent/person/rep/csm/contact .. in/this/now/months/again/explain
talk/talks/talking/treat/treats/treating .. as if/though
like children/idiots/fools/nobody
anything but
lose/losing/lost .. faith/confidence/trust/hope/patience
nobody/noone/none/never .. showed/turned/show/turn .. up
emails/calls/messages/tickets .. zero/no/without answers/answer/reply/replies/response
without .. a word .. rude/closed/closing
rude/unprofessional/dismissive/condescending/patronising/patronizing/arrogant
same/usual/endless excuses/excuse/story/answer/nonsense
expected .. lot/far/much more
lot/far/much more .. for .. money/price/pay'),
        ('en', 'billing', 'medium', 0.9, 'line/item/position/fee/charge/amount .. bill/invoice/statement .. can not/not/what/never
not .. make sense .. bill/invoice/fee/charge/amount
bill/invoice/fee/charge/amount .. not .. make/makes sense
can not .. make sense .. of
owe/owes us/me
money .. owe
why .. go/went/gone/jump/jumped/change/changed from
made/issued/addressed .. out .. wrong/old/different/another
unpaid/overdue/outstanding/reminder .. but/although/though .. bank/transfer/paid/statement
more than .. we/i .. can/could .. spend/afford/pay/manage
percent off .. missing/not/gone/forgotten
beyond/above/over .. our budget/means
can not .. spend/stretch/swallow/justify .. that/this/price/cost'),
        ('en', 'outage', 'high', 0.9, 'just/only/keeps/still/screen/page spin/spins/loads/loading
nothing happens/happening
press/click/hit/tap/push .. nothing/freezes/error
not .. shown/showed/turned .. up .. since/last/today/yesterday
no longer receive/receives/print/prints/get/gets/come/arrive/send/sends/show/shows/see/appear
numbers/figures/totals/stats/data .. wrong/off/broken .. since/after/update/upgrade
shows/showing/show .. 0/zero .. everywhere/all/for
wrong with your/the servers/server/system/site
not .. get in/into
can not .. get .. in
since/after .. update/upgrade/release/deploy .. wrong/not/broken/no/nothing
blank/white/black screen/page
logs/kicks/throws/logged/kicked .. me/us .. out
lost/disappeared/vanished/wiped .. data/records/orders/entries/bookings/notes
orders/bookings/records/entries/messages/tickets .. lost/disappeared/vanished/gone/missing
acting up'),
        ('en', 'complaint', 'low', 0, 'press/click/page/screen/app/slow .. today/happens/spins'),
        -- ----- Spanish -----
        -- Cancellation: verbs that say it by themselves, then what is ended, then idioms.
        ('es', 'cancellation', 'high', 0.9, 'cancel*/anul*/rescind*/suspend* .. SERVICIO
QUERER .. cancel*/anul*/rescindir/prescindir/desuscri*/rescision/desafili*
como/donde/pasos/proceso/tramite/forma/manera .. cancelo/cancelar/cancelamos/cancela/baja/desuscribir*/terminar/rescindir/salir*
cancelaremos/cancelen/cancelenl*/cancelenme/cancelarlo/cancelarla .. todo/mes/ya/plan/por/antes
carta/solicitud/formulario/clausula .. cancelacion/baja/salida/rescision
confirm*/solicit*/pedi*/inici*/tramit*/gestion* .. cancelacion/baja
dar*/damos/doy/den/dan/denos/dennos/deme/denme/dado/demos/dando/daremos/darle/darlo/darnos/darme/causar .. de baja
me/nos .. doy/damos/den/daremos baja
carta/comunic*/notific*/tramitar .. baja
rescision/rescind*/desuscri*/prescindir/desistir/desistimos
resolver/resolucion/termino/terminacion/conclusion/finalizacion .. contrato/acuerdo/servicio/relacion/convenio/anticipad*
terminar/finalizar/terminamos/finalizamos/terminada/acabar/acabamos/concluir/concluimos/romper/disolver/cortar .. contrato/servicio/acuerdo/relacion/suscripcion/convenio/todo/colaboracion
dar/daremos/damos/darle/darlo/dando .. terminad*/finalizad*/termino/concluid*
poner/ponemos/pondremos/ponerle/poniendo .. fin/punto
cierro/cerrar/cierren/cerramos/cierre/cerrarla/cerraremos .. cuenta/espacio/suscripcion/contrato
desactiv*/elimin*/borr*/cierren/desconect*/apag* .. cuenta/espacio/perfil/entorno/usuario
QUERER .. irnos/irme/dejar/dejarlo/dejarla/dejarlos/marcharnos/retirarnos/marcharme/abandonar
quiero/queremos/quiere/quieren/deseamos/decidimos/pensamos/pensando salir/salirnos/salirme/bajarnos/bajarme
dejar/dejamos/dejaremos/abandonar/abandonamos/soltar/botar/tirar .. plataforma/herramienta/servicio/contrato/producto/software/sistema/programa/barco
desactiv*/detener/detengan/quitar/anular/evit*/frenar/impid*/asegur*/bloquear .. renovacion/renueve
no .. renueve/renueven/renovacion .. automatic*/sola
borren/eliminen/borrar/eliminar .. todos/mis/nuestros .. datos
parar/pausar/frenar/pausen/detener .. contrato/suscripcion/plan/servicio/renovacion
lo primero .. va/cae/sale
no .. mantener .. SERVICIO
no nos/me vemos/veo .. con/ustedes/ano/despues
no .. se .. convierta/convierte
antes .. se .. convierta
decision .. final/tomada/firme/irse/irnos
ya .. es .. un hecho
dar/damos/doy/dar/daremos/demos por cerrad*/terminad*/finalizad*/concluid*
nos vamos/iremos/bajamos/marchamos/retiramos/iriamos/largamos/bajaremos
me voy/bajo/salgo/largo
ultimo/ultima mes/ano/trimestre/factura/contrato/renovacion .. con ustedes/vosotros
ultimo/ultima mes/ano/trimestre/renovacion .. con
nuestro ultimo .. mes/ano/trimestre
renov*/continuidad/seguir & dud*/replante*/reconsider*/peligra/veremos
seguir .. con ustedes & no/dudo/dudamos/se/pensando
como .. me/nos .. libr*
safar*/zafar*
solicitud/carta .. salida
de/la/una/mi/nuestra baja .. contrato/cuenta/servicio/suscripcion/plan/definitiva/anticipada/efectiva/inmediata/preaviso/dias
ya no .. necesitamos/necesitaremos/necesitar/usamos/usaremos/queremos/utilizamos/seguimos/interesa/uso/usa/contar*/falta/requerimos/utiliza/seguiremos/quiero/ocupamos/seremos/estemos/estaremos
van/vais/pueden .. perder*/perdernos .. cliente/como
nos .. pierden
no .. dio/dieron/dar .. luz verde
devolvemos/devuelvo/devolveremos/entregamos .. licencias .. fin/luego/cuando
no .. qued*/paso/entro .. lista/corte/presupuesto
quiero/quiere/quieren/queremos salir*/irse
no/sin .. pagar .. otro ano
hasta .. que/cuando .. fecha/dia .. avis*/cancel*/salir
no .. estemos/estaremos/estare/seguimos/sigamos .. ano/ustedes/proximo
por favor/terminen/finalicen/acaben .. nuestro/la/el plan/suscripcion/contrato .. dia
terminen/finalicen/acaben .. plan/suscripcion/contrato
borrar/borren/eliminar .. nuestros datos
pueden .. borrar/eliminar .. datos
si .. vamos/voy/salimos/retiramos .. antes
me voy/salgo .. antes/sin
quiero salir antes
quiero .. salir .. antes
de/del contrato/plataforma salirnos/salirme
salir* .. contrato
sinceramente/si/entonces/viernes/arregl* & cancelamos/cancelaremos
nos .. queremos/vamos .. ir/marchar
no .. podemos/puedo .. seguir .. con/pagando/asi .. ustedes/precio
luego/despues devolvemos .. licencias
no .. tenemos/tengo .. intencion/interes .. renovar/prorrogar/continuar/extender/seguir
nos .. pasamos .. a .. RIVAL
nosotros/viernes/sinceramente/si .. cancelamos
cancelamos .. todo/ya/el/la .. contrato/servicio/suscripcion/plan/mes
den/dar/damos/doy/dan por .. terminad*/finalizad*/cerrad*/concluid*
por terminad*/finalizad*/cerrad* .. cuenta/contrato/relacion/servicio
decir/digo/decimos .. que .. no .. otro .. ano
no .. a .. otro ano
si .. no .. mejora*/arregl*/resuelv*/cambia* & vamos/iremos/cancel*/baja/dejamos/marcharemos
tiene sentido .. seguir/continuar/renovar
si .. sentido .. seguir/continuar/renovar
aviso/notificacion/carta .. terminacion/rescision/termino/salida
preparar/prepare/preparando/planear/organizar .. salida
no ampliar
pens* .. dejarlo/dejarla/dejar/salir
decid* .. no .. ampliar/extender/seguir/renovar/continuar
devolver/devolvemos .. licencias
pensando/evaluando/decidiendo/discutiendo/viendo .. si .. mantener/seguir/continuar/renovar/seguimos
proyecto .. paro/cancelo/cerro/suspend* & licencias/contrato/herramienta/suscripcion'),
        -- Not going on.
        ('es', 'cancellation', 'high', 0.9, 'no/ni/tampoco/sin/contra .. renov*/renuev*/prorrog*/extender/ampliar/ampliaremos/prolong*/extenderemos
no .. firm* .. otro/nuev*/mas/ano
no .. pas*/seguir/continuar de .. prueba/piloto
no .. vamos/voy/queremos/creo/creemos a/que .. firmar/firmemos/contratar/comprar/repetir
contrato/suscripcion/licencia .. no .. renueva/renueve/prorroga/continua/renovado/continue/extienda
vamos/queremos/podemos/quiero/voy/decision/decidido/decidimos/pensando/preferimos/valorando/considerando .. no .. continuar/seguir/renovar/quedar*
no .. vamos/queremos/quiero/voy/podemos/creo/creemos/podremos .. continuar/seguir/sigamos/continuemos
no .. interesa/desea*/quer* .. seguir/continuar/renovar
no continuaremos/continuamos/seguiremos/seguimos/contrataremos/continuar/sigamos/continuemos
no .. hace*/haran falta/mas .. sistema/herramienta/servicio/licencias/plataforma/mas
no .. contar* .. con .. ustedes/vosotros/servicio/su
no .. necesit*/requer*/usaremos/utilizaremos .. licencia*/herramienta/servicio/plataforma/mas
dud* .. renov*/firm*/segu*/contin*/qued*/sigamos/renueve*
planteando*/planteamos/replante*/cuestion*/reconsider*/valorando/pensando .. si .. seguir/renovar/continuar/seguimos/quedarnos/renovamos/compensa/merece/vale
replante*/reconsider* .. contrato/relacion/continuidad/renovacion/servicio/suscripcion
razon/motivo/sentido .. seguir/quedar*/renovar/continuar/quedarme
no .. tiene/veo/vemos/encuentro sentido .. seguir/renovar/pagar/continuar
no .. aprob*/autoriz* .. renovacion/presupuesto/ano/otro
no .. pag*/gastar .. otro/mas ano/mes
dejar/dejamos/dejaremos de .. usar*/utilizar*/pagar/trabajar/ser
deja*/dejen/permit* .. caducar/vencer/expirar/caduque/venza/expire
suscripcion/contrato/licencia/plan .. caduque/venza/expire/muera
no .. nos .. vamos
irnos/irse/irme/salir/salirme/salirnos/sal/saldr* .. antes .. de/tiempo/plazo/vencimiento
salir*/salgo .. contrato/acuerdo/permanencia/compromiso/plataforma/servicio
plazo/periodo/dias .. preaviso
preaviso
anticipacion/antelacion & terminar/rescindir/cancelar/avisar/baja/salir
penalizacion/penalidad/multa/penalty/cargo/costo .. contrato/cancelar/salir*/irse/irnos/vamos/rescindir/terminar/anticipad*/baja
clausula/proceso/plan/condiciones .. salida/permanencia
permanencia .. contrato/cuanto/queda/cuando
quitennos/saquennos/quitenos/saquenos/borrennos
inclin* .. no
hasta aqui .. llegamos/llegue/llego
lo dejamos/dejo/dejaremos
buscar*/buscando/buscaremos .. otro/otra .. lado/parte
tirar .. toalla
cambiar .. aires
decir/decirles/despedirnos adios/despedirnos
llevar*/llevamos .. negocio/cuenta .. parte/lado
mejor .. sin .. ustedes/herramienta/plataforma
desvincul*/desvinculacion
prescind*
cerrar .. con ustedes
recort*/ahorr* .. herramienta*/licencia*/suscripcion*/software/contrato'),
        ('es', 'cancellation', 'medium', 0.35, 'baja
cancel*
recortar/recorte/recortes/recorte*
penalizacion
irnos/dejarlo
presupuesto & cerr*/recort*/sin/agot*/falta
fin .. contrato
no .. ano
marcharnos
ahorrar
seguir .. con ustedes
mantener .. suscripcion/contrato
malas noticias
no .. convenc*
nadie .. usa'),
        ('es', 'cancellation', 'low', 0, 'cancel*/suspend*/anul* .. reunion*/llamada*/cita/vuelo*/sala/sesion*/peticion/solicitud/taller/reserva/invitacion/demo/tarea/pedido/evento/viaje/formacion/visita/ticket/inscripcion/registro/informe/reporte/exportacion/importacion/webinar/clase/curso/capacitacion/cena/comida/hotel/entrenamiento/junta/encuesta/campana/envio/correo/recordatorio/videollamada/turno/lunes/martes/miercoles/jueves/viernes/boton/carga/proceso/orden/asistencia/plaza
reunion/llamada/cita/vuelo/evento/junta/formacion/taller/webinar/sesion/pedido .. cancel*
no .. quier*/queremos/pensamos/pensando/vamos/voy/tenemos/estamos/pienso/pretend* .. cancelar/irnos/irme/dejar/salir/baja/darnos
ningun*/sin .. intencion/plan/interes .. cancelar/irnos/dejar/salir
quien .. cancelo
no vamos .. cancelar
dejar/dejo/dejen/dejamos .. mensaje/comentario/nota/abierto/pendiente/asi/constancia/recado/copia
baja/de .. medica/maternidad/paternidad/vacaciones/enfermedad
estoy/esta/sigue/voy/he .. de baja .. hasta/medica/por
cerrar .. sesion/ticket/caso/venta/acuerdo/incidencia/trato
mas baja
no lo/la/los/las necesit*
si/cuando/aunque/porque un/una/el/la/mi/mis/los/nuestros/alguno cliente*/usuario/cuenta/contacto .. cancel*/deja/baja/va/quiere/abandon*/renueva
un/mi/mis/nuestro/nuestros/los/del/unos/que cliente/clientes .. cancel*/deja*/baja*/irse/quier*/abandon*/pien*/renuev*/renov*/mio/nuestro/nuestros
cliente/clientes .. nuestro/nuestra/nuestros/mio .. cancel*/deja*/irse/quier*/abandon*
clientes .. cancel*/dejan/abandonan/baja
empleado/usuario/companer*/colaborador/administrador .. baja/dej*/se/fue/salio/va
dar/damos/dimos .. de baja .. usuario*/contacto/empleado/companero/licencias
nos vamos a/de/al .. reunir/ver/feria/vacaciones/congreso/evento/viaje/puente
nos vamos .. poniendo/entendiendo/viendo/hablando
nos vemos
como .. cancelo .. un/una
aunque/pero/despues cancelamos .. en
renueva .. automatic* .. o
cancelar .. usuario
borrar/eliminar/desactivar .. cuenta/usuario .. prueba/test/duplicad*/antigu*
cuenta .. prueba
bajo/bajaron .. cuentas/puntaje/score
di/dimos .. de baja .. y
licencias .. dimos .. baja
si .. cancelamos .. pierd*/datos
nos .. queremos .. ir .. cena
politica .. cancelacion
aunque .. cancel*
cobr* .. aunque/despues/tras
gastos .. congel*
nuestro propio .. cancelacion
dejo/deja/dejare .. empresa/trabajo/compania/puesto/equipo
di/dimos de baja
aviso/avis*/alert* .. cuando'),
        ('es', 'cancellation', 'low', -1, 'cambiamos .. de opinion
decidimos/decidido .. quedarnos/seguir .. con'),
        -- Complaint: words that are one by themselves.
        ('es', 'complaint', 'medium', 0.9, 'decepcion*/desilusion*/defraud*
inaceptable*/inadmisible*/intolerable*/indignante*/lamentable*/vergonzos*/bochornos*/impresentable*/vergonzante*/insolit*/inaudit*/insoportable*/inconcebible*/insultante/humillante/injustificable
descontent*/insatisfech*/disgustad*/insatisfaccion/inconform*/disconform*/descontento
no .. content*/satisfech*/conform*/feliz/felices/complacid*
frustra*/exasper*/irrita*/fastidi*/indign*
pesim*/horrible*/terrible*/fatal*/nefast*/deplorable*/horror*/desastros*/asco/asqueros*/malisim*/patetic*/mediocre*/penos*/cutre/deficiente*/espantos*/catastrof*/porqueria/basura/mierda/birria
inutil/inutiles/incompet*/inept*/negligen*/chapuz*/chapucer*/improvis*
no .. sirve/sirven .. nada/para
no .. vale .. pena/pagamos/pago/cuesta/nada
ridicul*/absurd*/verguenza/desastre/caos/caotic*/burla/broma/tomadura/chiste/estafa*/fraude/pesadilla/desorden/cachondeo/despelote/quilombo/desmadre/joda
engan*/mentira*/mintier*/mienten
maleducad*/groser*/prepotente*/antipatic*/despectiv*/irrespetuos*/arrogante*/borde/soberbi*/desagradable*
falta .. respeto/educacion/seriedad/profesional*/consideracion/comunicacion/interes/transparencia/empatia/responsabilidad/compromiso/seguimiento/respuesta
poco/nada profesional/seri*/intuitiv*/clar*/amable/util
confus*/engorros*/enrevesad*/complicadisim*/tosc*/incomod*
perdida/perdiendo/perder/perdido .. tiempo/dinero/confianza/paciencia/horas
pierdo/perdi/perdimos/agot*/acaba*/colma*/pierde*/colmo .. paciencia/confianza/tiempo
hart*/cansad*/aburrid*/podrid*/hasta la .. de/que/madre/coronilla/narices
cans* .. mucho/ya/de
desesper*
furios*/enfadad*/enojad*/indignad*/cabread*/encabron*/emputad*/rabia
muy/bastante/realmente/tan/estoy/estamos/super/sumamente/algo molest*/mal/mala/malo/triste/preocupad*/malos/malas
molest* .. con/por/que
queja/reclamacion/reclamo formal/sobre/contra/respecto
presentar/poner/interponer/hacer/elevar .. queja/reclamacion/reclamo
presentar/poner/interponer/hacer/tengo/elevar/formal/manifestar/expresar .. queja/reclamacion/reclamo/inconformidad/malestar/descontento
malestar
quiero/quisiera/vengo/escribo/necesito/debo .. quejarme/quejarnos/reclamar
cuantas veces
cuanto .. mas/tiempo .. esperar/tengo/debo/hay/vamos/falta
cuanto tardan .. contestar/responder/resolver/arreglar
no .. es/parece/resulta .. aceptable/admisible/tolerable/normal/serio/justo/logico/correcto/profesional
no .. de recibo
quien .. disen*/hizo .. nunca/esto/no
dijeron/dijiste/dijo .. que .. salia/estaria/tendria/iba/en/para & y/estamos/seguimos/nada/aun/todavia
por que .. tan .. dificil/complicado/lento/mal
dificil hablar/contactar/comunicar*/localizar
calidad .. baj*/empeor*/cai*/pesim*/deterior*
bajo/bajado/caido mucho/muchisimo/bastante
solo .. importamos/llaman/escriben/aparecen/interesa .. cuando/para
minutos tarde
lleg* .. tarde
oportunidad* .. arregl*/soluc*
puro/puros/pura .. cuento/promesas/excusas
promet* .. y/pero .. no/nada/nunca/nadie/sigue
promet* .. llamar*/respond*/soluc*/funcion*/fecha/capacit* & no/nunca/nadie/nada
nunca .. llam*/respond*/contest*/cumpl*/aparec*/solucion*/resuelv*/avis*
una y otra vez .. lo/mismo/que
otra vez .. lo/el mismo
cerr* .. ticket/caso .. sin
alguien .. cerro .. ticket/caso/sin
tratan/tratado/tratan/trata .. como/si
de que sirve
para que .. sirve/tener/pago/pagamos
mal gusto
anunci*/vend*/promet* .. no .. exist*
no .. exist* .. funcion*
no .. tiene .. nada .. ver
mil/cien/muchas/varias/tantas veces
no .. puedo/podemos/puede decir .. content*/encantad*/feliz/satisfech*/ideal
sin .. agenda/preparacion/avance/avances/resultados
no .. ningun* .. avance/progreso/resultado/mejora
flojo/floja/pobre/decepcion/tibi*
francamente/sinceramente .. mal/flojo/pobre/esperaba*/no
desamparad*/desatendid*/abandonad*
pregunt* .. hace .. dias/semanas
hace .. dias/semanas/meses .. y .. nada/nadie/no/sigo
equivocad* .. respuesta
respuesta .. equivocad*/inutil*/no .. sirve
colmo
me/nos/estan .. tomando .. pelo
dan/dando/damos largas
asi no .. se .. trata
demasiado lent*
estamos/sentimos/dejan/dejado/dejaron solos/solas
vueltas .. con
no .. puede .. seguir asi
nada que ver .. pregunt*/con lo/duda
link/enlace/articulo/respuesta .. nada .. ver
no .. ha/han pasado nada
no .. mejoro/mejorado/cambiado .. nada
pedi/pedimos/solicit*/esper* .. desde .. enero/febrero/marzo/abril/mayo/junio/hace & nada/nadie/no/todavia
a las carreras
nadie .. entendio/entiende
no .. toma*/toman .. en serio
en serio .. no/clientes
increible .. que
lentitud .. atienden/responden/soporte/respuesta/solicitudes/ustedes/con
muy decepcionad*
ustedes/nadie/soporte/equipo/ni/siquiera/nunca/me/nos .. no .. respond*
no me/nos .. respond*/contest*
no .. deberia*/puede .. tomar/tardar/ser/pasar/costar/tener/llevar/ocurrir
paciencia & agot*/acab*/limite/fin/perd*/poca/colm*
documentacion/manual .. desactualizad*/incomplet*/obsolet*/mal/pobre/no/ni
mas .. errores/problemas/fallos/bugs/trabajo/dudas que
nadie .. prob*/revis*/pens*/penso/comprob*
lo mismo .. a/agentes/personas/veces/siempre/tres/cuatro/distint*/diferent*
explic*/dicho/repet* .. mismo .. a/tres/cuatro/veces/distint*
por que .. tengo/tenemos/hay/debemos/siempre .. que
poco fiable/confiable/serio/claro/util/amable
inestable/inestables/desorganizad*/injust*/indiferen*/desinteres*/descuid*
no .. entiendo/entendemos/comprendo .. como/por que
no .. ayud* .. nada/mucho/en
ni .. una disculpa/explicacion/llamada/respuesta
ni .. siquiera
no .. podemos/puedo confiar/fiar*/depender
no .. recomend*
dificil .. confiar/creer/recomendar
demasiad* .. tiempo/lento/complicado/complejo/espera/vueltas/errores
pesado/pesada .. usar
nos/me .. sent* .. mal/tratad*/abandon*/engan*/ignor*/solos
poc* .. ayuda/apoyo/interes/comunicacion/seguimiento/claridad
otro error/fallo .. asi
nadie & devolv*/llam*/contest*/respond* & promet*/aunque/todavia/aun/dias/semanas
no .. les/os .. importamos
no .. importa* .. clientes
complican .. simple/facil/tanto
otra semana/mes/dia .. sin
sin .. reaccion/avance/avances/mejora/movimiento .. de/desde
promet* & nunca
nunca se .. hizo/dio/realizo
en espera .. hora/horas/minutos
hora/horas .. en espera'),
        ('es', 'complaint', 'medium', 0.9, 'deja* .. mucho .. desear
debajo .. esperado/expectativas/esperabamos/nivel
no .. altura/expectativas/nivel/esperado
lejos .. prometido/esperado/ideal/ser
esperaba*/esperabamos/merec* .. mas/mejor/bastante/otra
no .. lo que .. vendieron/prometieron/acordamos/esperabamos/dijeron/vendio/prometido/contratamos/pagamos/vendieron
no .. entregado/entregaron/cumpl*
incumpl*
nadie .. contest*/respond*/ayud*/llam*/atiend*/escucha/conoce/sabe/explic*/lee/solucion*/resuelv*/resolv*/da/responsabil*/cargo/entienda/entiende/cara/dice/importa/dijo/coge/atend*/inform*/llamo
alguien .. escucha/lee/ahi/responde/contesta/trabaja/vivo/vive/atiende
hay .. alguien .. ahi
sin .. respuesta/contestar/contestacion/responder/noticias/solucion/resolver/atender/explicacion/novedad*/seguimiento
no .. contesta*/contesto/solucion*/resuelv*/noticias/atiend*/resolv*/coge/contestacion/resuelto
ni/cero .. respuesta/correo/llamada/comunicacion/disculpa/explicacion/caso/solucion/interes/empatia
ni siquiera/caso
sigo/seguimos/sigue/seguir/llevo/llevamos/aun/todavia/continuo .. esperando/espera
esperando .. respuesta/solucion/noticias/semanas/meses/dias/desde
llevo/llevamos/lleva/hace/llevan .. semanas/dias/meses & esperando/nadie/abierto/ticket/respuesta/mismo/detras/pidiendo/escribiendo/reclamando/espero/contest*/respond*
llevo/llevamos .. detras/pidiendo/reclamando/insistiendo/intentando
tarda*/demor*/tardan .. dias/semanas/meses/responder/contestar/quince/siglos/eternidad
hasta cuando
segunda/tercera/cuarta/quinta/enesima/decima/sexta vez/ocasion/mensaje/correo/semana/solicitud
veces .. escrit*/escrib*/ped*/llam*/dicho/dije/explic*/report*/reclam*/ya/avis*/mism*/cambi*
escrib*/escrit*/ped*/llam*/dije/dicho/explic*/report*/reclam*/avis*/pregunt* .. veces/vez/nadie/nada
respuesta*/mensaje*/correo* .. automatic*/generic*/copiad*/robot/plantilla/enlatad*
de un lado .. otro
peloteo/pelota*/pelotean*/marean*/mareando*/rebot*/derivan/bolita .. otro/uno/otra/mano/lado/nos/departamento
cada vez .. persona/alguien/distint*/diferente*/otro
empezar .. cero/nuevo
tengo/tenemos/tener que .. explic*/repetir*/empezar/perseguir*/rogar/insistir
explic* .. otra/veces/vez
plantad*/tirad*/abandonad*/ignorad*/olvidad* .. otra/en/por/y/desde/ustedes
nos/me .. abandonad*/ignorad*/olvidad*/plantad*/plantaron/ignoran/ignora/ignoraron/tirad*/olvidaron/colgo/colgaron/trato/hablo/habl*
dej* .. plantad*/tirad*/colgad*
trato/trataron/tratan/habl* .. mal/pesim*/despectiv*/groser*/forma/manera
forma/manera/modo .. en .. que/hablo/trat*/manej*/gestion*/habl*/como
hablar/escal*/elevar/comunicarme .. supervisor/responsable/jefe/superior/gerente/director/encargado
escal* .. responsable/supervisor/jefe/gerente/superior/caso/tema/esto
se .. sacan/lavan/pasan/hacen .. manos/encima/locos/sordos/desentendid*/desentienden
prometi* .. no/nadie/nunca/otra/hace/y/pero
promesas .. rotas/vacias/incumplid*/puras/nada/sin
solo/puras/puros .. promesas/excusas/pretextos/respuestas
excusas/pretextos/evasivas
mala/malo/malos/malas/mal/pobre/floj* .. SOPORTE
SOPORTE .. es/fue/ha/sido/esta/muy/tan/bastante mal*/lent*/pobre/floj*/peor
que mal/mala/malo
va/van/ido/anda/todo .. de mal .. peor
de mal en peor
peor
empeor*
paso/pasos .. atras
muy lent*/lentisim*
no .. gusta/gusto/convence/agrada
odia*/detest*
basta/ya esta bien
sin .. avisar/aviso/consultar/preguntar/previo
falta de .. respuesta/respeto/seriedad/profesionalidad/comunicacion
le/les .. da igual/importa
no .. les/le importa*/interesa*
no .. tiene/tienen/tenia ni .. idea/nombre
no .. sab* .. nada/producto/responder/lo
sin .. idea/preparacion/preparar
retraso*/demora*/atraso* .. perjudic*/afect*/inaceptable*/otra/constante*/siempre
demasiado tiempo/complicad*/dificil
arrepent*/arrepient*
siento/sentimos/siente/sintiendo .. estafad*/enganad*/ignorad*/abandonad*/decepcion*/solos/frustr*/maltrat*
perdi* .. dia/dias/semana/semanas/horas
no .. tolerar/aguant*/soport*
aguantar/soportar .. esto/mas
falta/faltan .. funciones .. prometid*
cost* .. mas clics/trabajo/que
siempre .. lo/mismo/igual/problema/problemas/excusa
fecha* .. cambi*/ninguna/incumpl*/cumpl*/movi*
no .. se .. present*/aparec*/conect*
no .. aparecio/presento/llamo/llego .. reunion/cita/sesion
es/una una lastima/pena'),
        ('es', 'complaint', 'medium', 0.35, 'otra vez
queja/quejas
lent*
mal/mala
problema/problemas
promet*
molest*
pena
demora*/tarda*
de nuevo
preocup*
dificil/complicad*
sinceramente/francamente/verdad
lentisim*
increible
nada'),
        ('es', 'complaint', 'low', 0, 'ninguna/no/sin/cero queja*
ninguna/no/sin/cero .. queja*/reclamo*
perdon* .. molest*/lata/insist*/tardanza/demora/retraso
disculp* .. molest*/demora/tardanza/retraso/inconveniente*/insist*/confusion
quejan menos
clientes .. quejan
mi/mis/nuestros/los/un/sus/unos cliente/clientes .. content*/molest*/enojad*/insatisfech*/descontent*/enfadad*/satisfech*/quej*
clientes/cliente .. insatisfech*/molest*/enojad*/descontent*/enfadad*
no .. molest*
mucho gusto
no .. decepcion*/es malo/esta mal/mal/mala
nada mal
no .. urgente/prisa/apuro
sin .. prisa/urgencia/apuro
gracias .. otra vez
otra vez .. gracias
mal tiempo/clima
lament* .. demora/tardanza/retraso/no/tardar
nunca .. decepcion*
de mal
mal entend*
respuesta automatica
fuera .. oficina
no .. arrepent*/arrepient*
no .. se .. preocup*
lament* .. informar*/comunicar*
servidor/api/sistema/app/pagina/web .. no .. respond*/contest*
no se si
envian .. sol*'),
        ('es', 'complaint', 'low', -1, 'ignor* .. mensaje/correo/anterior
sigan asi'),
        -- Billing.
        ('es', 'billing', 'medium', 0.9, 'cobr*/factur*/carg*/pag*/debit*/descont* .. dos/tres/doble veces
cobr*/factur*/cargo/pago/cargos/pagos/debit*/descont* .. duplicad*/doble/demas/repetid*/identic*/dobles
doble*/dos/duplicad*/otro .. cobro*/cargo*/debito*/factura*/pago*/retiro*
por duplicado
cobr*/factur*/pag* .. de mas
de mas & cobr*/factur*/pag*/cargo
siguen/sigue/continuan/seguimos/vuelven/volvieron .. cobrando/facturando/cargando/cobrar/cobrandonos/pagando/descontando/cobrarme/cobrarnos/llegando
cobr*/factur*/cargo .. aunque/indebid*/incorrect*/mal/erron*/sin/pese/cuando/despues/apesar
cobr*/factur* .. plan/anual/ano/usuarios/licencias/asientos/algo/modulo/servicio*/funcion*/extra*/comision*/mes
me/nos .. cobr* & gratis/nunca/no/cancel*/baja/elimin*/solo/gratuit*/prueba/dijeron
cobr*/cargo/cargos/factura/facturas/facturan/facturaron/pago/pagos/pagando & nunca/elimin*/gratis/cancel*/baja/desconoc*/sorpresa/acord*/autoric*/autoriz*/pedimos/pedi/solicitamos/contratamos
error/errores/fallo/diferencia*/discrepancia*/problema*/inconsistencia* .. factura*/cobro*/recibo/importe/cargo*/monto/precio/pago*/boleta
FACTURA .. mal/incorrect*/erron*/equivocad*/error*/diferent*/distint*/raro/rara/mayor/inflad*/excesiv*/extra*/alt*/desorbitad*/elevad*
mal/incorrect*/erron*/equivocad*/raro/rara/extran*/excesiv*/desconocid*/inesperad* .. factura*/importe/cobro*/monto/recibo/precio/cargo*/iva/cif
FACTURA & no .. coincid*/correspond*/cuadra*/correct*/concuerda*/refleja*/figura*/esta*/cierra*/dan/reconoc*/es/nos/tiene*
no .. cuadra*/dan .. numero*/cuenta*/importe*/cifra*/factura*/monto*/total*
numero*/cuenta*/importe*/cifra*/total*/monto* .. no .. cuadra*/cierra*/coincid*/dan
reembols*/reintegr*
devolucion .. dinero/importe/pago/cobro/monto/cuota/plata/cobrad*/de
quier*/quisiera/solicit*/necesit*/exij*/exigimos/espero/esperamos/pido/pedimos/pedir/esperando .. reembols*/devolucion/abono/reintegro/devuelv*/compensacion/bonificacion
devuelv*/devolver*/devolvier*/devuelt*/regres*/reintegr*/retorn* .. dinero/pago/pagos/importe/cobro/plata/lana/monto/cobrad*/cuota/pasta/diferencia/pague
no .. reembolso/reintegro/devolucion/abono
donde/cuando .. abono/reembolso/devolucion/reintegro/devuelven
nota .. credito/abono
dinero .. vuelta
tarjeta/pago/transferencia/debito .. rechaz*/declin*/deneg*/fall*/rebot*/error/bloque*
tarjeta/pago .. no .. pasa*/acept*/funciona*/proces*/entra/permite/deja/va
no .. acept*/pasa*/proces*/deja/puedo/podemos .. tarjeta*/pago*/pagar
rechaz*/rebot* .. tarjeta/pago/recibo/transferencia
banco .. devolvio/rechazo
por que/motivo .. factura*/subido/subio/cobran/cobraron/precio/pago/pagamos/pagando/aument*/cobra*/cuesta*
a que .. debe/corresponde/viene .. pag*/cobr*/cargo/aumento/subida/pasamos/importe/recargo
de que .. es/son/cargo/cobro .. cargo/cobro/factura
aclar*/explic*/justific*/desglos* .. cargo*/cobro*/factura*/importe/aumento/monto/precio
subier*/subio/subid*/suben/sube/aument*/increment*/encarec*/subiendo/alza/duplic*/triplic* .. precio*/factura*/tarifa*/cuota*/costo*/mensualidad/renovacion/licencia*/coste*/ciento
precio*/factura*/tarifa*/cuota*/costo*/mensualidad/renovacion/licencia*/coste* .. subier*/subio/subid*/aument*/increment*/alza/duplic*/triplic*/dispar*/subiendo/sube
aumento/incremento/subida/alza .. precio*/tarifa*/cuota/mensualidad/costo*
cargo*/cobro*/debito*/concepto* .. no/adicional*/extra*/desconocid*/indebid*/inesperad*/autorizad*/raro*/sorpresa
no .. reconozco/reconocemos/suena/corresponde/autoric*/autoriz*/pedi*/solicit*/contrat* & cargo*/cobro*/factura*/linea/concepto/importe/modulo/pago/cobra*
no .. de acuerdo .. recargo/factura/cobro/cargo
recargo/sobreprecio/sobrecost*/sobrecobr*
demasiado/muy/tan/bastante/carisim*/super car*/cost*/elevad*
carisim*
no .. podemos/puedo .. pagar/costear/asumir .. precio/tanto/ese/esa
descuento*/promocion/bonificacion/cupon/abono & no/falta/sin/aparece/acordado/nunca/donde/pactad*
falta .. descuento
recordatorio*/reclam*/moros*/deuda/impag*/vencid*/suspend*/bloque*/cobranza/cobranzas & pag*
ya .. pagamos/pague/pagad*/pagado
no .. deb*/adeud* .. nada/dinero/factura
comision/comisiones/tarifa/tarifas .. alta/altas/oculta/ocultas/abusiv*/excesiv*
quitenl*/quiten/quitar/elimin*/anul* .. factura/cargo/recargo/cobro
factura .. dolares/euros/moneda/pesos & contrato/no/deberia/y
corregir*/corrij*/rectific*/rehacer/reemitir/reemitan/refactur*/refacturacion .. factura*/recibo/cfdi/datos/importe/la
factura* .. corregir*/corrij*/rectific*/rehacer/reemitir
factura* .. nombre .. otra/otro/equivocad*
otra .. razon social
falta .. iva/impuesto
prorrateo/proporcional & raro/mal/error/debiamos/calculo/no
debiamos/deberiamos/deberia pagar/cobrar/costar
compensacion/compens* .. caida/dias/inconveniente*/por/economic*
pagando .. de mas
pag* .. mas .. que/debido/debemos/cuenta
pag*/pagando .. por .. algo/usuarios/licencias/modulo*/no .. no/que
pago/pagamos/pagando .. usuarios/licencias .. tenemos/no/solo
nif/cif/rfc/iva/cuit/ruc/nit/rut .. mal/incorrect*/equivocad*/error/falta
disput*/impugn*/contracargo*
retir*/sac*/debit*/descont*/quit*/tom* .. dolares/euros/pesos/dinero/plata/cuenta/tarjeta/soles
aparec*/veo/llego/salio .. cobro*/cargo*/debito*
mas caro/cara/caros .. que/cotiz*/presupuest*/acord*/dijeron
mas .. de lo .. cotiz*/presupuest*/acord*/pactad*/firmad*/contratad* & factur*/cobr*/caro/precio/pag*/cuesta/euros/dolares
mas .. de lo que .. cotizaron/presupuestaron/ofrecieron/pactamos/firmamos/acordamos
diferencia*/discrepancia* .. cotizacion/presupuesto/factur*/contrato/acordado/oferta
duplic*/triplic*/dobl* .. factura*/precio*/cuota
descuento & nada/prometi*
prometi* .. descuento
precio*/tarifa*/cuota* .. control/nubes/locura/abusiv*/excesiv*/disparad*/altisim*/desorbitad*/elevad*
siguen/sigue/aun/todavia .. en .. factura*
volvi* .. a .. cobrar*/facturar*/cargar*
transferencia/iban/clabe .. no/invalid*/rebot*/rechaz*/error
recargo*/mora
cobr*/cargaron/debit* .. dolares/euros/pesos/soles/accidente
precio .. nuevo/nueva .. no
nuevo precio
nunca/no aprob*/autoriz*
no .. lo/la .. voy/vamos .. pagar
no .. voy/vamos/pienso .. a pagar
sac*/sacando/sacarme/retirar/descontar* .. dinero/plata
monto/importe/precio .. no .. lo/que .. quedamos/acordamos/pactamos/dijeron
abono/credito/descuento .. promet*/no .. esta/aparece
me/nos devuelvan/regresen/devuelven .. dinero/plata/lo/pago/importe/la
rechaza* .. tarjeta*/pago*
factura .. trae/dice/incluye/pone .. cuando/pero/y/no
devuelt* .. plata/dinero/lana
falta* .. nif/cif/rfc/iva/cuit/ruc/nit .. factura*
the invoice .. mal
mas alto/alta/caro/cara/elevad* .. que
precio/renovacion/factura/cuota .. mas alto/alta/caro/cara
solo .. tenemos/somos/usamos/hay .. usuarios/licencias/personas/asientos
factura/facturan/cobran/cobraron & somos/tenemos
dos facturas
aplic* .. mal/iva/impuesto
nuev* tarifa*/precio*/cuota* .. mas/pagar*/no
pag*/pagando .. usuarios/licencias/asientos .. fueron/hace/activos/usamos/usan/elimin*/baja
recordatorio*/avisos .. factura .. pag*
siguen/sigue .. mandando/enviando/llegando .. recordatorio*/avisos
corrij*/corregir/ajust* .. importe/monto/total/precio/iva'),
        ('es', 'billing', 'medium', 0.35, 'factura/facturas
cobr*
cargo
pago/pagos
devolucion
abono
precio/precios
car*
equivocad*/incorrect*/mal
tarjeta'),
        ('es', 'billing', 'low', 0, 'gracias .. devolucion/reembolso/factura/cobro/abono/descuento
no hace falta .. devolucion/reembolso
no .. necesit* .. reembolso/devolucion
factura .. esta/estan/es bien/correct*/perfect*/ok
me equivoque
sin .. error/cargo/costo/coste
importes ya cuadran
politica/condiciones .. reembolso*/devolucion*/pago*/precio*
cambio/cambiar/actualiz*/modific* .. forma/metodo/medio/direccion/datos/tarjeta
mandar/manden/mandan/envi*/reenvi*/pasan/compart*/necesit* .. copia/pdf/factura*/recibo/xml
pagar/pagamos/pague/pagado/pagamos .. factura & acab*/manana/ayer/hoy/listo/adjunt*/comprobante
acab* de pag*
cliente/clientes .. pag*/factura*/deb*/impag*/vencid*/cobr*/precio
nuestros/mis clientes
a cargo
estoy/esta/persona/quien/hac* cargo
sin cargo
hace/hara/hare cargo
cobro/cargo .. automatico & detener/desactivar
sin pagar .. otro
pag* mas .. cierren
no pague
cliente .. pidio/pide/solicit*
donde .. anoto/registro
descargar/bajar .. facturas
donde .. veo/ver .. factura
que/cual/cuando .. factura .. pagada/vence'),
        -- Outage.
        ('es', 'outage', 'high', 0.9, 'caid* .. otra/para/desde/sistema/plataforma/produccion/total/general
esta*/sigue*/produccion/sistema/plataforma/servicio/servidor/pagina/web/todo/api/sitio/portal/quedo/anda .. caid*
se .. cayo/cae/caen/cayeron
hay .. caida
cuarta/tercera/segunda/otra/nueva .. caida
abajo .. sistema/plataforma/servidor
sistema/plataforma/servidor/sitio/servicio .. abajo/fuera/interrumpid*/inestable*/intermiten*
500*/502*/503*/504*/404*/429*/401*/403*
error* .. interno/servidor/conexion/desconocido/inesperado/codigo/red/autenticacion
error/errores .. al/cuando/en/cada/desde/todo/todas/toda
sale/aparece/da/muestra/devuelve/sigue/recibo/tira/marca/arroja/lanza/dando/salta/bota/salen/veo/sigo/dice/tirando/daba .. error*/timeout*/falla
mensaje/pantalla .. error
timeout/timeouts/500
no .. ANDAR
COSA .. no .. ANDAR
no .. hay .. acceso/sistema/conexion/servicio/forma
no .. puedo/podemos/puede/pueden/consigo/conseguimos/consigue/logro/logramos/logra/deja/dejan/permite .. ENTRAR
no .. hay manera/forma/modo .. ENTRAR
nadie .. ENTRAR
nadie .. puede/logra/consigue/pudo/podemos/podido
ningun* .. ENTRAR/ANDAR/puede/consigue
imposible/incapaz/imposibilitad* .. ENTRAR
sin poder .. ENTRAR/trabajar
nada .. ANDAR
deja*/dejo/dejaron/dejado de .. ANDAR/sincronizar/enviar/cargar/llegar/responder/funcionar
ya no .. ANDAR
COSA .. fall*/parad*/paro/detuvo/detenid*/detuvieron/roto/rota/rotos/rotas/romp*/vaci*/bloquead*/congelad*/trabad*/colgad*/pegad*/atascad*/interrump*/interrumpid*/atorad*/tild*/desconect*/inaccesible*/inestable*/caido/caida/parado/trab*/traba/desaparec*/descompuest*/estropead*/averiad*
servicio .. no disponible/interrumpido
no .. disponible*/accesible*
inaccesible*/inutilizable*/inservible*/indisponib*/inoperativ*/inoperant*
fuera de .. servicio/linea/combate
sin .. servicio/acceso/sistema/linea/señal/correo/datos
desaparec*/esfum*
bloquead*
se .. cierra*/cuelga*/congel*/trab*/bloque*/quedan/tild*/pega/atora/desconect*/peg*/apaga/reinicia/queda
se qued* .. pensando/cargando/colgad*/vueltas/blanco/pegad*/trabad*/congelad*/asi/dando/pantalla/a/en
queda*/quedan .. cargando/colgad*/pensando/trabad*/pegad*/blanco/congelad*/girando/vueltas
dando vueltas
pantalla .. blanco/negra/blanca/azul/negro
en blanco/negro
tiempo .. espera .. agotado
rot*
romp*
trabad*/atascad*/colgad*/atorad*
algo salio mal
sesion .. invalida/expir*/cierra/caduc*
archivo* .. vacio/corrupt*/danad*
no me sale
interrupcion/incidencia .. servicio/general/grave/ahora
tarda*/demora*/toma .. minutos/horas/siglos/eternidad/segundos/cargar/abrir/anos
lent* .. usar/inutil*/insufrible/trabajar/imposible/hoy/sistema/plataforma/todo
anda/todo/sistema/plataforma/app/programa/pagina/web/portal .. lentisim*/lent*/pesad*
no .. se .. puede .. trabajar/usar/entrar/acceder/hacer
problema*/fallo*/falla*/inconveniente*/dificultad*/incidencia* .. para/con/en/al/de COSA/ENTRAR
estan/tienen/hay .. con/algun*/un/problema* problema*/falla*/incidencia*/caida*/fallo*
como no .. anda
nadie & podido/puede/pudo/logra/consigue/podemos & ENTRAR
nadie ha podido
datos .. desaparec*/desactualiz*/incorrect*/viej*/perdieron/perdido
perdimos/perdi/perdieron .. acceso/datos/informacion/registros/trabajo/contactos
se .. borr*/perdi* .. datos/informacion/registros/todo/contactos/notas
COSA .. muerto/muerta/caput/frit*/roto
me/nos .. desconecta/saca/expulsa/bota/desloguea/echa .. apenas/cada/cuando/al/todo/de/a
ruedita/rueda/circulo/relojito
me saca/expulsa/bota/echa/desloguea/desconecta .. de/sesion/sistema/cada/solo
bucle/loop/excepcion
va .. a pedales
siempre/y .. devuelve/regresa/manda/redirige .. inicio/login/principio/acceso
no .. corrio/ejecut*/proces*/genero
nunca .. llegan .. destino/destinatario*
correos/mails/emails/mensajes .. nunca .. lleg*
no .. recib* .. ningun*/correos/mensajes/respuestas/notificaciones/alertas .. desde
sin recibir .. correos/mensajes/notificaciones/alertas/datos
congelo/congela/trabo/colgo/tildo/pego .. todo
mitad .. ve/ven/puede* .. vaci*/no
pagina/pantalla/lista/inicio .. vaci*/vacia
no .. refresc*/actualiz*
no .. alcanz*/llega* .. a .. app/plataforma/sistema
numeros/datos .. son .. semana/ayer/viej*
solo me pasa
esta*/anda/sigue .. intermitente
correos/mails/avisos/llegan .. horas/dias/retraso/atraso
correos/notificaciones/alertas/mensajes/datos/sincronizacion .. retraso/retrasad*/atraso/demora/tarde
los/nos/les/me/lo saca/sacan/expulsa/bota/echa .. del/de/sistema/a/cada
no .. logra*/consig*/pued*/podemos/puedo .. importar/exportar/descargar/subir/guardar/cargar
servidor .. no .. respond*
falla .. en/al/siempre/ultimo/cada/paso
acceso/permiso denegado/denegada/prohibido
no pasa/ocurre/sucede/hace nada
ningun*/nadie & ve/ven/puede*/abre/entra/acced*
sale*/aparec*/esta* .. vaci*
no .. reacciona
ni reacciona'),
        ('es', 'outage', 'medium', 0.35, 'error
falla*/fallo/fallan/bug
caida
desactualizad*
lent*
desde .. manana/ayer/hoy/lunes/actualizacion/anoche/domingo/temprano/viernes/fin
problema/problemas
vaci*
hoy/ahora
intermiten*'),
        ('es', 'outage', 'low', 0, 'no/sin/ni .. ningun error/fallo/problema/falla/incidencia
sin .. error/errores/problema/problemas/fallos/novedad
no .. hay/hubo/tenemos/tuvimos .. error/problema/fallo/fallos/errores
ya .. carga*/funciona*/puedo/entr*/anda/quedo/esta .. bien/entrar/sin/perfecto/gracias/solucion*/resuelt*/normal
no era .. error
error .. mio/nuestro/mia
no .. vuelto/volvio/volvieron/ha .. fallar/pasar/ocurrir/suceder/aparecer/vuelto
no .. encuentr*
no hay problema
no te preocup*
todo funciona
tarjeta/pago/factura/cobro/descuento/recibo/importe/recargo
mantenimiento
ayer/pasada/pasado/anterior .. resuelt*/solucion*/paso/quedo/gracias/ya
problema/error/incidencia/caida/fallo/lentitud/incidente .. resuelt*/solucion*/paso/desaparec*/quedo/arregl*/pasado/superad*/ayer
fue/era/estaba/ha/quedo/esta .. resuelt*/solucionad*/arreglad*
gracias .. resolver/solucionar/arreglar/ayuda/rapid*
como/donde/se/puede/puedo/podemos .. configur*/cambi*/filtr*/activ*/exporto/hago/hacer/agreg*/ver/saber/encontr*/desactiv*
como .. ENTRAR
hay .. forma/manera/opcion/limite/modo .. de/para
cuando/si .. un/una/mi/el/algun .. cliente/uso/integracion/sincronizacion/api .. cae/falla/baja/deja/entra
avis*/alert*/notific* .. si/cuando
uso/consumo/ventas/puntaje/score/salud/precio .. baj*/cae/caid*
no .. podre*/podremos/puedo/podemos/podran/podra .. asistir/ir/llegar/participar/conectarme/acompan*/unirme/estar/conectarnos
no .. va/vamos .. a .. poder
no va .. mal
no .. sab*/entiend*
no .. llegu*
nadie .. va/sabe/respond*/contest*/atiend*/llam*/ayud*/da/escuch*/lee
no .. respond*/contest* .. ustedes/nadie/correo/mensaje*/ticket/soporte/me/nos
no .. sirve .. nada
ya entro/entramos
ya funciona/funcionan/anda/carga
se .. puede .. trabajar .. con/mejor
sala/proyector/oficina/videollamada .. no .. funciona
como .. limito/borrar/restringir
no .. hay .. boton/opcion
botón/boton .. no .. veo
para poder
presupuesto/contrataciones/todo .. congelad*
problemas .. pero .. arregl*
lunes/ayer/martes/miercoles/jueves/viernes tuvimos/hubo
nuestro propio/propia
nada que ver .. ustedes
consultor/nadie/gerente .. no .. aparecio
es normal
consultor/formador/instructor/tecnico .. llego
equipo .. desesperad*
por fin
resolvimos/solucionamos/arreglamos
era nuestro/nuestra
no .. preocup*/importa*
desde entonces
pero .. desde/ya/ahora .. bien/perfecto/estable/normal'),
        ('es', 'outage', 'low', -1, 'falsa alarma
ignor* .. mensaje/correo/anterior
error .. estaba/era/fue .. mi/nuestro/mio/nuestra/mia
ya .. quedo/funciona .. gracias/perfect*
ya .. funciona todo/bien
todo .. funciona/anda/normal/vuelve .. bien/correct*/perfect*/normalidad/nuevo
volvio/vuelto .. normalidad
gracias .. resolver/solucionar/arreglar/resuelto/solucionado/restablecer
no ha/han vuelto
ya .. resuelto/solucionado/arreglado'),
        -- Competitor.
        ('es', 'competitor', 'medium', 0.9, '! RIVAL
hubspot/salesforce/zendesk/intercom/freshdesk/dynamics/zoho/pipedrive & migrar/pasar*/cambiar*/unificar/reemplaz*/regal*/ofrec*/gratis/success/barat*/compar*/consolid*/alternativa/todo/estandariz*/inclu*
competidor* & ofrec*/propuesta/precio*/barat*/llam*/contact*/demo*/prob*/prueb*/evalu*/compar*/mir*/cambi*/migr*/firm*/tiene*/hace*/present*/cotiz*/busc*/visit*/vs/habl*
con/en/ver/pra/por/vuestra/su/mirando/viendo/hacia la competencia
la competencia .. no/ofrec*/tiene/cobra/hace/llam*/barat*/propu*/contact*
otro/otros/otra/otras/distint*/nuevo/nueva/nuevos/varios/varias/dos/tres/cuatro/demas .. proveedor*/vendor*
revis*/evalu*/compar*/licit*/busc*/analiz*/seleccion*/cambi*/estudi* .. proveedor*
MIRAR & otra/otras/otro/otros/distint*/varias/varios/nueva/nuevo PROVEEDOR
otra empresa/compania/herramienta/plataforma & propuesta/oferta/barat*/ofrec*/cambi*/migr*/matriz/usa
alternativa* & MIRAR/ano/mercado/hay/barat*
MIRAR .. alternativa*/opciones/otras/otros/mercado
otras/otros/otra/mas opciones/alternativas
mercado & mirar/viendo/mirando/ver/busc*/compar*/explor*/sonde*/que/revis*/opciones/analiz*
que .. mas .. hay/existe/ofrece .. mercado/por/ahi
compar* .. con .. otra/otras/otro/otros/dos/tres/competencia/demas
compar*/diferenci*/distingu*/mejor* .. ustedes/vosotros/su/vuestr* .. con/de/frente/respecto/que
evalu*/compar*/prob* .. otra/otras/otro/otros
mas barat*/economic* .. oferta/propuesta/opcion/proveedor/alternativa/precio/otro/otra
oferta/propuesta/opcion/alternativa/cotizacion/presupuesto/precio .. barat*/mejor*/atractiv*/economic*/competitiv*/mitad/tentador*
licitacion/licitaciones/rfp/rfi
mitad .. precio/cuesta/costo/que/cobran
por la mitad .. precio/costo/coste/cuesta/dan/hacen/cobran/ofrecen
cuesta/vale/cobra*/sale .. mitad/menos
mismo .. menos/mitad
igual* .. oferta/precio/propuesta/cotizacion
cotizacion*/presupuesto*/oferta*/propuesta* .. otro*/otra*/varias/varios/sector/competidor*
tres/dos/varias/varios/otras/otros cotizacion*/presupuesto*/oferta*/propuesta*
nos .. cambiamos/pasamos/cambiaremos/pasaremos/migramos .. a/de/con
cambiar*/cambiamos/cambio/cambiando .. de .. proveedor/herramienta/plataforma/sistema/software
reemplaz*/sustitu*/remplaz* .. por/ustedes/herramienta/plataforma/su/con
sustituto
irnos/vamos/ir/firm*/quedar* .. con .. otro/otra/otros/ellos
matriz/grupo/corporativo/casa/holding & otra/usa/suya/propia/migr*
matriz/grupo/corporativo .. usa*/utiliz*
demo/presentacion/prueba .. de/con .. otra/otro/competidor*
otra/otro/una .. empresa/proveedor/firma .. contact*/llam*/ofrec*/acerc*/present*
nos/me .. contact*/ofrec*/busc*/llam*/visit* .. precio/otra/otro/vendedor/comercial/barat*
migrar*/pasar*/mudar*/irnos/migraremos/migremos .. a/con .. otra/otro/suya .. PROVEEDOR
migremos/migrar* .. a .. suya
compar* .. con .. alternativas/opciones/dos/tres
usaba*/usamos .. otro/otra producto/herramienta/plataforma
lo mismo por menos
RIVAL .. oferta/propuesta/precio
rival/rivales .. suyo*/vuestro*/ofrec*/precio*/demo
comparativ* .. entre/con .. ustedes/proveedor*/herramienta*/opciones
hablando/hablamos/reunion* .. con .. proveedor*
par de .. proveedor*/opciones/herramientas
ofrece/ofrecen/ofrecieron/promete .. mismo/mismas/migrar*/alcance
que harian .. quedemos/quedarnos
herramienta/plataforma/software/producto/solucion/opcion/sistema/empresa .. mas barat*
mas barat* .. que/hace/mismo/herramienta/plataforma
hace/hacen lo mismo .. barat*/menos
mudarnos/cambiarnos/migrar/irnos .. a/con otra/otro
dos/tres/cuatro/cinco/entre/los/somos finalista
pasan/pasen .. otro .. proveedor'),
        ('es', 'competitor', 'medium', 0.35, 'barat*
otra/otro herramienta/plataforma/producto/sistema
evalu*/compar*
alternativa*
demo
atractiv*'),
        ('es', 'competitor', 'low', 0, 'no/ni .. mirando/evaluando/buscando/comparando/interes*/cambi*/busc*/plan* .. competencia/competidores/alternativas/otros/otras/otro/otra/proveedor
content*/feliz/felices/encantad* .. elegid*/elegido/haber*
ganaste/ganaron/ganasteis
nuestr*/mi/mis/propia .. competencia/competidor*
gan*/quit* .. a .. un competidor
cliente/clientes .. compar*/competencia/competidor*/cambi*/otro/otra/alternativas
proveedor .. pago*/internet/correo/identidad/hosting/nube/sso
compar* .. clientes/meses/trimestre*/cuentas/periodo*/segmento*/planes/plan/region*/ano/informe*
venimos/veniamos/migramos/pasamos/viniendo/vinimos .. de/desde .. RIVAL
migramos/dejamos .. de RIVAL
deje/dejamos .. RIVAL'),
        -- A name (NAME: a capital within a sentence) in the place of a rival needs no list of products.
        ('es', 'competitor', 'medium', 0.9, 'firm*/contrat*/cerr*/qued*/ir*/vamos .. con/por NAME
cambi*/migr*/pas*/mud* .. a/pra/hacia/al NAME
prueba/piloto/demo/propuesta/oferta/cotizacion/presupuesto/presentacion .. de/del/por NAME
NAME .. cotiz*/ofrec*/ofert*/present*/propu*/propon*
cotiz*/ofrec*/ofert*/propu*/escrib*/llam*/contact*/visit*/busc*/mostr*/ensen* .. gente/chicos/equipo/comercial/vendedor/los .. de NAME
nos/me .. cotiz*/ofrec*/ofert*/visit*/escrib*/escribieron/contact*/llam*/mostr* .. de NAME
gente/chicos/comercial/vendedor/representante/muchachos de NAME
con/entre/contra/frente/versus/vs .. NAME .. y/o ustedes/vosotros/vos/usted
ustedes/vosotros/vos .. o/y/vs/versus/contra/frente .. NAME
irme/irnos/quedarme/quedarnos .. con/a .. NAME
como/igual .. tiene/hace/ofrece/trae/hacen/tienen .. NAME
como .. NAME .. tiene/hace/ofrece/trae
que NAME .. tiene/hace/ofrece/trae/lanzo
NAME .. hace/tiene/armo/resuelve/resolvio/trae .. mejor/tarde/minutos/gratis/mitad/ya/barato
prefier*/gust*/encant*/conven* .. NAME
us*/trabaj* .. NAME .. mientras/tanto
mientras/tanto .. con/en/usando/us* NAME
trabaj*/vien*/ven* .. con/de NAME & quier*/pregunt*/compar*
nos/me cotiz*
cuadro/tabla/matriz/planilla .. comparativ*
lado a lado
dos/ambas/ambos herramientas/sistemas/plataformas/propuestas/opciones
otra/otro/otras/otros .. proveedor*/plataforma*/herramienta*/sistema*/empresa*/software & demo/prueba/piloto/cotiz*/propuesta/oferta/migr*/cambi*/evalu*/compar*/habl*/reun*/firm*/contrat*/gratis/barat*
competidor* .. suyo/suyos/vuestro/vuestros/ustedes/ofrec*/cotiz*/llam*
licitacion/concurso .. proveedor*/renov*/software/herramienta/contrato
salir/sacar .. a .. mercado/licitacion/concurso
le pasa el trapo
da/dan/dar mil vueltas
deja*/dejan corto/cortos
lo/la .. tienen/tiene/hacen/hace y/pero ustedes/vosotros/vos .. no
ustedes/vosotros .. que/cuanto .. dan/ofrec*/igual*/mejor*
al lado .. ustedes/vuestro/suyo'),
        ('es', 'competitor', 'medium', 0.35, 'demo/reunion/llamada/piloto/prueba/propuesta .. con NAME
NAME .. mejor/barat*/gratis/bonit*/facil*/rapid*
vuestra/su herramienta/plataforma/producto/sistema
las/los/ambas/ambos dos
propuesta interesante/tentadora/buena/mejor
visit*/ofrec*
migracion gratis/gratuita
prueba .. gratis/gratuita
escuch*'),
        ('es', 'competitor', 'low', 0, 'competencia .. de/deportiv*/natacion/futbol/baile/matematica*
trabaj* .. pra la competencia
nuestra/mi/nuestro/nuestros/mis .. competencia/competidor*
competencia* .. digital*/laboral*/profesional*/clave/mercado/marca*
monitore*/rastre*/segu* .. competidor*/competencia
anterior .. de otra casa
integracion/conector/api/import*/export*/sincroniz* .. con/de/a/desde NAME
marido/esposo/esposa'),
        ('es', 'cancellation', 'high', 0.9, 'no .. renov*/seguir*/sigo/seguimos .. con ustedes/vosotros/vos/usted
irme/irnos/marcharme/marcharnos/largarme .. de/con/a/en
quedarme/quedarnos .. o irme/irnos
hoy/mejor .. tira .. irme/irnos
baj*/pas*/cambi* .. al/plan/version .. gratuit*/gratis
cerramos/cerrar/terminar/liquidar .. lo nuestro/suyo
lista/entre/grupo .. que .. salen/sale/cortan/recortan/eliminan
ultimo/ultima .. mes/ano/factura/anualidad/pago/dia/cuota .. con/ustedes/vosotros
fecha .. fin/final/termino/vencimiento/salida .. contrato/ustedes/vosotros/nuestro
dejar*/dejamos/dejo .. de usar/utilizar/pagar/contar/trabajar .. ustedes/plataforma/herramienta/sistema/servicio/vosotros
prescind*
hasta aqui/aca
no .. sentido .. segu*/pag*/manten*/renov*
no .. voy/vamos .. segu*/continu*/renov*
romper/salir/salirme/salirnos/rescind* .. contrato
penaliza*/penalidad/permanencia .. sal*/ir*/cancel*/baja/contrato
sal*/ir*/cancel*/baja/irme .. penaliza*/penalidad/permanencia
dejar/dejarlos/dejarlo/dejaros/soltar* .. ustedes/vosotros/herramienta/plataforma/sistema
despedir*/adios .. ustedes/vosotros/servicio/plataforma
toca .. despedir*/irnos/marcharnos'),
        ('es', 'cancellation', 'medium', 0.35, 'recort*
penaliza*/penalidad/permanencia
irme/irnos'),
        ('es', 'cancellation', 'low', 0, 'tasa/indice/porcentaje/reporte/informe .. abandon*/baja/bajas/cancel*
abandon* .. socios/carrito*/clientes/alumnos
carrito*/carro* abandon*
emplead*/trabajador*/colaborador*/companer*/alumn*/soci*/paciente*/inquilin*/huesped* .. baja/renunci*/finiquit*/cancel*
baja .. emplead*/trabajador*/colaborador*/companer*/alumn*/soci*/paciente*/inquilin*/huesped*
contrato .. laboral/trabajo/alquiler/arrendamiento/luz/emplead*
no .. quier* .. ni asistir/venir/ir
cancel*/anul*/suspend* .. reunion*/almuerzo/cena/cafe/desayuno/visita/cita/llamada/vuelo/hotel/reserva*/pedido/clase/turno/capacitacion/taller
newsletter/boletin/boletines/promocion*/lista de'),
        ('es', 'complaint', 'medium', 0.9, 'mugre/porqueria/basura/chapuz*/tomadura/cachondeo/vergonzos*/indecent*/mierda/verguenza/desastre/asco/chafa/bodrio/burla
no .. aprend*/escarmient*
copi* y peg*
a que jug*/jueg*
lo que .. molest*/enoj*/indign*/fastidi*/revient*/duele/preocup*
me/nos molest*/enoj*/indign*/fastidi*/revient*/enfad*
me/nos da .. bronca/rabia/coraje/verguenza/pena/asco .. decir*/que
me/nos colgo/cuelgan/colgaron
prefier* .. papel/mano/excel/cuaderno
vamos en .. semana*/mes/veint*
promet*/dijeron/asegur*/prometieron .. marzo/abril/mayo/enero/trimestre/ano/semana/meses/luego/despues/funcion/tablero
desde hace .. ano/meses/semanas .. promet*/pid*/ped*/esper*
promet*/pid*/ped*/esper* .. desde hace .. ano/meses/semanas
no .. es .. atencion/servicio/serio/normal/forma/manera/profesional
cada vez/semana/mes .. lo mismo/peor/pretexto*/excusa*/persona
no .. se .. como defend*/justific*
no .. supo/saben/sabe/sabian .. contest*/respond*/explic*/decir*/nada
nadie .. da la cara/asume/hace
dan/dar/dando/das .. larga*/vueltas
toman/tomando/tomar/toma .. pelo
exij*/exigimos .. respuesta/explic*/soluc*/que
me/nos .. sient* .. enganad*/estafad*/ignorad*/usad*/mal/tont*/defraud*/burlad*
cuesta creer
no .. puede ser
esperab*/esperaba .. mas/mejor/otra
de verdad/veras .. que no/mal
no .. dign*/aceptable*/admisible*'),
        ('es', 'complaint', 'medium', 0.35, 'siempre lo mismo
ustedes mismos
exij*/exigimos
de veras
tristeza/triste'),
        ('es', 'complaint', 'low', 0, 'tasa/carrito*/indice .. abandon*
abandon* .. carrito*/socios/clientes
anterior .. nos dejo
mensaje/respuesta automatic*
con los brazos
lo mismo a mi/mis'),
        ('es', 'billing', 'medium', 0.9, 'recibo/factura/cuota/mensualidad/anualidad/cargo/cobro/pago .. dos/doble/tres veces
aumento/aumentos/incremento/incrementos/alza/reajuste/subida .. percent/precio/tarifa/cuota/plan/mensualidad
percent .. aumento/incremento/mas/alza .. factura/tarifa/precio/cuota/plan/renovacion/caro/contrato/ano
subi*/aument* .. factura/tarifa/precio/cuota/plan/renovacion/mensualidad/contrato .. percent
con/ese/este/aplic* .. aumento/incremento/ajuste/alza
a ese/este/esos precio*/tarifa*
precio* .. fuera .. lugar/mercado/alcance/rango
no .. nos .. da el/la cuero/bolsillo/presupuesto/caja/numeros
no .. pod* pagar/costear/asumir/permitir
tope/limite .. inflacion/aument*/percent/contrato
excedente* .. cobr*/factur*/comprobante*/cargo
cobr*/factur*/cargo .. excedente*
gir*/emit*/pas* .. anualidad/recibo/factura & devolv*/devuelv*/no/aun/pese/aunque
devolv*/devuelv*/reintegr*/reembols* .. mitad/dinero/plata/anualidad/cobro/pago/importe/diferencia/cuota/pesos/euros/dolares/nos/me
refund/chargeback/charge
nadie/no .. reconoc* .. cobro/cargo/factura/importe
cobro/cargo/charge .. nadie/no .. reconoc*
tarifa .. de .. ano/antes/anterior/20*
respet* .. tarifa/precio/descuento/contrato
nos/me .. cobr*/cobran/factur* .. igual/demas/mas/doble/dos/indebid*/aun/sin
cobr*/factur* .. mas de/caro/cuenta
rebaj*/descont*/quit* .. factura/recibo/cuota'),
        ('es', 'billing', 'low', 0, 'interesante*/interes .. propuesta/ver/saber/conocer
un/una/mis/nuestros/los/las alumn*/soci*/paciente*/inquilin*/huesped*/client*/comensal*/apoderad*/donante*/vecin*
nuestr*/mis .. client*/alumn*/soci*/proveedor*
me equivoc*'),
        ('es', 'outage', 'high', 0.9, 'sin/sigue/seguimos/siguen poder/pudiendo .. emitir/entrar/ingresar/facturar/trabajar/cobrar/vender/acceder/operar/usar/timbrar/ver/enviar
sin .. sincronizar/cargar/funcionar/conectar/actualizar/responder/senal
estamos/seguimos/quedamos/llevamos .. sin conexion
levant*/restablec*/reactiv* .. servicio/sistema/plataforma
descarg*/export*/archivo/excel/pdf/reporte .. vaci*/blanco/corrupt*/danad*
dejo/dejaron/deja .. de .. funcion*/cargar/sincroniz*/enviar/llegar/responder/emitir/imprimir/correr
COSA .. muert*/caid*/trabad*/tumbad*/frenad*/parad*/colgad*/congelad*
esta*/siguen/sigue/anda/andan .. muert*/caid*/trabad*/tumbad*/colgad*/lentisim*/congelad*
no .. levanta/arranca/enciende/timbra/emite/imprime/jala/abre/prende
nadie .. puede/pudo/logra/consigue
se .. cay*/cae/cuelga/traba/congela/tilda/pasma
todo parad*/detenid*/muert*
tira/lanza/arroja/da/marca .. error'),
        ('es', 'outage', 'low', 0, 'no .. supo/sabe/saben/sabian
manual/contrato/factura/texto/diapositiva*/documento .. errores/error
error .. manual/contrato/factura/texto/formula
mi excel
suyo .. no .. vuestro/tuyo
me/nos colgo
nuestro/mi .. internet/wifi/router/servidor/impresora'),
        -- What is none, whatever it speaks of: their mistake, somebody else's trouble, nobody at the desk.
        ('es', 'any', 'low', -1, 'falsa alarma
error/culpa/fallo .. mio/nuestro/mia/nuestra
fue .. error/culpa .. mio/nuestro/mia/nuestra
ustedes/vosotros .. estan bien/estais
respuesta/mensaje automatic*
fuera de .. oficina
permiso/baja .. maternidad/paternidad
era .. cosa/problema .. nuestra/nuestro
resulta/resulto .. que .. nuestr*/mio/mi'),
        ('es', 'any', 'low', 0, 'vecin*/primo/prima/cunad*/marido/esposa/esposo/amig*
colega .. de otra/otro
el suyo no
de otra casa
antes/solia/solian .. pero ahora'),
        ('es', 'competitor', 'medium', 0.9, 'piloto/prueba/periodo/trial/demo/version .. con/de/en NAME
evalu*/prob*/compar*/mir*/vi/vimos/viendo/estudi*/analiz*/cotiz*/explor*/considerando/visto/mirado NAME
maravillas .. de NAME
NAME .. no hay color
recomend*/insist* .. NAME
dos/tres/otra/otras/otros casa/casas/empresa/empresas/proveedor*/compania*/firma* .. que/cotiz*/ofrec*/hacen/mas
hacen/hace/ofrece/ofrecen/tienen lo mismo
otra/otras/otro/otros oferta/ofertas/propuesta*/cotizacion*/presupuesto*
oferta/propuesta/cotizacion/presupuesto .. mesa/mas baja/menor/inferior/economic*
quedaron/quedo .. de .. mandar*/enviar*/pasar* .. cotizacion/propuesta/presupuesto
proveedor* nuevo/nueva/distinto .. present*/ofrec*/demo
vino/vinieron/viene/vienen .. a present*/mostrar*/ensenar*/ofrecer*/vender*
alternativa*/opciones .. presentan/ver/mercado/evalu*/mir*/busc*/pidio
NAME .. percent/mitad/tercio/menos
mitad/tercio .. precio/cuesta/cobran/cotiz*
no cobra/cobran .. por/ustedes/y'),
        ('es', 'competitor', 'medium', 0.35, 'oferta/propuesta/cotizacion
NAME .. demo/piloto/prueba
us* NAME'),
        ('es', 'competitor', 'low', 0, 'venimos/vinimos/veniamos .. de otro/otra/la
desde que .. lleg*/cambi*
clasico/partido/liga/torneo/equipo .. rival/competencia
firmamos .. otros/otro .. anos/ano
nos mudamos/mudanza/oficina/domicilio'),
        ('es', 'cancellation', 'high', 0.9, 'no cuent* con nosotros/migo
parar/detener/desactivar/quitar .. auto/renovacion/renewal
budget/presupuesto .. no .. contempl*/incluye/alcanza/llega
ya no contempl*
kiero/quiero .. baja
formato/formulario/carta/documento .. terminar/cancelar/rescindir/baja
vendimos/vendemos/vendieron/venden/cerramos .. empresa/negocio/compania/local
sistema propio/interno
propio sistema
hasta NAME/enero/febrero/marzo/abril/mayo/junio/julio/agosto/septiembre/octubre/noviembre/diciembre llegamos/seguimos/estamos
vale/merece .. pena .. quedarnos/quedarme/seguir/renovar/continuar
quedarnos/quedarme/seguir/renovar .. otro/un ano .. mas
volver/volvemos/vuelvo/volveremos .. a/al excel/papel/cuaderno
no seguimos/sigo/continuamos/renuevo'),
        ('es', 'cancellation', 'low', 0, 'cancel*/anul* .. emit*/emision
voy/vamos saliendo
cfdi/factura/comprobante .. cancel*
cancel* .. cfdi/factura/comprobante'),
        ('es', 'complaint', 'medium', 0.9, 'nadie .. cumpli*/hace caso/contesta/responde/llama
hasta .. gorro/narices/coronilla/madre/harto/harta/moño
dos dedos de frente
nada de nada
si esto es .. lo mejor
llevo/llevamos .. desde .. mismo/esperando/pidiendo/devolv*
no .. nos .. hace*/hacen caso
quedado viej*/obsolet*/atras/antigu*
vergonzoso/lamentable/inaceptable/indignante/intolerable/penoso'),
        ('es', 'complaint', 'low', 0, 'forma de convenc*
vale/merece .. la pena
que verguenza .. olvid*/era/mia
buzon/formulario .. quejas/reclam*
era .. cable/mio/nuestro
lo pasamos fatal
let me
guias .. generan*'),
        ('es', 'billing', 'medium', 0.9, 'descont*/descuent* .. dias/proxima/factura/recibo/esos/semana
no acept*/acepto .. incremento/aumento/subida/cargo/tarifa/precio/factura
incremento/aumento/subida/alza .. percent/acept*/precio*
sobrefactur*/sobrecost*/sobreprecio
factura*/recibo* .. error/fallo/mal/equivocad*/devolv*
metieron/metido/meten/incluy* .. factura/recibo/cuenta
nota .. credito .. mitad/mal/menos/error'),
        ('es', 'billing', 'low', 0, 'como/donde .. hago/hacer/hacemos/registro/proceso/emito .. reembolso/devolucion/cobro/factura/nota
comprador*/pide/piden .. devolucion
cuenta de cobro .. pdf/mayo/regala
me avisa'),
        ('es', 'outage', 'high', 0.9, 'dejo/dejaron .. de .. pas*/emit*/imprim*/recib*/import*/export*/mostr*
no llega/entra/aparece/sale/carga nada
simplemente no
da/sale/tira/marca error/0x*
reiniciado/borrado .. cache/navegador
no abre/abren
contrasena .. incorrecta .. cambio/vuelve/otra/correcta
se queda/quedo pensando/colgad*/cargando
tarda/demora/tardan .. minuto*/siglo*/eternidad
no .. hemos/he/pudimos .. podido .. trabajar/entrar/facturar/vender/cobrar/operar/acceder
timeout/time out .. continuo/siempre/todo/cada'),
        ('es', 'outage', 'low', 0, 'no anul*/cancel*
cerrada desde
era .. cable/nuestro'),
        ('es', 'any', 'low', -1, 'olvid* .. correo/mensaje/mail'),
        ('es', 'billing', 'low', 0, 'como .. anulo/hago/cancelo/marco/emito
grafica/grafico/informe .. bajas
tarjeta nueva'),
        ('es', 'outage', 'low', 0, 'que significa
sin conexion .. tablet*
registro de errores
no corre prisa'),
        ('es', 'complaint', 'low', 0, 'total/numero/cantidad/reporte .. quejas
olvido .. contrasena'),
        ('es', 'competitor', 'low', 0, 'nueva marca
copia/auditor
plan NAME
sede/sucursal/oficina/filial .. NAME
hable con NAME'),
        ('es', 'competitor', 'medium', 0.9, 'usaba/usaban/usaron/uso/manejaba/conoce NAME .. trabajo/empresa/anterior/antes
mostr*/ensen*/recomend*/mencion*/hablo/hablaron/suger* .. NAME
en vez/lugar de .. NAME
quedarme/quedarnos/seguir con ustedes/vosotros/vos .. o/en/vez/y
inclin*/decant*/inclinando .. por/hacia NAME
en/con NAME .. me/nos sale/cuesta/dan/hacen
NAME .. lo mismo
otros/otras/demas sistemas/herramientas/plataformas/programas/apps/proveedores .. ya/si/tienen/traen/hacen/ofrecen/pueden
mejor/mejores .. que .. los demas/otros/resto/competencia
lista .. de alternativas/opciones/proveedores/herramientas
que mas .. hay/existe/ofrece .. ahi/mercado/alla
ver .. que .. hay .. ahi/mercado/afuera
uno .. al lado .. otro
presentacion/demo/charla .. rival/competidor/otro/otra
rival/competidor .. ustedes/suyo/vuestro
ustedes/vosotros y a/con/el/la NAME
uno/alguien/gente/chico/vendedor de NAME
tres/dos/varios presupuestos/cotizaciones/ofertas/propuestas
oferta .. agresiva/tentadora/mejor/barata
igual*/mejor* .. oferta/precio/propuesta .. NAME/otro/ellos/esa
armando/haciendo .. lista .. alternativa*/proveedor*'),
        ('es', 'competitor', 'medium', 0.35, 'usa* NAME
rival*
en vez de
quedarme/quedarnos con'),
        ('es', 'cancellation', 'high', 0.9, 'aviso/notificacion/preaviso de salida/terminacion/baja/cancelacion/rescision/no
ya no .. hara/haran/hace/hacen falta
que .. hacer .. pra .. darme/darnos/cancelar/salir/terminar/baja
penaliz*/multa/penalidad/cargo .. si .. dejamos/cancel*/vamos/salimos/dejo
deshac* de .. ustedes/herramienta/todo/sistema/contrato
tirar/tiramos/tiro .. toalla
cortar/corto/cortamos .. por lo sano
dar/damos/doy por terminad*/finalizad*/concluid*
proyecto .. cancel*/cerr*/muri* .. licencias/cuenta/sobra*
licencias/usuarios/cuenta .. sobra*/sobran
pens*/plante*/dud* .. si .. seguimos/continuamos/seguir/continuar/renovamos/renovar
no .. cobren/cobres .. mas
cierr*/cerramos/cerro .. definitiv*/negocio/local/puertas
quiebra/bancarrota/concurso de acreedores
volver/volvemos/vuelvo .. excel/papel/cuaderno/hoja*
desarroll*/hacer/construir .. propio/propia/interno/casa .. sistema/herramienta/solucion
apagar/apaguen/borrar/borren/eliminar/eliminen/cerrar/cierren .. cuenta/acceso/datos/todo
cuanta/cuanto .. anticipacion/antelacion/preaviso
no .. renueva/renueve/renueven .. solo/sola/automatic*/enero
ya no nos/me sirve/interesa/aporta'),
        ('es', 'complaint', 'medium', 0.9, 'segundo/tercer/tercero/cuarto/otro/nuevo consultor/asesor/ejecutivo/agente/gerente/tecnico .. en/otra/vez/explic*/mes*
explicar/explicando/explico .. todo/otra/nuevo/vez/cero
habla*/trata* .. como si/ninos/tontos/idiotas
todo lo contrario
perd*/perdiendo .. fe/confianza/esperanza/paciencia
nadie .. se present*/llego/vino/aparecio/conecto
falta de respeto/seriedad/interes/profesionalismo
grosero/grosera/maleducad*/prepotente/altaner*
cero/ninguna respuesta/respuestas/solucion
esperaba*/esperabamos .. bastante/mucho/mas
siempre .. las/la mism*
no era/es .. lo que .. promet*/vend*/dijeron/ofrec*'),
        ('es', 'billing', 'medium', 0.9, 'linea/concepto/rubro/item/cargo/cobro .. no .. entiend*/reconoz*/se que/explica/corresponde
recibo/factura .. no .. entiend*/reconoz*/cuadra
nos/me deben/debe/adeudan
por que .. paso/subio/cambio/salto .. de
factura .. a nombre .. de/otra/equivocad*
impago/impaga/pendiente/moros* .. banco/transferencia/pagu*/pagad*
falta/faltan .. descuento/bonificacion
percent .. descuento .. acord*/falta/prometid*/no
mucho mas .. podemos/puedo/gastar/pagar
mas .. de lo que .. podemos/puedo/acord*/pact*
tarjeta .. rechaz*
dinero/plata/abono/devolucion .. no .. lleg*/aparec*/entr*/refleja
sin decir/avisar nada .. precio/cuota/plan/tarifa'),
        ('es', 'outage', 'high', 0.9, 'ya no .. recib*/llegan/imprim*/aparec*/envi*/cargan/salen/sincroniz*
no pasa/hace nada
datos/numeros/totales/cifras/saldos .. mal/en/erroneos .. desde/actualiz*/0
desde .. actualizacion .. mal/no/salen/nada/error
todo en 0/cero/ceros
me/nos saca/expulsa/desloguea/bota/tira .. sesion/sistema/app/cada/dos
pantalla blanca/negra/azul/blanco
pasa algo .. servidor*/sistema/plataforma
no .. logr*/conseg* .. entrar/acceder/ingresar/abrir/facturar
se .. perdieron/borraron/esfumaron/desaparecieron
no .. refleja*/aparecen/figuran .. desde/pedidos/ventas/pagos/datos
esta lentisim*
lentisim*
dando vueltas'),
        ('es', 'complaint', 'low', 0, 'nadie puede/logra
lentisim*/pagina/pantalla'),
        -- ----- Portuguese -----
        -- Cancellation: verbs that say it by themselves, then what is ended, then idioms.
        ('pt', 'cancellation', 'high', 0.9, 'cancel*/anul*/rescind*/suspend*/denunciar .. SERVICO
QUERER .. cancel*/rescindir/rescisao/anular/descadastr*/descontinuar/denunciar
como/onde/passos/processo/forma/procedimento .. cancelo/cancelar/cancelamos/cancela/encerrar/rescindir/encerro/sair/cancelamento
estou/estamos cancelando
carta/pedido/solicitacao/formulario/clausula/termo .. cancelamento/rescisao/saida
pedi/pedimos/solicit*/confirm*/inici*/comunic* .. cancelamento/rescisao/encerramento
rescis*/rescind*/descadastr*/distrat*/desistencia
terminar/encerr*/finalizar/termino/cessar/concluir/romper/cortar/terminamos .. contrato/servico/acordo/parceria/relacao/assinatura/conta/relacionamento/subscricao/colaboracao/tudo
encerraremos
encerrado/encerrada .. projeto/contrato
projeto .. encerrado
por/colocar/dar/pondo/dando .. fim/ponto/termino
fechar/fechem/encerrar/excluir/excluam/apagar/apaguem/desativ*/desligar/desliguem/deletar/deletem/eliminar/eliminem/remover/removam .. conta/cadastro/ambiente/perfil/espaco/acesso
excluir/excluam/apagar/apaguem/exclusao/eliminacao .. dados
desativacao .. conta
QUERER .. deixar/abandonar/largar/desligar
quero/queremos/quer/querem/desejamos/decidimos/pensamos/pensando/pretendemos .. sair
deixar/deixamos/abandonar/largar/deixaremos .. plataforma/ferramenta/servico/contrato/produto/software/sistema/barco
dar/damos/demos/deem .. baixa .. conta/contrato/assinatura/plano/servico/licenca
baixa .. contrato/conta
desativ*/desligar/interromper/suspender/evit*/garant*/impedir .. renovacao/renove
nao .. renove/renovem/renovacao .. automatic*/sozinh*
cancelaremos/cancelem .. tudo/mes/ja/plano/por/imediat*/antes/ai/isso
parar/pausar/interromper/suspender .. contrato/assinatura/plano/servico/renovacao
estamos/estou/vamos/vou/iremos/tamos/to saindo/fora/sair/embora/cair .. do/da/de/daqui/fora
a gente vai sair/embora
estamos/vamos/iremos .. saindo/sair
ultimo/ultima mes/ano/trimestre/fatura/contrato/renovacao .. com voces
nosso ultimo .. mes/ano/trimestre
nao continuaremos/seguiremos/prosseguiremos/manteremos
nao .. seguir/seguiremos/continuaremos .. depois/com/apos
renov*/continuidade/seguir & duvidamos/repens*/reconsider*/incert*/risco
nao .. manter .. SERVICO
nao me/nos vejo/vemos .. com/voces/depois
nao .. virar/vire/vira .. plano/pago
ir/indo/vai .. embora
primeiro .. ir/sair/cortar*/embora
assinatura/contrato .. termin*/encerr* .. no/fim
esta decidido/decidida
decisao .. final/tomada/firme
damos/dar/dou .. por encerrad*
por encerrad*
como .. me/nos .. livr*
livrar/livro .. contrato/disso
pedido/carta .. saida
vamos .. trocar .. quando/se/de
vao/podem .. perder .. cliente
nos perder
nao .. deu/deram/dar .. sinal verde
devolvemos/devolveremos/entregamos .. licencas .. fim/depois
nao .. ficou/passou/entrou .. lista/corte/orcamento
quero/quer/querem/queremos/querendo/quiser sair/cair
cair/caindo/saindo/sair .. fora
vou/vamos sair .. sem/antes/do/da/de
nao/sem .. pagar .. outro/mais ano
ate .. que .. data/dia .. avis*/cancel*/sair
nao .. estejamos/estaremos/estarei/seguimos .. ano/voces/proximo/mais
nao .. conseguimos/podemos/posso continuar/seguir/manter
paramos por aqui
encerrem/terminem/finalizem .. plano/assinatura/contrato/conta
apagar/apaguem/excluir .. nossos/meus/todos .. dados
sair antes
depois devolvemos .. licencas
nao da .. para/pra continuar .. com/preco/voces
nao da .. para/pra seguir/manter .. com/voces/contrato
vamos/vou trocar .. quando/de/por
nao .. temos/tenho .. intencao/interesse .. renovar/prorrogar/continuar/estender/seguir
desistimos/desistir .. de/da/do .. SERVICO/continuar/voces
dizer/digo/dizemos .. nao .. mais ano
nao .. a .. mais um ano
se .. nao .. melhor*/resolv*/consert*/mud*/arrum* & sair/sai/saimos/cancel*/vamos/encerr*/trocar
faz sentido .. continuar/seguir/renovar/manter
se .. sentido .. continuar/seguir/renovar
aviso/notificacao/carta .. rescisao/termino/encerramento/saida
preparar/prepare/preparando/planejar/organizar .. saida
nao estender
deixar/deixem .. vencer
pretendemos/pensamos/vamos/queremos/pretendo largar/sair/parar/abandonar/encerrar/cancelar
decid* .. nao .. ampliar/estender/seguir/renovar/continuar/prosseguir
retirar .. acordo/contrato
devolver/devolvemos .. licencas
pensando/avaliando/decidindo/discutindo/vendo .. se .. mantem/manter/seguir/continuar/renovar/seguimos
projeto .. parou/cancelou/fechou/suspens*/encerr* & licencas/contrato/ferramenta/assinatura'),
        -- Not going on.
        ('pt', 'cancellation', 'high', 0.9, 'nao/nem/sem/contra .. renov*/prorrog*/estender*/prolong*/ampliar
nao .. assin* .. outro/nov*/mais/ano
nao .. pass*/seguir/continuar .. teste/piloto
nao .. vamos/vou/queremos/quero .. assinar/contratar/fechar/comprar/manter/ficar/renovar
contrato/assinatura/licenca .. nao .. renov*/prorrog*/continua/continue
vamos/queremos/quero/vou/decisao/decidimos/decidi/optamos/preferimos/considerando/pensando .. nao .. continuar/seguir/renovar/ficar/prosseguir/manter
nao .. vamos/queremos/quero/vou/podemos/pretendemos/pretendo/iremos .. continuar/seguir/prosseguir/permanecer/manter/ficar
nao .. interesse/desej* .. continuar/seguir/renovar/manter
nao .. mais .. precis*/us*/quer*/interesse/utiliz*/serve/faz/fazem/contar*/seremos/necessit*/vamos
nao .. us*/precis*/utiliz*/quer*/contar*/necessit* .. mais
ja nao precis*/us*/quer*/utiliz*/necessit*/faz
nao .. contar* .. com .. voces/servico
nao .. precis*/necessit* .. licenca*/ferramenta/servico/plataforma
duvid* .. renov*/assin*/segu*/contin*/fique*/fica*
pensando/repens*/question*/avaliando/reavali*/discutindo/decidindo .. se .. continu*/renov*/segu*/ficamos/vale/compensa/mantemos
repens*/reavali*/reconsider*/questionando .. contrato/relacao/continuidade/renovacao/servico/assinatura/parceria
motivo/razao/sentido .. ficar/continuar/renovar/seguir/manter
nao .. faz/vejo/vemos sentido .. continuar/renovar/pagar/seguir/manter
nao .. aprov*/autoriz* .. renovacao/orcamento/ano/outro
nao .. pag* .. outro/mais ano/mes
deixar/deixamos/deixaremos/parar/paramos/vamos .. de .. usar/utilizar/pagar/ser
deixar/deixem/deixa .. expirar/vencer/caducar
assinatura/contrato/licenca/plano .. expirar/expire/caducar
a gente sai/cancela/sairemos
sair/saindo/saida/sairmos .. contrato/plataforma/antes/acordo/fidelidade/servico/voces
antes .. do .. prazo/fim/termino/vencimento & sair/multa/rescindir/cancelar/encerrar/terminar
abrir/abrimos/abrindo mao
dispensar/dispensamos/dispens* .. ferramenta/ferramentas/servico/voces
aviso/prazo previo/aviso
antecedencia & avisar/rescindir/cancelar/sair/encerrar
processo/clausula/condicoes .. saida/fidelidade
tirem/retirem/removam .. plano/nome/gente
inclinad*/tendencia .. nao
multa/penalidade/penalizacao/taxa .. contrato/rescis*/cancel*/sair/saida/encerr*/quebra/rescind*/sairmos/antecipad*
qual seria .. multa
fidelidade .. contrato/ate/quando/acaba/termina/tem
chegamos .. fim/limite
fim da linha
jogar/jogamos .. toalha
buscar/procurar .. outro .. lugar
melhor .. sem .. voces/ferramenta
levar/levando .. negocio/conta .. lugar/lado
nos despedimos
paramos/parar/encerramos/encerrar .. por aqui
mes/ano que vem paramos/encerramos/saimos/cancelamos
cort*/economiz*/enxug*/reduz* .. ferramenta*/licenca*/assinatura*/software*/contrato*
suspender .. assinatura/servico/contrato'),
        ('pt', 'cancellation', 'medium', 0.35, 'cancelamento
cancel*
cort*
multa
sair/saida
encerr*
orcamento & cort*/sem/acab*/fech*/falta/zer*
fim .. contrato
nao .. ano
economizar
manter .. assinatura
mas noticias
nao .. convenc*
ninguem .. usa'),
        ('pt', 'cancellation', 'low', 0, 'cancel*/suspend*/desmarc* .. reuniao/reunioes/chamada/ligacao/voo/sala/sessao/pedido/workshop/reserva/convite/demonstracao/demo/tarefa/evento/viagem/treinamento/visita/chamado/inscricao/relatorio/exportacao/importacao/webinar/aula/curso/jantar/almoco/hotel/formacao/call/pesquisa/campanha/envio/email/lembrete/horario/segunda/terca/quarta/quinta/sexta/botao/carga/participacao/agendamento/encomenda/vaga
voo/reuniao/chamada/evento/treinamento/call/sessao/webinar .. cancel*
quem cancelou
nao .. quer*/queremos/pensamos/pensando/vamos/vou/temos/estamos/penso/pretend* .. cancelar/sair/deixar/encerrar
nenhuma/sem .. intencao/plano/interesse .. cancelar/sair/deixar
deixar/deixo/deixem/deixamos .. mensagem/comentario/recado/aberto/pendente/assim/registrado
encerrar .. sessao/chamado/ticket/venda/negocio
fechar .. chamado/ticket/negocio/venda/acordo
nao .. preciso mais dele/dela/deles/delas
se/quando/embora/porque um/uma/o/a/meu/meus/os/nosso/nossos/algum cliente*/usuario/conta/contato .. cancel*/deix*/sai*/vai/quer/abandon*/renova
um/meu/meus/nosso/nossos/os/dos/uns/que cliente/clientes .. cancel*/deix*/sair/sai/quer*/abandon*/pens*/renov*/meu/nosso/nossos
cliente/clientes .. nosso/nossa/nossos/meu .. cancel*/deix*/sair/quer*/abandon*/pensa*
clientes .. cancelam/saem/cancelaram/abandonam
funcionario/usuario/colega/colaborador/administrador .. saiu/sair/deix*/saida
embora/mas/depois .. cancel* em/mas
como .. cancelo .. um/uma
vamos/vou/estamos/estou .. sair/saindo .. de/para ferias/almoco/feriado/escritorio/viagem
fora .. escritorio
cancelar .. usuario
renova .. automatic* .. ou
apagar/excluir/desativar .. conta/usuario .. teste/duplicad*/antig*
conta .. teste
cancelei .. e .. cobr*
cancelem minha solicitacao
preciso/tenho .. cancelar a reuniao
cancelar .. reuniao
antecedencia .. voces .. avis*
como .. conversamos
licencas que .. cancelamos
politica .. cancelamento
embora .. cancel*
cobr* .. embora/depois/apos/mesmo
nosso proprio .. cancelamento
saio/saindo/sai/deixo/vou .. da/a empresa/companhia
contrato .. vencer & avis*/alert*/sistema
cancelei .. e'),
        ('pt', 'cancellation', 'low', -1, 'mudamos .. de ideia
decidimos/decidido .. ficar/continuar/seguir .. com'),
        -- Complaint: words that are one by themselves.
        ('pt', 'complaint', 'medium', 0.9, 'decepcao/decepcion*/desapont*/desilus*/desilud*
inaceit*/inadmissivel/intoleravel/lamentavel/vergonhos*/absurd*/inconcebivel/insuportavel/inacreditavel/insustentavel/injustificavel
nao .. aceitavel/admissivel/toleravel/normal/serio/justo/correto/profissional
descontent*/insatisfeit*/insatisfacao/descontentamento/inconformad*
nao .. content*/satisfeit*/feliz/felizes/contente
frustra*/exasper*/irrita*/indign*
pessim*/horrivel/horrorosa/horroroso/terrivel/terriveis/deploravel/desastros*/medonh*/patetic*/mediocre*/porcaria/lixo/droga/merda/bosta/precari*/nojent*/tosc*/ridicul*/palhacada/vergonha/desastre/caos/caotic*/piada/gozacao/pesadelo/bagunca/zona/brincadeira/zoeira/sacanagem/descaso/desrespeit*/desleixo/descuido/amador*/fiasco/novela/trapalhada/zorra
inutil/inuteis/incompet*/inept*/negligen*
nao .. serve/servem/presta .. nada/para/pra
nao serve/presta
nao .. vale .. pena/pagamos/pago/custa/nada
estelionato/fraude/golpe/mentira*/mentiroso*
gross*/arrogante*/estupid*/debochad*/malcriad*/antipatic*/desagradavel
mal educad*
falta .. respeito/educacao/seriedade/profissional*/consideracao/comunicacao/interesse/transparencia/empatia/responsabilidade/comprometimento/retorno/resposta/acompanhamento
pouco/nada profissional/serio/intuitiv*/clar*/util
confus*/complicadissim*
perda/perdendo/perder/perdido .. tempo/dinheiro/horas
perdi/perdemos/perdendo/perda/acabando/esgot*/acab*/abal*/perder .. paciencia/confianca
paciencia/confianca .. acab*/esgot*/abal*
fart*/cansad*/chei*/saturad*/exaust* .. de/com/disso
saco cheio
cans* .. demais/muito/disso
cansamos/cansei
desesper*
furios*/revoltad*/puto/puta/pistola
muito/bem/bastante/estou/estamos/super/extremamente/fiquei/ficamos chatead*/irritad*/brav*/indignad*/aborrecid*/ruim/mal/ruins/triste*/incomodad*/decepcion*/preocupad*
reclamacao/queixa .. formal/sobre/por/contra/quanto
registrar/fazer/abrir/apresentar/tenho/formalizar/manifestar .. reclamacao/queixa/insatisfacao
quero/queria/vou/preciso/venho reclamar
assim nao .. trata
assim nao da .. mais
chega de/disso
ja .. chega
quantas vezes .. ja/mais/tenho/temos/preciso/vou
quero/passe/preciso/falar .. gestor/supervisor/gerente/superior/responsavel/diretor
nao .. da .. para/pra .. aguentar/aceitar
nao apareceu/compareceu/apareceram/compareceram .. reuniao/treinamento/call/sessao/visita
promet* & ninguem/nunca/cumpr*/novamente/sem/ate
quem .. desenh*/fez .. nunca/isso/nao
disser*/falar*/disse .. que .. sairia/estaria/teria/ia/em & e/estamos/seguimos/nada/ainda
por que .. tao .. dificil/complicado/lento/ruim
dificil falar/contatar/contactar
qualidade .. cai*/piorou/baixou/pessim*/deterior*
caiu/piorou muito/bastante
so .. nos/me .. atencao/ligam/lembram/procuram/importam .. quando/na/para
atrasado .. sem/e/no/na
chegou .. atrasad*
chance*/oportunidade* .. consert*/resolv*/arrum*
a ver navios
quanto tempo .. esperar/mais .. esperar/vou/vamos/preciso/ainda
quanto tempo .. voces demoram/levam
nao .. retorn*/atend*/resolv*/solucion*
nao .. recebi/recebemos/tenho/tive/tivemos .. resposta/retorno/noticia* .. de/ate/ainda/nenhuma/voces
nenhuma resposta/noticia .. de/ate/ainda
nao .. gost*/agradou
nunca .. liga/ligam/ligou/ligaram/respond*/retorn*/cumpr*/aparec*/resolv*/avis*
chamado/ticket .. aberto/pendente .. desde/ha
fech* .. chamado/ticket/caso .. sem
sem nem/sequer
tratam/tratad*/trata .. como/se
de que .. serve/adianta
para que .. serve/pago/pagamos
mau gosto
anunci*/vend*/promet* .. nao .. exist*
mil/cem/muitas/varias/tantas/inumeras vezes
nao .. posso/podemos/da dizer/falar .. content*/encantad*/feliz/satisfeit*/ideal
sem .. agenda/preparo/preparacao/avanco/avancos/resultado/resultados
nao .. nenhum* .. avanco/progresso/resultado/melhora/evolucao
paciencia .. fim/limite
perguntei/pergunta .. ha .. dias/semanas
ha .. dias/semanas/meses .. e .. nada/ninguem/nao
que saco
mesmo problema/erro/historia
mesma coisa
resposta .. errada/nao .. serve
terceira vez
sido/fui/fomos lesado/lesada
sinto/senti/fui/fomos/sentimos lesad*
promet* .. e .. nao/nada .. aconteceu/cumpr*/veio/entreg*
muito/bem/atendimento/workshop/suporte/foi/treinamento fraco/fraca
sentimos/estamos/ficamos/deixaram sozinhos
assim nao da
chega
link/artigo/resposta .. nada .. ver
nao .. aconteceu/mudou/melhorou .. nada .. desde/ainda/ate
pedi/pedimos/solicit*/esper* .. desde .. janeiro/fevereiro/marco/abril/maio/junho/ha & nada/ninguem/nao/ainda
ninguem .. entendeu/entende
nao .. levam/levados/leva .. serio
lentidao .. atend*/respost*/suporte/solicitac*/voces/com
muito/bem/fiquei/estou/estamos/ficamos/tao chatead*/aborrecid*
desamparad*
largados/largado .. pelo/pela/por/sem/aqui
toda semana .. mesm*/problema/erro/cai
voces/ninguem/suporte/equipe/nem/nunca/me/nos .. nao .. respond*
nao me/nos .. respond*/retorn*
nao .. deveria*/pode .. levar/demorar/ser/acontecer/custar/ter
paciencia & esgot*/acab*/limite/fim/perd*/pouca
documentacao/manual/ajuda/guia/exemplos .. desatualizad*/incomplet*/obsolet*/mal/ruim/nao/nem
mais .. erros/problemas/falhas/bugs/trabalho/duvidas .. que
ninguem .. test*/revis*/pens*/confer*
mesma coisa/mesmo .. a/atendentes/pessoas/vezes/sempre/tres/quatro/diferent*
expli*/disse/repet* .. mesma/mesmo .. a/tres/quatro/vezes/diferent*
por que .. tenho/temos/sempre .. que
pouco confiavel/serio/claro/util
instaveis/desorganizad*/injust*/indiferen*/desinteress*/descuidad*/desleixad*
nao .. entendo/entendemos/compreendo .. como/por
nao .. ajud* .. nada/muito/em
nem .. uma desculpa/explicacao/ligacao/resposta
nao .. podemos/posso/da .. confiar/depender
nao .. recomend*
dificil .. confiar/acreditar/recomendar
demais .. tempo/lento/complicado/espera
pouc* .. ajuda/apoio/interesse/comunicacao/acompanhamento/clareza
implantacao/treinamento/onboarding/tudo .. corrid*/atropelad*
sinto .. lesad*
me/nos mentiram/mentiu
nao .. mudou/melhorou .. nada
nao aconteceu nada
mais um erro .. desses/assim
ninguem & retorn*/lig*/respond* & promet*/embora/ainda/dias/semanas
nao .. importam* .. voces
nao .. import* .. voces/clientes
complicam .. simples/facil/tanto
mais uma semana/mes/dia .. sem
outra semana .. sem
sem .. reacao/avanco/avancos/melhora/movimento .. de/dos/da/desde
promet* & nunca
nunca .. foi feito/aconteceu/realizado
na espera'),
        ('pt', 'complaint', 'medium', 0.9, 'deixa* .. desejar
abaixo .. esperado/expectativa/expectativas/esperavamos/nivel
nao .. altura/expectativa*/nivel/esperado
longe .. prometido/esperado/ideal/ser
esperava*/esperavamos/merec* .. mais/melhor/bem/outra
nao .. isso/que .. venderam/prometeram/combinamos/combinado/vendido/prometido/contratamos/pagamos/esperavamos/vendeu
nao .. entregaram/entregue/entregou/cumpriram/cumprem/cumpriu/cumprir
descumpr*
ninguem .. retorno/respond*/ajud*/liga/ligou/atend*/retorn*/assume/escuta/conhece/sabe/resolv*/explica/faz/da/le/fala/entende/importa/deu/disse/contact*/soluciona/aparec*/entr*
alguem .. escuta/le/ai/responde/atende/trabalha/vivo
tem .. alguem .. ai
sem .. resposta/retorno/responder/noticia*/solucao/resolver/explicacao/novidade*/posicao/previsao/posicionamento/atendimento
nenhum/nenhuma/zero .. resposta/retorno/email/ligacao/comunicacao/explicacao/desculpa/solucao/interesse/empatia/posicao/satisfacao
nem sequer/ligam/ligou/liga/uma/respondem/respondeu/avisaram/um
continuo/continuamos/ainda/sigo/seguimos/sempre .. esperando/aguardando/espera/esperar/aguardo
esperando/aguardando .. resposta/retorno/solucao/semanas/meses/dias/desde
ha/faz/fazem .. semanas/meses/dias & ninguem/espero/esperando/aguard*/aberto/chamado/mesmo/pedindo/tent*/respost*/retorn*
atras disso/de
leva*/demor* .. dias/semanas/meses/responder/retornar/quinze/seculos/eternidade
ate quando
segunda/terceira/quarta/quinta/enesima/decima/sexta vez/mensagem/email/semana/tentativa/solicitacao
vezes .. escrevi/escrevemos/pedimos/lig*/disse/expli*/relat*/reclam*/ja/avis*/mud*
escrevi/escrevemos/pedi/pedimos/liguei/disse/expliquei/relatei/reclamei/avisei .. vezes/novamente/ninguem/nada
resposta*/mensagem*/email* .. automatic*/generic*/copiad*/robo/pronta*/padrao/copiada
um .. para/pro/pra outro
empurr*/jogando/jogam/joga/ficam .. outro/outra/setor/empurra/lado
empurra empurra
toda/cada vez .. pessoa/alguem/diferente*/outro
comecar/recomecar .. zero/novo
tenho/temos/ter que .. explicar/repetir/comecar/insistir/correr/implorar
expliquei .. vezes/novamente
deixou/deixaram/deixando .. mao
nos/me/sentindo/sinto/fomos/fui/somos/sentimos/sendo .. abandonad*/ignorad*/esquecid*/lesad*/enganad*/mal/desrespeit*/desvaloriz*/trouxa/idiota
engan* .. fomos/fui/enganad*/nos/me
maltrat*/destrat*
trat* .. mal/forma/jeito/maneira
forma/maneira/jeito/modo .. como/que & trat*/conduz*/fal*/lid*/atend*
escal* .. gestor/supervisor/gerente/caso/isso/assunto/diretoria
promessa* .. vazias/cumprid*/so/nao/nada
so/apenas .. desculpas/promessas/promessa/resposta
desculpas & so/sempre/recebo/mais/esfarrapad*
ma/pessima/mau/ruim/ruins/fraco/fraca/pobre .. SUPORTE
SUPORTE .. esta/e/foi/ta/muito/tem/tao/bem/ficou mal/ruim/ruins/lent*/fraco/fraca/pior/sofrivel/terrivel/devagar/demorad*/precari*
que .. servico/atendimento/suporte .. ruim/pessimo/horrivel
so piora
pior/piorou/piora/piores/piorando
passo* .. atras
muito lent*/lentissim*
lent* demais
tempo demais
passou/passaram .. limite/limites
nao .. assim .. trata
detest*/odei*/odia*
chega/basta .. de/disso/ja
sem avisar/aviso/consultar/perguntar/dizer/previo
nem liga
nao .. estao .. nem/ai
nao .. se .. import*
nao .. sab* .. nada/produto/responder/fazer
nao .. tinha/tem/tem nocao/ideia/preparo
despreparad*
atraso*/atrasad* .. prejudic*/afeta*/inaceit*/constante*/sempre/novamente/de/projeto
perdeu/perdemos/perdi .. dia/dias/semana/semanas/horas
arrepend*
nao .. tolerar/aguento/aguentamos/aguentar/engolir
aguentar/suportar .. isso/mais
complicad*/dificil .. demais/muito/usar
muito/demais/mais/tao complicad*/dificil
sempre .. mesma/mesmo/problema/problemas/desculpa
data*/prazo* .. cumpr*/adiad*/mudar*/perd*/nenhuma/estour*/remarc*
uma pena/lastima'),
        ('pt', 'complaint', 'medium', 0.35, 'de novo/outra vez
reclamacao/reclamacoes
lent*
ruim/mal
problema/problemas
promet*
demor*
preocup*
sinceramente/francamente/serio
novamente
dificil/complicad*
nada'),
        ('pt', 'complaint', 'low', 0, 'nenhuma/sem/nao/zero .. reclamacao/reclamacoes/queixa*/reclam*
desculp* .. incomod*/demora/atraso/insist*/transtorno/confusao
reclamam menos
clientes .. reclamam
meu/meus/nossos/os/um/seus/uns cliente/clientes .. content*/chatead*/insatisfeit*/irritad*/satisfeit*/reclam*/bravo*
clientes/cliente .. insatisfeit*/chatead*/irritad*/descontent*
nao .. problema
chega/chego/chegar na/no/em/so/ao/amanha/segunda/as/hoje/aqui/para/pra/a
chega .. cliente/reuniao/email/pedido
que chega
gosto muito
nao .. decepcion*/ruim/mal
nada mal
nao .. urgente/pressa
sem .. pressa/urgencia
obrigad* .. de novo/novamente
novamente .. obrigad*
mal posso
nunca .. decepcion*
resposta automatica
fora .. escritorio
chegar/chegou/chego
nao .. preocup*
nao .. arrepend*
servidor/api/sistema/app/pagina/site .. nao .. respond*
ninguem .. entrar/acessar/empresa/logar
semana/esta/vou .. demorar'),
        ('pt', 'complaint', 'low', -1, 'desconsider*/ignor* .. mensagem/email/anterior
continuem assim'),
        -- Billing.
        ('pt', 'billing', 'medium', 0.9, 'cobr*/fatur*/pag*/debit*/descont* .. duas/tres vezes/dobro
cobr*/fatur*/pagamento/pagamentos/debit* .. duplic*/dobro/repetid*/identic*/dupla/dobrad*
dupla/duas/dois/duplic*/dobro/outra .. cobranca*/debito*/fatura*/boleto*/pagamento*/lancamento*
em duplicidade/dobro/duplicado
cobr*/fatur*/pag* .. a/mais mais/maior/alem
continuam/continua/continuamos/voltaram/seguem .. cobrando/faturando/cobrar/debitando/pagando/descontando/faturar/recebendo
estao/continuam .. cobrar/faturar
cobr*/fatur*/debit* .. embora/indevid*/incorret*/errad*/taxa/sem/apesar/depois/mesmo/quando
cobr*/fatur* .. plano/anual/ano/usuarios/utilizadores/licencas/modulo*/algo/servico*/extra*/funcao/mes
cobr*/cobranca*/fatur*/pag*/debit* & nunca/exclu*/gratis/cancel*/gratuit*/desconhec*/surpresa/combin*/autoriz*/pedimos/pedi/solicitamos/contratamos/apagamos/removemos/removid*
erro*/diferenca/divergencia*/discrepancia*/problema*/inconsistencia* .. fatura*/faturamento/faturacao/cobranca*/boleto/nota/valor*/preco/pagamento*
FATURA .. errad*/incorret*/erro*/diferent*/estranh*/maior/inflad*/abusiv*/alt*/absurd*/divergent*/excessiv*
errad*/incorret*/estranh*/desconhecid*/indevid*/inesperad*/abusiv* .. fatura*/valor*/cobranca*/boleto/preco/nota/taxa*/lancamento*/cnpj/iva
fatura/nota/boleto/valor/cobranca/preco & nao .. bate*/confer*/correspond*/cert*/fecha*/reflet*/consta*/veio/reconhec*/aparece/era
nao .. bate*/confere* .. valor*/conta*/fatura*/numero*/total
conta*/valor*/numero* .. nao .. bate*/fecha*/confer*
ressarc*
devolucao .. valor/dinheiro/pago/pagamento/quantia/cobr*
quero/gostaria/solicit*/preciso/exij*/espero/esperamos/peco/pedimos/aguard* .. reembolso/estorno/devolucao/abatimento/credito/compensacao
devolv*/devolu* .. dinheiro/pagamento/pagamentos/valor/cobranca/grana/quantia/paguei/pagamos/diferenca
nao .. recebemos/recebi .. reembolso/estorno/devolucao/credito
cade/onde/quando .. reembolso/estorno/devolucao/devolvem
cade .. credito
nota .. credito
dinheiro .. volta
cartao/pagamento/pix/debito/transferencia .. recus*/neg*/rejeit*/falh*/bloque*/erro
cartao/pagamento .. nao .. passa*/aceit*/funciona*/process*/vai/foi/autoriz*
nao .. aceit*/passa*/process*/consigo/conseguimos .. cartao/pagamento*/pagar
recus* .. cartao/pagamento/debito/boleto
banco .. recus*/devolveu
por que .. fatura*/subiu/cobr*/preco/pago/pagamos/pagando/aument*/custa*/valor
porque/porquê .. pago/pagamos/cobr*
por que .. passamos
explic*/esclarec*/justific*/detalh* .. cobranca*/fatura*/taxa/valor/aumento/preco/boleto/debito
de que/o que .. e/se/trata .. cobranca/debito/valor/taxa
aument*/subi*/subiram/reajust*/encarec*/dobrou/dobraram/triplic*/duplicou .. preco*/fatura*/tarifa*/conta/mensalidade*/renovacao/licenca*/valor*/custo*/cento
preco*/fatura*/tarifa*/mensalidade*/renovacao/licenca*/valor*/custo*/assinatura .. aument*/subi*/subiram/reajust*/dobrou/dobraram/triplic*/duplicou/disparou
aumento/reajuste/subida .. preco*/valor*/mensalidade/tarifa*
conta/fatura/preco subiu
taxa/taxas/cobranca/cobrancas/valor/lancamento .. nao/adicional*/extra*/desconhecid*/indevid*/autorizad*/excedente/surpresa
nao .. reconhec*/autoriz*/pedi*/solicit*/contrat* & cobranca*/taxa*/fatura*/valor/item/modulo/debito*/cobra*
contest* .. taxa/cobranca/fatura/valor/debito
taxa .. excedente
mais caro/cara/de .. que/orc*/combin*/cotad*
muito/tao/bem/demais/bastante car*
caro/cara/alto demais
nao .. podemos/conseguimos/temos .. pagar/arcar/bancar
desconto*/promocao/cupom/credito & nao/falta/sem/aparece/nunca/cade
falta .. desconto
lembrete*/avisos/cobrancas/inadimpl*/divida/vencid*/suspen*/bloque*/pendente/mora & pag*
ja pagamos/paguei/pago .. cobr*/lembrete*/vencid*/bloque*/suspen*/atras*/juros/mas/duas
nao .. dev* .. nada/dinheiro/fatura
tarifa*/taxa*/valor*/preco* .. alta/altas/oculta*/abusiv*/salgad*
taxa .. adesao
tirem/retirem/tirar/remov* .. fatura/cobranca/taxa/boleto
fatura .. dolares/euros/reais/moeda & contrato/nao/deveria/e
corrig*/corrij*/retific*/refazer/reemit*/emitir/substituir .. fatura*/nota/boleto/nf/valor
fatura*/nota/boleto/nf .. corrig*/corrij*/retific*/refazer/reemit*
falta .. imposto/iva/nota
proporcional & estranho/errado/calculo/deveriamos/nao
deveriamos/deveria/devia pagar/cobrar/custar/ser
compensacao/ressarcimento
pagando .. a mais
pag* .. a maior
pag* .. mais .. que/devido/devemos
pag*/pagando .. por .. algo/usuarios/licencas/modulo*/nao/utilizadores .. nao/que
pago/pagamos/pagando .. usuarios/licencas/utilizadores .. temos/nao/so
cnpj/nif/iva/cpf/razao .. errad*/incorret*/outra/social
chargeback/contestacao
tir*/retir*/debit*/descont*/sac* .. reais/euros/dinheiro/conta/dolares/cartao
aparec*/veio/vejo/chegou/caiu .. cobranca*/debito*/lancamento*
mais .. do que .. orcado/combinado/contratado/cotado & fatur*/cobr*/caro/preco/pag*/custa
diferenca*/divergencia* .. orcamento/faturado/contrato/combinado/proposta/cotacao
dobr*/triplic*/duplic* .. fatura*/preco*/mensalidade
promet* .. desconto
desconto & nada/promet*
preco*/tarifa*/mensalidade* .. controle/absurd*/abusiv*/excessiv*/disparad*/altissim*/nuvens
falta* .. cnpj/nif/cpf/iva/pedido & nota/fatura/boleto
continuam/continua/ainda .. na fatura
cobr*/fatur* .. de novo/novamente
transferencia/iban/pix .. volta/voltou/invalid*/rejeit*/recus*
devolvam .. dinheiro/valor/pagamento*/nos/me/cobr*
multa .. atraso
juros
cobr*/debit* .. reais/euros/dolares/querer/engano
preco novo .. alto/caro/demais/nao/absurd*/salgad*
novo preco
nunca/nao aprov*/autoriz*
nao .. vou/vamos .. pagar .. por/isso/essa/esse/um
tir*/tirando .. dinheiro
valor/preco .. nao .. que .. fechamos/combinamos/acordamos
credito/desconto .. promet*/combin* .. nao
fatura/nota .. traz/diz/inclui .. quando/mas/e
recus* .. cartao
conta .. nao .. bate/fecha
quero/quando/cade/onde/preciso/ainda/solicit*/nao/meu/nosso/peco/exij*/aguard*/esper*/processaram .. reembols*/estorn*
reembols*/estorn* .. nao/ainda/valor/ate/pagamento/me/nos/cobranca
reverter .. cobranca/pagamento/valor
mais alto/alta/caro/cara/elevad* .. que
preco/renovacao/fatura/mensalidade .. mais alto/alta/caro/cara
so .. temos/somos/usamos .. usuarios/licencas/pessoas/utilizadores
fatura/cobram/cobraram & so/somos
duas faturas
aplic* .. errad*/aliquota/imposto/iva
dinheiro .. de volta
nov* tarifa*/preco*/mensalidade .. mais/pagar*/nao
pag*/pagando .. usuarios/licencas/utilizadores .. sairam/ha/ativos/usamos/usam
lembrete*/avisos .. boleto/fatura .. pag*
continuam/continua .. mandando/enviando/chegando .. lembrete*/avisos/cobranca*
corrij*/corrigir/ajust* .. valor/total/preco/iva'),
        ('pt', 'billing', 'medium', 0.35, 'fatura/faturas
cobr*
boleto
pago/pagamento
preco*
car*
errad*/incorret*
cartao
nota'),
        ('pt', 'billing', 'low', 0, 'obrigad* .. estorno/reembolso/fatura/cobranca/credito/desconto
nao precisa .. devolver/reembols*
fatura/nota/boleto/conta .. esta/estao/e cert*/corret*/ok/perfeit*
erro meu
sem .. erro/custo/taxa
contato .. cobranca
politica/condicoes .. reembolso*/devolucao/pagamento*/preco*/estorno
mudar/alter*/troc*/atualiz*/mudo/troco .. forma/metodo/meio/endereco/dados/cartao/contato
mandar/mandem/mandam/manda/enviar/enviem/enviam/reenvi*/compartilh*/precis* .. copia/pdf/fatura*/nota/recibo/xml
envi*/mand*/emit* .. fatura*/nota/boleto/recibo .. para/de/do/em
acab* de pag*
pag* .. fatura/boleto/nota & amanha/ontem/hoje/anexo/comprovante/acab*/segue
sera paga/pago
cliente/clientes .. pag*/fatura*/dev*/inadimpl*/vencid*/cobr*/preco
nossos/meus clientes
interromper/parar .. cobranca automatica
sem pagar .. outro
nao pagar mais
oferta/proposta .. fornecedor
mudamos .. razao
como .. registra/registro/registo
recebi/recebemos .. fatura/nota/boleto & obrigad*
recebi a fatura
cliente .. pediu/pede/solicit*
onde .. anoto/registro
baixar .. faturas
onde .. vejo/ver .. fatura
qual/quando .. fatura .. paga/vence'),
        -- Outage.
        ('pt', 'outage', 'high', 0.9, 'fora .. ar
sistema/plataforma/site/servico/servidor/portal/api .. caiu/fora/caindo/caido
caiu .. novo/sistema/servico/plataforma/site/tudo/outra
caiu/caindo .. para/aqui/desde
quarta/terceira/segunda/outra/nova .. queda
instabilidade/instavel/indisponibilidade/indispon*/inacessivel/inoperante/inutilizavel/apagao
500*/502*/503*/504*/404*/429*/401*/403*
erro*/error .. interno/servidor/conexao/desconhecido/inesperado/codigo/rede/autenticacao/ao/quando/em/toda/desde
aparece/da/mostra/retorna/recebo/dando/dá/devolve/vejo/diz/deu/apresenta/gera/acusa/exibe/recebemos/tomando/continua .. erro*/timeout*/falha*/error
mensagem/tela/pagina .. erro
timeout/timeouts
nao .. ANDAR
COISA .. nao .. ANDAR
nao .. consigo/conseguimos/consegue/conseguem/conseguindo/deixa/permite/da/consegui .. ENTRAR
ninguem .. ENTRAR
ninguem .. consegue/conseguiu
nenhum* .. ENTRAR/ANDAR/consegue
impossivel/incapaz .. ENTRAR
sem conseguir .. ENTRAR
nada .. ANDAR/acontece
nada .. na .. tela
parou/pararam/deixou/deixaram/para de .. ANDAR/funcionar/sincronizar/enviar/carregar/chegar/responder
COISA .. parou/pararam/falh*/quebr*/caiu/vazi*/trav*/congel*/bloque*/interromp*/cai/pifou/desconect*/sumi*/bug*/instav*/inst*/emperr*/engasg*
fica/ficam/ficou/ficando .. carregando/rodando/girando/pensando/branco/branca/travad*/processando/parad*/preso/presa/eternamente/carregar/rodar
servico .. indisponivel/interrompido
sem .. servico/acesso/sistema/conexao/sinal/dados/conseguir
sumiu/sumiram/desaparec*/sumindo
bloquead*
trava/travou/travando/travado/travada/travam/congela/congelou/congelando/engasga*/emperr*
fecha/fechando/desliga/reinicia/cai .. sozinh*/assim/quando/toda/sempre/do/nada
tela/pagina/ecra .. branca/branco/preta/azul/vazia
em branco
tempo limite
estoura*
quebrad*/quebrou/quebra/pifou/pifad*
algo deu errado
sessao .. invalida/expira*/cai/caindo/expirou
deslog*/desconect*/expuls*/derrub*
arquivo/ficheiro/relatorio .. vazio/corrompido
producao parada/fora
demor*/leva*/levando/demorando .. minutos/horas/seculos/eternidade/segundos/abrir/carregar/anos
lent*/devagar .. que/usar/inutil*/trabalhar/impossivel/hoje/sistema/plataforma/tudo
tudo/sistema/plataforma/app/anda/programa/pagina/site/portal .. lent*/lentissim*/devagar/lerd*/arrastando/arrastad*
nao .. da .. para/pra .. usar/trabalhar/acessar/entrar/abrir/fazer
nao .. tem .. acesso/sistema/como
problema*/falha*/dificuldade*/erro* .. para/pra/com/no/na/ao/em COISA/ENTRAR
estao/tem/esta/estamos .. com/algum .. problema*/falha*/instabilidade*
acesso/permissao negad*
ninguem & consegue/conseguiu/conseguimos/pode & ENTRAR
dados .. sumi*/desatualiz*/errad*/antig*/incorret*/perdidos
perdemos/perdi/perderam .. acesso/dados/informacoes/registros/trabalho/contatos
parou/pararam .. funcionar/desde/ontem
parou tudo
tudo parou
esta/ta/ficou/continua parado/parada/travado/travada/quebrado/quebrada/caido/morto
esta/ta/tudo/ficou/continua fora .. ar/desde/hoje/novamente/do
sistema .. oscil*/instav*/lent*/intermit*
me .. tira/chuta/derruba/expulsa/desloga/desconecta .. do/da/toda/sempre/a/assim/quando
rodinha/rodela/circulo/ampulheta
COISA .. mort*/pifad*
fora .. desde/total .. manha/ontem/hoje/cedo
loop/excecao
volta/voltando/manda/joga/redireciona .. inicio/login/tela
nao .. rodou/roda/execut*/process*/gerou
nunca .. chegam .. destino/destinatario*
emails/mensagens .. nunca .. cheg*
nao .. receb* .. nenhum*/emails/mensagens/respostas/notificacoes/alertas .. desde
nao .. receb* .. mensagens/emails/notificacoes/alertas
sem receber .. emails/mensagens/notificacoes/alertas/dados
congelou/travou .. tudo
metade .. ve/veem/consegue .. vazi*/nao
pagina/tela/lista/inicio .. vazi*/vazia
nao .. atualizando
nao .. cheg* .. ao .. app/sistema
numeros/dados .. sao .. semana/ontem/antig*
so comigo
arrastando/se arrasta
emails/mensagens/avisos/notificacoes .. horas/dias/atraso/atrasad*
emails/notificacoes/alertas/mensagens/sincronizacao .. atraso/atrasad*/demora/tarde
derrub* .. sistema/toda/sempre/do
servidor .. nao .. respond*
falha .. no/ao/sempre/ultimo/toda
acesso/permissao negado/negada/proibido
nao acontece/faz nada
nenhum*/ninguem & ve/veem/consegu*/abre/entra/acess*
aparec*/esta/sai .. vazi*
nem reage
nao .. reage'),
        ('pt', 'outage', 'medium', 0.35, 'erro
falh*
queda
desatualizad*
lent*
desde .. cedo/manha/ontem/hoje/segunda/atualizacao/domingo/sexta/fim
problema/problemas
vazi*
hoje/agora
intermiten*
bug*'),
        ('pt', 'outage', 'low', 0, 'nao .. nenhum erro/problema
sem .. erro/erros/problema/problemas/falhas
nao .. era/foi .. erro
nao .. falhou
nao .. tem/houve/temos/tivemos .. erro/problema/falha
erro .. meu/nosso/minha
ja consigo
ja entro/funciona/entrei
ja .. funcion*/consigo/entr*/normaliz*/voltou/resolv*
voltou .. carregar/funcionar/normal
tudo funcionando
nao .. encontr*/ach*
fora .. escritorio
manutencao
ontem/passada/passado/anterior .. resolv*/passou/obrigad*/ja
problema/erro/incidente/queda/falha/lentidao/instabilidade .. resolv*/sumiu/desaparec*/corrig*/superad*/ontem
foi/era/estava/ficou/esta .. resolvid*/corrigid*/solucionad*
obrigad* .. resolver/corrigir/ajuda/rapid*
como/onde/se/posso/podemos .. configur*/alter*/filtr*/ativ*/faco/fazer/adicion*/ver/saber/mud*/desativ*
como .. ENTRAR
existe/tem/ha .. jeito/forma/maneira/opcao/limite/modo .. de/para/pra
quando/se .. um/uma/meu/o/algum .. cliente/uso/integracao/sincronizacao/api .. cai/falh*/sai/para
avis*/alert*/notific* .. se/quando
uso/consumo/vendas/nota/score/saude/preco .. ca*/baix*
nao .. vou/poderei/posso/podemos/vamos/poderemos/consigo .. participar/ir/chegar/comparecer/estar/presente/conseguir
nao .. vou conseguir
nao .. cheg* .. a/tempo/reuniao/acordo
nao .. vai/vou/vamos .. dar/poder
nao .. sab*/entend*
ninguem .. sabe/respond*/atend*/lig*/ajud*/da/escut*/le/retorn*
nao .. respond*/retorn* .. voces/ninguem/email/mensagem*/chamado/suporte/me/nos
nao .. presta
cartao/pagamento/cobranca/desconto/boleto .. nao/erro/falh*
erro .. fatura/cobranca/boleto
sala/projetor/escritorio .. nao .. funciona
como .. limit*/apagar/restringir
nao .. ha/tem .. botao/opcao
para podermos/poder
orcamento/contrat*/vagas .. congel*
congel* .. orcamento/contrat*/vagas
nada .. content*/feliz/satisfeit*
ontem/anteontem tivemos/houve
nosso proprio/propria
nada a ver .. voces
consultor/ninguem/gerente .. nao .. apareceu
dinheiro .. volta
gastos .. congel*
congel* .. gastos
e normal
parad* .. ha .. ano/meses
licencas .. parad*
consultor/instrutor/tecnico .. chegou
tudo congelado
time/equipe .. desesperad*
finalmente
resolvemos/solucionamos
era .. nosso/nossa
nao .. import*
desde entao
mas .. desde/ja/agora .. bem/perfeito/estavel/normal'),
        ('pt', 'outage', 'low', -1, 'alarme falso
desconsider*/ignor* .. mensagem/email/anterior
erro .. estava/era/foi .. meu/nosso/minha/nossa
ja .. funcion*/normaliz* .. obrigad*/tudo/perfeit*/bem
tudo .. funcionando/normal/voltou .. bem/perfeit*/normalidade/normal/novo
voltou/voltaram .. normal/normalidade
obrigad* .. resolver/resolverem/corrigir/resolvido/corrigirem/restabelecer
nao voltou/voltaram
ja .. resolvid*/corrigid*/solucionad*'),
        -- Competitor.
        ('pt', 'competitor', 'medium', 0.9, '! RIVAL
hubspot/salesforce/zendesk/intercom/freshdesk/dynamics/zoho/pipedrive & migrar/mudar/passar/trocar/juntar/substitu*/brinde/oferec*/gratis/success/barat*/compar*/unificar/consolid*/alternativa/tudo/padroniz*/inclu*
concorrente* & ofer*/proposta/preco*/barat*/lig*/contat*/contact*/demo*/test*/avali*/compar*/olh*/troc*/mud*/migr*/assin*/fech*/tem/faz/apresent*/cot*/procur*/ganh*/vence*
concorrencia .. direta/ofer*/tem/faz/voces/cobra*/lig*/proposta/barat*
com/na/da/ver/pra/pela concorrencia
outro/outros/outra/outras/nov*/vari*/dois/tres/quatro/demais/diferent* .. fornecedor*/vendor*
rev*/avali*/compar*/licit*/busc*/analis*/selec*/troc*/cota* .. fornecedor*
OLHAR & outra/outras/outro/outros/diferent*/varias/varios/nova/novo FORNECEDOR
outra empresa/ferramenta/plataforma & proposta/oferta/barat*/oferec*/troc*/migr*/matriz/usa
alternativa* & OLHAR/ano/mercado/tem/barat*
OLHAR .. alternativa*/opcoes/outras/outros/mercado
outras/outros/outra/mais opcoes/alternativas
mercado & olhar/vendo/olhando/ver/busc*/compar*/explor*/sond*/pesquis*/opcoes/analis*
que .. mais .. existe/tem/ha/oferece .. mercado/por/ai
compar* .. com .. outra/outras/outro/outros/duas/tres/concorrencia
compar*/diferenca*/diferenci*/melhor* .. voces/seu/vosso/vossa .. com/para/frente/em/que
avali*/compar*/test* .. outra/outras/outro/outros
mais barat*/em .. proposta/oferta/opcao/fornecedor/alternativa/conta
proposta/oferta/opcao/alternativa/cotacao/orcamento/preco .. barat*/melhor*/atraente*/atrativ*/competitiv*/metade/tentador*/conta
licitacao/concurso/rfp/rfi/bid .. fornecedor*/software/sistema/renov*/plataforma/abrir/abrimos/lanc*/particip*/convid*/novo/contrato/ferramenta
abrir/abrimos/abriu/lanc*/vamos/novo/num/sair .. licitacao/concurso/rfp/rfi/bid
metade .. preco/custa/custo/que/cobram
pela metade
custa/vale/cobra*/sai .. metade/menos
mesmo/mesma .. menos/metade
cobrir*/igual* .. oferta/proposta/preco/cotacao
cotac*/orcamento*/oferta*/proposta* .. outro*/outra*/varias/varios/ramo/concorrent*/mercado
tres/dois/duas/varias/varios/outras/outros cotac*/orcamento*/oferta*/proposta*
trocar/troca/trocando/mudar/mudando/mudanca/trocamos/mudamos .. de .. fornecedor/ferramenta/plataforma/sistema/software
substitu* .. por/voces/ferramenta/plataforma
substituto/substituta
migrar*/mudar*/migraremos/migremos/migre/mudamos .. para/pra/pro .. outra/outro/deles
ir/vamos/fech*/assin*/ficar/fechamos/assinamos .. com .. outro/outra/outros/eles
matriz/grupo/corporativo/holding & outra/usa/deles/propria/migr*
demo*/apresentacao/teste .. de/com/da/do .. outra/outro/concorrent*
outra/outro/uma .. empresa/fornecedor/firma .. contat*/lig*/oferec*/procur*/apresent*/abord*
nos/me .. contat*/oferec*/procur*/lig*/visit*/abord* .. preco/outra/outro/vendedor/comercial/barat*
migrar*/passar*/mudar*/migraremos/migremos .. para/pra/pro .. outra/outro/deles .. FORNECEDOR
migre/migrar .. para .. deles
compar* .. com .. alternativas/opcoes/duas/tres
usava*/usamos .. outro/outra produto/ferramenta/plataforma
o mesmo por menos
RIVAL .. oferta/proposta/preco
rival/rivais
comparativ* .. entre/com .. voces/fornecedor*/ferramenta*/opcoes
conversando/falando/reuniao .. com .. fornecedor*
mais dois/tres/alguns fornecedor*
oferec*/promet* .. mesmo/migrar/escopo
que .. fariam .. ficarmos/ficar
ferramenta/plataforma/software/produto/solucao/opcao/sistema/empresa .. mais barat*
mais barat* .. que/faz/mesmo/ferramenta/plataforma
faz/fazem o mesmo .. barat*/menos
mudar/trocar/migrar/passar .. para/por/pra outra/outro
dois/tres/quatro/cinco/entre finalista
outras/outros ferramentas/plataformas/fornecedores/solucoes/produtos'),
        ('pt', 'competitor', 'medium', 0.35, 'barat*
outra/outro ferramenta/plataforma/produto/sistema
avali*/compar*
alternativa*
demo*
atraente*/atrativ*'),
        ('pt', 'competitor', 'low', 0, 'nao/nem .. olhando/avaliando/buscando/comparando/procurando/interesse/troc*/mud*/plan* .. concorrencia/concorrentes/alternativas/outros/outras/outro/outra/fornecedor
feliz/felizes/content* .. escolhid*/escolher
ganharam/ganhou .. nossa/voces/jogo/partida/concurso .. fotografia
noss*/meu/meus/propria .. concorrencia/concorrent*
ganh*/tir* .. de um concorrente
cliente/clientes .. compar*/concorrencia/concorrente*/troc*/outro/outra/alternativas
fornecedor .. pagamento*/internet/email/identidade/hospedagem/nuvem/sso
compar* .. clientes/meses/trimestre*/contas/periodo*/segmento*/planos/plano/regio*/ano/relatorio*
viemos/migramos/vindo/passamos .. do/da/de .. RIVAL
deixamos .. RIVAL'),
        -- A name (NAME: a capital within a sentence) in the place of a rival needs no list of products.
        ('pt', 'competitor', 'medium', 0.9, 'fech*/assin*/contrat*/ir/vamos/fic* .. com/pela/pelo NAME
mud*/migr*/pass*/troc* .. pra/pro/pela/pelo/ao NAME
teste/piloto/demo/proposta/oferta/cotacao/orcamento/apresentacao .. da/do/de/dos/das NAME
NAME .. me/nos .. fez/ofer*/cot*/mand*/propos*/mostr*
NAME .. apresent*/ofer*/cot*/propos*
pessoal/gente/vendedor*/turma/equipa/comercial/rapaz/moca .. da/do/dos/das/de NAME
entre/contra/versus/vs/face .. NAME .. e/ou voces
voces/vosso/vossa .. ou/e/vs/versus/contra/face .. NAME
diferenca*/compar* .. NAME .. vosso/voces/vossa/seu/com
diferenca*/compar* .. com/da/do/de/a .. NAME
como .. o/a/na/no/da/do NAME .. tem/faz
igual .. a/o/ao/da/do/no/na NAME
mesmo .. que .. o/a/ao/da/do/na/no NAME
que .. da/do NAME
vi/ver/vimos/viu/fui .. da/do/a/o NAME
NAME .. faz/tem/resolve/resolveu .. melhor/gratis/metade/minutos/tarde/ja/barato
usa/usam/usar/usando/usamos .. NAME .. enquanto
enquanto .. no/com/pelo/usando/usa* NAME
trabalh*/veio/vem .. com/na/no/da/do NAME & quer*/pergunt*/mostr*/compar*
me/nos fez/fizeram .. proposta
startup .. de/do/da/rond*/apresent*/ofer*
rondando/assediando/cortejando .. gente/nos
lado a lado
grelha/planilha/tabela/quadro/matriz .. comparativ*/dois/voces/compar*
cuadro/quadro/planilha/tabela comparativ*
dois/duas/ambos/ambas .. sistemas/ferramentas/plataformas/propostas/opcoes
mostrar .. os/as dois/duas
outra/outro .. ferramenta/plataforma/sistema/software/empresa/fornecedor/app & test*/demo/cot*/proposta/migr*/mud*/troc*/avali*/compar*/gratis/barat*/fech*/assin*/orcamento
la/concorrente .. tem/faz .. isso/tudo
concorrente* .. seu/vosso/voces/seus/vossos/ofer*/lig*
coluna/linha .. voces/vossa .. vazia/certa
qual/quais .. diferencial/diferenca*/vantage* .. voces/vosso/vossa
assisti*/vi/vimos .. demo/apresentacao'),
        ('pt', 'competitor', 'medium', 0.35, 'demo/reuniao/piloto/teste/proposta .. com NAME
conhec* .. o/a NAME
NAME .. melhor/barat*/gratis/bonit*/facil/rapid*
ouvir/ver voces .. tambem
os/as dois/duas
demo da/do/de
proposta boa/melhor/interessante/tentadora
diferenca*
concorrente*/concorrencia
apresent*'),
        ('pt', 'competitor', 'low', 0, 'concorrencia .. foi/estava .. feroz/grande/saudavel
concurso .. de/interno/publico/fotografia/cultural
nosso/minha/meu/nossa/nossos .. mercado/concorrencia/concorrente*
mercado .. com .. nossa/nosso
monitorar/acompanhar/rastrear .. concorrente*/marca*/falam
lider .. de/do mercado
integracao/conector/api/import*/export*/sincroniz* .. com/de/da/do NAME'),
        ('pt', 'cancellation', 'high', 0.9, 'quebr*/romp*/sair/rescind* .. contrato
data .. final/fim/termino/saida .. com/contrato/voces
pagar*/multa/penalidade/fidelizacao/fidelidade .. sair/cancel*/saida/rescind*
sair/cancel*/saida/rescind* .. multa/penalidade/fidelizacao/fidelidade
ultima/ultimo .. anuidade/mensalidade/mes/ano/fatura .. com/voces/vosco
esta/nossa/essa ultima .. anuidade/mensalidade/fatura/renovacao
nossa ultima
larg*/deix*/abandon*/troc* voces
eu/gente .. largar/sair/deixar .. voces
nao .. sei .. segur*/mant*
cortar/cortando/corte/reduzir .. fornecedores/ferramentas/sistemas/contratos
voces .. vermelho/lista/corte .. folha/corte/fora
nao .. segu*/continu*/prossegu*/renov* .. com voces/convosco/servico/licenca/plataforma/contrato
nao .. faz sentido .. continu*/pag*/renov*/mant*/segu*
baix*/pass*/mud*/volt* .. plano/versao .. gratuit*/gratis/free
deix*/par* .. de usar/utilizar/pagar .. voces/plataforma/sistema/servico/ferramenta
carta .. denuncia/rescisao/cancelamento
sair .. ja/em/no .. janeiro/fevereiro/marco/abril/maio/junho/julho/agosto/setembro/outubro/novembro/dezembro/mes/ano
encerro/cancelo .. conta/assinatura/plano/recorrente
ja nao vamos/precisamos/queremos .. usar/mais
despedir/adeus/tchau .. voces'),
        ('pt', 'cancellation', 'medium', 0.35, 'fidelizacao/fidelidade/multa
backup .. data/final/dados
segurar'),
        ('pt', 'cancellation', 'low', 0, 'pode/podem deixar
deix* .. combinad*/registrad*/claro/abatid*/avisad*/pronto/aqui/registad*
contrato .. trabalho/aluguel/arrendamento/emprego/luz
colaborador*/funcionari*/empregad*/alun*/associad*/paciente*/inquilin*/hospede* .. rescind*/saiu/saida/deslig*/cancel*/sair
cancel*/desmarc*/anul* .. cafe/almoco/jantar/reuniao/visita/consulta/voo/hotel/reserva*/pedido/aula/treinamento/chamada/oficina/juros
dele que/e outro/outra
newsletter/boletim/promoc*'),
        ('pt', 'complaint', 'medium', 0.9, 'enrol*/embrom*
indecente/vergonh*/palhacad*/porcaria/lixo/merda/arcaic*/ridicul*/descaso/desrespeit*/amador*/gambiarra/bagunca/despreparad*/vexame/furada/absurd*
brinc* .. com .. cara/gente/nossa
somem/some/sumiram/desaparec* .. depois/quando/voces
voces .. somem/sumiram/desaparec*/enrol*/ignor*
combin*/promet*/garant*/ficou .. em/pra .. janeiro/fevereiro/marco/abril/maio/junho/julho/agosto/setembro/outubro/novembro/dezembro
ha .. anos/meses/semanas .. que .. peco/pedimos/esper*/espero/aguard*
desde .. copa/natal/janeiro/marco/abril/maio .. esper*/aguard*/pedindo
como .. e .. que acham/fico
nunca correspond*/funcionou/cumpri*/entreg*
nao .. correspond* .. ao/promet*/mostr*/vend*
refazer .. sozinh*/tudo
tive/tivemos/ter .. de/que refazer
quer .. que eu fale/diga/explique
copia e cola
paciencia/confianca .. esgot*/acab*/fim
esperava*/esperavamos .. mais
indign*/revolt*/chatead*/aborrecid*/irritad*/frustr*/decepc*/desilud*/zangad*
cade .. suporte/resposta/retorno/voces/atendimento
nao .. aprend*/import*/levam .. serio/nada
sempre .. mesma .. coisa/historia/desculpa/conversa
toda vez/hora/semana .. mesma/mesmo/problema/desculpa
impressionante
nao .. e .. servico/maneira/forma/jeito/aceitavel/normal/serio
cansad*/farto/fartos/farta/exaust* .. de/da/do/desse
demor*/leva/levam/levou .. semanas/meses/dias/seculo*/eternidade'),
        ('pt', 'complaint', 'medium', 0.35, 'acho/achei .. mal/ruim/feio
sozinh*
sem .. avis*
demais
cade'),
        ('pt', 'complaint', 'low', 0, 'carrinho* abandon*
abandon* .. carrinho*
jeito que .. ta/esta'),
        ('pt', 'billing', 'medium', 0.9, 'juros/multa .. fatura/boleto/cobr*/sistema/atraso/sobre
cobr* .. juros/multa/mais/indevid*/igual/dobro
estorna/estornem/estornar/estornado .. me/nos/pra/valor/cobranca/isso
devolv*/devolver*/ressarc*/reembols* .. centimo/dinheiro/valor/anuidade/diferenca/mensalidade/pagamento/metade/nos/me/reais/euros
debit*/cobr*/fatur* .. a mais
diferenca .. de volta
valor/preco .. antigo/antes/anterior/combin*/contrat*
vindo/veio/vem/cobr* .. em vez
em vez .. de .. & valor/plano/fatura/boleto/preco/mensalidade
taxa .. implantacao/adesao/setup/extra/nota/mes
aparec*/veio .. taxa/valor/cobranca/item .. nota/fatura/boleto
tir*/retir*/remov* .. da/do .. fatura/cobranca/boleto/nota
acerto/abatimento .. fatura/conta/valor/diferenca/queremos/cobranca
quer* .. acerto/estorno/reembolso/devolucao/abatimento
aumento/aumentos/reajuste/reajustes/subida .. percent/preco/mensalidade/plano/fatura/valor/tabela
percent .. aumento/reajuste/mais .. fatura/preco/mensalidade/plano/renovacao/caro/contrato/ano
subi*/aument*/reajust* .. fatura/preco/mensalidade/plano/renovacao/contrato/valor .. percent
com/esse/este .. aumento/reajuste
mud*/alter* .. plano/valor/preco .. sem avis*
nunca/nao .. dev* .. entr*/cobr*/fatur*
refund/chargeback
por .. por mes & fech*/conta/caro/volt*
pix/boleto/pagamento .. nao .. baix*/reconhec*/identific*/caiu/compens*
pag* .. nao .. baix*/reconhec*/identific*/consta'),
        ('pt', 'billing', 'low', 0, 'um/uma/meus/nossos/os/as alun*/associad*/paciente*/inquilin*/hospede*/client*/doador*
base/ambiente .. treino/treinamento/teste
exemplo .. fatura/cobranca/boleto
foi .. minha/meu/nosso/nossa .. que .. pag*
ta/esta tudo certo .. com/voces
cobranca recorrente'),
        ('pt', 'outage', 'high', 0.9, 'deix*/par* .. de .. funcionar/correr/carregar/sincronizar/enviar/responder/emitir/imprimir/chegar/receber
sem .. carregar/sincronizar/funcionar/receber/emitir/acesso/conectar/abrir/conseguir
segue/continua/continuamos/seguimos/novo sem
nao .. devolv*/retorn*/traz* .. result*/nada/dado*/registo*/registro*
nao .. convers*/comunic*/integr* .. com .. sistema/erp/app/desde/plataforma
COISA .. mort*/travad*/parad*/congelad*/fora/caid*
esta*/ta/tao .. travad*/mort*/parad*/fora/congelad*
nao .. emite/imprime/liga/abre/loga/entra/sobe/gera/roda
ninguem .. consegue/conseguiu/entra
voltarem/voltar/restabelec* .. ar/servico/sistema/antes
caiu/cair .. sistema/servico/site/tudo/plataforma/app
da/deu/dando .. erro .. ao/quando/em/toda/na/no'),
        ('pt', 'outage', 'low', 0, 'caiu .. raio/pix/dinheiro/pagamento/arvore/ficha
sem energia/luz
pix/boleto/pagamento .. baixado
newsletter
lerd*/lentid*/bug/erro/problema .. sumiu/desapareceu/acabou/passou
nunca mais .. repet*/acontec*
nosso/meu .. internet/wifi/roteador/servidor/impressora/router'),
        -- What is none, whatever it speaks of: their mistake, somebody else's trouble, nobody at the desk.
        ('pt', 'any', 'low', -1, 'alarme falso
falso alarme
erro/culpa/falha/engano .. meu/nosso/minha/nossa
foi .. erro/culpa/engano .. meu/nosso/minha/nossa
tudo certo com voces
resposta/mensagem automatica
fora do escritorio
licenca .. maternidade/paternidade
era .. problema/coisa .. nosso/nossa'),
        ('pt', 'any', 'low', 0, 'vizinh*/cunhad*/marido/esposa/esposo/amig*
colega .. de outra/outro
nao .. voces/vosso
assunto encerrado'),
        ('pt', 'competitor', 'medium', 0.9, 'orcamento/cotacao/proposta/oferta/trial/teste/experimental/piloto .. da/do/de/na/no/com NAME
abri/abrimos/fiz/fizemos/pedindo/pedi/pedimos/rodando/fazendo .. teste/trial/demo/piloto .. do/da/de/no/na
periodo experimental
nao .. a/o NAME
NAME .. percent/metade/menos/barat*
por que .. pagar voces
porque .. voces .. e nao
ja esta/estao/estamos todo/todos/toda .. no/na NAME
time/equipe/equipa/pessoal .. no/na NAME
outro/outra app/aplicativo/software/sistema/ferramenta/plataforma/player .. que/resolve/faz/mais
encontrei/encontramos/achei/achamos .. outro/outra/app/alternativa
NAME .. veio/vieram/vem .. apresent*/mostrar/demo
veio/vieram/vem .. apresentar/mostrar/vender .. produto/ferramenta/solucao/plataforma/sistema
consulta ao mercado
benchmark .. com/dois/players/fornecedores
dois/duas/tres/outros/outras players/casas/empresas/fornecedores/sistemas/ferramentas/produtos
mais tres/duas/dois empresas/fornecedores/propostas
pessoal/gente .. da/do/de NAME .. fal*/atend*/respond*/resolv*/ofer*
com .. da/do NAME .. com voces
subi/coloquei/botamos/pusemos/instalei .. da/do/de/o/a NAME
abaixo .. gostaria*/voces/preco/proposta/valor
maravilha*/encantad*/apaixonad* .. com/da/do NAME
NAME .. que .. voces'),
        ('pt', 'competitor', 'medium', 0.35, 'da/do/na/no/a NAME .. voces/vosso/vossa
usar/usa/usando NAME'),
        ('pt', 'competitor', 'low', 0, 'viemos/vim/veio/vinhamos .. da/do/de concorrencia/concorrente/outro/outra'),
        ('pt', 'cancellation', 'high', 0.9, 'quer*/vou/vamos/pens* .. desistir .. disto/disso/de/da/do
nao .. faz .. sentido .. manter/ficar/seguir/continuar/pagar
ja nao fico/ficamos/fica
nao fico/ficamos/ficaremos .. mais/mes/com
mes que vem .. nao/saio/saimos/fico
ultimo/ultima mes/ano/dia .. nosso/nossa/ai/aqui
sistema/ferramenta/plataforma/solucao propri*
dar .. o/meu/nosso churn
deadline/prazo .. avisar/cancelar/aviso/sair
pode/podem desligar/encerrar/cancelar/excluir/fechar .. meu/minha/nosso/nossa/conta/tudo
pedir/peco/pedimos/quero/solicito .. desligamento/encerramento/cancelamento/rescisao
vamos/vou/iremos embora
contrato .. cessa/termina/acaba/encerra .. em/no/dia/a/convosco
denunci* .. contrato
ou .. ou .. vamos/vou embora/sair/cancel*'),
        ('pt', 'cancellation', 'low', 0, 'cancel* .. de jeito nenhum
de jeito nenhum
feira/feirao/evento/festa/congresso .. cancel*
paguei/pago .. baixa
comprovante .. baixa
igual numero
mud* .. sede/escritorio/endereco/morada'),
        ('pt', 'complaint', 'medium', 0.9, 'propaganda enganosa
falar .. boneco/parede/robo/sozinho/menu
pouco mais de respeito/atencao/seriedade
mais respeito
nao e .. a primeira/segunda vez
responde*/respondem .. com links/link/menu/robo/modelo
parabens .. envolvidos
gente de verdade
nunca vi .. tao/programa/ruim/pior
programa/sistema/app/software/atendimento/suporte .. ruim/horrivel/pessimo/lixo/fraco
competente .. trat*/resolv*/algu*
alguem competente
vergonha
a seculos/anos
descaso/desleixo/incompeten*'),
        ('pt', 'complaint', 'low', 0, 'ninguem .. ficou .. zangad*/chatead*
ninguem .. consegue/entra/acessa
cartao .. recus* .. vezes
jogo/coracao/futebol
peco/pedimos desculpa*
peco desculpa'),
        ('pt', 'billing', 'medium', 0.9, 'fatura/boleto/cobranca/nota .. inteiro/cheia/integral/errad*/novamente/novo
nao concord* .. cobranca/fatura/valor/taxa/aumento/reajuste
discord* .. cobranca/fatura/valor/taxa/aumento
nao aceit* .. tabela/aumento/reajuste/valor/preco/cobranca
nova tabela
fora .. realidade/mercado/orcamento
valor .. renovacao .. fora/alto/caro/absurdo
dobrou/triplicou/duplicou .. valor/preco/mensalidade/fatura
reembolso/estorno/devolucao .. nao/ainda/quando/previsao/cade/nada
credito .. nao/cade/nada/previsao
pricing/tier/escalao .. errad*/incluid*/cobr*
cobr* .. incluid*/combinad*/errad*
solicit*/ped*/pec* .. anulacao/correcao/acerto/estorno/reembolso .. fatura/cobranca/juros/imediat*
fatura .. ano novo
o aumento .. e/em/foi/veio
saber .. aumento'),
        ('pt', 'billing', 'low', 0, 'faco/fazer/como/onde .. estorno/reembolso/devolucao
meu cobro
cartao .. de um/uma'),
        ('pt', 'outage', 'high', 0.9, 'bot/robo/chat/api/webhook/integracao/COISA .. morreu/morto/caiu/parou/travou
retorn*/devolv*/vem/vindo vazi*
a zeros/zero
todo a zeros
ninguem .. consegue/entra/acessa/loga
travamento*/travando/trava/bloqueia/congela
bloqueia .. de/a/sempre
perd* .. ligacao/conexao/sinal
apaga se
nao arranca/liga/abre/sobe
nao .. conseg* .. bater/emitir/vender/passar/entrar/abrir/logar/registar/registrar'),
        ('pt', 'outage', 'low', 0, 'objec*'),
        ('pt', 'billing', 'low', 0, 'como .. anulo/faco/cancelo/marco/emito
quantos creditos
cartao novo
tabela de precos'),
        ('pt', 'outage', 'low', 0, 'o que significa
erro de digitacao
log de erros
funciona offline'),
        ('pt', 'competitor', 'low', 0, 'demo .. do modulo
plano NAME
sede/filial/escritorio/loja .. NAME
falei com a/o NAME'),
        ('pt', 'competitor', 'medium', 0.9, 'usava/usavam/usou/conhece NAME .. emprego/empresa/anterior/antes/trabalho
mostr*/recomend*/indic*/mencion*/falou/falaram/suger* .. o/a/do/da/no/na NAME
em vez/lugar .. de .. NAME
ficar com voces .. em/ou/vez
inclinad*/inclinand*/tendendo .. pra/para/pela/pelo/a/o NAME
na/no/com NAME .. sai/custa/me/nos/fica/tem/consigo
NAME .. o mesmo
outros/outras/demais sistemas/ferramentas/plataformas/programas/apps/fornecedores .. ja/tem/trazem/fazem/oferecem/conseguem
melhor/melhores .. que .. os/as outros/demais/resto/concorrencia
em que .. voces .. melhores/diferentes
lista .. de alternativas/opcoes/fornecedores/ferramentas
que mais .. ha/existe/tem .. ai/mercado/fora
apresentacao/demo/palestra .. rival/concorrente/outro/outra
rival/concorrente .. de voces/vosso/seu
voces e a/o/com NAME
NAME .. e voces
moco/rapaz/moca/alguem/vendedor/pessoal/gente da/do NAME
tres/dois/varios orcamentos/propostas/cotacoes
oferta .. agressiva/tentadora/melhor/barata
cobrir/igualar .. oferta/preco/proposta'),
        ('pt', 'competitor', 'medium', 0.35, 'usa* NAME
rival
em vez de
queixo caido'),
        ('pt', 'cancellation', 'high', 0.9, 'aviso/notificacao/comunicado de saida/rescisao/cancelamento/encerramento/nao
nao .. vamos/vou .. mais precisar/usar/querer
nao .. precisa*/usa* mais .. sistema/voces/ferramenta/plataforma
preciso/precisamos/fazer/faco .. para/pra .. encerrar/cancelar/sair/rescindir
multa/taxa/penalidade .. se .. sair*/cancel*/rescind*/deix*
me/nos livrar .. de/do/da/tudo
jogar/jogamos .. toalha
dar/damos/dou por encerrad*/terminad*
projeto .. licencas/contas .. podem/sobra*/ir
matou/cancelou/encerrou .. projeto
licencas/usuarios/conta .. sobra*
pens*/repens*/duvid* .. se .. continuamos/seguimos/continuar/renovamos/ficamos
nao cobrem .. mais
pra/para nos/mim acabou/chega
fech* .. portas/loja/empresa/negocio .. vez/definitiv*
fecha de vez
falencia/insolvencia
volt* .. pra/para/ao/a .. planilha/caderno/papel/excel
desenvolv*/fazer/criar .. propri* .. sistema/ferramenta/solucao
desligar/desliguem/apagar/apaguem/excluir/encerrem/encerrar .. conta/acesso/dados/tudo
quanta/qual antecedencia
aviso previo
nao .. renova/renove .. sozinh*/automatic*/janeiro
nao .. nos/me serve/interessa mais'),
        ('pt', 'complaint', 'medium', 0.9, 'segundo/terceiro/quarto/outro/novo consultor/gerente/atendente/tecnico/agente .. em/de/novo/explic*/mes*
explicar/explicando/explico .. tudo/novo/vez/zero
fala*/trata* .. como se
foi/e o contrario
perd*/perdendo .. fe/confianca/esperanca/paciencia
ninguem .. aparec*/veio/conectou/compareceu
falta de respeito/seriedade/interesse/profissionalismo
grosseiro/grosseira/mal educad*/prepotente
zero/nenhuma resposta/respostas/solucao
sempre .. as/a mesm*
mesmas/mesma desculpas/desculpa
nao era/e .. o que .. promet*/vend*/disseram/oferec*'),
        ('pt', 'billing', 'medium', 0.9, 'linha/item/rubrica/cobranca/taxa .. nao .. entend*/reconhec*/sei/explica
fatura/boleto/nota .. nao .. entend*/reconhec*/bate
nos/me devem/deve
por que .. passou/subiu/mudou/pulou .. de
nota/fatura/boleto .. nome .. de/outra/errad*
aberto/pendente/inadimpl* .. banco/transferencia/pix/paguei/pago
falta/faltam .. desconto/bonificacao
percent .. desconto .. combin*/falta*/promet*/nao
muito mais .. podemos/posso/gastar/pagar
mais .. do que .. podemos/posso/combin*/acord*
cartao .. recus*
dinheiro/reembolso/credito/estorno .. nao .. cheg*/aparec*/entr*/caiu
sem falar/avisar nada .. preco/valor/plano/mensalidade'),
        ('pt', 'outage', 'high', 0.9, 'nao .. recebem/recebe/imprime/imprimem/aparecem/chegam/enviam/saem mais
nao acontece/faz nada
nao .. aparecem/chegam/caem/entram .. desde/ontem/hoje
dados/numeros/totais/valores/saldos .. errad*/zerad* .. desde/atualiz*/0
desde .. atualizacao .. errad*/nao/saem/nada/erro/mal
tudo .. em 0/zero/zeros
me/nos desloga/derruba/expulsa/chuta
tela branca/preta/azul
acontecendo .. servidor*/sistema/plataforma
sumiram/sumiu/apagaram/perderam .. dados/pedidos/registros/cadastros/agendamentos
dados/pedidos/registros/cadastros/agendamentos .. sumiram/sumiu/apagaram/perderam
esta lentissim*
lentissim*
fica/ficam girando/rodando/carregando/pensando
deu pau/ruim
bugou/bugado/bugada'),
        ('pt', 'complaint', 'low', 0, 'lentissim*/pagina/tela/salvar
nao acontece nada')
), phrase AS (
    SELECT v.language, v.class, v.severity, v.weight,
           (SELECT string_agg(coalesce(s.words, t.w), '' ORDER BY t.n)
            FROM regexp_split_to_table(p, '\M|\m') WITH ORDINALITY t(w, n) LEFT JOIN slot s ON s.language = v.language AND s.name = t.w) AS p
    FROM v CROSS JOIN LATERAL regexp_split_to_table(v.phrases, E'\n') p
)
SELECT DISTINCT ON (v.language, v.class, v.p) v.language, v.class, v.p, v.severity, v.weight, lealup._phrase_keys(v.language, v.p), lealup._phrase_probe(v.language, v.p), ARRAY[q.query],
       CASE WHEN v.p ~ '^(!|(not|no|never|without|nobody|none|nothing|ya no|nadie|ningun\*|nada|nunca|sin|ni|nao|ninguem|nem|nenhum\*|sem)\M)' THEN '{}' ELSE lealup._negated(v.language, q.query) END
FROM phrase v CROSS JOIN LATERAL (SELECT lealup._phrase_query(v.language, v.p) AS query OFFSET 0) q
ORDER BY v.language, v.class, v.p, v.weight DESC;

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
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- The lists are constants in the conditions, so that they are looked up by hash.
    RETURN (SELECT array_agg(v.language ORDER BY v.language)
        FROM (SELECT count(*) FILTER (WHERE w = ANY ('{the,and,is,are,we,i,you,to,of,for,our,your,it,this,that,have,has,with,not,was,be,my,on,in,at,please,thanks,but,from,they,will,hello,hey,what,how,when,does,do,can,any,an,been,if,us}'::text[])) AS en,
                     count(*) FILTER (WHERE w = ANY ('{el,los,las,y,es,una,un,con,muy,del,lo,al,mi,su,ya,pero,hola,gracias,nos,nuestro,nuestra,ustedes,la,en,esta,este,hay,estoy,estamos,desde,hemos,le,usted,buenas,buenos,quiero,les,sus,mis,nadie,sin,hoy,ayer,cuando,puedo,pueden,podemos,tenemos,tengo,son,fue,ha,han,hace,cual,donde,quien,si,ni,hasta,otra,otro,mas,dos,aun,sigue,seguimos,cada,yo,vamos,siempre,ahora,che,vez}'::text[]) OR w LIKE '%cion') AS es,
                     count(*) FILTER (WHERE w = ANY ('{o,os,as,e,um,uma,com,nao,muito,mas,do,da,dos,das,ao,meu,minha,nosso,nossa,voce,voces,em,na,nas,obrigado,obrigada,oi,ola,foi,temos,estou,isso,ainda,ja,esta,este,ha,desde,quero,faz,meus,minhas,nossos,ninguem,sem,hoje,ontem,quando,posso,podem,tenho,sao,tem,mais,ate,pela,pelo,pra,pro,ou,ser,seu,sua,eu,gente,essa,esse,aqui,agora,dois,duas,depois,estao,estamos,foram,qual,onde,quem,nem,outro,outra,mesmo,so,vcs,vc,num,numa,sempre,aos,tambem,fica,vez,vamos}'::text[]) OR w LIKE '%cao') AS pt
              FROM regexp_split_to_table(left(_languages.words, 2000), '[^a-z]+') w) c
        CROSS JOIN LATERAL (VALUES ('en', c.en), ('es', c.es), ('pt', c.pt)) v(language, votes)
        WHERE v.votes * 2 >= greatest(c.en, c.es, c.pt));
END $$;
COMMENT ON FUNCTION lealup._languages(text) IS
    'The languages (en, es, pt) in which a plain text may be, by its function words: several if it mixes them, all if nothing tells.';

-- A comma keeps the words before it from negating those behind it.
CREATE FUNCTION lealup._message_vector(language text, plain text) RETURNS tsvector
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN to_tsvector(lealup._language_config(language), replace(replace(replace(plain, ', ', ' zz zz zz '), '/', ' '), '%', ' percent '));
COMMENT ON FUNCTION lealup._message_vector(text, text) IS 'The words of a plain text as the lexicon''s queries look for them, with a distance at each comma.';

CREATE FUNCTION lealup._classify(tenant_id uuid, body text, language text DEFAULT NULL) RETURNS TABLE (class text, severity text, score real, evidence text)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
    -- Planning takes longer than the search, compiling much longer, and only the index of the lexicon makes it quick; and a word that is too long to be found is nothing to tell the sender of.
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off SET client_min_messages = warning AS $$
DECLARE
    words text := lealup._own_words(body);
    plain text := lealup._plain_text(lealup._with_names(words));
    languages text[] := CASE WHEN language IS NULL THEN lealup._languages(plain) ELSE ARRAY[language] END;
BEGIN
    RETURN QUERY
    -- First the message as a whole, which few phrases survive; then sentence by sentence, because a negation rules its own.
    WITH whole AS MATERIALIZED (
        SELECT l AS language, lealup._message_vector(l, plain) AS v FROM unnest(languages) l
    ), candidate AS MATERIALIZED (
        SELECT p.language, p.class, p.phrase, p.severity, p.weight, p.query, p.negated
        FROM whole w JOIN lealup.lexicon p ON p.keys && lealup._message_keys(w.language, w.v) AND w.v @@ p.probe
        UNION ALL
        SELECT w.language, p.class, p.phrase, p.severity, 0.9, p.queries[k.n:k.n], lealup._negated(w.language, p.queries[k.n])
        FROM whole w JOIN (VALUES (1, 'en'), (2, 'es'), (3, 'pt')) k(n, language) ON k.language = w.language
        JOIN lealup.tenant_phrase p ON p.tenant_id = _classify.tenant_id AND p.active AND w.v @@ p.queries[k.n]
    ), sentence AS MATERIALIZED (
        SELECT s.n, s.words, l AS language, lealup._message_vector(l, lealup._plain_text(lealup._with_names(s.words))) AS v
        FROM regexp_split_to_table(words, '[.!?;…]+(?=\s|$)|\n+') WITH ORDINALITY s(words, n), unnest(languages) l
        WHERE s.words ~ '\w' AND EXISTS (SELECT FROM candidate c WHERE c.weight > 0)
    ), solved AS MATERIALIZED (
        SELECT DISTINCT c.class FROM candidate c JOIN whole w ON w.language = c.language AND w.v @@ ANY (c.query) WHERE c.weight < 0
    ), hit AS (
        SELECT DISTINCT ON (c.class, c.language, c.phrase) c.class, c.language, c.severity, c.weight, s.words
        FROM candidate c JOIN sentence s ON s.language = c.language AND s.v @@ ANY (c.query) AND NOT s.v @@ ANY (c.negated)
        WHERE c.weight > 0 AND NOT EXISTS (SELECT FROM solved d WHERE d.class = c.class OR d.class = 'any' AND c.class <> 'competitor') AND NOT EXISTS (
            SELECT FROM candidate u WHERE u.weight = 0 AND (u.class = c.class OR u.class = 'any' AND c.class <> 'competitor') AND u.language = c.language AND s.v @@ ANY (u.query))
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
