// response_mode=form_post: the answer is a form that the browser sends.
import { createServer } from 'node:http';

import { DOCTOR, expect, test } from './scene/index.js';
import { atDesk } from './scene/desk.js';

/** A service that says what was posted to it. */
async function service() {
  const server = createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    const names = [...new URLSearchParams(Buffer.concat(parts).toString()).keys()].sort();
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.end(`${request.method} ${names.join(' ')}`);
  });
  await new Promise((done) => { server.listen(0, 'localhost', done); });
  return { callback: `http://localhost:${server.address().port}/callback`, close: () => server.close() };
}

/** Asks for a login whose answer is posted. */
async function request(programs, callback) {
  const register = `${programs.issuer}/clients-registrations/openid-connect`;
  const body = JSON.stringify({ redirect_uris: [callback], require_pkce: false });
  const headers = { 'content-type': 'application/json' };
  const { client_id } = await (await fetch(register, { method: 'POST', headers, body })).json();
  const parameters = new URLSearchParams({
    client_id, redirect_uri: callback, response_type: 'code', response_mode: 'form_post',
    scope: 'openid', state: 's',
  });
  return `${programs.issuer}/protocol/openid-connect/auth?${parameters}`;
}

test('the answer is posted by itself', async ({ programs, desk }) => {
  const { callback, close } = await service();
  await desk.page.goto(await request(programs, callback));
  await desk.chooseIdentity(DOCTOR.id);
  await desk.page.waitForURL(callback);
  await expect(desk.page.locator('body')).toHaveText('POST code iss session_state state');
  close();
});

test('without JavaScript a button posts it', async ({ programs, openBrowser }) => {
  const { callback, close } = await service();
  const page = await (await openBrowser({ javaScriptEnabled: false })).newPage();
  await page.goto(await request(programs, callback));
  await atDesk(page, programs).chooseIdentity(DOCTOR.id);
  await page.getByRole('button', { name: 'Continuer' }).click();
  await page.waitForURL(callback);
  await expect(page.locator('body')).toHaveText('POST code iss session_state state');
  close();
});
