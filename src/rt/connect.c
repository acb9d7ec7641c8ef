/* SPDX-License-Identifier: Apache-2.0 */
/* Connecting: each address in turn until one answers, then TLS.
 * An address that is silent gets its share of the time, so that the next has a chance.
 * Source: connect(2), RFC 8305 §5 for not waiting out the first address. */
#include "rt/sock_inside.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rt/dns.h"

enum { LEAST_SHARE_MS = 250, MOST_SHARE_MS = 5000 };

static deadline share_of(deadline d, unsigned addresses_left)
{
	if (addresses_left < 2)
		return d;
	int64_t share = deadline_left_ms(d) / addresses_left;
	if (share > MOST_SHARE_MS)
		share = MOST_SHARE_MS;
	if (share < LEAST_SHARE_MS)
		share = LEAST_SHARE_MS;
	return deadline_min(d, deadline_in(share));
}

static err outcome(int fd)
{
	int why = 0;
	socklen_t n = sizeof why;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &n) < 0 || why)
		return FAIL(why == ETIMEDOUT ? ERR_TIMEOUT : ERR_IO);
	return DONE;
}

static err connect_one(struct loop *l, const union dns_address *a, deadline d, struct sock **out)
{
	socklen_t n = a->any.sa_family == AF_INET ? sizeof a->v4 : sizeof a->v6;
	int fd = socket(a->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return FAIL(ERR_IO);
	bool at_once = connect(fd, &a->any, n) == 0;
	if (!at_once && errno != EINPROGRESS) {
		close(fd);
		return FAIL(ERR_IO);
	}
	struct sock *s = sock_new(l, fd, at_once ? READY_WRITE : 0);
	err e = s->broken ? FAIL(ERR_IO) : DONE;
	if (!at_once && !e.code)
		e = sock_block(s, READY_WRITE, d);
	if (!e.code)
		e = outcome(fd);
	if (e.code)
		sock_close(&s);
	*out = s;
	return e;
}

static err secure(struct sock *s, struct tls_context *tls, bool h2, str host, unsigned port,
                  deadline d)
{
	if (!tls_attach(s, tls, false) || (h2 && !tls_ask_h2(s)))
		return FAIL(ERR_SYNTAX);
	TRY(tls_expect(s, host, port));
	err e = sock_handshake(s, d);
	return e.code == ERR_IO ? FAIL(ERR_SYNTAX) : e;
}

err sock_connect(str host, unsigned port, struct tls_context *tls, bool h2, deadline d,
                 struct sock **out)
{
	struct loop *l = loop_self();
	struct dns_answer to;
	*out = NULL;
	must(fiber_self());
	TRY(dns_resolve(host, port, d, &to));
	err e = FAIL(ERR_NOT_FOUND);
	for (unsigned i = 0; i < to.n; i++) {
		e = connect_one(l, &to.v[i], share_of(d, to.n - i), out);
		if (!e.code || e.code == ERR_CANCELED || deadline_passed(d))
			break;
	}
	if (!e.code && tls)
		e = secure(*out, tls, h2, host, port, d);
	if (e.code)
		sock_close(out);
	return e;
}
