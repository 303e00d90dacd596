/** Bytes and their texts. */

/** 32 random bytes as text: a state, a nonce, a verifier. */
export function random(): string {
  return base64url(crypto.getRandomValues(new Uint8Array(32)));
}

export function base64url(from: Uint8Array): string {
  return btoa(String.fromCharCode(...from)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=/g, '');
}

export function fromBase64url(text: string): BufferSource {
  return Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (byte) => byte.charCodeAt(0));
}

export function bytes(text: string): BufferSource {
  return new TextEncoder().encode(text);
}
