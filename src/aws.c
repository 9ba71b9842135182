/*
 * aws.c
 *		Signed requests to AWS's key service, with credentials from where AWS's own tools look for them.
 */
#include "postgres.h"

#include <time.h>

#include "aws.h"
#include "crypto.h"
#include "mb/pg_wchar.h"
#include "settings.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "vault_file.h"

#define LONGEST_ANSWER	(32 * 1024)
#define LONGEST_TOKEN	3000	/* it has to fit into a request's headers */
#define METADATA_TIMEOUT_MS 2000
#define REGION_LENGTH	64
#define MOST_REGIONS	4
#define RETRY_AFTER		(10 * USECS_PER_SEC)
#define FILE_LASTS		(5 * 60 * USECS_PER_SEC)	/* then it is read again: it may be renewed by others */
#define EARLY			(5 * 60 * USECS_PER_SEC)	/* before they expire, new ones are fetched */

static struct
{
	bool		known;
	TimestampTz until;
	char		access_key[130];
	char		secret_key[130];
	char		token[LONGEST_TOKEN + 1];
}			credentials;

/* Where the fetching of a role's credentials is. */
static bool fetching;
static TimestampTz not_before;
static char problem[200];
static char metadata_token[512];

typedef struct Service
{
	char		region[REGION_LENGTH];
	HttpTarget *target;
} Service;
static Service services[MOST_REGIONS];

void
aws_forget_credentials(void)
{
	crypto_cleanse(&credentials, sizeof(credentials));
	not_before = 0;
}

void
aws_reload(void)
{
	aws_forget_credentials();
	for (int i = 0; i < MOST_REGIONS; i++)
		if (services[i].target)
			http_target_release(services[i].target);
	memset(services, 0, sizeof(services));
}

static void
fail(const char *text)
{
	strlcpy(problem, text, sizeof(problem));
	not_before = GetCurrentTimestamp() + RETRY_AFTER;
}

/* ----- Answers ----- */

char *
aws_string(const HttpTransfer *answer, const char *name)
{
	MemoryContext caller = CurrentMemoryContext;
	char	   *volatile result = NULL;
	char	   *text;

	if (answer->response_body_length == 0 || !pg_verify_mbstr(PG_UTF8, answer->response_body, answer->response_body_length, true))
		return NULL;
	text = pnstrdup(answer->response_body, answer->response_body_length);
	PG_TRY();
	{
		Jsonb	   *object = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(text)));
		JsonbValue	value;

		if (JB_ROOT_IS_OBJECT(object) && getKeyJsonValueFromContainer(&object->root, name, (int) strlen(name), &value) && value.type == jbvString)
			result = pnstrdup(value.val.string.val, value.val.string.len);
		crypto_cleanse(object, VARSIZE(object));
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(caller);
		FlushErrorState();
	}
	PG_END_TRY();
	crypto_cleanse(text, strlen(text));
	pfree(text);
	return result;
}

/* ----- Credentials ----- */

/* Takes them over; false if they are incomplete, or cannot be a header. */
static bool
take(const char *access_key, const char *secret_key, const char *token, TimestampTz until)
{
	if (access_key == NULL || secret_key == NULL || !access_key[0] || !secret_key[0]
		|| strlcpy(credentials.access_key, access_key, sizeof(credentials.access_key)) >= sizeof(credentials.access_key)
		|| strlcpy(credentials.secret_key, secret_key, sizeof(credentials.secret_key)) >= sizeof(credentials.secret_key)
		|| strlcpy(credentials.token, token ? token : "", sizeof(credentials.token)) >= sizeof(credentials.token))
	{
		crypto_cleanse(&credentials, sizeof(credentials));
		return false;
	}
	credentials.until = until;
	credentials.known = true;
	return true;
}

/* The value of a line "name = value", terminated in place; NULL if it is another line. */
static char *
line_value(char *line, const char *name)
{
	size_t		length = strlen(name);
	char	   *value;

	line += strspn(line, " \t");
	if (strncmp(line, name, length) != 0)
		return NULL;
	value = line + length + strspn(line + length, " \t");
	if (*value != '=')
		return NULL;
	value++;
	value += strspn(value, " \t");
	value[strcspn(value, " \t\r")] = '\0';
	return value;
}

/* From the profile "default", or what stands before any. */
static void
from_file(void)
{
	char		buffer[8192];
	size_t		length;
	char	   *rest = buffer;
	char	   *line;
	char	   *access_key = NULL;
	char	   *secret_key = NULL;
	char	   *token = NULL;
	bool		mine = true;
	char	   *why = vault_read_file(setting_kms_credentials_file, "lealup.kms_credentials_file", buffer, sizeof(buffer) - 1, &length);

	buffer[length] = '\0';
	while (why == NULL && (line = strsep(&rest, "\n")) != NULL)
	{
		char	   *value;

		if (line[0] == '[')
			mine = strncmp(line, "[default]", 9) == 0;
		else if (!mine)
			continue;
		else if ((value = line_value(line, "aws_access_key_id")) != NULL)
			access_key = value;
		else if ((value = line_value(line, "aws_secret_access_key")) != NULL)
			secret_key = value;
		else if ((value = line_value(line, "aws_session_token")) != NULL)
			token = value;
	}
	if (why)
		fail(why);
	else if (!take(access_key, secret_key, token, GetCurrentTimestamp() + FILE_LASTS))
		fail("the file that lealup.kms_credentials_file names has no aws_access_key_id and aws_secret_access_key for the profile default");
	crypto_cleanse(buffer, sizeof(buffer));
}

