// Reading a QR code as a camera does: from pixels.
import jsQR from 'jsqr';
import { PNG } from 'pngjs';

/** What the QR code drawn by `element` says, or null while none can be read. */
export async function readQr(element) {
  const { data, width, height } = PNG.sync.read(await element.screenshot());
  return jsQR(new Uint8ClampedArray(data), width, height)?.data ?? null;
}
