// SPDX-License-Identifier: Apache-2.0
// The order of everything in a proxy: flows, steps, routes, base paths, the flow after the client.
// Invariant: a letter per step; the trail of letters is the order.
// Source: reference 3.2 (routes, base paths), 3.3 (properties), 3.4 (execution order).
import assert from 'node:assert/strict';
import test from 'node:test';
import { expect, gateway, mark, origin, proxy, proxyEndpoint, say, until } from './gateway.mjs';

const g = await gateway();
const o = await origin(), other = await origin((one, res) => res.end(`other ${one.url}`));
const letter = (x) => `<AssignMessage><IgnoreUnresolvedVariables>true</IgnoreUnresolvedVariables><AssignVariable><Name>trail</Name><Template>{trail}${x}</Template></AssignVariable></AssignMessage>`;
const LETTERS = Object.fromEntries([...'abcdefghijklmnopqrs'].map((x) => [x, letter(x)]));
const POLICIES = { ...LETTERS, show: say('{trail}'), off: letter('X').replace('<AssignMessage', '<AssignMessage enabled="false"'),
	fails: '<RaiseFault continueOnError="true"/>', stop: '<RaiseFault/>' };
let n = 0;
async function deployed(spec) {
	const name = `order${n++}`;
	await g.proxy(name, { ...spec, policies: { ...POLICIES, ...spec.policies } });
	return (path = '', opts) => g.call(`/${name}${path}`, opts);
}
const X = 'proxy.pathsuffix = "/x"';
const rows = [
	['everything', { pre: { request: ['a'], response: ['m'] }, flows: [{ name: 'f', request: ['b'], response: ['n'] }], post: { request: ['c'], response: ['o', 'show'] },
		targets: { default: { url: o.url, pre: { request: ['d'], response: ['i'] }, flows: [{ name: 'f', request: ['e'], response: ['j'] }], post: { request: ['f'], response: ['k'] } } } },
	'', 'abcdefijkmno'],
	['null route: the response flow runs', { pre: { request: ['a'], response: ['c'] }, post: { request: ['b'], response: ['show'] } }, '', 'abc'],
	['the first flow that is true', { flows: [{ name: 'n', when: 'request.verb = "PUT"', request: ['a'] }, { name: 'y', when: X, request: ['b'] }, { name: 'y2', when: X, request: ['c'] }], post: { response: ['show'] } }, '/x', 'b'],
	['a flow without a condition is the else', { flows: [{ name: 'y', when: X, request: ['a'] }, { name: 'else', request: ['b'] }, { name: 'never', request: ['c'] }], post: { response: ['show'] } }, '/y', 'b'],
	['chosen again on the way back', { flows: [{ name: 'back', when: 'response.status.code = 200', request: ['a'], response: ['b'] }, { name: 'there', when: X, request: ['c'], response: ['d'] }],
		post: { response: ['show'] } }, '/x', 'cb'],
	['conditions on steps', { pre: { request: [['a', X], ['b', 'request.verb = "PUT"'], 'c'] }, post: { response: ['show'] } }, '/x', 'ac'],
	['a step twice', { pre: { request: ['a', 'b', 'a'] }, post: { response: ['show'] } }, '', 'aba'],
	['enabled="false"', { pre: { request: ['a', 'off', 'b'] }, post: { response: ['show'] } }, '', 'ab'],
	['continueOnError', { pre: { request: ['a', 'fails', 'b'] }, post: { response: ['show'] } }, '', 'ab'],
	['target flows by condition', { targets: { default: { url: o.url, flows: [{ name: 'n', when: 'request.verb = "PUT"', request: ['a'] }, { name: 'y', when: X, request: ['b'], response: ['c'] }] } }, post: { response: ['show'] } }, '/x', 'bc'],
];
for (const [what, spec, path, want] of rows) {
	test(what, async () => {
		const call = await deployed(spec);
		for (let i = 0; i < 2; i++)
			expect(await call(path), { status: 200, body: want });
	});
}

test('the order of elements in the XML does not matter', async () => {
	const step = (x) => `<Step><Name>${x}</Name></Step>`;
	await g.put('shuffled', { 'apiproxy/shuffled.xml': '<APIProxy name="shuffled"/>',
		...Object.fromEntries(['a', 'b', 'c', 'show'].map((k) => [`apiproxy/policies/${k}.xml`, POLICIES[k].replace('<AssignMessage', `<AssignMessage name="${k}"`)])),
		'apiproxy/proxies/default.xml': `<ProxyEndpoint name="default"><RouteRule name="r"/><PostFlow><Response>${step('show')}</Response><Request>${step('c')}</Request></PostFlow>` +
			`<HTTPProxyConnection><VirtualHost>default</VirtualHost><BasePath>/shuffled</BasePath></HTTPProxyConnection><Flows><Flow name="f"><Condition>request.verb = "GET"</Condition><Request>${step('b')}</Request></Flow></Flows>` +
			`<PreFlow><Request><Step><Condition>request.verb = "GET"</Condition><Name>a</Name></Step></Request></PreFlow></ProxyEndpoint>` });
	expect(await g.call('/shuffled'), { status: 200, body: 'abc' });
});

