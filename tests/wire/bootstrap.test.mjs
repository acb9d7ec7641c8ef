// SPDX-License-Identifier: Apache-2.0
// Starting and stopping: the first start and only that, refusals in one line, draining, what stays.
// Invariant: stdout holds one line, "gatehouse ready"; no secret goes to stdout or stderr.
// Source: the interface of the binary (`gatehouse serve --help`), docs/ARCHITECTURE.md.
import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { join } from 'node:path';
import test from 'node:test';
import * as b from './bundle.mjs';
import { basic, demo, expect, folder, freePorts, gateway, launch, origin, sleep } from './gateway.mjs';

const quiet = (p, secret) => {
	assert.equal(p.out, 'gatehouse ready\n');
	for (const s of secret)
		assert.ok(!p.err.includes(s) && !p.out.includes(s), 'a secret was printed');
};
const listens = (ports) => ['management', 'gateway.default', 'gateway.secure', 'sso', 'ui', 'mocktarget'].flatMap((k, i) => ['--set', `${k}.listen=127.0.0.1:${ports[i]}`]);
// Starts it and expects it to give up: non-zero, one line that matches.
async function refuses(args, line, o) {
	const p = launch(args, o), late = setTimeout(() => p.child.kill('SIGKILL'), 20000);
	await p.ended;
	clearTimeout(late);
	assert.equal(p.signal, null, `it hung:\n${p.err}`);
	assert.ok(p.code > 0, `exit ${p.code}`);
	assert.equal(p.out, '');
	const lines = p.err.trimEnd().split('\n');
	assert.equal(lines.length, 1, `one line, not:\n${p.err}`);
	assert.match(lines[0], line);
}

test('what the first start makes', async (t) => {
	const g = await gateway({ demo: false });
	await t.test('organization, environments, proxies', async () => {
		assert.deepEqual((await g.must('/v1/organizations')).json, ['acme']);
		assert.deepEqual((await g.must('/apis')).json.sort(), ['helloworld', 'oauth']);
		assert.deepEqual((await g.must('/environments/test/deployments')).json.aPIProxy.map((a) => a.name).filter((n) => n === 'oauth'), ['oauth']);
		assert.deepEqual((await g.must('/developers')).json, []);
		assert.deepEqual((await g.must('/apiproducts')).json, []);
		assert.deepEqual((await g.must('/apps')).json, []);
	});
	await t.test('no demo, no weatherapi', async () => { expect(await g.call('/weather/json'), { status: 404 }); });
	await t.test('the folder is private', () => {
		for (const f of readdirSync(g.dir).map((n) => join(g.dir, n)).filter((f) => statSync(f).isFile()))
			assert.equal(statSync(f).mode & 0o077, 0, f);
		assert.equal(statSync(join(g.dir, 'secret.key')).mode & 0o777, 0o600);
	});
	const p = await g.stop();
	assert.equal(p.code, 0);
	quiet(p, [g.pass]);
});

test('another name for the organization', async () => {
	const g = await gateway({ demo: false, set: { organization: 'umbrella' } });
	assert.deepEqual((await g.must('/v1/organizations')).json, ['umbrella']);
	expect(await g.token(demo, { whole: true, org: 'umbrella' }), { status: 401 });
	assert.equal((await g.stop()).code, 0);
});

