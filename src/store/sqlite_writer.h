/* SPDX-License-Identifier: Apache-2.0 */
/* The one that writes to the SQLite file: a thread that takes what is queued and commits it as a group.
 * A job is answered only when the COMMIT that holds it is on the disk.
 * Source: sqlite.org/wal.html; house (docs/why/group_commit.md). */
#pragma once

#include <pthread.h>
#include <semaphore.h>

#include "store/sqlite_conn.h"
#include "store/sqlite_folder.h"

struct writer_job;

struct writer {
	struct db tx; /* what a job is given */
	struct lite conn;
	const char *file;
	struct folder *folder;
	pthread_t thread;
	int wal_pages;
	bool broken;
	sem_t bell;

	pthread_mutex_t lock; /* guards what follows */
	struct writer_job *head, **tail;
	uint64_t waiting;
	bool closing;
};

/* Opens the file in the folder, which outlives the writer, and starts the thread. */
err writer_open(struct writer *, const char *file, struct folder *, struct diag *) MUST_CHECK;
void writer_close(struct writer *); /* when all that is queued is answered; leaves no log behind */

/* Runs fn in a savepoint of a group, and waits until that is durable or refused. */
err writer_run(struct writer *, err (*fn)(struct db *tx, void *arg), void *arg) MUST_CHECK;
uint64_t writer_waiting(struct writer *);

/* A thread that no signal comes to. */
pthread_t store_thread(void *(*fn)(void *arg), void *arg);
