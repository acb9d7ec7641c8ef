/* SPDX-License-Identifier: Apache-2.0 */
/* The socket in the data folder by which an operator speaks to the server that runs on it.
 * It is reached by the folder's descriptor, so that a long path does not matter.
 * Source: unix(7); house. */
#pragma once

#include "base/diag.h"

/* One line asks, one answers: "ok TEXT" or "error TEXT". */
#define OPERATOR_SOCKET "operator.sock"
enum { OPERATOR_LINE = 4096 };

/* A socket that listens, of mode 0600, in the place of one that is there; -1: errno says why. */
int operator_listen(const char *folder);
int operator_connect(const char *folder);
