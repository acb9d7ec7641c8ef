// SPDX-License-Identifier: Apache-2.0
// Bundles in memory: a zip writer that can lie, a reader, and a proxy written in a few lines.
// Invariant: what bundle() wrote, unzip() gives back byte for byte; only `lies` break the format.
// Source: PKWARE APPNOTE 4.3 (zip); Apigee, "API proxy configuration reference" (bundle layout).
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as zlib from 'node:zlib';

const table = Array.from({ length: 256 }, (_, n) => {
	for (let k = 0; k < 8; k++)
		n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
	return n >>> 0;
});

function crc32(b) {
	if (zlib.crc32) // newer Nodes have it; Debian's does not
		return zlib.crc32(b);
	let c = 0xffffffff;
	for (const x of b)
		c = table[(c ^ x) & 255] ^ (c >>> 8);
	return (c ^ 0xffffffff) >>> 0;
}

// The fields that the local and the central header share, from "flags" to "extra length".
function common(e) {
	const h = Buffer.alloc(24);
	h.writeUInt16LE(e.flags ?? 0x800, 0);
	h.writeUInt16LE(e.method, 2);
	h.writeUInt32LE(0x58210000, 4);
	h.writeUInt32LE(e.crc, 8);
	h.writeUInt32LE(e.csize, 12);
	h.writeUInt32LE(e.size, 16);
	h.writeUInt16LE(e.bytes.length, 20);
	return h;
}

function entry(name, what) {
	const { data, ...lies } = what !== null && what.data !== undefined ? what : { data: what };
	const raw = Buffer.from(data ?? '');
	const packed = lies.packed ?? (lies.store || raw.length < 64 ? raw : zlib.deflateRawSync(raw));
	return {
		bytes: Buffer.from(name), packed, method: packed === raw ? 0 : 8, crc: crc32(raw),
		size: raw.length, csize: packed.length, mode: 0o100644, ...lies,
	};
}

// files: { path: text | Buffer | { data, ...lies } }, or pairs, so that a name may come twice.
// lies: store, packed, method, crc, size, csize, flags, mode (0o120777 is a symbolic link).
export function bundle(files) {
	const parts = [], central = [];
	let at = 0;
	for (const [name, what] of Array.isArray(files) ? files : Object.entries(files)) {
		const e = entry(name, what);
		const local = Buffer.concat([Buffer.from('PK\x03\x04\x14\0', 'latin1'), common(e), e.bytes]);
		const tail = Buffer.alloc(14);
		tail.writeUInt32LE((e.mode << 16) >>> 0, 6);
		tail.writeUInt32LE(at, 10);
		central.push(Buffer.from('PK\x01\x02\x14\x03\x14\0', 'latin1'), common(e), tail, e.bytes);
		parts.push(local, e.packed);
		at += local.length + e.packed.length;
	}
	const dir = Buffer.concat(central), end = Buffer.alloc(22);
	end.write('PK\x05\x06', 'latin1');
	end.writeUInt16LE(central.length / 4, 8);
	end.writeUInt16LE(central.length / 4, 10);
	end.writeUInt32LE(dir.length, 12);
	end.writeUInt32LE(at, 16);
	return Buffer.concat([...parts, dir, end]);
}

// { path: Buffer } of an honest zip, folders left out.
export function unzip(zip) {
	const end = zip.lastIndexOf('PK\x05\x06', undefined, 'latin1'), files = {};
	let at = zip.readUInt32LE(end + 16);
	for (let n = zip.readUInt16LE(end + 10); n > 0; n--) {
		const [method, csize] = [zip.readUInt16LE(at + 10), zip.readUInt32LE(at + 20)];
		const [nameLen, extra, note] = [28, 30, 32].map((o) => zip.readUInt16LE(at + o));
		const name = zip.toString('utf8', at + 46, at + 46 + nameLen);
		const local = zip.readUInt32LE(at + 42);
		const from = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
		const packed = zip.subarray(from, from + csize);
		if (!name.endsWith('/'))
			files[name] = method === 8 ? zlib.inflateRawSync(packed) : Buffer.from(packed);
		at += 46 + nameLen + extra + note;
	}
	return files;
}

// The files under a folder, by their path in it.
export function files(dir, at = '') {
	return Object.fromEntries(readdirSync(join(dir, at), { withFileTypes: true }).flatMap((e) => e.isDirectory()
		? Object.entries(files(dir, `${at}${e.name}/`)) : [[at + e.name, readFileSync(join(dir, at, e.name))]]));
}

export const esc = (s) => String(s).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

// A step is 'Name' or ['Name', 'condition'].
export const steps = (list = []) => list.map((s) => {
	const [name, when] = [s].flat();
	return `<Step><Name>${name}</Name>${when ? `<Condition>${esc(when)}</Condition>` : ''}</Step>`;
}).join('');

