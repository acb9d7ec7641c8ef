// SPDX-License-Identifier: Apache-2.0
// Attacks beside normal traffic at a fixed rate, through a proxy to nginx (whose /body waits for the whole of one): a printed row each.
// Invariant: p99 stays within twice what it is alone, nothing fails, memory is bounded, and there were attackers in every round, by
// the gateway's own count of connections; a row that holds only by the 2 ms that one turn of a busy machine's scheduler takes
// says so. An attack that has ended, its connections being closed, is begun again. What nginx, which is not attacked, keeps in the same minute is printed.
// What else runs on the machine, the attacking tool first of all, only ever adds to a p99: of several rounds each way the best is compared, and a row
// that did not hold while nginx took twice as long, too, is taken again, twice at most.
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
const RATE = +(process.env.RATE ?? 300), SECONDS = +(process.env.SECONDS_EACH ?? 2), ROUNDS = +(process.env.ROUNDS ?? 6), FLOOR_MS = 2, CLIENTS = 8, AGAIN = 2;
const [port] = await freePorts(1);
export const dir = folder(), g = await gateway(), seconds = SECONDS * ROUNDS * 3 + 6, url = `http://127.0.0.1:${g.ports.http}/slow`;
chmodSync(dir, 0o755);
writeFileSync(join(dir, 'large'), Buffer.alloc(1 << 20, 'x'));
writeFileSync(join(dir, 'nginx.conf'), `daemon off; worker_processes 1; worker_rlimit_nofile 8192; pid ${dir}/pid; error_log ${dir}/error; events { worker_connections 4096; }
http { access_log off; keepalive_requests 1000000; server { listen 127.0.0.1:${port}; location /x { return 200 "ok"; } location /large { root ${dir}; } location /body { proxy_pass http://127.0.0.1:${port}/x; } } }`);
const target = spawn('nginx', ['-c', join(dir, 'nginx.conf')], { stdio: 'ignore', env: { PATH: `${process.env.PATH}:/usr/sbin` } });
process.on('exit', () => target.kill('SIGTERM'));
await g.proxy('slow', { target: `http://127.0.0.1:${port}` });

const ended = (child) => new Promise((ok) => child.on('close', ok));
// p99 in ms of requests at the fixed rate, and how many were not answered 200.
async function traffic(to, protocol) {
	const log = join(dir, `log-${Date.now()}`);
	const code = await ended(spawn('h2load', [...protocol, `-c${CLIENTS}`, '-t1', `-n${RATE * SECONDS}`, `--rps=${RATE / CLIENTS}`, `--log-file=${log}`, `${to}/x`], { stdio: 'ignore' }));
	const rows = readFileSync(log, 'utf8').trim().split('\n').map((l) => l.split('\t').map(Number));
	const times = rows.map((r) => r[2] / 1000).sort((a, b) => a - b);
	return { p99: times[Math.floor(times.length * 0.99)], n: times.length, bad: rows.filter((r) => r[1] !== 200).length + (RATE * SECONDS - rows.length) + (code ? 1 : 0) };
}

const cpu = () => {                                           // ms that the gateway has used
	const f = readFileSync(`/proc/${g.proc.pid}/stat`, 'utf8').split(') ')[1].split(' ');
	return (+f[11] + +f[12]) * 10;
};
// Client connections of the APIs: open now, and since the start.
async function connections() {
	const { text } = await g.must('', { path: '/metrics' });
	return ['', '_accepted_total'].map((what) => +new RegExp(`^gatehouse_connections${what} (\\d+)$`, 'm').exec(text)[1]);
}
const best = (all) => {
	const times = all.map((r) => r.p99).sort((a, b) => a - b), sum = (key) => all.reduce((n, r) => n + r[key], 0);
	return { p99: times[0], text: times.map((t) => t.toFixed(2)).join(' '), n: sum('n'), bad: sum('bad') };
};
async function rounds(protocol) {
	const before = cpu(), ours = [], control = [], others = [];
	for (let i = 0; i < ROUNDS; i++) {
		const [open, accepted] = await connections();
		ours.push(await traffic(url, protocol));
		others.push(open + (await connections())[1] - accepted - CLIENTS);
		control.push(await traffic(`http://127.0.0.1:${port}`, ['--h1']));
	}
	return { ...best(ours), cpu: cpu() - before, others, control: best(control) };
}

// Runs the command over and over until stop(), which gives how often.
function again(command) {
	let child, times = 0, on = true;
	const over = (async () => {
		for (; on; times++)
			await ended(child = spawn('chrt', ['--idle', '0', ...command], { stdio: ['ignore', 'ignore', 'inherit'], cwd: dir }));
	})();
	return { stop: async () => { on = false; child.kill('SIGINT'); await over; return times; } };
}

const times = (during, alone) => during.p99 / alone.p99;
async function row(what, command, { attackers, maxKiB, protocol }) {
	const alone = await rounds(protocol), before = g.memory(), attack = again(command);
	await sleep(3000);
	const during = await rounds(protocol), memory = g.memory(), begun = await attack.stop();
	const within = times(during, alone) <= 2, near = during.p99 <= alone.p99 + FLOOR_MS, attacked = during.others.every((n) => n >= attackers);
	const good = attacked && !during.bad && (within || near) && memory.peak - before.now < maxKiB;
	console.log(`${good ? 'ok  ' : 'FAIL'} ${what}: p99 ${during.p99.toFixed(2)} ms beside, ${alone.p99.toFixed(2)} ms alone: ${times(during, alone).toFixed(2)} times${!within && near ? ` (over 2, taken by the floor: within ${FLOOR_MS} ms of alone)` : ''}; ${during.bad} of ${during.n} failed; memory ${before.now} KiB, at most ${memory.peak} KiB`);
	console.log(`     the attack was begun ${begun} times; connections of attackers in each round: ${during.others.join(' ')}${attacked ? '' : ` (fewer than ${attackers})`}`);
	for (const [when, r] of [['beside', during], ['alone', alone]])
		console.log(`     each round ${when}: ${r.text} ms, ${r.cpu} ms of CPU in all; nginx, not attacked: ${r.control.text} ms`);
	return { good, noise: times(during.control, alone.control) };
}

// attacks: { name: [command, ...arguments] }; each has the time that nobody else wants: a real one comes from another machine.
// Each round must see at least so many connections of `attackers`. The number of those that did not hold.
export async function beside(attacks, limits) {
	let failed = 0;
	await traffic(url, limits.protocol);
	for (const [what, command] of Object.entries(attacks)) {
		let r = await row(what, command, limits);
		for (let more = AGAIN; !r.good && r.noise > 2 && more--; r = await row(what, command, limits))
			console.log(`     says nothing, for nginx, which was not attacked, took ${r.noise.toFixed(2)} times as long: once more`);
		failed += !r.good;
	}
	return failed;
}
