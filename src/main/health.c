/* SPDX-License-Identifier: Apache-2.0 */
/* Health of main/health.h.
 * Nothing here waits for the store: a page is made of what is known.
 * Source: proc(5), getrusage(2). */
#include "main/health.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "gateway/gateway.h"
#include "identity/password.h"

static bool ready(void *arg, const char **why)
{
	struct health *h = arg;
	if (atomic_load(&h->draining))
		*why = "draining";
	else if (!h->gateway)
		*why = "starting";
	else if (!store_is_reachable(h->store))
		*why = "the store does not answer";
	return !*why;
}

static void put(struct buf *b, const char *name, const char *type, const char *help, double value)
{
	buf_fmt(b, "# HELP %s %s\n# TYPE %s %s\n%s %.15g\n", name, help, name, type, name, value);
}

/* The second number of statm: pages. */
static double resident(void)
{
	char text[128];
	FILE *f = fopen("/proc/self/statm", "re");
	size_t n = f ? fread(text, 1, sizeof text, f) : 0;
	if (f)
		fclose(f);
	str rest = str_from(text, n);
	uint64_t pages = 0;
	str_cut(&rest, ' ');
	if (!str_to_u64(str_cut(&rest, ' '), &pages))
		return 0;
	return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static double descriptors(void)
{
	double n = -3; /* ".", "..", and the one that reads */
	DIR *d = opendir("/proc/self/fd");
	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n > 0 ? n : 0;
}

static void put_process(struct buf *b, const struct health *h)
{
	struct rusage u;
	must(!getrusage(RUSAGE_SELF, &u));
	put(b, "process_cpu_seconds_total", "counter", "Processor time of this process.",
	    (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	            (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6);
	put(b, "process_resident_memory_bytes", "gauge", "Memory that is resident.", resident());
	put(b, "process_open_fds", "gauge", "Open descriptors.", descriptors());
	put(b, "process_start_time_seconds", "gauge", "When it started, since 1970.",
	    (double)h->started_ms / 1000);
}

static void metrics(void *arg, struct buf *b)
{
	struct health *h = arg;
	uint64_t waiting;
	buf_fmt(b, "# HELP gatehouse_info The program that runs.\n# TYPE gatehouse_info gauge\n"
	           "gatehouse_info{version=\"" GATEHOUSE_VERSION "\"} 1\n");
	if (h->gateway)
		gateway_metrics(h->gateway, b);
	put(b, "gatehouse_store_reachable", "gauge", "1: the store answers.",
	    store_is_reachable(h->store));
	if (store_queue(h->store, &waiting))
		put(b, "gatehouse_store_queue", "gauge", "Transactions that wait for the writer.",
		    (double)waiting);
	put(b, "gatehouse_password_hashes_total", "counter",
	    "Argon2id hashes, those for names that nobody has too.", (double)password_hashes());
	put_process(b, h);
}

struct operations health_operations(struct health *h, bool metrics_public)
{
	h->started_ms = clock_ms();
	return (struct operations){
		.arg = h, .ready = ready, .metrics = metrics, .metrics_public = metrics_public
	};
}
