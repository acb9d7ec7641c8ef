/* SPDX-License-Identifier: Apache-2.0 */
/* Mapped stacks with a guard page below, and what AddressSanitizer has to hear of them.
 * An overrun faults at once; a stack costs only the pages that were touched.
 * Source: mmap(2), sanitizer/common_interface_defs.h, sanitizer/lsan_interface.h. */
#include "rt/inside.h"

#include <sys/mman.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define WITH_ASAN 1
#endif

#ifdef WITH_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#include <sanitizer/lsan_interface.h>
#endif

enum { GUARD = 65536 }; /* at least a page on every machine */
#ifdef WITH_ASAN
enum { STACK = 512 * 1024 };
#else
enum { STACK = 256 * 1024 };
#endif

bool stack_create(struct context *c)
{
	char *p = mmap(NULL, GUARD + STACK, PROT_READ | PROT_WRITE,
	               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
	if (p == MAP_FAILED)
		return false;
	if (mprotect(p, GUARD, PROT_NONE) < 0) { /* too many mappings */
		munmap(p, GUARD + STACK);
		return false;
	}
	c->stack = p + GUARD;
	c->stack_size = STACK;
	return true;
}

void stack_trim(struct context *c) { madvise(c->stack, c->stack_size, MADV_DONTNEED); }

void stack_destroy(struct context *c)
{
	if (c->stack)
		munmap(c->stack - GUARD, GUARD + c->stack_size);
	c->stack = NULL;
}

#ifdef WITH_ASAN
void asan_leave(struct asan_side *from, const void *low, size_t size)
{
	__sanitizer_start_switch_fiber(&from->fake, low, size);
}

void asan_arrive(struct asan_side *now, struct asan_side *other)
{
	const void *low;
	size_t size;
	__sanitizer_finish_switch_fiber(now->fake, &low, &size);
	other->low = low;
	other->size = size;
}

/* What only a parked fiber holds is not lost. */
void asan_root(struct context *c, bool on)
{
	if (!c->stack)
		return;
	if (on)
		__lsan_register_root_region(c->stack, c->stack_size);
	else
		__lsan_unregister_root_region(c->stack, c->stack_size);
}

void asan_clean(struct context *c)
{
	if (c->stack)
		__asan_unpoison_memory_region(c->stack, c->stack_size);
}
#else
void asan_leave(struct asan_side *from, const void *low, size_t size)
{
	(void)from, (void)low, (void)size;
}
void asan_arrive(struct asan_side *now, struct asan_side *other) { (void)now, (void)other; }
void asan_root(struct context *c, bool on) { (void)c, (void)on; }
void asan_clean(struct context *c) { (void)c; }
#endif
