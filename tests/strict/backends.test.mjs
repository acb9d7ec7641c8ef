// SPDX-License-Identifier: Apache-2.0
// The smuggling table once more, with real servers behind the gateway: nginx, haproxy, Apache, Node.
// Invariant: by its own access log no back end sees a request that the table does not name.
// Source: RFC 9112 11.2; tests/wire/payloads.mjs. A server that is not installed is skipped, and said.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { join } from 'node:path';
import test from 'node:test';
import { folder, freePorts, gateway, slack, sleep, wire } from '../wire/gateway.mjs';
import { payloads } from '../wire/payloads.mjs';

const PATHS = { PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
const version = (command, args) => spawnSync(command, args, { env: PATHS, encoding: 'utf8' });
const children = [];
process.on('exit', () => children.forEach((c) => c.kill('SIGKILL')));

function run(command, args, log) {
	const c = spawn(command, args, { env: PATHS, stdio: ['ignore', log ? 'pipe' : 'ignore', 'ignore'] });
	children.push(c);
	c.unref();
	c.stdout?.setEncoding('utf8').on('data', (s) => { log.text += s; }).unref();
}

async function listens(port) {
	for (let i = 0; i < 200; i++, await sleep(25)) {
		const up = await new Promise((ok) => {
			const s = net.connect(port, '127.0.0.1', () => { s.destroy(); ok(true); }).on('error', () => ok(false));
		});
		if (up)
			return;
	}
	throw new Error(`nothing listens on ${port}`);
}

// Each gives requests(): the request lines that its access log has so far.
const FORMAT = 'gatehouse-log', lines = (text) => text.split('\n').filter((l) => l.startsWith(FORMAT)).map((l) => l.slice(FORMAT.length + 1));
const servers = {
	nginx: ['nginx', ['-v'], (dir, port) => {
		writeFileSync(join(dir, 'nginx.conf'), `daemon off; worker_processes 1; pid ${dir}/pid; error_log ${dir}/error; events { }
http { log_format f '${FORMAT} $status $request'; access_log ${dir}/log f; keepalive_requests 1000000;
server { listen 127.0.0.1:${port}; location / { return 200 "ok"; } } }`);
		run('nginx', ['-c', join(dir, 'nginx.conf')]);
		return () => lines(readFileSync(join(dir, 'log'), 'utf8'));
	}],
	haproxy: ['haproxy', ['-v'], (dir, port) => {
		const log = { text: '' };
		writeFileSync(join(dir, 'haproxy.cfg'), `global
	log stdout format raw local0
defaults
	mode http
	log global
	log-format "${FORMAT} %ST %r"
	timeout connect 1s
	timeout client 60s
	timeout server 60s
frontend f
	bind 127.0.0.1:${port}
	option http-buffer-request
	http-request return status 200 content-type text/plain string ok
`);
		run('haproxy', ['-db', '-f', join(dir, 'haproxy.cfg')], log);
		return () => lines(log.text);
	}],
	apache: ['apache2', ['-v'], (dir, port) => {
		mkdirSync(join(dir, 'www'));
		writeFileSync(join(dir, 'www/x'), 'ok');
		const m = (name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`;
		writeFileSync(join(dir, 'apache.conf'), `ServerRoot ${dir}
ServerName localhost
PidFile ${dir}/pid
ErrorLog ${dir}/error
Listen 127.0.0.1:${port}
${m('mpm_event')}
${m('authz_core')}
DocumentRoot ${dir}/www
KeepAlive On
MaxKeepAliveRequests 0
KeepAliveTimeout 60
LogFormat "${FORMAT} %>s %r" f
CustomLog ${dir}/log f
`);
		run('apache2', ['-f', join(dir, 'apache.conf'), '-DFOREGROUND']);
		return () => lines(readFileSync(join(dir, 'log'), 'utf8'));
	}],
	node: ['node', ['-v'], (dir, port) => {
		const seen = [];
		const s = http.createServer((req, res) => {
			seen.push(`200 ${req.method} ${req.url} HTTP/${req.httpVersion}`);
			req.on('error', () => {}).resume().on('end', () => res.end('ok'));
		});
		s.keepAliveTimeout = 60000;
		s.on('connection', (c) => c.unref()).on('clientError', (e, c) => {
			if (e.code !== 'ECONNRESET')
				seen.push(`400 ${e.code}`);
			c.destroy();
		}).listen(port, '127.0.0.1').unref();
		return () => seen;
	}],
};

const all = Object.keys(servers), present = all.filter((n) => !version(servers[n][0], servers[n][1]).error);
const ports = await freePorts(present.length), g = await gateway();
const behind = await Promise.all(present.map(async (name, i) => {
	const dir = folder();
	chmodSync(dir, 0o755);
	const requests = servers[name][2](dir, ports[i]);
	await listens(ports[i]);
	await g.proxy(name, { target: `http://127.0.0.1:${ports[i]}` });
	const v = version(servers[name][0], servers[name][1]);
	return { name, requests, version: (v.stdout + v.stderr).split('\n')[0] };
}));

// The lines that come within `ms`; they are waited for as long when `wanted` have not come.
async function since(requests, before, wanted) {
	for (let i = 0; i < 40 && requests().length - before < wanted; i++)
		await sleep(10 * slack);
	return requests().slice(before);
}

const complete = (line) => !/^(000|-|400 -|408|499|0) ?/.test(line);

for (const { name, requests, version: v } of behind) {
	test(`${name} (${v})`, { concurrency: false }, async (t) => {
		const first = await g.call(`/${name}/x`);
		assert.equal(first.status, name === 'apache' ? first.status : 200, first.text);
		for (let i = 0; i < 100 && !requests().some((l) => l.includes('GET /x')); i++)
			await sleep(20);
		for (const { what, bytes, sends, rare } of payloads(`/${name}`, `acme-test.localhost:${g.ports.http}`)) {
			await t.test(what, async () => {
				const before = requests().length;
				const r = await wire(g.ports.http, bytes, { idle: 25 * slack, timeout: 5000 });
				const got = await since(requests, before, sends ? 1 : 0);
				assert.ok(!got.some((l) => l.includes('smuggled')), got.join('\n'));
				if (rare && /^400/.test(got[0]))
					return assert.equal(got.length, 1);
				assert.ok(!got.some((l) => /^400/.test(l)), `what was sent on was not understood: ${got.join('\n')}`);
				assert.equal(got.filter(complete).length, sends ? 1 : 0, `${got.join('\n')}\n${r.text}`);
			});
		}
	});
}
for (const name of all.filter((n) => !present.includes(n)))
	test(name, { skip: `${name} is not installed (tools/deps strict)` }, () => {});
