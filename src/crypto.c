/*
 * crypto.c
 *		The cryptography that lealup uses, all of it OpenSSL's.
 */
#include "postgres.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/param_build.h>
#include <openssl/params.h>
#include <openssl/pem.h>

#include "crypto.h"

struct CryptoHmac
{
	EVP_MAC_CTX *ctx;
};

static void
check(bool ok)
{
	if (!ok)
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("a cryptographic operation failed")));
}

void
crypto_sha256(const void *data, size_t length, unsigned char *hash)
{
	static EVP_MD *sha256 = NULL;	/* fetching it anew would cost more than the hash */

	if (sha256 == NULL)
		sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	check(sha256 != NULL && EVP_Digest(data, length, hash, NULL, sha256, NULL) == 1);
}

/* A context keyed for HMAC, or NULL. */
static EVP_MAC_CTX *
hmac_context(const char *digest, const void *key, size_t length)
{
	static EVP_MAC *mac = NULL;
	EVP_MAC_CTX *ctx;
	OSSL_PARAM	params[2];

	if (mac == NULL)
		mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	ctx = mac ? EVP_MAC_CTX_new(mac) : NULL;
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, unconstify(char *, digest), 0);
	params[1] = OSSL_PARAM_construct_end();
	if (ctx && EVP_MAC_init(ctx, key, length, params) != 1)
	{
		EVP_MAC_CTX_free(ctx);
		ctx = NULL;
	}
	return ctx;
}

CryptoHmac *
crypto_hmac_new(const void *key, size_t length)
{
	CryptoHmac *hmac = malloc(sizeof(CryptoHmac));

	check(hmac != NULL);
	hmac->ctx = hmac_context("SHA256", key, length);
	check(hmac->ctx != NULL);
	return hmac;
}

void
crypto_hmac_free(CryptoHmac *hmac)
{
	if (hmac)
	{
		EVP_MAC_CTX_free(hmac->ctx);
		free(hmac);
	}
}

void
crypto_hmac(CryptoHmac *hmac, const CryptoPart *parts, int n, unsigned char *mac)
{
	size_t		length;

	/* Without a key, init starts over with the one that is set: half the cost of a new HMAC. */
	check(EVP_MAC_init(hmac->ctx, NULL, 0, NULL) == 1);
	for (int i = 0; i < n; i++)
		check(EVP_MAC_update(hmac->ctx, parts[i].data, parts[i].length) == 1);
	check(EVP_MAC_final(hmac->ctx, mac, &length, CRYPTO_SHA256_LEN) == 1);
}

int
crypto_hmac_once(bool sha1, const void *key, size_t key_length, const CryptoPart *parts, int n, unsigned char *mac)
{
	EVP_MAC_CTX *ctx = hmac_context(sha1 ? "SHA1" : "SHA256", key, key_length);
	size_t		length = 0;
	bool		ok = ctx != NULL;

	for (int i = 0; ok && i < n; i++)
		ok = EVP_MAC_update(ctx, parts[i].data, parts[i].length) == 1;
	ok = ok && EVP_MAC_final(ctx, mac, &length, CRYPTO_SHA256_LEN) == 1;
	EVP_MAC_CTX_free(ctx);
	check(ok);
	return (int) length;
}

bool
crypto_rs256_verify(const void *modulus, int modulus_length, const void *exponent, int exponent_length,
					const void *data, size_t length, const void *signature, size_t signature_length)
{
	BIGNUM	   *n = BN_bin2bn(modulus, modulus_length, NULL);
	BIGNUM	   *e = BN_bin2bn(exponent, exponent_length, NULL);
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params = NULL;
	EVP_PKEY_CTX *maker = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY   *key = NULL;
	bool		ok;

	ok = n && e && builder && maker && ctx && BN_num_bits(n) >= 2048 && BN_num_bits(n) <= 8192
		&& OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) == 1
		&& OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) == 1
		&& (params = OSSL_PARAM_BLD_to_param(builder)) != NULL
		&& EVP_PKEY_fromdata_init(maker) == 1
		&& EVP_PKEY_fromdata(maker, &key, EVP_PKEY_PUBLIC_KEY, params) == 1
		&& EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1
		&& EVP_DigestVerify(ctx, signature, signature_length, data, length) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	EVP_PKEY_CTX_free(maker);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(builder);
	BN_free(e);
	BN_free(n);
	/* What a stranger sent in vain is no error of ours. */
	ERR_clear_error();
	return ok;
}

/* Nobody is asked for a passphrase. */
static int
no_passphrase(char *buffer, int size, int writing, void *context)
{
	return 0;
}

int
crypto_rs256_sign(const char *pem, const void *data, size_t length, unsigned char *signature)
{
	BIO		   *bio = BIO_new_mem_buf(pem, -1);
	EVP_PKEY   *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t		signed_length = CRYPTO_RSA_LEN;
	bool		ok;

	ok = key && ctx && EVP_PKEY_is_a(key, "RSA") && EVP_PKEY_get_bits(key) >= 2048 && EVP_PKEY_get_bits(key) <= 8 * CRYPTO_RSA_LEN;
	if (ok && data)
		ok = EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1
			&& EVP_DigestSign(ctx, signature, &signed_length, data, length) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	BIO_free(bio);
	/* What somebody entered that is no key is no error of ours. */
	ERR_clear_error();
	return ok ? (int) signed_length : 0;
}