/* "2030-01-02T03:04:05Z" */
static TimestampTz
parse_time(const char *text)
{
	struct tm	t = {0};

	if (text == NULL || sscanf(text, "%d-%d-%dT%d:%d:%d", &t.tm_year, &t.tm_mon, &t.tm_mday, &t.tm_hour, &t.tm_min, &t.tm_sec) != 6)
		return GetCurrentTimestamp() + EARLY + FILE_LASTS;
	t.tm_year -= 1900;
	t.tm_mon -= 1;
	return time_t_to_timestamptz((pg_time_t) timegm(&t));
}

static void
role_ended(HttpTransfer *answer)
{
	char	   *access_key = answer->status == 200 ? aws_string(answer, "AccessKeyId") : NULL;
	char	   *secret_key = answer->status == 200 ? aws_string(answer, "SecretAccessKey") : NULL;
	char	   *token = answer->status == 200 ? aws_string(answer, "Token") : NULL;
	char	   *expiration = answer->status == 200 ? aws_string(answer, "Expiration") : NULL;

	fetching = false;
	/* What is about to expire is used for a while nevertheless, lest the service be asked without end. */
	if (!take(access_key, secret_key, token, Max(parse_time(expiration) - EARLY, GetCurrentTimestamp() + RETRY_AFTER)))
		fail("no credentials for KMS: the role's were not given");
	if (secret_key)
		crypto_cleanse(secret_key, strlen(secret_key));
	http_release(answer);
}

/* Asks a metadata service, which is where the machine says; the answer goes to "ended". */
static void
ask(const char *method, const char *url, const char *header, const char *value, void (*ended) (HttpTransfer *))
{
	const char *why;
	HttpTarget *source = http_target_new(url, METADATA_TIMEOUT_MS, NULL, &why);
	HttpTransfer *transfer;

	fetching = false;
	if (source == NULL)
	{
		fail("no credentials for KMS: the address of the metadata service is malformed");
		return;
	}
	http_target_trust(source, true);
	transfer = http_prepare(source);
	http_target_release(source);
	if (transfer)
	{
		transfer->method = method;
		transfer->ended = ended;
		transfer->keep_response = LONGEST_ANSWER;
		http_header(transfer, "Accept", "*/*");
		if (value && value[0])
			http_header(transfer, header, value);
		fetching = http_start(transfer);
		if (!fetching)
			http_release(transfer);
	}
	if (!fetching)
		fail("no credentials for KMS: out of memory");
}

static const char *
instance_url(const char *path)
{
	const char *base = getenv("AWS_EC2_METADATA_SERVICE_ENDPOINT");
	static char url[512];

	snprintf(url, sizeof(url), "%s/latest/%s", base && base[0] ? base : "http://169.254.169.254", path);
	return url;
}

#define INSTANCE_TOKEN "X-aws-ec2-metadata-token"
#define INSTANCE_ROLE "meta-data/iam/security-credentials/"

static void
role_name_ended(HttpTransfer *answer)
{
	char		path[256] = INSTANCE_ROLE;
	size_t		used = strlen(path);
	size_t		length = 0;

	while (length < answer->response_body_length && answer->response_body[length] > ' ')
		length++;
	if (answer->status == 200 && length > 0 && length < sizeof(path) - used)
	{
		memcpy(path + used, answer->response_body, length);
		path[used + length] = '\0';
		ask("GET", instance_url(path), INSTANCE_TOKEN, metadata_token, role_ended);
	}
	else
	{
		fetching = false;
		fail("no credentials for KMS: the instance has no role");
	}
	http_release(answer);
}

static void
instance_token_ended(HttpTransfer *answer)
{
	if (answer->status == 200 && answer->response_body_length > 0 && answer->response_body_length < sizeof(metadata_token))
	{
		memcpy(metadata_token, answer->response_body, answer->response_body_length);
		metadata_token[answer->response_body_length] = '\0';
		ask("GET", instance_url(INSTANCE_ROLE), INSTANCE_TOKEN, metadata_token, role_name_ended);
	}
	else
	{
		fetching = false;
		fail("no credentials for KMS: lealup.kms_credentials_file is not set, and neither environment, container nor instance has any");
	}
	http_release(answer);
}

