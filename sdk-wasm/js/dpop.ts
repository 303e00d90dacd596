/** The page's key: P-256, not extractable, one for each client (S21). */

export interface DpopKey {
  privateKey: CryptoKey;
  x: string;
  y: string;
}

/**
 * The key of this client, made at first use.
 *
 * Two first tabs would otherwise bind tokens to a key that the other overwrites:
 * take the lock, read again, add, never put (S24).
 */
export async function dpopKey(clientId: string): Promise<DpopKey> {
  const database = await opened();
  const pair = await find(database, clientId)
    ?? await navigator.locks.request(`psc-dpop-${clientId}`, async () => {
      const found = await find(database, clientId);
      if (found) return found;
      const made = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);
      await settled(database.transaction('dpop', 'readwrite').objectStore('dpop').add(made, clientId));
      return made;
    });
  database.close();
  const { x, y } = await crypto.subtle.exportKey('jwk', pair.publicKey);
  if (!x || !y) throw new TypeError('jwk');
  return { privateKey: pair.privateKey, x, y };
}

function opened(): Promise<IDBDatabase> {
  const request = indexedDB.open('psc', 1);
  request.onupgradeneeded = () => request.result.createObjectStore('dpop');
  return settled(request);
}

function find(database: IDBDatabase, clientId: string): Promise<CryptoKeyPair | undefined> {
  const request: IDBRequest<CryptoKeyPair | undefined> = database.transaction('dpop').objectStore('dpop').get(clientId);
  return settled(request);
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
