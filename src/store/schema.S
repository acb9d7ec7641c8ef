/* SPDX-License-Identifier: Apache-2.0 */
/* The migrations, as bytes of the program, each ended by a NUL.
 * A row here has its row in migrate.c; a file that was released never changes.
 * Source: house; GNU as, .incbin. */
	.section .rodata
	.macro schema name, file
	.globl \name
\name:
	.incbin "\file"
	.byte 0
	.endm

	schema schema_0001, "store/schema/0001_init.sql"

	.section .note.GNU-stack, "", %progbits
