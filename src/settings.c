/*
 * settings.c
 *		The configuration parameters of lealup.
 *
 * All of them can be changed by a reload. Those that SQL functions alone read (log_retention, max_subscriptions, api_rate_limit,
 * api_burst, metrics_public, public_url, mail_..., inbox_retention, suppress_events, tenant_id, member_id, origin, origin_object) have no variable outside this file.
 */
#include "postgres.h"

#include <limits.h>

#include "address.h"
#include "settings.h"
#include "smtp_client.h"
#include "utils/guc.h"

bool		setting_enabled;
int			setting_delivery_workers;
int			setting_sync_workers;
bool		setting_allow_http;
char	   *setting_allowed_networks;
char	   *setting_ca_file;
int			setting_key_provider;
char	   *setting_key_file;
char	   *setting_key_file_previous;
char	   *setting_key_command;
char	   *setting_kms_key_id;
char	   *setting_kms_region;
char	   *setting_kms_endpoint;
char	   *setting_kms_credentials_file;
int			setting_kms_timeout;
char	   *setting_smtp_url;
char	   *setting_smtp_user;
char	   *setting_smtp_password_file;
char	   *setting_smtp_from;
char	   *setting_smtp_unsubscribe_address;
int			setting_smtp_tls;
int			setting_smtp_timeout;
char	   *setting_worker_role;
char	   *setting_proxy;
char	   *setting_source_address;
int			setting_max_in_flight;
int			setting_max_in_flight_per_endpoint;
int			setting_max_in_flight_per_subscription;
int			setting_endpoint_rate_limit;
int			setting_max_event_size;
int			setting_max_response_size;
int			setting_response_log_size;
int			setting_max_retry_after;
char	   *setting_request_tenant;
char	   *setting_request_member;
char	   *setting_request_key;
int			setting_playbook_depth = 0;
bool		setting_synchronous_commit;

char	   *setting_gateway_listen;
char	   *setting_gateway_database;
char	   *setting_gateway_role;
char	   *setting_gateway_trusted_proxies;
int			setting_gateway_workers;
int			setting_gateway_max_connections;
int			setting_gateway_max_body_size;
int			setting_gateway_max_header_size;
int			setting_gateway_idle_timeout;
int			setting_gateway_request_timeout;
int			setting_gateway_statement_timeout;
int			setting_gateway_lock_timeout;
int			setting_gateway_log;

static const struct config_enum_entry gateway_logs[] = {
	{"off", GATEWAY_LOG_OFF}, {"errors", GATEWAY_LOG_ERRORS}, {"all", GATEWAY_LOG_ALL}, {NULL}
};

static const struct config_enum_entry key_providers[] = {
	{"file", KEY_PROVIDER_FILE}, {"command", KEY_PROVIDER_COMMAND}, {"aws_kms", KEY_PROVIDER_AWS_KMS}, {NULL}
};

static const struct config_enum_entry smtp_tls[] = {
	{"required", SMTP_TLS_REQUIRED}, {"optional", SMTP_TLS_OPTIONAL}, {NULL}
};

static int	mail_burst;
static int	mail_burst_window;
static int	mail_tenant_rate;
static int	mail_recipient_rate;
static int	max_subscriptions;
static int	api_rate_limit;
static int	api_burst;
static bool metrics_public;
static int	log_retention;
static int	log_retention_scale;
static bool suppress_events;
static char *origin;
static char *origin_object;
static char *tenant_id;
static char *member_id;
static char *public_url;
static int	inbox_retention;

static bool
check_allowed_networks(char **newval, void **extra, GucSource source)
{
	const char *bad = address_check_networks(*newval);

	if (bad == NULL)
		return true;
	GUC_check_errdetail("\"%s\" is no network in CIDR notation.", bad);
	GUC_check_errhint("Write for example \"10.1.0.0/16, fd00:1::/32\".");
	return false;
}

static bool
check_gateway_listen(char **newval, void **extra, GucSource source)
{
	const char *bad = address_check_listen(*newval);

	if (bad)
	{
		GUC_check_errdetail("\"%s\" is no address to listen at.", bad);
		GUC_check_errhint("Write for example \"8080\", \"127.0.0.1:8080, [::1]:8080\" or \"unix:/run/lealup.sock\".");
		return false;
	}
#ifdef WITHOUT_GATEWAY
	if ((*newval)[strspn(*newval, " \t\n")])
		ereport(WARNING,
				(errmsg("lealup.gateway_listen has no effect: lealup was built without the gateway"),
				 errhint("Build it with libmicrohttpd and without WITH_GATEWAY=no.")));
#endif
	return true;
}

