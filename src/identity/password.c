/* SPDX-License-Identifier: Apache-2.0 */
/* Argon2id through libargon2, on the password lane.
 * The job owns copies, so a canceled caller leaves nothing dangling; copies are wiped.
 * Source: RFC 9106. */
#include "identity/password.h"

#include <argon2.h>
#include <stdatomic.h>

#include "base/rand.h"
#include "base/secret.h"
#include "rt/fiber.h"

enum { PASSES = 2, MEMORY_KIB = 19 * 1024, LANES_ = 1, SALT = 16, HASH = 32, TEXT_MAX = 256 };

/* A hash that no password is known for, of the same cost as real ones. */
static const char nobody[] = "$argon2id$v=19$m=19456,t=2,p=1$Z2F0ZWhvdXNlbm9ib2R5IQ$"
			     "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

static _Atomic(uint64_t) hashes;

uint64_t password_hashes(void) { return atomic_load(&hashes); }

struct job {
	struct secret *password;
	const char *hash; /* to check against; NULL: make one */
	char made[TEXT_MAX];
	int result;
};

static void work(void *arg)
{
	struct job *j = arg;
	str p = secret_bytes(j->password);
	unsigned char salt[SALT];
	atomic_fetch_add(&hashes, 1);
	if (j->hash) {
		j->result = argon2id_verify(j->hash, p.p, p.n);
		return;
	}
	rand_bytes(salt, sizeof salt);
	j->result = argon2id_hash_encoded(PASSES, MEMORY_KIB, LANES_, p.p, p.n, salt, sizeof salt,
	                                  HASH, j->made, sizeof j->made);
}

static err run(struct arena *a, str password, const char *hash, struct job **out)
{
	if (password.n > PASSWORD_MAX)
		return FAIL(ERR_DENIED);
	struct job *j = *out = arena_new(a, struct job);
	j->password = secret_new(a, password);
	j->hash = hash;
	return offload(LANE_PASSWORD, work, j);
}

err password_hash(struct arena *a, str password, str *hash)
{
	struct job *j;
	TRY(run(a, password, NULL, &j));
	must(j->result == ARGON2_OK);
	*hash = str_dup(a, str_from_z(j->made));
	return DONE;
}

err password_check(struct arena *a, str password, str hash)
{
	struct job *j;
	TRY(run(a, password, str_z(a, hash), &j));
	return j->result == ARGON2_OK ? DONE : FAIL(ERR_DENIED);
}

err password_check_nobody(struct arena *a, str password)
{
	struct job *j;
	TRY(run(a, password, nobody, &j));
	return FAIL(ERR_DENIED);
}