void
crypto_encrypt(const unsigned char *key, const void *aad, size_t aad_length, const void *plain, size_t length, unsigned char *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	unsigned char *ciphertext = out + CRYPTO_NONCE_LEN;
	int			n;
	bool		ok;

	ok = ctx != NULL && pg_strong_random(out, CRYPTO_NONCE_LEN)
		&& EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, out) == 1
		&& EVP_EncryptUpdate(ctx, NULL, &n, aad, (int) aad_length) == 1
		&& EVP_EncryptUpdate(ctx, ciphertext, &n, plain, (int) length) == 1
		&& EVP_EncryptFinal_ex(ctx, ciphertext + n, &n) == 1
		&& EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, CRYPTO_TAG_LEN, ciphertext + length) == 1;
	EVP_CIPHER_CTX_free(ctx);
	check(ok);
}

bool
crypto_decrypt(const unsigned char *key, const void *aad, size_t aad_length, const unsigned char *in, size_t length, unsigned char *plain)
{
	EVP_CIPHER_CTX *ctx;
	size_t		plain_length = length - CRYPTO_OVERHEAD;
	int			n;
	bool		ok;

	if (length < CRYPTO_OVERHEAD)
		return false;
	ctx = EVP_CIPHER_CTX_new();
	ok = ctx != NULL
		&& EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, in) == 1
		&& EVP_DecryptUpdate(ctx, NULL, &n, aad, (int) aad_length) == 1
		&& EVP_DecryptUpdate(ctx, plain, &n, in + CRYPTO_NONCE_LEN, (int) plain_length) == 1
		&& EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, CRYPTO_TAG_LEN, unconstify(unsigned char *, in) + CRYPTO_NONCE_LEN + plain_length) == 1
		&& EVP_DecryptFinal_ex(ctx, plain + n, &n) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

void
crypto_derive(const void *secret, size_t length, const void *salt, size_t salt_length, const char *label, unsigned char *out, size_t out_length)
{
	EVP_KDF    *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
	OSSL_PARAM	params[5];
	bool		ok;

	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, "SHA256", 0);
	params[1] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, unconstify(void *, secret), length);
	params[2] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, unconstify(void *, salt), salt_length);
	params[3] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, unconstify(char *, label), strlen(label));
	params[4] = OSSL_PARAM_construct_end();
	ok = ctx != NULL && EVP_KDF_derive(ctx, out, out_length, params) == 1;
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	check(ok);
}

void
crypto_public_key(const unsigned char *private_key, unsigned char *public_key)
{
	EVP_PKEY   *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, private_key, CRYPTO_KEY_LEN);
	size_t		length = CRYPTO_KEY_LEN;
	bool		ok = key != NULL && EVP_PKEY_get_raw_public_key(key, public_key, &length) == 1;

	EVP_PKEY_free(key);
	check(ok);
}

bool
crypto_shared_secret(const unsigned char *private_key, const unsigned char *public_key, unsigned char *secret)
{
	EVP_PKEY   *own = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, private_key, CRYPTO_KEY_LEN);
	EVP_PKEY   *peer = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, public_key, CRYPTO_KEY_LEN);
	EVP_PKEY_CTX *ctx = own ? EVP_PKEY_CTX_new(own, NULL) : NULL;
	size_t		length = CRYPTO_KEY_LEN;
	bool		ok;

	ok = ctx != NULL && peer != NULL
		&& EVP_PKEY_derive_init(ctx) == 1
		&& EVP_PKEY_derive_set_peer(ctx, peer) == 1
		&& EVP_PKEY_derive(ctx, secret, &length) == 1;
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(peer);
	EVP_PKEY_free(own);
	return ok;
}

void
crypto_base64_encode(const void *data, int length, char *out)
{
	EVP_EncodeBlock((unsigned char *) out, data, length);
}

void
crypto_base64url_encode(const void *data, int length, char *out)
{
	int			n = EVP_EncodeBlock((unsigned char *) out, data, length);

	while (n > 0 && out[n - 1] == '=')
		n--;
	out[n] = '\0';
	for (int i = 0; i < n; i++)
		out[i] = out[i] == '+' ? '-' : out[i] == '/' ? '_' : out[i];
}

int
crypto_base64_decode(const char *text, int length, unsigned char *out)
{
	int			n;

	if (length == 0 || length % 4 != 0)
		return -1;
	n = EVP_DecodeBlock(out, (const unsigned char *) text, length);
	for (int i = 1; n > 0 && i <= 2 && text[length - i] == '='; i++)
		n--;
	return n;
}

void
crypto_hex(const unsigned char *data, int length, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (int i = 0; i < length; i++)
	{
		*out++ = digits[data[i] >> 4];
		*out++ = digits[data[i] & 15];
	}
	*out = '\0';
}

int
crypto_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = pg_ascii_tolower((unsigned char) c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool
crypto_equal(const void *a, const void *b, size_t length)
{
	return CRYPTO_memcmp(a, b, length) == 0;
}

void
crypto_cleanse(void *data, size_t length)
{
	OPENSSL_cleanse(data, length);
}
