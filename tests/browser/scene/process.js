// Programs that a test starts, and that end with it.
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { get } from 'node:https';
import { createServer } from 'node:net';

/** Starts a program; what it prints goes to `log`, and `kill` ends it by its number. */
export function run(program, args, log, options = {}) {
  const { signal = 'SIGKILL', ...more } = options;
  const name = program.split('/').at(-1);
  const process = spawn(program, args.map(String), { stdio: ['ignore', 'pipe', 'pipe'], ...more });
  const ended = new Promise((done) => {
    process.once('exit', (code, how) => done(`${name} ended with ${how ?? code}`));
    process.once('error', (error) => done(`${name} did not start: ${error.message}`));
  });
  const child = {
    args,
    ended: null,
    async kill() {
      process.kill(signal);
      await ended;
    },
  };
  ended.then((how) => { child.ended = how; });
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('data', (text) => log.push(text.toString()));
  }
  return child;
}

/** The status that an address answers, or none; https with a certificate of this authority. */
async function statusOf(address, authority) {
  if (!authority) {
    const answer = await fetch(address, { redirect: 'manual' }).catch(() => null);
    return answer?.status;
  }
  const ca = await readFile(authority);
  return new Promise((done) => {
    get(address, { ca }, (answer) => { answer.resume(); done(answer.statusCode); }).once('error', () => done());
  });
}

/** Waits until an address answers, or a program has ended instead. */
export async function answers(address, children, log, authority) {
  const end = Date.now() + 20_000;
  for (;;) {
    const dead = children.find((child) => child.ended);
    if (dead) throw new Error(`${dead.ended}\n${log.join('')}`);
    const status = await statusOf(address, authority);
    if (status < 400) return;
    if (Date.now() > end) {
      throw new Error(`${address} answers ${status ?? 'nothing'}\n${log.join('')}`);
    }
    await new Promise((done) => { setTimeout(done, 25); });
  }
}

/** Ports that nobody listens on, all held until each is known. */
export async function freePorts(count) {
  const servers = await Promise.all(Array.from({ length: count }, () => new Promise((done, fail) => {
    const server = createServer();
    server.once('error', fail);
    server.listen(0, '127.0.0.1', () => done(server));
  })));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((done) => { server.close(done); })));
  return ports;
}