/* Where the providers reach the gateway. It is a part of what they sign, so it is written in one way only. */
static bool
check_public_url(char **newval, void **extra, GucSource source)
{
	const char *url = *newval;
	size_t		length = strlen(url);
	const char *host = strncmp(url, "https://", 8) == 0 ? url + 8 : strncmp(url, "http://", 7) == 0 ? url + 7 : NULL;
	bool		ok = length == 0 || (length <= 1000 && host && *host && *host != '/' && url[length - 1] != '/');

	for (const char *c = url; ok && *c; c++)
		ok = *c > ' ' && *c <= '~' && strchr("?#@\"\\", *c) == NULL;
	if (ok)
		return true;
	GUC_check_errdetail("\"%s\" is no URL that others could be given.", url);
	GUC_check_errhint("Write for example \"https://hub.example.com\", without a slash at the end.");
	return false;
}

static bool
check_smtp_url(char **newval, void **extra, GucSource source)
{
	const char *why;

	if ((*newval)[0] == '\0' || smtp_check_url(*newval, &why))
		return true;
	/* It is not shown: somebody may have written the password into it. */
	GUC_check_errdetail("%s", why);
	GUC_check_errhint("Write for example \"smtp://mail.example.com:587\" or \"smtps://mail.example.com:465\".");
	return false;
}

static bool
check_mailbox(char **newval, void **extra, GucSource source)
{
	char		name[SMTP_MAILBOX];
	char		address[SMTP_MAILBOX];

	if ((*newval)[0] == '\0' || smtp_parse_mailbox(*newval, name, address))
		return true;
	GUC_check_errdetail("\"%s\" is no address of a mailbox.", *newval);
	GUC_check_errhint("Write for example \"LealUp <notify@example.com>\".");
	return false;
}

/* Without a name. */
static bool
check_address(char **newval, void **extra, GucSource source)
{
	return strchr(*newval, '<') == NULL && check_mailbox(newval, extra, source);
}

/* "unix" among the networks stands for whoever may connect to the gateway's unix sockets. */
static bool
check_trusted_proxies(char **newval, void **extra, GucSource source)
{
	const char *bad = address_check_peers(*newval);

	if (bad == NULL)
		return true;
	GUC_check_errdetail("\"%s\" is no network in CIDR notation.", bad);
	GUC_check_errhint("Write for example \"127.0.0.1, 10.1.0.0/16, unix\".");
	return false;
}

static void
define_int(const char *name, const char *description, int *variable, int initial, int min, int max, int flags)
{
	DefineCustomIntVariable(name, description, NULL, variable, initial, min, max, PGC_SIGHUP, flags, NULL, NULL, NULL);
}

static void
define_string(const char *name, const char *description, const char *detail, char **variable, const char *initial, int flags)
{
	DefineCustomStringVariable(name, description, detail, variable, initial, PGC_SIGHUP, flags, NULL, NULL, NULL);
}

static void
define_worker_settings(void)
{
	DefineCustomBoolVariable("lealup.enabled", "Whether lealup's workers run.",
							 "Off makes a copy of a server silent: nothing is sent, polled or dropped.",
							 &setting_enabled, true, PGC_SIGHUP, 0, NULL, NULL, NULL);
	define_int("lealup.delivery_workers", "Delivery workers for each database that has the extension.",
			   &setting_delivery_workers, 1, 1, 8, 0);
	define_int("lealup.sync_workers", "Sync workers (clock, playbooks, notifications, mail, assistant, upkeep, vault) for each database that has the extension.",
			   &setting_sync_workers, 1, 1, 1, 0);
	define_string("lealup.worker_role", "The role as which workers act.", "It must be a member of lealup_worker and no superuser.",
				  &setting_worker_role, "lealup_worker", 0);
	DefineCustomBoolVariable("lealup.synchronous_commit", "Whether workers wait until an outcome is on disk.",
							 "If off, a crash of the server may repeat the deliveries of its last moments; nothing is lost either way.",
							 &setting_synchronous_commit, false, PGC_SIGHUP, 0, NULL, NULL, NULL);
}

