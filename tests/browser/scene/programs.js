// The provider and the demo services of one test: own ports, own data.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const BUILT = resolve(ROOT, process.env.CARGO_TARGET_DIR ?? 'target', 'debug');

/** Starts both programs; the answer says where each part listens. */
export async function startPrograms() {
  const [provider, app, agenda, dossier] = await freePorts(4);
  const data = await mkdtemp(join(tmpdir(), 'openpsc-'));
  const log = [];
  const children = [];
  const start = (name, args) => children.push(run(name, args, log));

  start('openpsc', [
    'sandbox', '--port', provider, '--app-port', app,
    '--agenda-port', agenda, '--dossier-port', dossier, '--data-dir', data,
  ]);
  start('openpsc-web-demo', [
    '--agenda-port', agenda, '--dossier-port', dossier, '--issuer', `http://localhost:${provider}/auth/realms/esante-wallet`,
  ]);
  const address = (port) => `http://localhost:${port}`;
  const programs = {
    provider: address(provider),
    issuer: `${address(provider)}/auth/realms/esante-wallet`,
    app: address(app),
    agenda: address(agenda),
    dossier: address(dossier),
    /** Everything both programs have printed. */
    log: () => log.join(''),
    /** Ends the provider at once, as a power cut would, and starts it again. */
    async restartProvider() {
      await children[0].kill();
      children[0] = run('openpsc', children[0].args, log);
      await answers(`${programs.issuer}/.well-known/openid-configuration`, children, log);
    },
    async stop() {
      await Promise.all(children.map((child) => child.kill()));
      await rm(data, { recursive: true, force: true });
    },
  };
  try {
    await answers(`${programs.issuer}/.well-known/openid-configuration`, children, log);
    await answers(`${programs.agenda}/`, children, log);
    await answers(`${programs.dossier}/`, children, log);
  } catch (error) {
    await programs.stop();
    throw error;
  }
  return programs;
}

function run(name, args, log) {
  const process = spawn(join(BUILT, name), args.map(String), { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise((done) => {
    process.once('exit', (code, signal) => done(`${name} ended with ${signal ?? code}`));
    process.once('error', (error) => done(`${name} did not start: ${error.message}`));
  });
  const child = {
    args,
    ended: null,
    async kill() {
      process.kill('SIGKILL');
      await ended;
    },
  };
  ended.then((how) => { child.ended = how; });
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('data', (text) => log.push(text.toString()));
  }
  return child;
}

/** Waits until an address answers, or a program has ended instead. */
async function answers(address, children, log) {
  const end = Date.now() + 20_000;
  for (;;) {
    const dead = children.find((child) => child.ended);
    if (dead) throw new Error(`${dead.ended}\n${log.join('')}`);
    const answer = await fetch(address, { redirect: 'manual' }).catch(() => null);
    if (answer && answer.status < 400) return;
    if (Date.now() > end) {
      throw new Error(`${address} answers ${answer?.status ?? 'nothing'}\n${log.join('')}`);
    }
    await new Promise((done) => { setTimeout(done, 25); });
  }
}

/** Ports that nobody listens on, all held until each is known. */
async function freePorts(count) {
  const servers = await Promise.all(Array.from({ length: count }, () => new Promise((done, fail) => {
    const server = createServer();
    server.once('error', fail);
    server.listen(0, '127.0.0.1', () => done(server));
  })));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((done) => { server.close(done); })));
  return ports;
}
