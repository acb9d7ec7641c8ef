// SPDX-License-Identifier: Apache-2.0
// gRPC through a proxy: the four kinds of calls, their metadata and their ends, by grpc-js on both sides.
// Invariant: neither side can tell that a gateway stands between, and nothing of a message is held back.
// Source: gRPC over HTTP/2 (PROTOCOL-HTTP2); Apigee, target servers (protocol GRPC_TARGET).
import assert from 'node:assert/strict';
import test, { after } from 'node:test';
import { gateway, proxy, sleep } from './gateway.mjs';

const grpc = await import('@grpc/grpc-js').then((m) => m.default, () => null);
const skip = !grpc && 'the npm packages of the tests are not there: tools/deps test';
if (skip)
	test('gRPC', { skip });
else
	await run();

async function run() {
	const bytes = { requestSerialize: (v) => Buffer.from(v), requestDeserialize: (b) => b.toString(), responseSerialize: (v) => Buffer.from(v), responseDeserialize: (b) => b.toString() };
	const method = (name, requestStream, responseStream) => ({ path: `/demo.Echo/${name}`, requestStream, responseStream, ...bytes });
	const service = { One: method('One', false, false), Many: method('Many', false, true), Gather: method('Gather', true, false), Chat: method('Chat', true, true) };
	const server = new grpc.Server({ 'grpc.max_receive_message_length': -1 });
	const end = () => { const m = new grpc.Metadata(); m.set('x-behind', 'yes'); m.set('y-bin', Buffer.from([0, 255])); return m; };
	const canceled = [];
	server.addService(service, {
		One(call, done) {
			if (call.request === 'no')
				return done({ code: grpc.status.FAILED_PRECONDITION, details: 'no, "thanks" ✓', metadata: end() });
			if (call.request === 'never')
				return call.on('cancelled', () => canceled.push('One'));
			const m = new grpc.Metadata();
			m.set('x-before', call.metadata.get('x-asked')[0] ?? '');
			call.sendMetadata(m);
			done(null, call.request.length > 100 ? call.request : `one ${call.request}`, end());
		},
		async Many(call) {
			for (let i = 0; i < 5; i++) {
				call.write(`${call.request} ${i}`);
				await sleep(20);
			}
			call.end(end());
		},
		Gather(call, done) {
			const all = [];
			call.on('data', (d) => all.push(d)).on('end', () => done(null, all.join('+'), end()));
		},
		Chat(call) {
			call.on('data', (d) => call.write(`re ${d}`)).on('end', () => call.end(end())).on('cancelled', () => canceled.push('Chat'));
		},
	});
	const port = await new Promise((ok, no) => server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (e, p) => e ? no(e) : ok(p)));
	const g = await gateway();
	await g.must('/environments/test/targetservers', { body: { name: 'grpc', host: '127.0.0.1', port, protocol: 'GRPC_TARGET' } });
	const endpoint = '<TargetEndpoint name="default"><HTTPTargetConnection><LoadBalancer><Server name="grpc"/></LoadBalancer><Path>/demo.Echo</Path></HTTPTargetConnection></TargetEndpoint>';
	await g.put('grpc', proxy('grpc', { base: '/demo.Echo', target: 'http://unused.invalid', vhosts: ['default', 'secure'], files: { 'apiproxy/targets/default.xml': endpoint } }));

	const Client = grpc.makeGenericClientConstructor(service);
	const options = { 'grpc.default_authority': 'acme-test.localhost', 'grpc.ssl_target_name_override': 'acme-test.localhost', 'grpc.max_receive_message_length': -1 };
	const secure = grpc.credentials.createSsl(null, null, null, { checkServerIdentity: () => undefined, rejectUnauthorized: false });
	const clients = { 'in clear': new Client(`127.0.0.1:${g.ports.http}`, grpc.credentials.createInsecure(), options), 'over TLS': new Client(`127.0.0.1:${g.ports.https}`, secure, options) };
	after(async () => {
		Object.values(clients).forEach((c) => c.close());
		server.forceShutdown();
		await g.stop();
	});

	// { error, value | values, before, status } of one call.
	const unary = (c, name, arg, meta = new grpc.Metadata(), o = {}) => new Promise((ok) => {
		const r = {};
		const call = c[name](arg, meta, o, (error, value) => Object.assign(r, { error, value }));
		call.on('metadata', (m) => { r.before = m; }).on('status', (s) => setImmediate(() => ok({ ...r, status: s })));
		r.call = call;
	});
	const stream = (call) => new Promise((ok) => {
		const values = [], at = [];
		call.on('data', (d) => { values.push(d); at.push(Date.now()); }).on('error', () => {}).on('status', (status) => ok({ values, at, status }));
	});
	const behind = (s) => { assert.equal(s.code, 0, s.details); assert.deepEqual(s.metadata.get('x-behind'), ['yes']); assert.deepEqual(s.metadata.get('y-bin'), [Buffer.from([0, 255])]); };

	for (const [how, c] of Object.entries(clients)) {
		test(`unary, ${how}`, async () => {
			const asked = new grpc.Metadata();
			asked.set('x-asked', 'abc');
			const r = await unary(c, 'One', 'hi', asked);
			assert.equal(r.value, 'one hi', r.error);
			assert.deepEqual(r.before.get('x-before'), ['abc']);
			behind(r.status);
		});
		test(`a status that is none of success, ${how}`, async () => {
			const r = await unary(c, 'One', 'no');
			assert.equal(r.error.code, grpc.status.FAILED_PRECONDITION);
			assert.equal(r.error.details, 'no, "thanks" ✓');
			assert.deepEqual(r.status.metadata.get('x-behind'), ['yes']);
			assert.equal((await unary(c, 'Unknown' in c ? 'Unknown' : 'One', 'hi')).value, 'one hi');
		});
		test(`one that streams to the client, ${how}`, async () => {
			const r = await stream(c.Many('m'));
			assert.deepEqual(r.values, ['m 0', 'm 1', 'm 2', 'm 3', 'm 4']);
			assert.ok(r.at[4] - r.at[0] > 50, 'as they come, not together');
			behind(r.status);
		});
		test(`one that streams to the server, ${how}`, async () => {
			const r = await new Promise((ok) => {
				const got = {};
				const call = c.Gather((error, value) => Object.assign(got, { error, value }));
				call.on('status', (status) => setImmediate(() => ok({ ...got, status })));
				for (const w of ['a', 'b', 'c'])
					call.write(w);
				setTimeout(() => call.end(), 50);
			});
			assert.equal(r.value, 'a+b+c', r.error);
			behind(r.status);
		});
		test(`both at once, word by word, ${how}`, async () => {
			const call = c.Chat(), heard = [];
			const done = stream(call);
			call.on('data', (d) => heard.push(d));
			for (let i = 0; i < 10; i++) {
				call.write(`${i}`);
				for (let k = 0; heard.length <= i; k++) {
					assert.ok(k < 400, `no answer to ${i}`);
					await sleep(5);
				}
			}
			call.end();
			const r = await done;
			assert.deepEqual(r.values, Array.from({ length: 10 }, (_, i) => `re ${i}`));
			behind(r.status);
		});
		test(`messages of 4 MiB, many at once, ${how}`, async () => {
			const big = 'x'.repeat(4 << 20);
			const all = await Promise.all(Array.from({ length: 4 }, () => unary(c, 'One', big)));
			all.forEach((r) => assert.equal(r.value?.length, big.length, r.error));
			const small = await Promise.all(Array.from({ length: 300 }, (_, i) => unary(c, 'One', `${i}`)));
			small.forEach((r, i) => assert.equal(r.value, `one ${i}`, r.error));
		});
		test(`a deadline, and a client that cancels, reach the server, ${how}`, async () => {
			canceled.length = 0;
			const late = await unary(c, 'One', 'never', new grpc.Metadata(), { deadline: Date.now() + 300 });
			assert.equal(late.error.code, grpc.status.DEADLINE_EXCEEDED);
			const call = c.Chat();
			const done = stream(call);
			call.write('x');
			await sleep(100);
			call.cancel();
			assert.equal((await done).status.code, grpc.status.CANCELLED);
			for (let k = 0; canceled.length < 2 && k < 400; k++)
				await sleep(10);
			assert.deepEqual(canceled.sort(), ['Chat', 'One']);
		});
	}
}