static void
define_network_settings(void)
{
	DefineCustomBoolVariable("lealup.allow_http", "Whether webhooks may go to http URLs.", "For tests and private networks.",
							 &setting_allow_http, false, PGC_SIGHUP, 0, NULL, NULL, NULL);
	DefineCustomStringVariable("lealup.allowed_networks", "Special-purpose networks that webhooks may reach nevertheless.",
							   "A comma-separated list of CIDRs. Loopback, private and other special-purpose addresses are refused otherwise.",
							   &setting_allowed_networks, "", PGC_SIGHUP, 0, check_allowed_networks, NULL, NULL);
	define_string("lealup.ca_file", "File of trusted certificate authorities (PEM).", "Empty = the system's.", &setting_ca_file, "", 0);
	define_string("lealup.proxy", "HTTP proxy for outgoing requests.", "Empty = none; the environment is ignored.",
				  &setting_proxy, "", GUC_SUPERUSER_ONLY);
	define_string("lealup.source_address", "Local address from which outgoing requests are sent.",
				  "For receivers that admit known addresses only. Empty = the system chooses.", &setting_source_address, "", 0);
}

static void
define_mail_settings(void)
{
	DefineCustomStringVariable("lealup.smtp_url", "The server that sends mail to members, for example smtp://mail.example.com:587.",
							   "smtp (with STARTTLS) or smtps. Empty = no mail.", &setting_smtp_url, "", PGC_SIGHUP, 0, check_smtp_url, NULL, NULL);
	define_string("lealup.smtp_user", "The user as whom it is logged in to that server.", "Its password is set by set_smtp_password(). Empty = without.",
				  &setting_smtp_user, "", GUC_SUPERUSER_ONLY);
	define_string("lealup.smtp_password_file", "File with that user's password, in its first line.", "Empty = it is in the vault.", &setting_smtp_password_file, "", GUC_SUPERUSER_ONLY);
	DefineCustomStringVariable("lealup.smtp_from", "The sender of mails, for example \"LealUp <notify@example.com>\".", NULL,
							   &setting_smtp_from, "", PGC_SIGHUP, 0, check_mailbox, NULL, NULL);
	DefineCustomStringVariable("lealup.smtp_unsubscribe_address", "An address to which a mail may be sent to end digests.",
							   "It is named in digests, beside the link; whoever reads there has to act.", &setting_smtp_unsubscribe_address, "", PGC_SIGHUP, 0,
							   check_address, NULL, NULL);
	DefineCustomEnumVariable("lealup.smtp_tls", "Whether the connection to the mail server must be encrypted.",
							 "optional: a server without STARTTLS will do, but a user and password are never sent to it.",
							 &setting_smtp_tls, SMTP_TLS_REQUIRED, smtp_tls, PGC_SIGHUP, 0, NULL, NULL, NULL);
	define_int("lealup.smtp_timeout", "How long the sending of a mail may take.", &setting_smtp_timeout, 60, 1, 600, GUC_UNIT_S);
	define_int("lealup.mail_burst", "Mails of a kind that a member gets within lealup.mail_burst_window, before further ones become a digest.", &mail_burst, 3, 1, 1000, 0);
	define_int("lealup.mail_burst_window", "The time in which these are counted.", &mail_burst_window, 600, 1, 24 * 60 * 60, GUC_UNIT_S);
	define_int("lealup.mail_tenant_rate", "Mails per minute of a tenant.", &mail_tenant_rate, 100, 1, 100000, 0);
	define_int("lealup.mail_recipient_rate", "Mails per minute to a member.", &mail_recipient_rate, 10, 1, 1000, 0);
}

static void
define_vault_settings(void)
{
	DefineCustomEnumVariable("lealup.key_provider", "Where the key that protects secrets comes from.",
							 "file, command or aws_kms: new keys of tenants are wrapped by its key. The others, where they are set, still open what they wrapped.",
							 &setting_key_provider, KEY_PROVIDER_FILE, key_providers, PGC_SIGHUP, 0, NULL, NULL, NULL);
	define_string("lealup.key_file", "File with the key that protects secrets.",
				  "32 random bytes in hexadecimal, outside the data directory: openssl rand -hex 32 > FILE.",
				  &setting_key_file, "", GUC_SUPERUSER_ONLY);
	define_string("lealup.key_file_previous", "File with the key that protected secrets before.",
				  "It still opens what it protects; nothing new is protected by it.", &setting_key_file_previous, "", GUC_SUPERUSER_ONLY);
	define_string("lealup.key_command", "Program, with its arguments, that writes the key that protects secrets to its standard output.",
				  "It is run by workers, without a shell, and has 10 seconds.", &setting_key_command, "", GUC_SUPERUSER_ONLY);
	define_string("lealup.kms_key_id", "Key of AWS KMS that protects secrets: its ARN, id or alias.", NULL, &setting_kms_key_id, "", GUC_SUPERUSER_ONLY);
	define_string("lealup.kms_region", "Region of AWS KMS.", "For a key that is not named by its ARN. Empty = that of the server's environment.", &setting_kms_region, "", 0);
	define_string("lealup.kms_endpoint", "URL of KMS where it is not AWS's public one.", "For VPC endpoints and tests; it is reached directly, without lealup.proxy.",
				  &setting_kms_endpoint, "", 0);
	define_string("lealup.kms_credentials_file", "File with the credentials for KMS, in the format of AWS's tools.",
				  "Empty = from the server's environment, its container or its instance.", &setting_kms_credentials_file, "", GUC_SUPERUSER_ONLY);
	define_int("lealup.kms_timeout", "How long a request to KMS may take.", &setting_kms_timeout, 5000, 100, 30 * 1000, GUC_UNIT_MS);
}

