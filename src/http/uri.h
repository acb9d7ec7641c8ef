/* SPDX-License-Identifier: Apache-2.0 */
/* http and https URLs, cut into their parts.
 * The parts are slices of what was read: they live as long as that.
 * Source: RFC 3986, RFC 9110 §4.2. */
#pragma once

#include "base/arena.h"
#include "base/err.h"

struct uri {
	str text;                      /* all of it */
	str scheme, host, path, query; /* query: STR_NONE if there is no '?' */
				       /* host: of an IPv6 literal what is between the brackets;
	                                * path: "/" if there is none */
	str authority;                 /* "host" or "host:port", as it stands there */
	uint64_t host_hash;            /* str_hash() of host */
	unsigned port;                 /* the scheme's default if none is given */
	bool tls;
};

/* Slices of text.  ERR_SYNTAX: no http(s) URL, user info, a bad port, a fragment, or a byte that must
 * be percent-encoded (white space, control characters, beyond ASCII). */
err uri_parse(str text, struct uri *out) MUST_CHECK;
/* "host", "host:port" or "[ip6]:port", as in Host; port is left alone when none is given. */
bool uri_authority(str text, str *host, unsigned *port);
/* Whether a path is safe to compare with base paths: starts with '/', no control characters. */
bool uri_path_ok(str path);
