// From TypeScript and wasm to `dist/`, which is what a service serves.
//
// The wasm and its glue come from `cargo xtask wasm openpsc-sdk-wasm
// sdk-wasm/js/wasm`, which `cargo demo` and `cargo verify` run before this.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const js = join(here, 'js');
const dist = join(here, 'dist');
const wasm = join(js, 'wasm', 'openpsc_sdk_wasm_bg.wasm');
const entries = ['index', 'button', 'activity-picker', 'callback', 'mock', 'browser', 'core'];
/** What a service imports; the other declarations stay if these need them. */
const doors = ['index', 'button', 'activity-picker', 'callback', 'inline', 'mock'];

if (!existsSync(wasm)) {
  console.error('The wasm core is not built: run `cargo xtask wasm openpsc-sdk-wasm sdk-wasm/js/wasm` first.');
  process.exit(1);
}
await rm(dist, { recursive: true, force: true });
await mkdir(dist);

await Promise.all(entries.map((name) => build({
  entryPoints: [join(js, `${name}.ts`)],
  outfile: join(dist, `${name}.js`),
  bundle: true,
  format: 'esm',
  target: 'es2022',
  minify: true,
  legalComments: 'none',
  // Loaded when needed, from beside the file that asks.
  external: ['./index.js', './browser.js', './core.js'],
  logLevel: 'warning',
})));

await copyFile(wasm, join(dist, 'core.wasm'));
await inline();
declarations();
await prune();

/** The core's bytes as a module, for pages whose bundler cannot copy a file. */
async function inline() {
  const text = (await readFile(wasm)).toString('base64');
  await writeFile(
    join(dist, 'inline.js'),
    `const t=atob("${text}"),b=new Uint8Array(t.length);for(let i=0;i<b.length;i++)b[i]=t.charCodeAt(i);export const wasm=b;\n`,
  );
  await writeFile(
    join(dist, 'inline.d.ts'),
    '/** The bytes of the core: `createPsc({ …, wasm })`. */\nexport declare const wasm: Uint8Array<ArrayBuffer>;\n',
  );
}

function declarations() {
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');
  execFileSync(process.execPath, [tsc, '-p', here], { stdio: 'inherit' });
}

/** Removes the declarations that no door reaches: they are internal. */
async function prune() {
  const reached = new Set();
  const visit = async (name) => {
    if (reached.has(name)) return;
    reached.add(name);
    const text = await readFile(join(dist, `${name}.d.ts`), 'utf8');
    for (const [, other] of text.matchAll(/(?:from |import\()['"]\.\/([\w-]+)\.js['"]/g)) await visit(other);
  };
  for (const door of doors) await visit(door);
  for (const file of await readdir(dist)) {
    if (file.endsWith('.d.ts') && !reached.has(file.slice(0, -5))) await rm(join(dist, file));
  }
}
