// SPDX-License-Identifier: Apache-2.0
// The three words of the wire tests: origin() is a target, gateway() the product, wire() raw bytes.
// Invariant: whatever a test started is gone when its process ends, also when the test failed.
// Source: house rules; the interface of the binary is that of `gatehouse serve --help`.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';
import { bundle, proxy, sharedFlow } from './bundle.mjs';

export { sleep };
export * from './bundle.mjs';
export const root = fileURLToPath(new URL('../..', import.meta.url));
export const binary = process.env.GATEHOUSE ?? join(root, 'build/release/gatehouse');
// A sanitized build is slower and larger: bounds on time and memory are multiplied by this.
export const slack = existsSync(binary) && readFileSync(binary).includes('__asan_init') ? 6 : 1;
export const demo = {
	org: 'acme', app: 'weatherapp', product: 'PremiumWeatherAPI', developer: 'ahamilton@example.com',
	key: 'bBGAQrXgivA9lKu7NMPyoYpVKNhGar6K', secret: 'hAr4Gn0gA9vAyvI4',
};

const started = new Set(), folders = new Set(), running = new Set();
process.on('exit', () => {
	for (const p of started)
		p.kill('SIGKILL');
	for (const d of folders)
		rmSync(d, { recursive: true, force: true });
});

// A server that a file leaves running is stopped in order: it must drain and end with 0, also under
// sanitizers, which look for leaks only then.
process.on('beforeExit', async () => {
	for (const g of [...running]) {
		const p = await g.stop();
		if (p.code === 0)
			continue;
		console.error(`the server ended with ${p.code ?? p.signal}:\n${p.err.slice(-8000)}`);
		process.exitCode = 1;
	}
});

export function folder() {
	const dir = mkdtempSync(join(tmpdir(), 'gatehouse-wire-'));
	folders.add(dir);
	return dir;
}

export async function freePorts(n) {
	const servers = Array.from({ length: n }, () => net.createServer());
	await Promise.all(servers.map((s) => new Promise((ok, no) => s.once('error', no).listen(0, '127.0.0.1', ok))));
	const ports = servers.map((s) => s.address().port);
	await Promise.all(servers.map((s) => new Promise((ok) => s.close(ok))));
	return ports;
}

// ---- a target -------------------------------------------------------------------------------
// seen[] holds every request with its whole body; without a handler it answers what it saw as JSON.
export async function origin(handler) {
	const seen = [];
	const server = http.createServer(async (req, res) => {
		const one = { method: req.method, url: req.url, headers: req.headers, raw: req.rawHeaders, at: Date.now() };
		if (handler?.length === 3)                            // (req, res, one): the body is the handler's
			return seen.push(one), handler(req, res, one);
		const chunks = [];
		try {
			for await (const c of req)
				chunks.push(c);
		} catch {
			return;                                       // the gateway went away in the middle
		}
		one.body = Buffer.concat(chunks).toString();
		seen.push(one);
		if (handler)
			return handler(one, res);
		res.setHeader('Content-Type', 'application/json');
		res.end(JSON.stringify(one));
	});
	server.keepAliveTimeout = 60000;
	server.on('connection', (s) => s.unref()).on('clientError', (e, s) => s.destroy());
	await new Promise((ok) => server.listen(0, '127.0.0.1', ok));
	server.unref();
	const { port } = server.address();
	return { port, url: `http://127.0.0.1:${port}`, seen, server, close: () => new Promise((ok) => {
		server.close(ok);
		server.closeAllConnections();
	}) };
}

// ---- one HTTP call --------------------------------------------------------------------------
const agents = { http: new http.Agent({ keepAlive: true }), https: new https.Agent({ keepAlive: true }) };

