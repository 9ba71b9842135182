/*
 * jwt.c
 *		JSON Web Tokens (RFC 7519) by which an application proves who it is. The claims come from SQL, the key from the vault.
 */
#include "postgres.h"

#include "crypto.h"
#include "fmgr.h"
#include "jwt.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(lealup_is_rsa_key);

static void
append_part(StringInfo out, const void *data, int length)
{
	enlargeStringInfo(out, 4 * ((length + 2) / 3) + 1);
	crypto_base64url_encode(data, length, out->data + out->len);
	out->len += strlen(out->data + out->len);
}

char *
jwt_sign(const char *pem, const char *claims)
{
	static const char header[] = "{\"alg\":\"RS256\",\"typ\":\"JWT\"}";
	char	   *utf8 = pg_server_to_any(claims, strlen(claims), PG_UTF8);
	unsigned char signature[CRYPTO_RSA_LEN];
	StringInfoData token;
	int			length;

	initStringInfo(&token);
	append_part(&token, header, strlen(header));
	appendStringInfoChar(&token, '.');
	append_part(&token, utf8, strlen(utf8));
	length = crypto_rs256_sign(pem, token.data, token.len, signature);
	if (length == 0)
		return NULL;
	appendStringInfoChar(&token, '.');
	append_part(&token, signature, length);
	return token.data;
}

Datum
lealup_is_rsa_key(PG_FUNCTION_ARGS)
{
	char	   *pem = text_to_cstring(PG_GETARG_TEXT_PP(0));
	bool		ok = crypto_rs256_sign(pem, NULL, 0, NULL) > 0;

	crypto_cleanse(pem, strlen(pem));
	PG_RETURN_BOOL(ok);
}
