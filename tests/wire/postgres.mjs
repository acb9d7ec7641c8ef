// SPDX-License-Identifier: Apache-2.0
// A PostgreSQL server for a test, fresh and empty: the value of the `store` key.
// Invariant: the database lives as long as the other end of the pipe, so that it ends with this process.
// Source: tests/store/run.
import { execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { root } from './gateway.mjs';

export const postgres = async () => (await postgresServer()).url;

export async function postgresServer() {
	const run = spawn(join(root, 'tests/store/run'), ['postgres', 'bash', '-c', 'echo "$GATEHOUSE_STORE"; exec cat'], { stdio: ['pipe', 'pipe', 'inherit'] });
	const url = await new Promise((ok, no) => run.stdout.once('data', (b) => ok(String(b).trim())).once('end', () => no(new Error('no PostgreSQL'))));
	[run, run.stdin, run.stdout].forEach((h) => h.unref());
	const sql = (text) => execFileSync('psql', [url, '-qXv', 'ON_ERROR_STOP=1', '-c', text]);   // what no call of the program does
	return { url, sql, stop: () => new Promise((ok) => { run.ref(); run.stdout.resume(); run.once('close', ok).stdin.end(); }) };
}
