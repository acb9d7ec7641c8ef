/* SPDX-License-Identifier: Apache-2.0 */
/* What a service manager is told, and the sockets that it hands over.
 * Without a manager (no NOTIFY_SOCKET, no LISTEN_PID of ours) each call does nothing.
 * Source: sd_notify(3), sd_listen_fds(3), sd_notify's wire format. */
#pragma once

#include "base/str.h"

/* Reads and clears NOTIFY_SOCKET, once, before threads. */
void notify_open(void);
void notify_ready(void);
void notify_reloading(void); /* notify_ready() must follow */
void notify_stopping(void);
void notify_successor(int pid); /* that process is the service from now on; the last that is told */
const char *notify_address(void); /* for a successor's NOTIFY_SOCKET; NULL: nobody is told */

enum { ACTIVATED_MAX = 16 };
struct activated {
	size_t n;
	struct {
		str name;    /* of FileDescriptorName= */
		str address; /* what the configuration called it, if the server before says so */
		int fd;
	} v[ACTIVATED_MAX];
};
/* What systemd opened for us; the environment is cleared, the descriptors close on exec. */
void activated_read(struct arena *, struct activated *);