const both = (tag, f, head = '') => `<${tag}${f.name ? ` name="${f.name}"` : ''}>${head}` +
	`<Request>${steps(f.request)}</Request><Response>${steps(f.response)}</Response>` +
	`${f.when ? `<Condition>${esc(f.when)}</Condition>` : ''}</${tag}>`;

const rule = (r) => `<FaultRule name="${r.name}">${r.when ? `<Condition>${esc(r.when)}</Condition>` : ''}` +
	`${steps(r.steps)}</FaultRule>`;

// What both kinds of endpoint hold: flows (pre, flows, post) and fault rules.
function flows(e) {
	const d = e.defaultFault;
	return (e.faultRules ? `<FaultRules>${e.faultRules.map(rule).join('')}</FaultRules>` : '') +
		(d ? `<DefaultFaultRule name="all">${d.always ? '<AlwaysEnforce>true</AlwaysEnforce>' : ''}` +
			`${d.when ? `<Condition>${esc(d.when)}</Condition>` : ''}${steps(d.steps)}</DefaultFaultRule>` : '') +
		both('PreFlow', { name: 'PreFlow', ...e.pre }) +
		`<Flows>${(e.flows ?? []).map((f) => both('Flow', f)).join('')}</Flows>` +
		both('PostFlow', { name: 'PostFlow', ...e.post });
}

const properties = (p = {}) => '<Properties>' +
	Object.entries(p).map(([k, v]) => `<Property name="${k}">${v}</Property>`).join('') + '</Properties>';

export function proxyEndpoint(p, name = 'default') {
	const routes = p.routes ?? [{ name: 'go', target: p.target || p.targets ? 'default' : undefined }];
	return `<ProxyEndpoint name="${name}">${flows(p)}` +
		(p.postClient ? `<PostClientFlow><Response>${steps(p.postClient)}</Response></PostClientFlow>` : '') +
		`<HTTPProxyConnection><BasePath>${p.base}</BasePath>${properties(p.properties)}` +
		(p.vhosts ?? ['default']).map((v) => `<VirtualHost>${v}</VirtualHost>`).join('') +
		'</HTTPProxyConnection>' + routes.map((r) => `<RouteRule name="${r.name}">` +
			`${r.when ? `<Condition>${esc(r.when)}</Condition>` : ''}` +
			`${r.target ? `<TargetEndpoint>${r.target}</TargetEndpoint>` : ''}` +
			`${r.url ? `<URL>${esc(r.url)}</URL>` : ''}</RouteRule>`).join('') + '</ProxyEndpoint>';
}

export const targetEndpoint = (t, name = 'default') => `<TargetEndpoint name="${name}">${flows(t)}` +
	`<HTTPTargetConnection><URL>${esc(t.url)}</URL>${properties(t.properties)}</HTTPTargetConnection></TargetEndpoint>`;

// '<Quota><Allow .../></Quota>' under the key 'q' becomes <Quota name="q">...
const named = (name, xml) => xml.replace(/<(\w+)/, `<$1 name="${name}"`);

const policyFiles = (root, policies = {}) => Object.entries(policies)
	.map(([n, xml]) => [`${root}/policies/${n}.xml`, named(n, xml)]);

// The files of a proxy: { base, pre, flows, post, faultRules, defaultFault, routes, postClient, vhosts,
// policies: {name: xml}, target: url | {url, ...}, targets: {name: ...}, files: {path: text} }.
export function proxy(name, p) {
	const spec = { base: `/${name}`, ...p };
	const targets = spec.targets ?? (spec.target ? { default: spec.target } : {});
	return Object.fromEntries([
		[`apiproxy/${name}.xml`, `<APIProxy name="${name}" revision="1"/>`],
		['apiproxy/proxies/default.xml', proxyEndpoint(spec)],
		...Object.entries(targets).map(([n, t]) =>
			[`apiproxy/targets/${n}.xml`, targetEndpoint(typeof t === 'string' ? { url: t } : t, n)]),
		...policyFiles('apiproxy', spec.policies),
		...Object.entries(spec.files ?? {}),
	]);
}

export const sharedFlow = (name, { run, policies }) => Object.fromEntries([
	[`sharedflowbundle/${name}.xml`, `<SharedFlowBundle name="${name}" revision="1"/>`],
	['sharedflowbundle/sharedflows/default.xml', `<SharedFlow name="default">${steps(run)}</SharedFlow>`],
	...policyFiles('sharedflowbundle', policies),
]);

// An AssignMessage that answers this text; what does not resolve is empty.
export const say = (text, set = '') => '<AssignMessage><IgnoreUnresolvedVariables>true</IgnoreUnresolvedVariables>' +
	`<Set><Payload contentType="text/plain">${esc(text)}</Payload>${set}</Set></AssignMessage>`;
// Sets one header of the message at hand.
export const mark = (header, text) => '<AssignMessage><IgnoreUnresolvedVariables>true</IgnoreUnresolvedVariables>' +
	`<Set><Headers><Header name="${header}">${esc(text)}</Header></Headers></Set></AssignMessage>`;
