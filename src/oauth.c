/*
 * oauth.c
 *		The part of OAuth that SQL must not see: the code verifier of PKCE (RFC 7636).
 */
#include "postgres.h"

#include "crypto.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/uuid.h"
#include "vault.h"

#define VERIFIER_LEN 43			/* 32 bytes in base64url without padding; while it is written it has one character of that */

PG_FUNCTION_INFO_V1(lealup_pkce);

Datum
lealup_pkce(PG_FUNCTION_ARGS)
{
	unsigned char bytes[32];
	unsigned char hash[CRYPTO_SHA256_LEN];
	char		verifier[VERIFIER_LEN + 2];
	char		challenge[VERIFIER_LEN + 2];
	TupleDesc	tupdesc;
	Datum		values[2];
	bool		nulls[2] = {false, false};

	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "_pkce() is called without columns");
	if (!pg_strong_random(bytes, sizeof(bytes)))
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not generate random values")));
	crypto_base64url_encode(bytes, sizeof(bytes), verifier);
	crypto_sha256(verifier, VERIFIER_LEN, hash);
	crypto_base64url_encode(hash, sizeof(hash), challenge);
	crypto_cleanse(bytes, sizeof(bytes));

	values[0] = CStringGetTextDatum(challenge);
	values[1] = PointerGetDatum(vault_store(PG_GETARG_UUID_P(0), PG_GETARG_UUID_P(1), verifier));
	crypto_cleanse(verifier, sizeof(verifier));
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(tupdesc), values, nulls)));
}
