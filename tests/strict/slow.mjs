// SPDX-License-Identifier: Apache-2.0
// slowhttptest's slow heads, slow bodies and slow readers beside normal traffic at a fixed rate.
// Invariant: beside 1,000 of each, p99 stays within twice (or 2 ms of) what it is alone, and memory is bounded.
// What else runs on the machine, the attacking tool first of all, only ever adds to a p99: of several rounds each way the best
// is compared, and what nginx, which is not attacked, keeps in the same minute is the control.
// Source: slowhttptest(1) -H, -B, -X; h2load(1) --rps. node tests/strict/slow.mjs, with $GATEHOUSE.
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folder, freePorts, gateway, sleep } from '../wire/gateway.mjs';

for (const tool of ['slowhttptest', 'h2load'])
	if (spawnSync(tool, ['--version']).error) {
		console.error(`${tool} is missing; tools/deps strict installs it`);
		process.exit(2);
	}
const RATE = +(process.env.RATE ?? 300), SECONDS = +(process.env.SECONDS_EACH ?? 3), ROUNDS = +(process.env.ROUNDS ?? 4), CLIENTS = +(process.env.CLIENTS ?? 1000), MAX_KIB = CLIENTS * 64;
const dir = folder(), [port] = await freePorts(1), g = await gateway();
chmodSync(dir, 0o755);
writeFileSync(join(dir, 'large'), Buffer.alloc(1 << 20, 'x'));
writeFileSync(join(dir, 'nginx.conf'), `daemon off; worker_processes 1; worker_rlimit_nofile 8192; pid ${dir}/pid; error_log ${dir}/error; events { worker_connections 4096; }
http { access_log off; keepalive_requests 1000000; server { listen 127.0.0.1:${port}; location /x { return 200 "ok"; } location /large { root ${dir}; } } }`);
const target = spawn('nginx', ['-c', join(dir, 'nginx.conf')], { stdio: 'ignore', env: { PATH: `${process.env.PATH}:/usr/sbin` } });
process.on('exit', () => target.kill('SIGTERM'));
await g.proxy('slow', { target: `http://127.0.0.1:${port}` });
const url = `http://127.0.0.1:${g.ports.http}/slow`;

const ended = (child) => new Promise((ok) => child.on('close', ok));
// p99 in ms of requests at the fixed rate, and how many were not answered 200.
async function traffic(to = url) {
	const log = join(dir, `log-${Date.now()}`);
	const code = await ended(spawn('h2load', ['--h1', '-c8', '-t1', `-n${RATE * SECONDS}`, `--rps=${RATE / 8}`, `--log-file=${log}`, `${to}/x`], { stdio: 'ignore' }));
	const rows = readFileSync(log, 'utf8').trim().split('\n').map((l) => l.split('\t').map(Number));
	const times = rows.map((r) => r[2] / 1000).sort((a, b) => a - b);
	return { p99: times[Math.floor(times.length * 0.99)], n: times.length, bad: rows.filter((r) => r[1] !== 200).length + (RATE * SECONDS - rows.length) + (code ? 1 : 0) };
}

const attacks = {
	'slow heads (slowloris)': ['-H', '-u', `${url}/x`, '-i', '5', '-x', '24'],
	'slow bodies': ['-B', '-u', `${url}/x`, '-i', '5', '-s', '8192', '-x', '24'],
	'slow readers': ['-X', '-u', `${url}/large`, '-w', '512', '-y', '1024', '-n', '5', '-z', '32', '-k', '3'],
};
const cpu = () => {                                           // ms that the gateway has used
	const f = readFileSync(`/proc/${g.proc.pid}/stat`, 'utf8').split(') ')[1].split(' ');
	return (+f[11] + +f[12]) * 10;
};
const best = (all) => {
	const times = all.map((r) => r.p99).sort((a, b) => a - b), sum = (key) => all.reduce((n, r) => n + r[key], 0);
	return { p99: times[0], text: times.map((t) => t.toFixed(2)).join(' '), n: sum('n'), bad: sum('bad') };
};
async function rounds() {
	const before = cpu(), ours = [], control = [];
	for (let i = 0; i < ROUNDS; i++) {
		ours.push(await traffic());
		control.push(await traffic(`http://127.0.0.1:${port}`));
	}
	return { ...best(ours), cpu: cpu() - before, control: best(control) };
}
let failed = 0;
await traffic();
for (const [what, args] of Object.entries(attacks)) {
	const alone = await rounds(), before = g.memory();
	const attack = spawn('nice', ['-n', '19', 'slowhttptest', '-c', String(CLIENTS), '-r', '500', '-l', String(SECONDS * ROUNDS * 3 + 6), '-p', '3', ...args], { stdio: 'ignore', cwd: dir });
	const over = ended(attack);
	await sleep(3000);
	const beside = await rounds(), during = g.memory();
	attack.kill('SIGINT');
	await over;
	const good = !beside.bad && beside.p99 <= Math.max(2 * alone.p99, alone.p99 + 2, 2 * beside.control.p99) && during.peak - before.now < MAX_KIB;
	failed += !good;
	console.log(`${good ? 'ok  ' : 'FAIL'} ${what}, ${CLIENTS} clients: p99 ${beside.p99.toFixed(2)} ms beside, ${alone.p99.toFixed(2)} ms alone: ${(beside.p99 / alone.p99).toFixed(2)} times; ${beside.bad} of ${beside.n} failed; memory ${before.now} KiB, at most ${during.peak} KiB`);
	for (const [when, r] of [['beside', beside], ['alone', alone]])
		console.log(`     each round ${when}: ${r.text} ms, ${r.cpu} ms of CPU in all; nginx, not attacked: ${r.control.text} ms`);
}
process.exit(failed ? 1 : 0);
