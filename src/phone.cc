/*
 * phone.cc
 *		The one place that knows libphonenumber.
 *
 * It knows no PostgreSQL: an error there is a longjmp, which would pass over destructors.
 */
#include "phone.h"

#include <cstring>
#include <string>

#include <phonenumbers/phonenumberutil.h>

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

/* A region of its own in the library, for numbers that have a country code. */
static const char *const no_country = "ZZ";

static PhoneVerdict
verdict_of(PhoneNumberUtil::ErrorType error, bool has_country)
{
	switch (error)
	{
		case PhoneNumberUtil::NO_PARSING_ERROR:
			return PHONE_VALID;
		case PhoneNumberUtil::INVALID_COUNTRY_CODE_ERROR:
			return has_country ? PHONE_UNKNOWN_CODE : PHONE_NO_COUNTRY;
		case PhoneNumberUtil::TOO_SHORT_AFTER_IDD:
		case PhoneNumberUtil::TOO_SHORT_NSN:
			return PHONE_TOO_SHORT;
		case PhoneNumberUtil::TOO_LONG_NSN:
			return PHONE_TOO_LONG;
		default:
			return PHONE_NOT_A_NUMBER;
	}
}

static PhoneVerdict
convert(const std::string &number, const std::string &country, std::string *e164)
{
	const PhoneNumberUtil &util = *PhoneNumberUtil::GetInstance();
	bool		has_country = country != no_country || number.find('+') != std::string::npos;
	PhoneNumber parsed;
	PhoneVerdict verdict = verdict_of(util.Parse(number, country, &parsed), has_country);

	if (verdict != PHONE_VALID)
		return verdict;
	switch (util.IsPossibleNumberWithReason(parsed))
	{
		case PhoneNumberUtil::TOO_SHORT:
			return PHONE_TOO_SHORT;
		case PhoneNumberUtil::TOO_LONG:
			return PHONE_TOO_LONG;
		case PhoneNumberUtil::INVALID_COUNTRY_CODE:
			return PHONE_UNKNOWN_CODE;
		default:
			break;
	}
	if (!util.IsValidNumber(parsed))
		return PHONE_NOT_ASSIGNED;
	util.Format(parsed, PhoneNumberUtil::E164, e164);
	return e164->size() < PHONE_E164_SIZE ? PHONE_VALID : PHONE_TOO_LONG;
}

extern "C" PhoneVerdict
phone_e164(const char *number, const char *country, char e164[PHONE_E164_SIZE])
{
	try
	{
		std::string given(number, strnlen(number, PHONE_MAX_INPUT + 1));
		std::string region(country != nullptr ? country : no_country);
		std::string formatted;

		if (given.size() > PHONE_MAX_INPUT)
			return PHONE_TOO_LONG;
		if (country != nullptr && PhoneNumberUtil::GetInstance()->GetCountryCodeForRegion(region) == 0)
			return PHONE_UNKNOWN_COUNTRY;

		PhoneVerdict verdict = convert(given, region, &formatted);

		/* 00 is dialled for + in most countries, and written for it in all. */
		if (verdict != PHONE_VALID)
		{
			size_t		digits = given.find_first_not_of(" (");

			if (digits != std::string::npos && given.compare(digits, 2, "00") == 0 &&
				convert("+" + given.substr(digits + 2), no_country, &formatted) == PHONE_VALID)
				verdict = PHONE_VALID;
		}
		if (verdict == PHONE_VALID)
			std::memcpy(e164, formatted.c_str(), formatted.size() + 1);
		return verdict;
	}
	catch (...)
	{
		return PHONE_FAILED;
	}
}