static void
from_container(const char *relative, const char *full)
{
	char		url[1024];
	char		buffer[2048] = "";
	const char *token = getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN");
	const char *file = getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
	size_t		length;

	if (file && file[0] && vault_read_file(file, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", buffer, sizeof(buffer) - 1, &length) == NULL)
	{
		buffer[length] = '\0';
		buffer[strcspn(buffer, "\r\n")] = '\0';
		token = buffer;
	}
	snprintf(url, sizeof(url), "%s%s", relative ? "http://169.254.170.2" : full, relative ? relative : "");
	ask("GET", url, "Authorization", token, role_ended);
	crypto_cleanse(buffer, sizeof(buffer));
}

static void
fetch(void)
{
	const char *access_key = getenv("AWS_ACCESS_KEY_ID");
	const char *relative = getenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
	const char *full = getenv("AWS_CONTAINER_CREDENTIALS_FULL_URI");

	problem[0] = '\0';
	if (setting_kms_credentials_file[0])
		from_file();
	else if (access_key && access_key[0])
	{
		if (!take(access_key, getenv("AWS_SECRET_ACCESS_KEY"), getenv("AWS_SESSION_TOKEN"), DT_NOEND))
			fail("no credentials for KMS: AWS_SECRET_ACCESS_KEY is not set in the server's environment");
	}
	else if ((relative && relative[0]) || (full && full[0]))
		from_container(relative && relative[0] ? relative : NULL, full);
	else
		ask("PUT", instance_url("api/token"), INSTANCE_TOKEN "-ttl-seconds", "21600", instance_token_ended);
}

bool
aws_has_credentials(const char **why, TimestampTz *again)
{
	TimestampTz now = GetCurrentTimestamp();

	*why = NULL;
	*again = DT_NOEND;
	if (credentials.known && now < credentials.until)
		return true;
	if (!fetching && now >= not_before)
		fetch();
	if (credentials.known && now < credentials.until)
		return true;
	if (fetching)
		return false;
	*why = problem;
	*again = not_before;
	return false;
}

/* ----- Calls ----- */

/* The region: what the key's ARN (arn:aws:kms:REGION:...), the settings or the environment say; NULL if it is unknown. */
static const char *
region_of(const char *key_name)
{
	static char from_arn[REGION_LENGTH];
	const char *name;

	if (sscanf(key_name, "arn:%*[^:]:kms:%63[a-z0-9-]:", from_arn) == 1)
		return from_arn;
	if (setting_kms_region[0])
		return setting_kms_region;
	name = getenv("AWS_REGION");
	if (name == NULL || !name[0])
		name = getenv("AWS_DEFAULT_REGION");
	return name && name[0] && strlen(name) < REGION_LENGTH ? name : NULL;
}

/* Where the service is, in a region. The key of before may be in another one than the new key. */
static HttpTarget *
service(const char *region, const char **why)
{
	static int	oldest;
	Service    *s;
	char		url[HTTP_MAX_URL + 1];

	for (int i = 0; i < MOST_REGIONS; i++)
		if (services[i].target && strcmp(services[i].region, region) == 0)
			return services[i].target;
	s = &services[oldest];
	oldest = (oldest + 1) % MOST_REGIONS;
	if (s->target)
		http_target_release(s->target);
	if (setting_kms_endpoint[0])
		strlcpy(url, setting_kms_endpoint, sizeof(url));
	else
		snprintf(url, sizeof(url), "https://kms.%s.amazonaws.com%s/", region, strncmp(region, "cn-", 3) == 0 ? ".cn" : "");
	strlcpy(s->region, region, sizeof(s->region));
	s->target = http_target_new(url, setting_kms_timeout, NULL, why);
	if (s->target)
		http_target_trust(s->target, setting_kms_endpoint[0] != '\0');
	return s->target;
}

HttpTransfer *
aws_call(const char *key_name, const char *operation, char *body, void (*ended) (HttpTransfer *transfer), void *owner, const char **why)
{
	const char *where = region_of(key_name);
	HttpTarget *target = where ? service(where, why) : NULL;
	HttpTransfer *transfer = target ? http_prepare(target) : NULL;

	if (where == NULL)
		*why = "the region is unknown: set lealup.kms_region";
	else if (target == NULL)
		*why = "lealup.kms_endpoint or lealup.kms_region is no part of a URL";
	else if (transfer == NULL)
		*why = "out of memory";
	if (transfer == NULL)
	{
		crypto_cleanse(body, strlen(body));
		free(body);
		return NULL;
	}
	transfer->body = body;
	transfer->body_length = strlen(body);
	transfer->keep_response = LONGEST_ANSWER;
	transfer->ended = ended;
	transfer->owner = owner;
	http_header(transfer, "Content-Type", "application/x-amz-json-1.1");
	if (credentials.token[0])
		http_header(transfer, "X-Amz-Security-Token", credentials.token);
	http_header(transfer, "X-Amz-Target", operation);
	http_sign_aws(transfer, where, "kms", credentials.access_key, credentials.secret_key);
	if (http_start(transfer))
		return transfer;
	http_release(transfer);
	*why = "the request could not be started";
	return NULL;
}