// { status, reason, headers, raw, bytes, text, json }; rejects when the connection breaks.
export function fetchOne({ port, secure, path = '/', method, headers = {}, body, timeout = 30000, agent }) {
	const [module, kind] = secure ? [https, 'https'] : [http, 'http'];
	return new Promise((ok, no) => {
		const req = module.request({
			host: '127.0.0.1', port, path, method: method ?? (body === undefined ? 'GET' : 'POST'), headers,
			agent: agent ?? agents[kind], rejectUnauthorized: false, servername: 'acme-test.localhost',
			insecureHTTPParser: false,
		}, (res) => {
			const chunks = [];
			res.on('data', (c) => chunks.push(c)).on('error', no).on('end', () => {
				const bytes = Buffer.concat(chunks), text = bytes.toString();
				ok({ status: res.statusCode, reason: res.statusMessage, headers: res.headers, raw: res.rawHeaders,
					trailers: res.trailers, bytes, text, get json() { return JSON.parse(text); } });
			});
		});
		req.setTimeout(timeout, () => req.destroy(new Error(`no answer in ${timeout} ms: ${method} ${path}`)));
		// A kept connection that the server closed before it saw this request: ask again, on a new one.
		req.on('error', (e) => e.code === 'ECONNRESET' && req.reusedSocket && !agent
			? fetchOne({ port, secure, path, method, headers, body, timeout, agent: new module.Agent() }).then(ok, no)
			: no(e));
		req.end(body);
	});
}

export const basic = (user, pass) => `Basic ${Buffer.from(`${user}:${pass}`).toString('base64')}`;
export const form = (fields) => new URLSearchParams(fields).toString();
const FORM = 'application/x-www-form-urlencoded';

// Body of a fault, byte for byte: slashes are escaped as Apigee prints them.
export const fault = (errorcode, faultstring) =>
	JSON.stringify({ fault: { faultstring, detail: { errorcode } } }).replaceAll('/', '\\/');
export const oauthError = (code, text) => `{"ErrorCode" : "${code}", "Error" :"${text}"}`;
export const bearerRealm = (errorcode, faultstring) =>
	`Bearer realm="null",error="invalid_token",error_description="${errorcode}: ${faultstring}"`;

const matches = (got, want) => want instanceof RegExp ? want.test(got ?? '')
	: typeof want === 'function' ? want(got) : want === null ? got === undefined : got === want;

// Compares an answer with { status, body, json, headers }; a value may be a RegExp, null is "absent".
export function expect(res, want, what = '') {
	const seen = () => `${what}\n got ${res.status} ${JSON.stringify(res.headers)}\n ${res.text.slice(0, 2000)}`;
	if (want.status !== undefined)
		assert.ok([want.status].flat().includes(res.status), `status ${want.status}: ${seen()}`);
	for (const [k, v] of Object.entries(want.headers ?? {}))
		assert.ok(matches(res.headers[k.toLowerCase()], v), `header ${k} = ${v}: ${seen()}`);
	if (want.body !== undefined)
		assert.ok(matches(res.text, want.body), `body ${want.body}: ${seen()}`);
	if (want.json !== undefined)
		assert.deepEqual(res.json, want.json, seen());
	return res;
}

// ---- the product ----------------------------------------------------------------------------
const LISTEN = ['management', 'gateway.default', 'gateway.secure', 'sso', 'ui', 'mocktarget'];
const SHORT = ['management', 'http', 'https', 'sso', 'ui', 'mocktarget'];

