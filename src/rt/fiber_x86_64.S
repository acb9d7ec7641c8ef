/* SPDX-License-Identifier: Apache-2.0 */
/* The switch for x86-64: void fiber_swap(void **save_sp, void *to_sp).
 * Saves rbx, rbp, r12 to r15 and the control words of SSE and x87; all else the caller has saved.
 * Source: System V ABI for x86-64 §3.2.1. */
#if defined(FIBER_ASM) && defined(__x86_64__)
	.text
	.globl	fiber_swap
	.type	fiber_swap, @function
	.p2align 4
fiber_swap:
	.cfi_startproc
	pushq	%rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	subq	$8, %rsp
	stmxcsr	(%rsp)
	fnstcw	4(%rsp)
	movq	%rsp, (%rdi)
	movq	%rsi, %rsp
	ldmxcsr	(%rsp)
	fldcw	4(%rsp)
	addq	$8, %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	popq	%rcx		/* not ret: its prediction is always wrong here */
	jmp	*%rcx
	.cfi_endproc
	.size	fiber_swap, . - fiber_swap

/* The first frame of a fiber: r13(r12), which never returns.  Backtraces end here. */
	.globl	fiber_entry
	.type	fiber_entry, @function
fiber_entry:
	.cfi_startproc
	.cfi_undefined %rip
	xorl	%ebp, %ebp
	movq	%r12, %rdi
	callq	*%r13
	ud2
	.cfi_endproc
	.size	fiber_entry, . - fiber_entry
#endif
	.section .note.GNU-stack, "", %progbits
