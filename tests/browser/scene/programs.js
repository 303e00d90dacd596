// The provider and the demo services of one test: own ports, own data.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { answers, freePorts, run } from './process.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const BUILT = resolve(ROOT, process.env.CARGO_TARGET_DIR ?? 'target', 'debug');

/**
 * Starts both programs; the answer says where each part listens. `services` is
 * what an integrator gives to the sandbox: services of their own, in TOML. With
 * a certificate (`tls`) the provider speaks https, and the demo services, which
 * would not trust it, stay away.
 */
export async function startPrograms({ services = '', tls } = {}) {
  const [provider, app, agenda, dossier] = await freePorts(4);
  const data = await mkdtemp(join(tmpdir(), 'openpsc-'));
  const log = [];
  const children = [];
  const start = (name, args) => children.push(run(join(BUILT, name), args, log));

  await writeFile(join(data, 'services.toml'), services);
  start('openpsc', [
    'sandbox', '--port', provider, '--app-port', app,
    '--agenda-port', agenda, '--dossier-port', dossier, '--data-dir', data,
    '--clients', join(data, 'services.toml'),
    ...(tls ? ['--tls-certificate', tls.certificate, '--tls-key', tls.key] : []),
  ]);
  const address = (port) => `http://localhost:${port}`;
  const origin = tls ? `https://localhost:${provider}` : address(provider);
  const issuer = `${origin}/auth/realms/esante-wallet`;
  if (!tls) {
    start('openpsc-web-demo', ['--agenda-port', agenda, '--dossier-port', dossier, '--issuer', issuer]);
  }
  const programs = {
    provider: origin,
    issuer,
    app: `${tls ? 'https' : 'http'}://localhost:${app}`,
    agenda: address(agenda),
    dossier: address(dossier),
    /** Everything both programs have printed. */
    log: () => log.join(''),
    /** Ends the provider at once, as a power cut would, and starts it again. */
    async restartProvider() {
      await children[0].kill();
      children[0] = run(join(BUILT, 'openpsc'), children[0].args, log);
      await answers(`${programs.issuer}/.well-known/openid-configuration`, children, log);
    },
    async stop() {
      await Promise.all(children.map((child) => child.kill()));
      await rm(data, { recursive: true, force: true });
    },
  };
  try {
    await answers(`${programs.issuer}/.well-known/openid-configuration`, children, log, tls?.authority);
    if (!tls) {
      await answers(`${programs.agenda}/`, children, log);
      await answers(`${programs.dossier}/`, children, log);
    }
  } catch (error) {
    await programs.stop();
    throw error;
  }
  return programs;
}
