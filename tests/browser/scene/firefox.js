// Firefox ESR, driven by its own Marionette protocol: Debian ships neither
// geckodriver nor the build that Playwright asks for.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';
const PREFERENCES = {
  'marionette.port': 0,
  'app.update.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'intl.accept_languages': 'fr-FR,fr',
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'toolkit.telemetry.reportingpolicy.firstRun': false,
};

/** Starts Firefox with an empty profile; `close` ends it and forgets all. */
export async function startFirefox() {
  const home = await mkdtemp(join(tmpdir(), 'openpsc-firefox-'));
  const lines = Object.entries(PREFERENCES)
    .map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`);
  await writeFile(join(home, 'user.js'), lines.join('\n'));
  const program = process.env.FIREFOX ?? '/usr/bin/firefox-esr';
  const firefox = spawn(program, ['--headless', '--marionette', '--no-remote', '--profile', home], {
    env: { ...process.env, HOME: home },
    stdio: 'ignore',
  });
  const ended = new Promise((done) => { firefox.once('exit', done); });
  const close = async () => {
    firefox.kill('SIGKILL');
    await ended;
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    // The port stands in the profile once Firefox listens.
    const port = await until(async () => Number(await readFile(join(home, 'MarionetteActivePort'), 'utf8')));
    const send = await speak(port);
    await send('WebDriver:NewSession', {});
    return { ...page(send), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What a test does with a page. */
function page(send) {
  const find = async (css) => {
    const { value } = await until(() => send('WebDriver:FindElement', { using: 'css selector', value: css }));
    return value[ELEMENT];
  };
  return {
    goto: (url) => send('WebDriver:Navigate', { url }),
    url: async () => (await send('WebDriver:GetCurrentURL', {})).value,
    click: async (css) => send('WebDriver:ElementClick', { id: await find(css) }),
    fill: async (css, text) => send('WebDriver:ElementSendKeys', { id: await find(css), text }),
    text: async (css) => (await send('WebDriver:GetElementText', { id: await find(css) })).value,
    evaluate: async (script) => (await send('WebDriver:ExecuteScript', { script, args: [] })).value,
    until,
  };
}

/** Tries until it no longer throws and its answer is truthy. */
async function until(attempt, within = 15_000) {
  const end = Date.now() + within;
  for (;;) {
    const answer = await attempt().catch((error) => {
      if (Date.now() > end) throw error;
      return null;
    });
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`nothing came within ${within} ms`);
    await new Promise((done) => { setTimeout(done, 50); });
  }
}

/** Marionette's wire: `length:[0, id, command, parameters]` there, and back
 * `length:[1, id, error, result]`. */
async function speak(port) {
  const socket = connect(port, '127.0.0.1');
  const waiting = new Map();
  let heard = Buffer.alloc(0);
  let last = 0;
  await new Promise((done, fail) => {
    socket.once('connect', done);
    socket.once('error', fail);
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    for (const { fail } of waiting.values()) fail(new Error('Firefox has ended'));
  });
  socket.on('data', (bytes) => {
    heard = Buffer.concat([heard, bytes]);
    for (;;) {
      const colon = heard.indexOf(':');
      const length = Number(heard.subarray(0, colon));
      if (colon < 0 || heard.length < colon + 1 + length) return;
      const message = JSON.parse(heard.subarray(colon + 1, colon + 1 + length));
      heard = heard.subarray(colon + 1 + length);
      // The greeting is an object, every answer a list.
      if (!Array.isArray(message)) continue;
      const [, id, error, result] = message;
      const { done, fail } = waiting.get(id);
      waiting.delete(id);
      if (error) fail(new Error(`${error.error}: ${error.message}`));
      else done(result);
    }
  });
  return (command, parameters) => new Promise((done, fail) => {
    last += 1;
    waiting.set(last, { done, fail });
    const text = JSON.stringify([0, last, command, parameters]);
    socket.write(`${Buffer.byteLength(text)}:${text}`);
  });
}
