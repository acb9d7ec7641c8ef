/* SPDX-License-Identifier: Apache-2.0 */
/* Large memory that one job after another uses, so that each does not have it mapped, zeroed and unmapped anew.
 * Kept by a lane's thread alone, one piece each, and for no longer than KEPT_MS without a job.
 * Source: house; transparent huge pages, madvise(2). */
#include "rt/inside.h"

#include <sys/mman.h>

enum { HUGE_PAGE = 2 << 20 };

static _Thread_local struct {
	void *p;
	size_t size;
	bool lane; /* this is a thread of a lane */
	bool held;
} kept;

static size_t whole(size_t bytes)
{
	size_t unit = bytes < HUGE_PAGE ? 4096 : HUGE_PAGE;
	return (bytes + unit - 1) / unit * unit;
}

/* On a huge page's border: what is walked at random, as by a password's hash, then misses no TLB entry. */
static void *map(size_t size)
{
	size_t spare = size < HUGE_PAGE ? 0 : HUGE_PAGE;
	char *p = mmap(NULL, size + spare, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
	               0);
	if (p == MAP_FAILED)
		return NULL;
	size_t before = spare ? (HUGE_PAGE - (uintptr_t)p % HUGE_PAGE) % HUGE_PAGE : 0;
	if (before)
		munmap(p, before);
	if (spare - before)
		munmap(p + before + size, spare - before);
	if (spare)
		madvise(p + before, size, MADV_HUGEPAGE); /* where there are none it goes without */
	return p + before;
}

void scratch_lane(void) { kept.lane = true; }
bool scratch_kept(void) { return kept.p; }

void scratch_drop(void)
{
	if (kept.p)
		munmap(kept.p, kept.size);
	kept.p = NULL;
}

void *scratch_hold(size_t bytes)
{
	size_t size = whole(bytes);
	must(!kept.held);
	if (kept.size < size)
		scratch_drop();
	if (!kept.p) {
		kept.p = map(size);
		kept.size = size;
	}
	kept.held = kept.p;
	return kept.p;
}

void scratch_release(void)
{
	must(kept.held);
	kept.held = false;
	if (!kept.lane)
		scratch_drop();
}
