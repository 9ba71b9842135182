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

#define VERIFIER_LEN 43			/* 32 bytes in base64url without padding */

PG_FUNCTION_INFO_V1(lealup_pkce);

/* Writes VERIFIER_LEN characters and a terminator. */
static void
base64url(const unsigned char *bytes, char *out)
{
	char		padded[48];

	crypto_base64_encode(bytes, 32, padded);
	for (int i = 0; i < VERIFIER_LEN; i++)
		out[i] = padded[i] == '+' ? '-' : padded[i] == '/' ? '_' : padded[i];
	out[VERIFIER_LEN] = '\0';
	crypto_cleanse(padded, sizeof(padded));
}

Datum
lealup_pkce(PG_FUNCTION_ARGS)
{
	unsigned char bytes[32];
	unsigned char hash[CRYPTO_SHA256_LEN];
	char		verifier[VERIFIER_LEN + 1];
	char		challenge[VERIFIER_LEN + 1];
	text	   *secret;
	TupleDesc	tupdesc;
	Datum		values[2];
	bool		nulls[2] = {false, false};

	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "_pkce() is called without columns");
	if (!pg_strong_random(bytes, sizeof(bytes)))
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not generate random values")));
	base64url(bytes, verifier);
	crypto_sha256(verifier, VERIFIER_LEN, hash);
	base64url(hash, challenge);
	secret = cstring_to_text(verifier);
	crypto_cleanse(bytes, sizeof(bytes));
	crypto_cleanse(verifier, sizeof(verifier));

	values[0] = CStringGetTextDatum(challenge);
	values[1] = DirectFunctionCall3(lealup_seal, PG_GETARG_DATUM(0), PG_GETARG_DATUM(1), PointerGetDatum(secret));
	crypto_cleanse(VARDATA(secret), VERIFIER_LEN);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(tupdesc), values, nulls)));
}
