// SPDX-License-Identifier: Apache-2.0
// slowhttptest's slow heads, slow bodies and slow readers beside normal traffic.
// Invariant: that of beside.mjs, with 1,000 of each.
// Source: slowhttptest(1) -H, -B, -X. node tests/strict/slow.mjs, with $GATEHOUSE.
import { beside, needs, seconds, url } from './beside.mjs';

needs('slowhttptest');
const CLIENTS = +(process.env.CLIENTS ?? 1000);
const slow = (...args) => ['slowhttptest', '-c', String(CLIENTS), '-r', '500', '-l', String(seconds), '-p', '3', ...args];
process.exit(await beside({
	[`slow heads (slowloris), ${CLIENTS} clients`]: slow('-H', '-u', `${url}/x`, '-i', '5', '-x', '24'),
	[`slow bodies, ${CLIENTS} clients`]: slow('-B', '-u', `${url}/body`, '-i', '5', '-s', '8192', '-x', '24'),
	[`slow readers, ${CLIENTS} clients`]: slow('-X', '-u', `${url}/large`, '-w', '512', '-y', '1024', '-n', '5', '-z', '32', '-k', '3'),
}, { attackers: CLIENTS / 2, maxKiB: CLIENTS * 64, protocol: ['--h1'] }) ? 1 : 0);
