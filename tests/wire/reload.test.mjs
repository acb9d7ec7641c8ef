// SPDX-License-Identifier: Apache-2.0
// SIGHUP, certificates that change in the store, the service manager's protocol and its sockets.
// Invariant: a reload changes all that it may or nothing, and no request fails by it.
// Source: sd_notify(3), sd_listen_fds(3).
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { manager } from './manager.mjs';
import { binary, demo, expect, fetchOne, folder, freePorts, gateway, load, origin, sleep, until } from './gateway.mjs';

const a = await origin((one, res) => res.end('a')), b = await origin((one, res) => res.end('b'));
const logged = (g, event) => g.proc.err.split('\n').filter((l) => l.includes(`"${event}"`));
const went = (r) => r.status === 200 || `${r.status} ${r.text}`;
const hosts = (port) => `hosts = { "target.example:80" = "127.0.0.1:${port}" }\n`;

async function configured(text, o = {}) {
	const dir = folder(), file = join(dir, 'gatehouse.conf');
	writeFileSync(file, text);
	const g = await gateway({ args: ['--config', file], ...o });
	const hup = async (event, n) => { g.proc.child.kill('SIGHUP'); await until(() => logged(g, event).length === n); };
	return { g, file, hup };
}

test('SIGHUP', async (t) => {
	const { g, file, hup } = await configured(hosts(a.port));
	await g.proxy('far', { target: 'http://target.example', vhosts: ['default', 'secure'] });
	await g.proxy('mint', { pre: { request: ['m'] }, policies: { m: '<OAuthV2><Operation>GenerateAccessToken</Operation><GenerateResponse/><SupportedGrantTypes><GrantType>client_credentials</GrantType></SupportedGrantTypes></OAuthV2>' } });
	const log = join(g.dir, 'access.log');
	expect(await g.call('/far'), { status: 200, body: 'a' });

	await t.test('hosts, lifetimes and log level apply at once; other keys are named', async () => {
		writeFileSync(file, `${hosts(b.port)}oauth.access_token_expires_ms = 77000\nlog_level = "debug"\nmetrics.public = true\nmax_exchanges = 50\n`);
		await hup('reloaded', 1);
		expect(await g.call('/far'), { status: 200, body: 'b' });
		expect(await fetchOne({ port: g.ports.management, path: '/metrics' }), { status: 200 });
		assert.match((await g.call('/mint', { form: { client_id: demo.key, client_secret: demo.secret, grant_type: 'client_credentials' } })).text, /"expires_in"\s*:\s*"?7[67]"?/);
		assert.deepEqual(logged(g, 'reload_needs_restart').map((l) => JSON.parse(l).key), ['max_exchanges']);
	});
	const bad = [
		['an unknown key', `${hosts(a.port)}nonsense = 1\n`, /gatehouse\.conf:2/],
		['a pair that is none', 'hosts = { "x" = "y" }\n', /hosts takes/],
		['a block that is none', `${hosts(a.port)}denied_addresses = "10.0.0.0/8, 10.1"\n`, /denied_addresses takes .*"10\.1"/],
		['half a line', `${hosts(a.port)}log_level =`, /gatehouse\.conf:2/],
		['a log that cannot be', `${hosts(a.port)}access_log = "/nowhere/x/access.log"\n`, /access log/],
		['no file', null, /gatehouse\.conf/],
	];
	for (const [i, [what, text, why]] of bad.entries())
		await t.test(`${what} changes nothing`, async () => {
			if (text === null) renameSync(file, `${file}.away`); else writeFileSync(file, text);
			await hup('reload_refused', i + 1);
			assert.match(JSON.parse(logged(g, 'reload_refused').at(-1)).why, why);
			expect(await g.call('/far'), { status: 200, body: 'b' });
		});
	await t.test('what no target may reach, but where hosts says so', async () => {
		await g.proxy('near', { target: `http://near.localhost:${b.port}` });
		await g.proxy('metadata', { target: 'http://169.254.169.254/latest' });
		for (const [n, text, near] of [[2, '', 200], [3, 'denied_addresses = "192.0.2.0/24, 127.0.0.0/8, ::1"\n', 503], [4, `denied_addresses = "127.0.0.1,::1"\nhosts = { "near.localhost:${b.port}" = "127.0.0.1:${b.port}" }\n`, 200]]) {
			writeFileSync(file, text);
			await hup('reloaded', n);
			expect(await g.call('/near'), { status: near });
		}
		writeFileSync(file, hosts(b.port));
		await hup('reloaded', 5);
		expect(await g.call('/metadata'), { status: 503 });
	});
	await t.test('the access log is opened anew', async () => {
		await until(() => readFileSync(log, 'utf8').includes('/far'));
		writeFileSync(file, hosts(b.port));
		renameSync(log, `${log}.1`);
		await hup('reloaded', 6);
		assert.ok(existsSync(log));
		expect(await g.call('/far?after'), { status: 200 });
		await until(() => readFileSync(log, 'utf8').includes('/far'));
	});
	await t.test('under load no request fails', async () => {
		const plain = load(async () => went(await g.call('/far')), 4), tls = load(async () => went(await g.call('/far', { secure: true })), 2);
		const fresh = load(async () => went(await g.call('/far', { secure: true, headers: { Connection: 'close' } })), 1);
		for (let i = 0; i < 20; i++) {
			await hup('reloaded', 7 + i);
			await sleep(50);
		}
		for (const l of [plain, tls, fresh]) {
			const { ok, bad: wrong } = await l.stop();
			assert.deepEqual(wrong, []);
			assert.ok(ok > 10, `${ok} went well`);
		}
	});
	await g.stop();
});