static void
define_limits(void)
{
	define_int("lealup.max_in_flight", "Requests that a delivery worker has open at a time.", &setting_max_in_flight, 1000, 1, 20000, 0);
	define_int("lealup.max_in_flight_per_endpoint", "Requests open at a time to one endpoint (tenant, scheme, host and port).",
			   &setting_max_in_flight_per_endpoint, 100, 1, 20000, 0);
	define_int("lealup.max_in_flight_per_subscription", "Requests open at a time for one subscription that sets no limit itself.",
			   &setting_max_in_flight_per_subscription, 50, 1, 20000, 0);
	define_int("lealup.endpoint_rate_limit", "Requests per second to one endpoint, where its subscriptions set none.",
			   &setting_endpoint_rate_limit, 100, 1, 1000000, 0);
	define_int("lealup.max_event_size", "Largest data of an event.", &setting_max_event_size, 256, 1, 2 * 1024, GUC_UNIT_KB);
	define_int("lealup.max_response_size", "Largest response body; a larger one is a failure.",
			   &setting_max_response_size, 1024, 1, 64 * 1024, GUC_UNIT_KB);
	define_int("lealup.response_log_size", "How much of a response body the delivery log keeps.",
			   &setting_response_log_size, 4096, 0, 1024 * 1024, GUC_UNIT_BYTE);
	define_int("lealup.max_retry_after", "Longest wait that a Retry-After header is granted.",
			   &setting_max_retry_after, 24 * 60 * 60, 0, 7 * 24 * 60 * 60, GUC_UNIT_S);
	define_int("lealup.max_subscriptions", "Webhook subscriptions of a tenant.", &max_subscriptions, 50, 1, 10000, 0);
	define_int("lealup.api_rate_limit", "Requests per second of an API key that has no limit of its own.", &api_rate_limit, 50, 1, 1000000, 0);
	define_int("lealup.api_burst", "Requests that an API key may send at once, after a pause.", &api_burst, 200, 1, 1000000, 0);
	DefineCustomBoolVariable("lealup.metrics_public", "Whether GET /metrics is answered without an API key.",
							 "For a gateway that only the monitoring can reach.", &metrics_public, false, PGC_SIGHUP, 0, NULL, NULL, NULL);
	define_int("lealup.log_retention", "Days for which events, deliveries and audit rows are kept.", &log_retention, 30, 2, 3650, 0);
	define_int("lealup.log_retention_scale", "The same for tenants on the plan scale.", &log_retention_scale, 90, 2, 3650, 0);
}

