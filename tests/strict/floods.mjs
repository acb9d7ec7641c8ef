// SPDX-License-Identifier: Apache-2.0
// HTTP/2 floods by python3-h2 beside normal HTTP/2 traffic.
// Invariant: that of beside.mjs, while each flood comes over 16 connections, made anew a quarter of a second after they were ended.
// Source: CVE-2019-9511 to 9518, CVE-2023-44487, CVE-2024-27316, CVE-2025-8671 and their like. node tests/strict/floods.mjs [KIND], with $GATEHOUSE.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beside, g, needs, seconds } from './beside.mjs';

const python = '/usr/bin/python3', script = fileURLToPath(new URL('flood.py', import.meta.url)); // Debian's, for python3-h2
needs(python);
if (spawnSync(python, ['-c', 'import h2']).status) {
	console.error('python3-h2 is missing; tools/deps strict installs it');
	process.exit(2);
}
const kinds = process.argv[2] ? [process.argv[2]] : ['rapid reset', 'made resets', 'DATA behind the end', 'CONTINUATION', 'SETTINGS', 'PING', 'HPACK bomb', 'tiny windows', 'empty DATA', 'unread answers'];
const attacks = Object.fromEntries(kinds.map((kind) => [kind, [python, script, kind, String(g.ports.http), String(seconds)]]));
process.exit(await beside(attacks, { attackers: 16, maxKiB: 64 * 1024, protocol: [] }) ? 1 : 0);
