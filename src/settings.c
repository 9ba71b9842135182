/*
 * settings.c
 *		The configuration parameters of lealup.
 *
 * All of them can be changed by a reload. Those that SQL functions alone read (log_retention, max_subscriptions, api_rate_limit,
 * api_burst, metrics_public, suppress_events, tenant_id, member_id) have no variable outside this file.
 */
#include "postgres.h"

#include <limits.h>

#include "address.h"
#include "settings.h"
#include "utils/guc.h"

bool		setting_enabled;
int			setting_delivery_workers;
int			setting_sync_workers;
bool		setting_allow_http;
char	   *setting_allowed_networks;
char	   *setting_ca_file;
char	   *setting_key_file;
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
int			setting_playbook_depth = 0;
bool		setting_synchronous_commit;

static int	max_subscriptions;
static int	api_rate_limit;
static int	api_burst;
static bool metrics_public;
static int	log_retention;
static int	log_retention_scale;
static bool suppress_events;
static char *tenant_id;
static char *member_id;

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
	define_int("lealup.sync_workers", "Sync workers (clock, playbooks, assistant, upkeep, vault) for each database that has the extension.",
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
	define_string("lealup.key_file", "File with the key that protects secrets.",
				  "32 random bytes in hexadecimal, outside the data directory: openssl rand -hex 32 > FILE.",
				  &setting_key_file, "", GUC_SUPERUSER_ONLY);
	define_string("lealup.proxy", "HTTP proxy for outgoing requests.", "Empty = none; the environment is ignored.",
				  &setting_proxy, "", GUC_SUPERUSER_ONLY);
	define_string("lealup.source_address", "Local address from which outgoing requests are sent.",
				  "For receivers that admit known addresses only. Empty = the system chooses.", &setting_source_address, "", 0);
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

void
settings_init(void)
{
	define_worker_settings();
	define_network_settings();
	define_limits();
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
	DefineCustomIntVariable("lealup.playbook_depth", "How many playbooks caused one another up to what this transaction does.",
							"Set by lealup while it runs a playbook.", &setting_playbook_depth, 0, 0, 1000, PGC_SUSET, GUC_NOT_IN_SAMPLE, NULL, NULL, NULL);
	MarkGUCPrefixReserved("lealup");
}
