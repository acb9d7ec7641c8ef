// SPDX-License-Identifier: Apache-2.0
// Redeploys every 100 ms, reloads of configuration and certificates, and hand-overs, each for so many seconds under
// a load of every kind, and a table of what that did to the requests: tests/soak/steady.mjs [SECONDS] (60).
// Invariant: no request fails; the exit status says so.
// Source: house ("zero failed requests").
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, folder, gateway, proxy, say, sleep } from '../wire/gateway.mjs';
import { ended, everyKind } from '../wire/steady.mjs';

const seconds = +(process.argv[2] ?? 60);
const file = join(folder(), 'gatehouse.conf');
writeFileSync(file, '');
const answers = (text) => ({ post: { response: ['s'] }, policies: { s: say(text) } });

// Calls step() every ms, or as fast as it goes; gives how often.
async function every(ms, step) {
	let n = 0;
	for (const late = Date.now() + seconds * 1000; Date.now() < late; n++) {
		const from = Date.now();
		await step(n);
		await sleep(Math.max(0, ms - (Date.now() - from)));
	}
	return n;
}

const events = {
	'redeploys': async (g) => {
		for (const text of ['one', 'two'])
			await g.put('changing', proxy('changing', answers(text)));
		return every(100, async (n) => expect(await g.deploy('changing', 1 + n % 2), { status: 200 }));
	},
	'certificate reloads': (g) => every(200, async (n) => {
		g.proc.kill('SIGHUP');
		while (g.events('reloaded').length <= n)
			await sleep(5);
	}),
	'hand-overs': (g) => every(500, () => g.handOver()),
};

let failed = 0;
const cell = (s, n) => String(s).padEnd(n), line = (...cells) => console.log(cells.map((c, i) => cell(c, i < 3 ? 20 : 8)).join(' '));
line('under load', 'times', 'requests', 'ok', 'failed');
for (const [what, go] of Object.entries(events)) {
	const g = await gateway({ args: ['--config', file], set: { drain_timeout: '2', workers: '2' } });
	const load = await everyKind(g), times = await go(g);
	for (const [kind, { ok, bad }] of Object.entries(await ended(load))) {
		line(what, times, kind, ok, bad.length);
		bad.slice(0, 3).forEach((why) => console.log(`    ${why}`));
		failed += bad.length + (ok === 0);
	}
	await g.stop();
}
process.exitCode = failed ? 1 : 0;
