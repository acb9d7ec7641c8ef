/* SPDX-License-Identifier: Apache-2.0 */
/* The table of virtual hosts: from a listener and a Host header to an environment.
 * Immutable once built; the loops swap it as a whole.
 * Source: Apigee, "About virtual hosts". */
#pragma once

#include "base/map.h"
#include "flow/exchange.h"

struct snapshot_slot;
struct hosts;

struct host {
	str organization, environment, name; /* of the virtual host */
	struct snapshot_slot *slot;
	/* Of a host whose clients show certificates: the label of the terms that they must have taken; else
	 * absent.  any: one that is not trusted will do, and none, too. */
	str asks;
	bool any;
	struct tls_shown told;
};

struct hosts *hosts_create(size_t n_listeners);
void hosts_destroy(struct hosts **);
/* alias: "api.example.com", "*.example.com" or "*".  Copies the strings; the first of an alias stays. */
void hosts_add(struct hosts *, size_t listener, str alias, const struct host *);
/* name: without port.  An exact alias wins over a wildcard, a longer over a shorter one.  NULL: nobody's. */
const struct host *hosts_find(const struct hosts *, size_t listener, struct arena *, str name);
