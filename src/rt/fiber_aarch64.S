/* SPDX-License-Identifier: Apache-2.0 */
/* The switch for aarch64: void fiber_swap(void **save_sp, void *to_sp).
 * Saves x19 to x30, d8 to d15 and fpcr; all else the caller has saved.
 * Source: AAPCS64 §6.1.1 and §6.1.2. */
#if defined(FIBER_ASM) && defined(__aarch64__)
	.text
	.globl	fiber_swap
	.type	fiber_swap, %function
	.p2align 4
fiber_swap:
	.cfi_startproc
	hint	#34		/* bti c */
	sub	sp, sp, #176
	stp	x19, x20, [sp, #0]
	stp	x21, x22, [sp, #16]
	stp	x23, x24, [sp, #32]
	stp	x25, x26, [sp, #48]
	stp	x27, x28, [sp, #64]
	stp	x29, x30, [sp, #80]
	stp	d8, d9, [sp, #96]
	stp	d10, d11, [sp, #112]
	stp	d12, d13, [sp, #128]
	stp	d14, d15, [sp, #144]
	mrs	x9, fpcr
	str	x9, [sp, #160]
	mov	x10, sp
	str	x10, [x0]
	mov	sp, x1
	ldr	x10, [sp, #160]
	cmp	x9, x10		/* writing fpcr is slow on some cores, and hardly ever needed */
	b.eq	1f
	msr	fpcr, x10
1:	ldp	x19, x20, [sp, #0]
	ldp	x21, x22, [sp, #16]
	ldp	x23, x24, [sp, #32]
	ldp	x25, x26, [sp, #48]
	ldp	x27, x28, [sp, #64]
	ldp	x29, x30, [sp, #80]
	ldp	d8, d9, [sp, #96]
	ldp	d10, d11, [sp, #112]
	ldp	d12, d13, [sp, #128]
	ldp	d14, d15, [sp, #144]
	add	sp, sp, #176
	ret
	.cfi_endproc
	.size	fiber_swap, . - fiber_swap

/* The first frame of a fiber: x20(x19), which never returns.  Backtraces end here. */
	.globl	fiber_entry
	.type	fiber_entry, %function
fiber_entry:
	.cfi_startproc
	.cfi_undefined x30
	mov	x29, xzr
	mov	x30, xzr
	mov	x0, x19
	blr	x20
	brk	#1
	.cfi_endproc
	.size	fiber_entry, . - fiber_entry
#endif
	.section .note.GNU-stack, "", %progbits
