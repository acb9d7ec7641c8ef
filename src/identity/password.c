/* SPDX-License-Identifier: Apache-2.0 */
/* Argon2id through libargon2, on the password lane.
 * The job owns copies, so a canceled caller leaves nothing dangling; copies are wiped.
 * Source: RFC 9106. */
#include "identity/password.h"

#include <argon2.h>
#include <stdatomic.h>

#include "base/rand.h"
#include "base/secret.h"
#include "identity/phc.h"
#include "rt/fiber.h"

enum { PASSES = 2, MEMORY_KIB = 19 * 1024, LANES_ = 1, SALT = 16, HASH = 32 };

/* A hash that no password is known for, of the same cost as real ones. */
static const struct phc nobody = { MEMORY_KIB, PASSES, LANES_, S_INIT("gatehousenobody!"),
	                           S_INIT("no password has this as its hash") };

static _Atomic(uint64_t) hashes;

uint64_t password_hashes(void) { return atomic_load(&hashes); }

struct job {
	struct secret *password;
	struct phc phc; /* cost, salt; the hash is what must come of it, or comes */
	uint8_t hash[PHC_HASH_MAX];
	int result;
};

/* Kept from one hash to the next: mapped anew, its pages cost half as much again.  The library wipes it. */
static int hold(uint8_t **memory, size_t bytes)
{
	*memory = scratch_hold(bytes);
	return *memory ? ARGON2_OK : ARGON2_MEMORY_ALLOCATION_ERROR;
}

static void release(uint8_t *memory, size_t bytes)
{
	(void)memory, (void)bytes;
	scratch_release();
}

static void work(void *arg)
{
	struct job *j = arg;
	str p = secret_bytes(j->password);
	argon2_context c = { .out = j->hash,
		             .outlen = (uint32_t)j->phc.hash.n,
		             .pwd = (uint8_t *)p.p,
		             .pwdlen = (uint32_t)p.n,
		             .salt = (uint8_t *)j->phc.salt.p,
		             .saltlen = (uint32_t)j->phc.salt.n,
		             .t_cost = (uint32_t)j->phc.passes,
		             .m_cost = (uint32_t)j->phc.memory_kib,
		             .lanes = (uint32_t)j->phc.lanes,
		             .threads = 1,
		             .version = ARGON2_VERSION_13,
		             .allocate_cbk = hold,
		             .free_cbk = release };
	atomic_fetch_add(&hashes, 1);
	j->result = argon2id_ctx(&c);
}

/* ERR_LIMIT: no room in the lane, or no memory. */
static err run(struct arena *a, str password, const struct phc *phc, struct job **out)
{
	if (password.n > PASSWORD_MAX)
		return FAIL(ERR_DENIED);
	struct job *j = *out = arena_new(a, struct job);
	j->password = secret_new(a, password);
	j->phc = *phc;
	TRY(offload(LANE_PASSWORD, work, j));
	must(j->result == ARGON2_OK || j->result == ARGON2_MEMORY_ALLOCATION_ERROR);
	return j->result == ARGON2_OK ? DONE : FAIL(ERR_LIMIT);
}

err password_hash(struct arena *a, str password, str *hash)
{
	struct job *j;
	struct phc phc = nobody;
	unsigned char salt[SALT];
	rand_bytes(salt, sizeof salt);
	phc.salt = str_from(salt, sizeof salt);
	TRY(run(a, password, &phc, &j));
	phc.hash = str_from(j->hash, HASH);
	*hash = phc_write(a, &phc);
	return DONE;
}

err password_check(struct arena *a, str password, str hash)
{
	struct job *j;
	struct phc phc;
	if (phc_read(a, hash, &phc).code)
		return password_check_nobody(a, password);
	TRY(run(a, password, &phc, &j));
	bool fits = str_eq_secret(str_from(j->hash, phc.hash.n), phc.hash);
	wipe(j->hash, sizeof j->hash);
	return fits ? DONE : FAIL(ERR_DENIED);
}

err password_check_nobody(struct arena *a, str password)
{
	struct job *j;
	TRY(run(a, password, &nobody, &j));
	return FAIL(ERR_DENIED);
}
