/** The wasm core, as the door loads it. */

import start, { Core } from './wasm/openpsc_sdk_wasm.js';

export { Core };

/** Compiles the core: from beside this file, or from where the service says. */
export async function load(wasm: URL | BufferSource = new URL('core.wasm', import.meta.url)): Promise<void> {
  await start({ module_or_path: wasm });
}