test('a service manager is told', async () => {
	const m = await manager(folder());
	const g = await gateway({ env: { NOTIFY_SOCKET: m.path } });
	await until(() => m.told().length === 1);
	g.proc.child.kill('SIGHUP');
	await until(() => m.told().length === 3);
	await g.stop();
	await until(() => m.told().length === 4);
	const [ready, reloading, again, stopping] = m.told();
	assert.match(ready, /^READY=1(;|$)/);
	assert.match(reloading, /^RELOADING=1;MONOTONIC_USEC=\d+$/);
	assert.match(again, /^READY=1(;|$)/);
	assert.match(stopping, /^STOPPING=1(;|$)/);
	m.stop();
});

// A manager that opens two sockets, keeps them, and starts the server with them once per line of its input.
const KEEPER = `import os, socket, sys
socks = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
print("ports", *[s.getsockname()[1] for s in socks])
for line in sys.stdin:
    names, args = line.rstrip().split(" ")[0], line.rstrip().split(" ")[1:]
    pid = os.fork()
    if pid == 0:
        for i, fd in enumerate([os.dup(s.fileno()) for s in socks]): os.dup2(fd, 3 + i)
        os.execve(args[0], args, {**os.environ, "LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "2", "LISTEN_FDNAMES": names})
    print("started", pid)
    print("ended", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;

async function keeper() {
	const child = spawn('python3', ['-uc', KEEPER], { stdio: ['pipe', 'pipe', 'pipe'] });
	const k = { out: '', err: '' };
	child.stdout.on('data', (s) => { k.out += s; });
	child.stderr.on('data', (s) => { k.err += s; });
	await until(() => /ports \d+ \d+\n/.test(k.out));
	k.ports = /ports (\d+) (\d+)/.exec(k.out).slice(1).map(Number);
	k.start = (names, args) => { k.out = k.err = ''; child.stdin.write(`${names} ${args.join(' ')}\n`); };
	k.ended = async () => { await until(() => /ended -?\d+\n/.test(k.out), 60000); return +/ended (-?\d+)/.exec(k.out)[1]; };
	k.end = () => { process.kill(+/started (\d+)/.exec(k.out)[1], 'SIGTERM'); return k.ended(); };
	k.stop = () => child.stdin.end();
	return k;
}

test('sockets of the service manager', async () => {
	const k = await keeper(), [http, mgmt] = k.ports, [secure] = await freePorts(1);
	const sets = [`gateway.secure.listen=127.0.0.1:${secure}`, 'gateway.default.listen=127.0.0.1:1', 'management.listen=127.0.0.1:1', 'workers=2', 'drain_timeout=1'];
	const args = [binary, 'serve', '--data', folder(), ...sets.flatMap((s) => ['--set', s])];
	const headers = { Host: 'localhost', Connection: 'close' }, up = () => k.out.includes('gatehouse ready');
	k.start('gateway.default:management', args);
	await until(up, 60000);
	for (let i = 0; i < 20; i++)
		expect(await fetchOne({ port: http, path: '/none', headers }), { status: 404 });
	expect(await fetchOne({ port: mgmt, path: '/readyz', headers }), { status: 200 });
	assert.equal(await k.end(), 0);
	const waiting = fetchOne({ port: http, path: '/none', headers, timeout: 60000 });
	await sleep(200);
	k.start('gateway.default:management', args);               // who came meanwhile was not refused
	expect(await waiting, { status: 404 });
	await until(up, 60000);
	assert.equal(await k.end(), 0);
	k.start('other:management', args);
	assert.equal(await k.ended(), 1);
	assert.match(k.err, /socket "other" that was given is none of ours/);
	k.stop();
});
