// Services of others: the files of the guide, in a folder of their own.
import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { fileOfGuide } from './guide.js';
import { answers, freePorts, run } from './process.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
/** Where `cargo verify` has installed the Python packages. */
const PYTHON = resolve(ROOT, process.env.CARGO_TARGET_DIR ?? 'target', 'python', 'bin', 'python');

/**
 * A service's ports, under the numbers that the guide gives them, and a folder;
 * it starts when it is told what to run.
 */
export async function foreignService() {
  const [port] = await freePorts(1);
  const home = `http://localhost:${port}`;
  const ports = { 9000: port };
  const folder = await mkdtemp(join(tmpdir(), 'openpsc-'));
  // Apache gives up its rights before it reads what is in there.
  await chmod(folder, 0o755);
  const log = [];
  const parts = [];
  const children = [];
  return {
    home,
    port,
    ports,
    folder,
    /** Everything that it has printed, or written to a file of errors. */
    log: async () => log.join('') + await readFile(join(folder, 'error.log'), 'utf8').catch(() => ''),

    /** Copies a file of the guide, under its own name or another. */
    async copy(name, as = name) {
      await writeFile(join(folder, as), await fileOfGuide(name, ports));
    },

    write: (name, text) => writeFile(join(folder, name), text),

    /** Runs a command of the guide to its end. */
    run(command) {
      execFileSync('sh', ['-e', '-c', command], { cwd: folder, stdio: 'pipe' });
    },

    /** Starts a program in the folder and waits until `path` answers. */
    async start(program, args, { path = '/', ...options } = {}) {
      children.push(run(program, args, log, { cwd: folder, signal: 'SIGTERM', ...options }));
      await answers(`${home}${path}`, children, log);
    },

    /** Starts a module of the Python packages. */
    startPython(module, args, options) {
      return this.start(PYTHON, ['-m', module, ...args], options);
    },

    /** Starts a module of Node's, which finds the packages of this repository. */
    async startNode(file) {
      await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
      await this.start('node', [file]);
    },

    /** Serves something beside it, at a port that the guide knows by `number`. */
    async serve(number, handler) {
      const server = createServer(handler);
      await new Promise((done) => { server.listen(ports[number] ?? 0, 'localhost', done); });
      ports[number] = server.address().port;
      parts.push(server);
    },

    async stop() {
      await Promise.all(children.map((child) => child.kill()));
      for (const server of parts) {
        server.close();
        server.closeAllConnections();
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}
