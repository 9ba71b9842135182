/*
 * phone.h
 *		Phone numbers as people write them, in the one form in which they can be compared: E.164.
 *
 * This is all that the rest knows of libphonenumber, and all that phone.cc knows of the rest: plain C, in which no exception, no
 * longjmp and no memory passes from one side to the other.
 */
#ifndef LEALUP_PHONE_H
#define LEALUP_PHONE_H

#include <stddef.h>

/* What is longer is no phone number, and is not looked at. */
#define PHONE_MAX_INPUT 100

/* A plus sign, 15 digits, the final zero. */
#define PHONE_E164_SIZE 17

typedef enum PhoneVerdict
{
	PHONE_VALID,
	PHONE_NOT_A_NUMBER,
	PHONE_NO_COUNTRY,			/* neither a country code nor a default country */
	PHONE_UNKNOWN_COUNTRY,		/* the default country is none */
	PHONE_UNKNOWN_CODE,			/* the country code is none */
	PHONE_TOO_SHORT,
	PHONE_TOO_LONG,
	PHONE_NOT_ASSIGNED,			/* the right length, but its country gives out no such numbers */
	PHONE_FAILED				/* out of memory */
} PhoneVerdict;

#ifdef __cplusplus
extern "C"
{
#endif

/*
 * Writes the E.164 form of "number" (valid UTF-8) to "e164" if it gives PHONE_VALID, and nothing otherwise. "country" is that of a
 * number without a country code: two letters of ISO 3166 in upper case, or NULL.
 */
extern PhoneVerdict phone_e164(const char *number, const char *country, char e164[PHONE_E164_SIZE]);

#ifdef __cplusplus
}
#endif

#endif
