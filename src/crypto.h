/*
 * crypto.h
 *		The cryptography that lealup uses, all of it OpenSSL's.
 *
 * Lengths are in bytes. A failure inside OpenSSL raises internal_error, without a word of what was processed.
 */
#ifndef LEALUP_CRYPTO_H
#define LEALUP_CRYPTO_H

#include "postgres.h"

#define CRYPTO_SHA256_LEN	32
#define CRYPTO_KEY_LEN		32
#define CRYPTO_NONCE_LEN	12
#define CRYPTO_TAG_LEN		16
#define CRYPTO_OVERHEAD		(CRYPTO_NONCE_LEN + CRYPTO_TAG_LEN)
#define CRYPTO_RSA_LEN		1024	/* of the longest signature */

typedef struct CryptoHmac CryptoHmac;

typedef struct CryptoPart
{
	const void *data;
	size_t		length;
} CryptoPart;

extern void crypto_sha256(const void *data, size_t length, unsigned char *hash);

/* An HMAC-SHA256 that is keyed once and computes many; it lives until freed, outside memory contexts. */
extern CryptoHmac *crypto_hmac_new(const void *key, size_t length);
extern void crypto_hmac_free(CryptoHmac *hmac);

/* The HMAC of the parts, one after the other. */
extern void crypto_hmac(CryptoHmac *hmac, const CryptoPart *parts, int n, unsigned char *mac);

/* The HMAC of the parts with a key that is used once; gives its length: 32 bytes of SHA-256, or 20 of SHA-1. */
extern int	crypto_hmac_once(bool sha1, const void *key, size_t key_length, const CryptoPart *parts, int n, unsigned char *mac);

/* Whether RS256 (RFC 7518) signed the data with the private half of the RSA key of that modulus and exponent; a key below 2048 bits signs nothing. */
extern bool crypto_rs256_verify(const void *modulus, int modulus_length, const void *exponent, int exponent_length,
								const void *data, size_t length, const void *signature, size_t signature_length);

/*
 * Signs with RS256 (RFC 7518) and a private key in PEM, PKCS#8 or PKCS#1, which is RSA of 2048 to 8192 bits and has no passphrase. Gives the
 * length of the signature, which is written to "signature", of CRYPTO_RSA_LEN bytes; 0 if there is no such key in the PEM. With data NULL
 * nothing is signed: it tells whether there is one.
 */
extern int	crypto_rs256_sign(const char *pem, const void *data, size_t length, unsigned char *signature);

/* AES-256-GCM: writes nonce, ciphertext and tag, length + CRYPTO_OVERHEAD bytes, to "out". */
extern void crypto_encrypt(const unsigned char *key, const void *aad, size_t aad_length,
						   const void *plain, size_t length, unsigned char *out);

/* The reverse: writes length - CRYPTO_OVERHEAD bytes; false if key, associated data or ciphertext are not what they were. */
extern bool crypto_decrypt(const unsigned char *key, const void *aad, size_t aad_length,
						   const unsigned char *in, size_t length, unsigned char *plain);

/* HKDF-SHA256 (RFC 5869) of a secret, for the purpose that the label names. */
extern void crypto_derive(const void *secret, size_t length, const void *salt, size_t salt_length, const char *label,
						  unsigned char *out, size_t out_length);

/* X25519 (RFC 7748): the public key of a private one, and the secret that two parties share. */
extern void crypto_public_key(const unsigned char *private_key, unsigned char *public_key);
/* false if the other's key is no valid one. */
extern bool crypto_shared_secret(const unsigned char *private_key, const unsigned char *public_key, unsigned char *secret);

/* Base64 with padding. encode writes a terminated string of 4 * ceil(length / 3) characters; decode gives the bytes written, -1 if malformed. */
extern void crypto_base64_encode(const void *data, int length, char *out);
extern int	crypto_base64_decode(const char *text, int length, unsigned char *out);

/* Base64url without padding (RFC 4648 5); writes a terminated string; "out" has room for one with padding. */
extern void crypto_base64url_encode(const void *data, int length, char *out);

/* Lower-case hexadecimal; writes a terminated string. */
extern void crypto_hex(const unsigned char *data, int length, char *out);

/* The value of a hexadecimal digit, or -1. */
extern int	crypto_hex_digit(char c);

/* Whether two pieces of memory are equal, in a time that tells nothing of where they differ. */
extern bool crypto_equal(const void *a, const void *b, size_t length);

/* Overwrites memory in a way that the compiler keeps. */
extern void crypto_cleanse(void *data, size_t length);

#endif