test('a password for the first administrator is made when none is given', async () => {
	const g = await gateway({ demo: false, env: { GATEHOUSE_ADMIN_PASSWORD: undefined } });
	const files = readdirSync(g.dir).map((n) => join(g.dir, n)).filter((f) => statSync(f).isFile() && statSync(f).size < 4096 && !f.endsWith('secret.key'));
	let found;
	for (const f of files)
		for (const word of readFileSync(f, 'utf8').split(/[\s=:"]+/).filter((w) => w.length >= 12 && w.length < 200))
			if (!found && (await g.mgmt('/apps', { auth: basic(g.user, word) })).status === 200)
				found = { f, word };
	assert.ok(found, `no password in ${files}`);
	assert.equal(statSync(found.f).mode & 0o777, 0o600);
	const p = await g.stop();
	quiet(p, [found.word]);
	await g.start();
	expect(await g.mgmt('/apps', { auth: basic(g.user, found.word) }), { status: 200 });
	await g.stop();
});

test('a restart keeps all, and the environment\'s password is for the first start only', async () => {
	const g = await gateway();
	const token = await g.token();
	await g.must('/developers', { body: { email: 'kept@example.com', firstName: 'a', lastName: 'b', userName: 'c' } });
	assert.equal((await g.stop()).code, 0);
	g.env = { GATEHOUSE_ADMIN_PASSWORD: 'another-one-1', GATEHOUSE_ADMIN_USER: 'other@acme.example' };
	await g.start();
	expect(await g.mgmt('/developers/kept@example.com'), { status: 200 });
	expect(await g.call('/weather/json', { token }), { status: 200 });
	expect(await g.mgmt('/apps', { auth: basic('other@acme.example', 'another-one-1') }), { status: 401 });
	expect(await g.mgmt('/apps', { auth: basic(g.user, 'another-one-1') }), { status: 401 });
	await g.stop();
});

test('--demo is done once per store', async () => {
	const g = await gateway();
	await g.must(`/developers/${demo.developer}/apps/${demo.app}`, { method: 'DELETE' });
	await g.must('/developers/' + demo.developer, { method: 'PUT', body: { email: demo.developer, firstName: 'Changed', lastName: 'x', userName: 'y' } });
	await g.restart();
	assert.deepEqual((await g.must('/apps')).json, []);
	assert.equal((await g.must('/developers/' + demo.developer)).json.firstName, 'Changed');
	assert.deepEqual((await g.must('/apis/weatherapi/revisions')).json, ['1']);
	await g.stop();
	const late = await gateway({ demo: false });
	await late.stop();
	late.demo = true;
	await late.start();
	assert.deepEqual((await late.must(`/developers/${demo.developer}/apps`)).json, [demo.app], 'a store that has had no demo gets it');
	await late.stop();
});

test('helloworld works with the demo: its target name leads to the mock', async () => {
	const g = await gateway();
	if ((await g.mgmt('/environments/test/apis/helloworld/deployments')).status !== 200)
		expect(await g.deploy('helloworld', 1), { status: 200 });
	expect(await g.call('/v0/hello/json'), { status: 200, body: /firstName/ });
	await g.stop();
});

test('refusals', async (t) => {
	const g = await gateway();
	const ports = await freePorts(6);
	await t.test('a second server on one folder', async () => {
		await refuses(['serve', '--data', g.dir, ...listens(ports)], /in use|lock|already|another/i);
		expect(await g.mgmt('/apps'), { status: 200 });
	});
	await t.test('a port that is taken', () => refuses(['serve', '--data', folder(), ...listens([g.ports.management, ...ports.slice(1)])], new RegExp(`${g.ports.management}.*in use|in use.*${g.ports.management}`)));
	await g.stop();
	const other = await gateway({ demo: false });
	await other.stop();
	const key = join(g.dir, 'secret.key'), kept = readFileSync(key);
	const serve = ['serve', '--data', g.dir, ...listens(ports)];
	await t.test('the key of another', async () => {
		copyFileSync(join(other.dir, 'secret.key'), key);
		await refuses(serve, /key/i);
	});
	await t.test('half a key', async () => { writeFileSync(key, kept.subarray(0, kept.length >> 1)); await refuses(serve, /key/i); });
	await t.test('an empty key', async () => { writeFileSync(key, ''); await refuses(serve, /key/i); });
	writeFileSync(key, kept);
	await t.test('no key, though there is a store', async () => {
		await refuses([...serve, '--set', `secret_key_file=${join(g.dir, 'none.key')}`], /key/i);
		assert.ok(!existsSync(join(g.dir, 'none.key')), 'none is made for a store that has one');
	});
	await t.test('a key that others can read', async () => {
		chmodSync(key, 0o644);
		await refuses(serve, /key.*(mode|permission|0600|read)|(mode|permission).*key/i);
		chmodSync(key, 0o600);
	});
	await t.test('a store that is no database', async () => {
		const dir = folder();
		for (const f of readdirSync(g.dir).filter((n) => statSync(join(g.dir, n)).isFile())) {
			const data = readFileSync(join(g.dir, f));
			writeFileSync(join(dir, f), data.subarray(0, 6).toString() === 'SQLite' ? Buffer.alloc(8192, 'x') : data, { mode: 0o600 });
		}
		await refuses(['serve', '--data', dir, ...listens(ports)], /database|store|sqlite/i);
	});
	for (const [what, store] of [['that is gone', null], ['that is empty', '']])
		await t.test(`a store ${what}: no new one takes its place`, async () => {
			const dir = folder();
			for (const f of readdirSync(g.dir).filter((n) => !n.startsWith('gatehouse.db') && statSync(join(g.dir, n)).isFile()))
				writeFileSync(join(dir, f), readFileSync(join(g.dir, f)), { mode: 0o600 });
			if (store !== null)
				writeFileSync(join(dir, 'gatehouse.db'), store);
			await refuses(['serve', '--data', dir, ...listens(ports)], /gatehouse\.db.*missing/);
		});
	await t.test('and with the right key it goes on', async () => {
		await g.start();
		expect(await g.mgmt('/apps'), { status: 200 });
		assert.equal((await g.stop()).code, 0);
	});
	const config = join(folder(), 'gatehouse.conf');
	const configs = [
		['unknown key', '# hello\n\nnonsense.key = 1\n', /gatehouse\.conf:3:.*nonsense\.key/], ['no value', 'workers =\n', /gatehouse\.conf:1:/], ['a value of another type', '\nworkers = "many"\n', /gatehouse\.conf:2:.*workers/],
		['out of bounds', 'workers = 100000\n', /gatehouse\.conf:1:.*workers/], ['twice', 'workers = 1\nworkers = 2\n', /gatehouse\.conf:2:.*workers/], ['no sense', 'what is this\n', /gatehouse\.conf:1:/], ['an open string', 'organization = "acme\n', /gatehouse\.conf:1:/],
	];
	for (const [what, text, line] of configs)
		await t.test(`configuration: ${what}`, () => { writeFileSync(config, text); return refuses(['serve', '--data', folder(), '--config', config, ...listens(ports)], line); });
	const sets = [
		[['--set', 'nonsense=1'], /nonsense/], [['--set', 'workers'], /workers|KEY=VALUE/], [['--set', 'workers=x'], /workers/], [['--set', 'management.listen=nowhere'], /management\.listen/], [['--set', 'store=mysql://x'], /store/],
		[['--config', '/none.conf'], /none\.conf/], [['--nonsense'], /nonsense/], [['--set', 'management.listen=127.0.0.1:99999'], /management\.listen|99999/],
	];
	for (const [args, line] of sets)
		await t.test(args.join(' '), () => refuses(['serve', '--data', folder(), ...listens(ports), ...args], line));
	await t.test('a folder that cannot be', () => { const f = join(folder(), 'file'); writeFileSync(f, ''); return refuses(['serve', '--data', f, ...listens(ports)], /file/); });
});

test('a configuration file', async () => {
	const conf = join(folder(), 'gatehouse.conf');
	writeFileSync(conf, '# the organization\norganization = "filed"\nworkers = 1   # one\n');
	const g = await gateway({ demo: false, args: ['--config', conf] });
	assert.deepEqual((await g.must('/v1/organizations')).json, ['filed']);
	await g.stop();
	g.set = { organization: 'other' };
	await g.start();
	assert.deepEqual((await g.must('/v1/organizations')).json, ['filed'], 'only the first start makes one');
	await g.stop();
});

test('SIGTERM drains', async (t) => {
	const o = await origin((one, res) => setTimeout(() => res.end('late'), 1500));
	await t.test('what runs is answered, nothing new is taken, exit 0', async () => {
		const g = await gateway();
		await g.proxy('slow', { target: o.url });
		const running = Array.from({ length: 5 }, () => g.call('/slow'));
		const idle = net.connect(g.ports.http, '127.0.0.1');
		await sleep(400);
		const ended = g.stop();
		await sleep(300);
		await assert.rejects(g.call('/slow', { agent: new http.Agent() }), /ECONNREFUSED|ECONNRESET|socket hang up/);
		for (const r of await Promise.all(running))
			expect(r, { status: 200, body: 'late' });
		const p = await ended;
		assert.deepEqual([p.code, p.signal], [0, null]);
		quiet(p, [g.pass]);
		idle.destroy();
	});
	await t.test('drain_timeout ends the wait', async () => {
		const stuck = await origin(() => {});
		const g = await gateway({ set: { drain_timeout: '1' } });
		await g.proxy('stuck', { target: stuck.url });
		const call = g.call('/stuck').catch((e) => e);
		await sleep(300);
		const from = Date.now(), p = await g.stop();
		assert.equal(p.code, 0);
		assert.ok(Date.now() - from < 5000, `${Date.now() - from} ms`);
		await call;
	});
	await t.test('SIGHUP ends no service', async () => {
		const g = await gateway({ demo: false });
		g.proc.child.kill('SIGHUP');
		await sleep(300);
		expect(await g.mgmt('/apps'), { status: 200 });
		assert.equal((await g.stop()).code, 0);
	});
	await t.test('SIGINT too', async () => {
		const g = await gateway({ demo: false });
		assert.equal((await g.end('SIGINT')).code, 0);
	});
});

const words = [
	[['--version'], 0, /^gatehouse \d+\.\d+\.\d+/], [['--help'], 0, /serve/], [['serve', '--help'], 0, /--data/], [[], [1, 2, 64], /serve|--help/], [['nonsense'], [1, 2, 64], /nonsense/],
];
for (const [args, code, text] of words) {
	test(`gatehouse ${args.join(' ')}`, async () => {
		const p = await launch(args).ended;
		assert.ok([code].flat().includes(p.code), `exit ${p.code}`);
		assert.match(p.out + p.err, text);
	});
}

test('gatehouse check', async (t) => {
	const dir = folder();
	const write = (name, files) => { for (const [k, v] of Object.entries(files)) { const f = join(dir, name, k); mkdirSync(join(f, '..'), { recursive: true }); writeFileSync(f, v); } return join(dir, name); };
	const good = b.proxy('good', { pre: { request: ['a'] }, policies: { a: b.mark('x', '1') } });
	const bad = { ...good, 'apiproxy/policies/a.xml': '<AssignMessage name="a">\n\n<Frobnicate/></AssignMessage>' };
	const zip = (name, files) => { const f = join(dir, name); writeFileSync(f, b.bundle(files)); return f; };
	const written = (name, text) => { const f = join(dir, name); writeFileSync(f, text); return f; };
	const conf = written('x.conf', 'workers = 1\nfoo = 2\n');
	for (const [what, path, code, text] of [['a good folder', write('g', good), 0, /^/], ['a good zip', zip('g.zip', good), 0, /^/], ['a bad folder', write('b', bad), 1, /policies\/a\.xml:3: .*Frobnicate/],
		['a bad zip', zip('b.zip', bad), 1, /policies\/a\.xml:3: .*Frobnicate/], ['a configuration', conf, 1, /x\.conf:2: .*foo/], ['a good one', written('good.conf', 'organization = "acme"\nhosts = { "a:1" = "127.0.0.1:2" }\n'), 0, /nothing to complain/],
		['what serve refuses', written('org.conf', 'organization = "Acme"\n'), 1, /org\.conf: organization takes/], ['a host that is no address', written('hosts.conf', 'hosts = { "a:1" = "b:2" }\n'), 1, /hosts\.conf: hosts takes/], ['nothing', join(dir, 'none'), 1, /none/]]) {
		await t.test(what, async () => {
			const p = await launch(['check', path]).ended;
			assert.equal(p.code === 0 ? 0 : 1, code, p.out + p.err);
			assert.match(p.out + p.err, text);
		});
	}
});
