// What the package promises about its files, as built.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';

const here = fileURLToPath(new URL('..', import.meta.url));
const dist = join(here, 'dist');
const manifest = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'));
const read = (name) => readFileSync(join(dist, name), 'utf8');
const files = readdirSync(dist);
const scripts = files.filter((name) => name.endsWith('.js'));
const declarations = files.filter((name) => name.endsWith('.d.ts'));

function brotli(...names) {
  return names.reduce((total, name) => total + brotliCompressSync(readFileSync(join(dist, name)), {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11 },
  }).length, 0);
}

test('everything the package exports is built', () => {
  for (const entry of Object.values(manifest.exports)) {
    for (const file of typeof entry === 'string' ? [entry] : Object.values(entry)) {
      assert.ok(existsSync(join(here, file)), file);
    }
  }
});

test('importing any of it on a server does nothing and throws nothing', async () => {
  const before = new Set(Object.getOwnPropertyNames(globalThis));
  for (const name of scripts) await import(join(dist, name));
  const added = Object.getOwnPropertyNames(globalThis).filter((name) => !before.has(name));
  assert.deepEqual(added, []);
});

test('creating a client does no I/O, on a server too', async (t) => {
  t.mock.method(globalThis, 'fetch', () => assert.fail('fetch was called'));
  const { createPsc } = await import(join(dist, 'index.js'));
  const clients = [createPsc({ server: '/psc' }), createPsc({ issuer: 'https://psc.example', clientId: 'demo' })];
  for (const client of clients) assert.equal(client.session, undefined);
});

test('no file evaluates text, writes markup or fetches from elsewhere', () => {
  const forbidden = [
    /\beval\s*\(/, /\bFunction\s*\(/, /\binnerHTML\b/, /\bouterHTML\b/, /insertAdjacentHTML/, /document\.write/,
    /createContextualFragment/, /setHTML/, /\.style\b/, /"style"/, /createElement\(.(style|script|iframe|link).\)/,
    /srcdoc/, /set(?:Timeout|Interval)\(\s*["'`]/, /javascript:/, /serviceWorker/,
  ];
  for (const name of scripts) {
    for (const pattern of forbidden) assert.doesNotMatch(read(name), pattern, `${name} ${pattern}`);
    const addresses = read(name).match(/https?:\/\/[^"'`\s]+/g) ?? [];
    assert.deepEqual(addresses.filter((address) => address !== 'http://www.w3.org/2000/svg'), [], name);
  }
});

test('the button stands alone: it imports nothing before it paints', () => {
  assert.doesNotMatch(read('button.js'), /(^|;)\s*import[\s{*"']/);
  assert.match(read('button.js'), /import\("\.\/index\.js"\)/);
});

test('server-kept never loads what browser-kept needs', () => {
  assert.doesNotMatch(read('index.js'), /WebAssembly|indexedDB|core\.wasm/);
  assert.doesNotMatch(read('index.js'), /(^|;)\s*import[\s{*"']/);
});

test('the sizes are within their budgets', () => {
  const kilobyte = 1024;
  const sizes = {
    button: [brotli('button.js'), 2 * kilobyte],
    'server-kept': [brotli('button.js', 'index.js'), 6 * kilobyte],
    wasm: [brotli('core.wasm'), 24 * kilobyte],
    'browser-kept': [brotli('button.js', 'index.js', 'browser.js', 'core.js', 'core.wasm'), 30 * kilobyte],
  };
  for (const [name, [size, budget]] of Object.entries(sizes)) {
    console.log(`${name}: ${size} of ${budget} bytes`);
    assert.ok(size <= budget, `${name} weighs ${size} of ${budget} bytes`);
  }
});

test('the package depends on nothing', () => {
  for (const kind of ['dependencies', 'peerDependencies', 'optionalDependencies']) assert.equal(manifest[kind], undefined);
  for (const name of [...scripts, ...declarations]) {
    assert.doesNotMatch(read(name), /(?:from|import)\s*\(?\s*["'](?!\.\/)/, name);
  }
});

test('no public type is `any`', () => {
  for (const name of declarations) {
    const code = read(name).replace(/\/\*[\s\S]*?\*\//g, '').replace(/\/\/.*/g, '');
    assert.doesNotMatch(code, /\bany\b/, name);
  }
});

test('the declarations hold what a strict service expects of them', () => {
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');
  execFileSync(process.execPath, [tsc, '-p', join(here, 'test', 'types')], { stdio: 'inherit' });
});

test('every error code has its paragraph, and no paragraph is left over', () => {
  const codes = [...read('types.d.ts').match(/PscErrorCode = ([^;]+);/)[1].matchAll(/'(\w+)'/g)].map(([, code]) => code);
  const headings = [...readFileSync(join(here, 'docs/errors.md'), 'utf8').matchAll(/^## (\w+)$/gm)].map(([, code]) => code);
  assert.ok(codes.length > 20);
  assert.deepEqual(headings, codes);
});

test('the documentation names the remedy that the code gives', async () => {
  const { PscError } = await import(join(dist, 'index.js'));
  const text = readFileSync(join(here, 'docs/errors.md'), 'utf8');
  for (const [, code, remedy] of text.matchAll(/^## (\w+)\n\*Remedy: (\w+)\.\*/gm)) {
    assert.equal(new PscError(code).remedy, remedy, code);
  }
});

test('the numbers of the core and the codes of the door are in one order', () => {
  const glue = readFileSync(join(here, 'js/wasm/openpsc_sdk_wasm.d.ts'), 'utf8');
  const numbers = [...glue.match(/export enum Refused \{([^]*?)\n\}/)[1].matchAll(/^\s+(\w+) = (\d+),/gm)];
  const words = numbers.sort((a, b) => a[2] - b[2])
    .map(([, name]) => name.replace(/(?!^)[A-Z]/g, (letter) => `_${letter}`).toLowerCase());
  const door = readFileSync(join(here, 'js/browser.ts'), 'utf8').match(/REFUSALS[^=]*= \[([^\]]*)\]/)[1];
  assert.deepEqual([...door.matchAll(/'(\w+)'/g)].map(([, code]) => code), words);
});