static void
define_gateway_settings(void)
{
	DefineCustomStringVariable("lealup.gateway_listen", "Where the gateway listens for HTTP requests.",
							   "A comma-separated list of address:port, port (of 127.0.0.1) and unix:/path. Empty = the gateway does not run.",
							   &setting_gateway_listen, "", PGC_SIGHUP, 0, check_gateway_listen, NULL, NULL);
	DefineCustomStringVariable("lealup.public_url", "The URL by which the gateway is reached from outside, for example https://hub.example.com.",
							   "Providers are given URLs below it, for their notifications.",
							   &public_url, "", PGC_SIGHUP, 0, check_public_url, NULL, NULL);
	define_int("lealup.inbox_retention", "Days for which notifications that were dealt with are kept, and their repetitions known.",
			   &inbox_retention, 8, 8, 365, 0);
	define_string("lealup.gateway_database", "The database whose API the gateway serves.", NULL, &setting_gateway_database, "", 0);
	define_string("lealup.gateway_role", "The role as which the gateway acts.", "It must be a member of lealup_gateway and no superuser.",
				  &setting_gateway_role, "lealup_gateway", 0);
	define_int("lealup.gateway_workers", "Gateway workers, which share the addresses.", &setting_gateway_workers, 1, 1, 8, 0);
	define_int("lealup.gateway_max_connections", "Connections of each gateway worker at each address.",
			   &setting_gateway_max_connections, 1000, 1, 60000, 0);
	define_int("lealup.gateway_max_body_size", "Largest body of a request; a larger one is answered by 413.",
			   &setting_gateway_max_body_size, 1024, 1, 64 * 1024, GUC_UNIT_KB);
	define_int("lealup.gateway_max_header_size", "Largest head of a request; a larger one is answered by 431.",
			   &setting_gateway_max_header_size, 16, 4, 256, GUC_UNIT_KB);
	define_int("lealup.gateway_idle_timeout", "How long a connection may be without a request.",
			   &setting_gateway_idle_timeout, 60, 1, 24 * 60 * 60, GUC_UNIT_S);
	define_int("lealup.gateway_request_timeout", "How long a request may take to arrive as a whole, and its answer to be taken.",
			   &setting_gateway_request_timeout, 30, 1, 60 * 60, GUC_UNIT_S);
	define_int("lealup.gateway_statement_timeout", "How long a request may take in the database.",
			   &setting_gateway_statement_timeout, 10 * 1000, 1, INT_MAX, GUC_UNIT_MS);
	define_int("lealup.gateway_lock_timeout", "How long a request may wait for a lock.",
			   &setting_gateway_lock_timeout, 2 * 1000, 1, INT_MAX, GUC_UNIT_MS);
	DefineCustomStringVariable("lealup.gateway_trusted_proxies", "Networks from which X-Forwarded-For, -Proto and -Host are believed.",
							   "A comma-separated list of CIDRs, and unix for the unix sockets.",
							   &setting_gateway_trusted_proxies, "", PGC_SIGHUP, 0, check_trusted_proxies, NULL, NULL);
	DefineCustomEnumVariable("lealup.gateway_log", "Which requests the server's log tells of.",
							 "errors = those that were answered by 4xx and 5xx. Headers, queries and bodies are never logged.",
							 &setting_gateway_log, GATEWAY_LOG_OFF, gateway_logs, PGC_SIGHUP, 0, NULL, NULL, NULL);
}

void
settings_init(void)
{
	define_worker_settings();
	define_network_settings();
	define_mail_settings();
	define_vault_settings();
	define_limits();
	define_gateway_settings();
	DefineCustomBoolVariable("lealup.suppress_events", "Whether changes of rows emit no events.", "For loads of data that subscribers know already; only of those who may configure.",
							 &suppress_events, false, PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomStringVariable("lealup.tenant_id", "The tenant for which a role with the access app acts.", NULL,
							   &tenant_id, "", PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomStringVariable("lealup.member_id", "The member for whom a role with the access app acts.", NULL,
							   &member_id, "", PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomStringVariable("lealup.request_tenant", "The tenant to which an HTTP request is bound.", "Set by lealup while it answers one.",
							   &setting_request_tenant, "", PGC_SUSET, GUC_NOT_IN_SAMPLE | GUC_DISALLOW_IN_FILE, NULL, NULL, NULL);
	DefineCustomStringVariable("lealup.request_member", "The member to whom an HTTP request is bound.", "Set by lealup while it answers one.",
							   &setting_request_member, "", PGC_SUSET, GUC_NOT_IN_SAMPLE | GUC_DISALLOW_IN_FILE, NULL, NULL, NULL);
	DefineCustomStringVariable("lealup.request_key", "The API key with which an HTTP request was made.", "Set by lealup while it answers one.",
							   &setting_request_key, "", PGC_SUSET, GUC_NOT_IN_SAMPLE | GUC_DISALLOW_IN_FILE, NULL, NULL, NULL);
	DefineCustomIntVariable("lealup.playbook_depth", "How many playbooks caused one another up to what this transaction does.",
							"Set by lealup while it runs a playbook.", &setting_playbook_depth, 0, 0, 1000, PGC_SUSET, GUC_NOT_IN_SAMPLE, NULL, NULL, NULL);
	DefineCustomStringVariable("lealup.origin", "The connection from which what this transaction does has come.", "Set by lealup while it takes it in.",
							   &origin, "", PGC_SUSET, GUC_NOT_IN_SAMPLE | GUC_DISALLOW_IN_FILE, NULL, NULL, NULL);
	DefineCustomStringVariable("lealup.origin_object", "What it is called there; empty is anything there.", "Set by lealup while it takes it in.",
							   &origin_object, "", PGC_SUSET, GUC_NOT_IN_SAMPLE | GUC_DISALLOW_IN_FILE, NULL, NULL, NULL);
	MarkGUCPrefixReserved("lealup");
}
