// SPDX-License-Identifier: Apache-2.0
// Attacks beside normal traffic at a fixed rate, through a proxy to nginx: a printed row each.
// Invariant: p99 stays within twice what it is alone, nothing fails, and memory is bounded; a row that holds only by the 2 ms
// that one turn of a busy machine's scheduler takes says so. What nginx, which is not attacked, keeps in the same minute is
// printed for the reader and decides nothing.
// What else runs on the machine, the attacking tool first of all, only ever adds to a p99: of several rounds each way the best is compared.
// Source: h2load(1) --rps; house.
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folder, freePorts, gateway, sleep } from '../wire/gateway.mjs';

export function needs(...tools) {
	for (const tool of tools)
		if (spawnSync(tool, ['--version']).error) {
			console.error(`${tool} is missing; tools/deps strict installs it`);
			process.exit(2);
		}
}
needs('h2load');
const RATE = +(process.env.RATE ?? 300), SECONDS = +(process.env.SECONDS_EACH ?? 3), ROUNDS = +(process.env.ROUNDS ?? 4), FLOOR_MS = 2;
const [port] = await freePorts(1);
export const dir = folder(), g = await gateway(), seconds = SECONDS * ROUNDS * 3 + 6, url = `http://127.0.0.1:${g.ports.http}/slow`;
chmodSync(dir, 0o755);
writeFileSync(join(dir, 'large'), Buffer.alloc(1 << 20, 'x'));
writeFileSync(join(dir, 'nginx.conf'), `daemon off; worker_processes 1; worker_rlimit_nofile 8192; pid ${dir}/pid; error_log ${dir}/error; events { worker_connections 4096; }
http { access_log off; keepalive_requests 1000000; server { listen 127.0.0.1:${port}; location /x { return 200 "ok"; } location /large { root ${dir}; } } }`);
const target = spawn('nginx', ['-c', join(dir, 'nginx.conf')], { stdio: 'ignore', env: { PATH: `${process.env.PATH}:/usr/sbin` } });
process.on('exit', () => target.kill('SIGTERM'));
await g.proxy('slow', { target: `http://127.0.0.1:${port}` });

const ended = (child) => new Promise((ok) => child.on('close', ok));
// p99 in ms of requests at the fixed rate, and how many were not answered 200.
async function traffic(to, protocol) {
	const log = join(dir, `log-${Date.now()}`);
	const code = await ended(spawn('h2load', [...protocol, '-c8', '-t1', `-n${RATE * SECONDS}`, `--rps=${RATE / 8}`, `--log-file=${log}`, `${to}/x`], { stdio: 'ignore' }));
	const rows = readFileSync(log, 'utf8').trim().split('\n').map((l) => l.split('\t').map(Number));
	const times = rows.map((r) => r[2] / 1000).sort((a, b) => a - b);
	return { p99: times[Math.floor(times.length * 0.99)], n: times.length, bad: rows.filter((r) => r[1] !== 200).length + (RATE * SECONDS - rows.length) + (code ? 1 : 0) };
}

const cpu = () => {                                           // ms that the gateway has used
	const f = readFileSync(`/proc/${g.proc.pid}/stat`, 'utf8').split(') ')[1].split(' ');
	return (+f[11] + +f[12]) * 10;
};
const best = (all) => {
	const times = all.map((r) => r.p99).sort((a, b) => a - b), sum = (key) => all.reduce((n, r) => n + r[key], 0);
	return { p99: times[0], text: times.map((t) => t.toFixed(2)).join(' '), n: sum('n'), bad: sum('bad') };
};
async function rounds(protocol) {
	const before = cpu(), ours = [], control = [];
	for (let i = 0; i < ROUNDS; i++) {
		ours.push(await traffic(url, protocol));
		control.push(await traffic(`http://127.0.0.1:${port}`, ['--h1']));
	}
	return { ...best(ours), cpu: cpu() - before, control: best(control) };
}

// attacks: { name: [command, ...arguments] }, at the lowest priority: a real one comes from another machine.
// The number of those that did not hold.
export async function beside(attacks, { maxKiB, protocol }) {
	let failed = 0;
	await traffic(url, protocol);
	for (const [what, command] of Object.entries(attacks)) {
		const alone = await rounds(protocol), before = g.memory();
		const attack = spawn('nice', ['-n', '19', ...command], { stdio: ['ignore', 'ignore', 'inherit'], cwd: dir }), over = ended(attack);
		await sleep(3000);
		const during = await rounds(protocol), memory = g.memory();
		const early = attack.exitCode !== null;
		attack.kill('SIGINT');
		await over;
		const within = during.p99 <= 2 * alone.p99, near = during.p99 <= alone.p99 + FLOOR_MS;
		const good = !early && !during.bad && (within || near) && memory.peak - before.now < maxKiB;
		failed += !good;
		console.log(`${good ? 'ok  ' : 'FAIL'} ${what}: ${early ? 'the attack ended early; ' : ''}p99 ${during.p99.toFixed(2)} ms beside, ${alone.p99.toFixed(2)} ms alone: ${(during.p99 / alone.p99).toFixed(2)} times${!within && near ? ` (over 2, taken by the floor: within ${FLOOR_MS} ms of alone)` : ''}; ${during.bad} of ${during.n} failed; memory ${before.now} KiB, at most ${memory.peak} KiB`);
		for (const [when, r] of [['beside', during], ['alone', alone]])
			console.log(`     each round ${when}: ${r.text} ms, ${r.cpu} ms of CPU in all; nginx, not attacked: ${r.control.text} ms`);
	}
	return failed;
}