// Starts the binary and gives { code, signal, out, err } as it goes; nothing is waited for.
export function launch(args, { env = {}, cwd } = {}) {
	const clean = Object.fromEntries(Object.entries(process.env).filter(([k]) => !k.startsWith('GATEHOUSE_')));
	const child = spawn(binary, args, { cwd, env: { ...clean, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
	const p = { child, pid: child.pid, out: '', err: '', code: null, signal: null, kill(how) {   // who serves now, after hand-overs
		try { process.kill(p.pid, how); } catch (e) { if (e.code !== 'ESRCH') throw e; }
	} };
	started.add(p);
	child.stdout.setEncoding('utf8').on('data', (s) => { p.out += s; });
	child.stderr.setEncoding('utf8').on('data', (s) => { p.err = (p.err + s).slice(-200000); });
	p.ended = new Promise((ok) => child.on('error', (e) => { p.err += e.message; ok(p); }).on('close', (code, signal) => {
		started.delete(p);
		ok(Object.assign(p, { code, signal }));
	}));
	return p;
}

const hold = (p, how) => [p.child, p.child.stdout, p.child.stderr].forEach((h) => h?.[how]?.());

async function ready(p, ms) {
	hold(p, 'ref');
	const late = Date.now() + ms;
	let over = false;
	p.ended.then(() => { over = true; });
	while (!/^gatehouse ready$/m.test(p.out) && !over) {
		if (Date.now() > late) {
			p.child.kill('SIGKILL');
			throw new Error(`no "gatehouse ready" in ${ms} ms\n${p.out}${p.err}`);
		}
		await sleep(10);
	}
	hold(p, 'unref');
	return !over;
}

class Gateway {
	constructor(o) {
		Object.assign(this, { demo: true, set: {}, env: {}, args: [], user: 'admin@acme.example', pass: 'wire-Passw0rd', secret: 'wire-ssoadmin', ...o });
		this.dir ??= folder();
	}

	async start({ fresh = !this.ports } = {}) {
		for (let tries = 5; ; tries--) {
			if (fresh) {
				const p = await freePorts(LISTEN.length);
				this.ports = Object.fromEntries(SHORT.map((n, i) => [n, p[i]]));
			}
			const set = { ...Object.fromEntries(LISTEN.map((n, i) => [`${n}.listen`, `127.0.0.1:${this.ports[SHORT[i]]}`])), ...this.set };
			this.proc = launch(['serve', '--data', this.dir, ...(this.demo ? ['--demo'] : []), ...this.args,
				...Object.entries(set).flatMap(([k, v]) => ['--set', `${k}=${v}`])],
			{ env: { GATEHOUSE_ADMIN_USER: this.user, GATEHOUSE_ADMIN_PASSWORD: this.pass, GATEHOUSE_SSO_ADMIN_SECRET: this.secret, ...this.env } });
			if (await ready(this.proc, 60000)) {
				running.add(this);
				return this;
			}
			if (tries <= 0 || !/in use/i.test(this.proc.err))
				throw new Error(`did not start (${this.proc.code ?? this.proc.signal}):\n${this.proc.out}${this.proc.err}`);
			fresh = true;
		}
	}

	async end(signal) {
		running.delete(this);
		hold(this.proc, 'ref');
		for (const a of Object.values(agents))              // a drain waits for who might still ask
			Object.values(a.freeSockets).flat().forEach((s) => s.destroy());
		this.proc.kill(signal);
		await Promise.race([this.proc.ended, sleep(30000, null, { ref: false })]);
		return this.proc;
	}
	// A new start of the binary takes over; done when the one before has ended.
	async handOver() {
		const of = (event) => this.events(event).length, [gone, taken] = [of('handed_over'), of('taken_over')];
		this.proc.kill('SIGUSR2');
		await until(() => of('handed_over') > gone && of('taken_over') > taken, 30000 * slack);
		this.proc.pid = this.events('handed_over').at(-1).pid;
	}
	events(event) { return this.proc.err.split('\n').filter((l) => l.includes(`"event":"${event}"`)).map((l) => JSON.parse(l)); }
	stop() { return this.end('SIGTERM'); }
	kill9() { return this.end('SIGKILL'); }
	async restart() { await this.stop(); return this.start(); }

	// mgmt('/apis', {body: object | text | Buffer, type, accept, method, auth}); the organization leads.
	mgmt(path, { body, type, accept, auth = basic(this.user, this.pass), headers = {}, org = 'acme', ...o } = {}) {
		const json = body !== undefined && typeof body === 'object' && !Buffer.isBuffer(body);
		return fetchOne({
			port: this.ports.management, path: path.startsWith('/v1') ? path : `/v1/organizations/${org}${path}`,
			body: json ? JSON.stringify(body) : body, ...o,
			headers: {
				...(auth ? { Authorization: auth } : {}), ...(accept ? { Accept: accept } : {}),
				...(body === undefined ? {} : { 'Content-Type': type ?? (json ? 'application/json' : 'application/octet-stream') }),
				...headers,
			},
		});
	}
	async must(path, o, status = [200, 201, 204]) {
		return expect(await this.mgmt(path, o), { status }, `${o?.method ?? ''} ${path}`);
	}

	// call('/weather/json', {env, secure, token, form, headers, body, method}) on the data plane.
	call(path, { env = 'test', org = 'acme', secure = false, token, form: fields, headers = {}, host, ...o } = {}) {
		return fetchOne({
			port: secure ? this.ports.https : this.ports.http, secure, path, ...(fields ? { body: form(fields) } : {}), ...o,
			headers: {
				Host: host ?? `${org}-${env}.localhost:${secure ? this.ports.https : this.ports.http}`,
				...(token ? { Authorization: `Bearer ${token}` } : {}), ...(fields ? { 'Content-Type': FORM } : {}), ...headers,
			},
		});
	}

	import(name, zip, { kind = 'apis', validate } = {}) {
		const q = form({ action: 'import', name, ...(validate === undefined ? {} : { validate }) });
		return this.mgmt(`/${kind}?${q}`, { body: zip, type: 'application/octet-stream' });
	}
	deploy(name, revision, { env = 'test', kind = 'apis', override = true, ...o } = {}) {
		return this.mgmt(`/environments/${env}/${kind}/${name}/revisions/${revision}/deployments`,
			{ body: form({ override, delay: 0 }), type: FORM, ...o });
	}
	undeploy(name, revision, { env = 'test', kind = 'apis' } = {}) {
		return this.mgmt(`/environments/${env}/${kind}/${name}/revisions/${revision}/deployments`, { method: 'DELETE' });
	}
	// Imports files and deploys them; both must succeed.  Gives the revision.
	async put(name, files, { env, kind = 'apis' } = {}) {
		const r = expect(await this.import(name, bundle(files), { kind }), { status: 201 }, `import ${name}`);
		const revision = r.json.revision;
		expect(await this.deploy(name, revision, { env, kind }), { status: 200 }, `deploy ${name}`);
		return revision;
	}
	proxy(name, spec, o) { return this.put(name, proxy(name, spec), o); }
	sharedFlow(name, spec, o) { return this.put(name, sharedFlow(name, spec), { kind: 'sharedflows', ...o }); }

	// A developer, a product and an app that holds it: { key, secret, product, email, app, appId }.
	async app(name, { product = {}, products, email = `${name}@example.com` } = {}) {
		const d = { email, userName: name, firstName: 'F', lastName: 'L' };
		expect(await this.mgmt('/developers', { body: d }), { status: [201, 409] }, 'developer');
		if (!products) {
			const p = { name: `${name}-product`, displayName: name, approvalType: 'auto', proxies: [], environments: ['test', 'prod'],
				apiResources: [], scopes: [], attributes: [], ...product };
			expect(await this.mgmt('/apiproducts', { body: p }), { status: 201 }, 'product');
			products = [p.name];
		}
		const r = await this.mgmt(`/developers/${email}/apps`, { body: { name, apiProducts: products } });
		const { credentials: [c], appId } = expect(r, { status: 201 }, 'app').json;
		return { key: c.consumerKey, secret: c.consumerSecret, product: products[0], email, app: name, appId };
	}

	// The default token endpoint; gives the token, or with whole: true the answer.
	async token({ key, secret } = demo, { whole, env = 'test', ...o } = {}) {
		const r = await this.call('/oauth/client_credential/accesstoken?grant_type=client_credentials',
			{ env, secure: true, form: { client_id: key, client_secret: secret }, ...o });
		return whole ? r : expect(r, { status: 200 }, 'token').json.access_token;
	}
	// The OAuth2 service: sso('/oauth/token', {form, client: 'id:secret' | null, query, headers}).
	sso(path, { form: fields, client = 'edgecli:edgeclisecret', headers = {}, ...o } = {}) {
		return fetchOne({
			port: this.ports.sso, path, ...(fields ? { body: form(fields) } : {}), ...o,
			headers: {
				...(fields && client ? { Authorization: basic(...client.split(/:(.*)/s)) } : {}),
				...(fields ? { 'Content-Type': FORM } : {}), ...headers,
			},
		});
	}
	login(fields = {}, o) {
		return this.sso('/oauth/token', { form: { grant_type: 'password', username: this.user, password: this.pass, ...fields }, ...o });
	}

	// A token of the service's administrator, or of any client by client_credentials, for `scope` of what it may have.
	async ssoAdmin(scope, client = `ssoadmin:${this.secret}`) {
		const r = await this.sso('/oauth/token', { client, form: { grant_type: 'client_credentials', ...(scope ? { scope } : {}) } });
		return expect(r, { status: 200 }).json.access_token;
	}
	// One call of the service's administration, JSON in, JSON out: ssoCall('/Users', { token, body, method, headers }).
	ssoCall(path, { token, body, headers = {}, ...o } = {}) {
		return this.sso(path, { ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }), ...o, headers: {
			...(token ? { Authorization: `Bearer ${token}` } : {}), ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers } });
	}

	revoke(token) {
		return this.mgmt(`/oauth2/accesstokens/${token}?action=revoke`, { method: 'POST' });
	}

	// Resident memory in KiB now, from where its highest counts anew: the start-up's is higher than most.
	memoryFromHere() {
		writeFileSync(`/proc/${this.proc.pid}/clear_refs`, '5'); // proc(5)
		return this.memory().now;
	}
	// Resident memory in KiB: now and at its highest.
	memory() {
		const s = readFileSync(`/proc/${this.proc.pid}/status`, 'utf8');
		return { now: +/VmRSS:\s+(\d+)/.exec(s)[1], peak: +/VmHWM:\s+(\d+)/.exec(s)[1] };
	}
}

export const gateway = (options) => new Gateway(options).start();

// ---- raw bytes ------------------------------------------------------------------------------
// Sends bytes (or pieces, a number being a pause in ms) and gives what came until the other side
// closed or said nothing for `idle` ms after its first byte.
export async function wire(port, bytes, { idle = 400, timeout = 10000, secure = false, end = false } = {}) {
	const s = secure ? tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false }) : net.connect(port, '127.0.0.1');
	const got = [];
	let timer;
	const done = new Promise((ok) => {
		const finish = (how) => { clearTimeout(timer); s.destroy(); ok(how); };
		timer = setTimeout(finish, timeout, 'timeout');
		s.on('data', (c) => {
			got.push(c);
			clearTimeout(timer);
			timer = setTimeout(finish, idle, 'idle');
		}).on('error', (e) => finish(e.code)).on('close', () => finish('closed'));
	});
	for (const piece of [bytes].flat()) {
		if (typeof piece === 'number')
			await sleep(piece);
		else if (!s.destroyed)
			s.write(piece);
	}
	if (end)
		s.end();
	const how = await done, all = Buffer.concat(got);
	return { how, bytes: all, text: all.toString('latin1'), status: +(/^HTTP\/1\.[01] (\d{3})/.exec(all.toString('latin1'))?.[1] ?? 0) };
}

// Waits until this is true, and fails when it is not in time.
export async function until(what, ms = 10000) {
	for (const late = Date.now() + ms; !what(); await sleep(5))
		assert.ok(Date.now() < late, `not in ${ms} ms: ${what}`);
}

// Calls fn over and over from n places until stop(); gives how many went well and what did not.
export function load(fn, n = 4) {
	const seen = { ok: 0, bad: [] };
	let on = true;
	const all = Array.from({ length: n }, async () => {
		while (on && seen.bad.length < 100) {
			try {
				const why = await fn();
				if (why === undefined || why === true) seen.ok++; else seen.bad.push(why);
			} catch (e) {
				seen.bad.push(e.message);
			}
		}
	});
	return { seen, stop: async () => { on = false; await Promise.all(all); return seen; } };
}
