// The integrator's guide: its files are what the tests run.
import { readFile } from 'node:fs/promises';

const GUIDE = new URL('../../../docs/integrators.md', import.meta.url);

/** A file of the guide, with this test's port for each port that it names. */
export async function fileOfGuide(name, ports = {}) {
  const guide = await readFile(GUIDE, 'utf8');
  const fence = new RegExp(`^\`\`\`\\w+ title="${name}"\\n(.*?)^\`\`\`$`, 'gms');
  const found = [...guide.matchAll(fence)];
  if (found.length !== 1) throw new Error(`docs/integrators.md holds ${found.length} files named ${name}`);
  return found[0][1].replaceAll(/\b(localhost|127\.0\.0\.1):(\d{4})\b/g, (address, host, port) => (
    ports[port] ? `${host}:${ports[port]}` : address
  ));
}

/** What a page needs of our own SDK. */
export async function sixLinesOfGuide() {
  const guide = await readFile(GUIDE, 'utf8');
  return /^```html\n(.*?)^```$/ms.exec(guide)[1];
}
