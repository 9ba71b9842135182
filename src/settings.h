/*
 * settings.h
 *		The configuration parameters of lealup. README.md has the reference table.
 */
#ifndef LEALUP_SETTINGS_H
#define LEALUP_SETTINGS_H

#include "postgres.h"

extern bool setting_enabled;	/* whether workers run */
extern int	setting_delivery_workers;	/* per database */
extern int	setting_sync_workers;	/* per database */
extern bool setting_allow_http; /* webhooks to http URLs */
extern char *setting_allowed_networks;	/* CIDRs open in spite of being special-purpose */
extern char *setting_ca_file;	/* trust anchors; empty = the system's */

typedef enum KeyProvider
{
	KEY_PROVIDER_FILE,
	KEY_PROVIDER_COMMAND,
	KEY_PROVIDER_AWS_KMS
} KeyProvider;

extern int	setting_key_provider;	/* KeyProvider: which key new data keys are wrapped by */
extern char *setting_key_file;
extern char *setting_key_file_previous; /* a key that still opens */
extern char *setting_key_command;
extern char *setting_kms_key_id;
extern char *setting_kms_region;
extern char *setting_kms_endpoint;	/* empty = AWS's own */
extern char *setting_kms_credentials_file;
extern int	setting_kms_timeout;	/* ms */

extern char *setting_worker_role;	/* as whom workers act */
typedef enum SmtpTls
{
	SMTP_TLS_REQUIRED,
	SMTP_TLS_OPTIONAL
} SmtpTls;

extern char *setting_smtp_url;	/* empty = no mail */
extern char *setting_smtp_user;
extern char *setting_smtp_password_file;
extern char *setting_smtp_from;
extern char *setting_smtp_unsubscribe_address;
extern int	setting_smtp_tls;	/* SmtpTls */
extern int	setting_smtp_timeout;	/* s */

extern char *setting_proxy;		/* of outgoing requests; empty = none */
extern char *setting_source_address;	/* of outgoing requests; empty = any */
extern int	setting_max_in_flight;	/* requests per delivery worker */
extern int	setting_max_in_flight_per_endpoint;
extern int	setting_max_in_flight_per_subscription;
extern int	setting_endpoint_rate_limit;	/* requests per second */
extern int	setting_max_event_size; /* kB */
extern int	setting_max_response_size;	/* kB */
extern int	setting_response_log_size;	/* bytes */
extern int	setting_max_retry_after;	/* seconds */
extern char *setting_request_tenant;
extern char *setting_request_member;
extern char *setting_request_key;
extern int	setting_playbook_depth; /* how many playbooks caused one another up to what this transaction does */

typedef enum GatewayLog
{
	GATEWAY_LOG_OFF,
	GATEWAY_LOG_ERRORS,
	GATEWAY_LOG_ALL
} GatewayLog;

extern char *setting_gateway_listen;	/* addresses; empty = the gateway does not run */
extern char *setting_gateway_database;
extern char *setting_gateway_role;	/* as whom requests are answered */
extern char *setting_gateway_trusted_proxies;	/* CIDRs, and "unix" */
extern int	setting_gateway_workers;
extern int	setting_gateway_max_connections;	/* per worker and address */
extern int	setting_gateway_max_body_size;	/* kB */
extern int	setting_gateway_max_header_size;	/* kB */
extern int	setting_gateway_idle_timeout;	/* seconds */
extern int	setting_gateway_request_timeout;	/* seconds */
extern int	setting_gateway_statement_timeout;	/* ms */
extern int	setting_gateway_lock_timeout;	/* ms */
extern int	setting_gateway_log;	/* GatewayLog */
extern bool setting_synchronous_commit; /* of recorded outcomes */

/* Defines the parameters; called once from _PG_init(). */
extern void settings_init(void);

#endif