// routes: a suffix, what answers
test('routes', async (t) => {
	const call = await deployed({ targets: { one: o.url, two: other.url }, routes: [
		{ name: 'url', when: 'proxy.pathsuffix = "/url"', url: `${other.url}/by-url` }, { name: 'null', when: 'proxy.pathsuffix = "/null"' },
		{ name: 'two', when: 'proxy.pathsuffix = "/two"', target: 'two' }, { name: 'late', when: 'route.late = "yes"', target: 'two' }, { name: 'one', target: 'one' }, { name: 'unreached', target: 'two' }],
	pre: { request: [['flag', 'proxy.pathsuffix = "/late"']] }, policies: { flag: '<AssignMessage><AssignVariable><Name>route.late</Name><Value>yes</Value></AssignVariable></AssignMessage>' } });
	for (const [path, body] of [['/two', 'other /two'], ['/null', ''], ['/url', /^other \/by-url/], ['/late', 'other /late'], ['/x', /"url":"\/x"/], ['', /"url":"\/"/]])
		await t.test(path || '/', async () => { expect(await call(path), { status: 200, body }); });
});

// target URL, suffix with query, what the target is asked for
const urls = [
	['', '/a/b?x=1&y=%20z', '/a/b?x=1&y=%20z'], ['/base', '/a', '/base/a'], ['/base', '', '/base'], ['/base?k=v', '/a', '/base/a?k=v'],
	['/base/', '/a', /^\/base\/{1,2}a$/], ['', '/a%2Fb', '/a%2Fb'], ['', '/a//b', '/a//b'], ['', '?q', /^\/\?q=?$/],
];
for (const [base, suffix, want] of urls) {
	test(`${base || '/'} + ${suffix}`, async () => {
		const call = await deployed({ target: o.url + base });
		const { url } = expect(await call(suffix), { status: 200 }).json;
		assert.ok(want instanceof RegExp ? want.test(url) : url === want, url);
	});
}
for (const [flag, want] of [['pathsuffix', '/base?x=1'], ['queryparams', '/base/a']]) {
	test(`target.copy.${flag} = false`, async () => {
		const call = await deployed({ targets: { default: { url: `${o.url}/base`, pre: { request: ['no'] } } },
			policies: { no: `<AssignMessage><AssignVariable><Name>target.copy.${flag}</Name><Value>false</Value></AssignVariable></AssignMessage>` } });
		expect({ status: 200, headers: {}, text: (await call('/a?x=1')).json.url }, { body: want });
	});
}
test('target.url, set in the target request flow', async () => {
	const call = await deployed({ targets: { default: { url: `${o.url}/base`, pre: { request: ['to'] } } },
		policies: { to: `<AssignMessage><AssignVariable><Name>target.url</Name><Value>${other.url}/elsewhere</Value></AssignVariable></AssignMessage>` } });
	expect(await call('/a'), { status: 200, body: /^other \/elsewhere/ });
});
test('a template in the target URL', async () => {
	const call = await deployed({ targets: { default: { url: `${o.url}/{request.queryparam.v}/x` } } });
	expect(await call('?v=7'), { status: 200, body: /"url":"\/7\/x/ });
});

test('the longest base path wins, a star stands for a segment', async () => {
	const at = (base) => g.proxy(`bp${n++}`, { base, post: { response: ['w'] }, policies: { w: mark('x-base', '{proxy.basepath}|{proxy.pathsuffix}') } });
	for (const base of ['/bp', '/bp/one', '/bp/one/two', '/bp/*/three'])
		await at(base);
	const wants = [['/bp', '/bp|'], ['/bp/x', '/bp|/x'], ['/bp/one', '/bp/one|'], ['/bp/one/x', '/bp/one|/x'], ['/bp/one/two/x', '/bp/one/two|/x'], ['/bp/onex', '/bp|/onex'],
		['/bp/a/three', /^\/bp\/(\*|a)\/three\|$/], ['/bp/a/three/x', /^\/bp\/(\*|a)\/three\|\/x$/]];
	for (const [path, want] of wants)
		expect(await g.call(path), { status: 200, headers: { 'x-base': want } }, path);
	expect(await g.call('/bpx'), { status: 404 });
});

test('PostClientFlow runs after the answer, and after an error', async () => {
	const late = await origin((one, res) => res.end());
	await g.sharedFlow('afterwards', { run: ['tell'], policies: { tell: `<ServiceCallout><Request><Set><Verb>POST</Verb><Payload contentType="text/plain">{trail} {response.status.code}</Payload></Set>` +
		`<IgnoreUnresolvedVariables>true</IgnoreUnresolvedVariables></Request><Response>r</Response><HTTPTargetConnection><URL>${late.url}/late</URL></HTTPTargetConnection></ServiceCallout>` } });
	const callout = { after: '<FlowCallout><SharedFlowBundle>afterwards</SharedFlowBundle></FlowCallout>' };
	const call = await deployed({ pre: { request: ['a', ['stop', 'proxy.pathsuffix = "/stop"']] }, postClient: ['after'], policies: callout });
	for (const [path, status] of [['', 200], ['/stop', 500]]) {
		const before = late.seen.length;
		expect(await call(path), { status });
		await until(() => late.seen.length > before);
		assert.equal(late.seen.length, before + 1, path);
		assert.match(late.seen.at(-1).body, /^a /);
	}
});

test('steps after the fault do not run', async () => {
	const call = await deployed({ pre: { request: ['a', 'stop', 'b'] }, post: { request: ['c'], response: ['d'] }, faultRules: [{ name: 'r', steps: ['show'] }] });
	expect(await call(), { status: 500, body: 'a' });
});

test('two proxy endpoints in one bundle', async () => {
	const files = proxy('twin', { base: '/twin-a', post: { response: ['show'] }, policies: POLICIES, pre: { request: ['a'] } });
	files['apiproxy/proxies/second.xml'] = proxyEndpoint({ base: '/twin-b', pre: { request: ['b'] }, post: { response: ['show'] } }, 'second');
	await g.put('twin', files);
	expect(await g.call('/twin-a'), { body: 'a' });
	expect(await g.call('/twin-b'), { body: 'b' });
});
