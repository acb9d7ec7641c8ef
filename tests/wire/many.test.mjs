// SPDX-License-Identifier: Apache-2.0
// A start on thousands of deployed proxies, and on some that cannot be loaded any more.
// Invariant: what can be served is served; what cannot is said, in the log and by the API.
// Source: house (docs/why/snapshots.md).
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { expect, gateway, origin, root, say, slack } from './gateway.mjs';

const N = 2000;
const g = await gateway(), target = await origin((one, res) => res.end('from the target'));
const python = (code, ...args) => assert.equal(spawnSync('python3', ['-c', code, ...args], { stdio: 'inherit' }).status, 0);
const written = () => +/Private_Dirty:\s+(\d+)/.exec(readFileSync(`/proc/${g.proc.pid}/smaps_rollup`, 'utf8'))[1];
const file = join(g.dir, 'gatehouse.db');

test(`${N} proxies: they start, are found, cost little, and more are there soon`, async () => {
	await g.proxy('more0', { pre: { request: [['k', 'request.verb = "POST"']] }, post: { response: ['s'] },
		policies: { k: '<VerifyAPIKey><APIKey ref="request.queryparam.apikey"/></VerifyAPIKey>', s: say('{apiproxy.name} {proxy.basepath}') } });
	await g.restart();
	const few = written();
	await g.stop();
	python('import sys; sys.path.insert(0, sys.argv[1]); import fill; fill.fill_proxies(sys.argv[2], "more0", 1, int(sys.argv[3]) - 1)', join(root, 'bench'), file, N);
	const from = Date.now();
	await g.start();
	assert.ok(Date.now() - from < 3000 * slack, `${Date.now() - from} ms`);
	if (slack === 1)
		assert.ok((written() - few) / N < 20, `${(written() - few) / N} KiB a proxy`);
	for (let i = 0; i < N; i += 41)
		expect(await g.call(`/more${i}/x`), { status: 200, body: `more${i} /more${i}` });
	const before = Date.now(), listed = await g.must('/environments/test/deployments');
	assert.ok(listed.json.aPIProxy.length >= N);
	assert.ok(Date.now() - before < 2000 * slack, `${Date.now() - before} ms for the list`);
	const deploying = Date.now();
	for (let i = 0; i < 10; i++)
		await g.proxy(`another${i}`, { post: { response: ['s'] }, policies: { s: say('new') } });
	assert.ok(Date.now() - deploying < 3000 * slack, `${Date.now() - deploying} ms for ten more`);
	expect(await g.call('/another9'), { status: 200, body: 'new' });
});

test('a target server that is gone from the store takes its proxy along, nothing else, until it is back', async () => {
	const server = { name: 'gone', host: '127.0.0.1', port: target.port };
	await g.must('/environments/test/targetservers', { body: server });
	await g.proxy('balanced', { target: target.url, files: { 'apiproxy/targets/default.xml':
		'<TargetEndpoint name="default"><HTTPTargetConnection><LoadBalancer><Server name="gone"/></LoadBalancer></HTTPTargetConnection></TargetEndpoint>' } });
	expect(await g.call('/balanced'), { status: 200, body: 'from the target' });
	await g.stop();
	python('import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.execute("DELETE FROM target_server"); db.commit(); db.close()', file);
	await g.start();
	expect(await g.call('/more7'), { status: 200 });
	expect(await g.call('/balanced'), { status: 404 });
	assert.match(g.proc.err, /"deployment_refused"[^\n]*"balanced"[^\n]*target server \\"gone\\"/);
	const said = (await g.must('/environments/test/apis/balanced/revisions/1/deployments')).json;
	assert.equal(said.state, 'error');
	await g.must('/environments/test/targetservers', { body: server });
	expect(await g.call('/balanced'), { status: 200, body: 'from the target' });
});
