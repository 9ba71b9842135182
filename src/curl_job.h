/*
 * curl_job.h
 *		What the two clients that use libcurl share: the multi handle, its sockets, and what holds for every connection.
 *
 * For http_client.c and smtp_client.c alone; nothing else knows libcurl.
 */
#ifndef LEALUP_CURL_JOB_H
#define LEALUP_CURL_JOB_H

#include "postgres.h"

#include <curl/curl.h>

/* What an easy handle stands for. */
typedef struct CurlJob
{
	void		(*ended) (struct CurlJob *job, CURLcode code);	/* called by http_perform(), with signals blocked: it must raise no error */
} CurlJob;

/*
 * Options for every connection: whose handle it is, TLS 1.2 or later with verified certificates, nothing from the environment. direct: not from
 * lealup.source_address.
 */
extern void curl_job_options(CURL *easy, CurlJob *job, bool direct);

/* For CURLOPT_OPENSOCKETFUNCTION: opens a socket and has it watched. */
extern curl_socket_t curl_job_socket(const struct curl_sockaddr *address);

/* Begins a transfer; it must be taken out before its handle is set anew or cleaned up, and is when it has ended. */
extern bool curl_job_start(CURL *easy);
extern void curl_job_take_out(CURL *easy);

#endif
