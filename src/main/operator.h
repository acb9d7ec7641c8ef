/* SPDX-License-Identifier: Apache-2.0 */
/* What the owner of the data folder may ask of the running server, without logging in: `gatehouse user`,
 * `gatehouse key`.
 * Who connects is the server's own user, or root: the kernel says so.
 * Source: house; unix(7), SO_PEERCRED. */
#pragma once

#include "sso/sso.h"

struct operator
{
	str data; /* the folder */
	struct sso *sso;
	int fd;
	bool stopping;
};

/* A fiber of the loop listens until it is canceled, or told to stop: from the loop's thread. */
void operator_start(struct operator*, struct loop *);
void operator_stop(struct operator*);
