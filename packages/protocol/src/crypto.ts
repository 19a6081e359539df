/**
 * The hash functions this package needs, handed in so that it runs in a browser too.
 * `@stormpulse/protocol/node` binds them to Node's own.
 */
export interface ProtocolCrypto {
  /** HMAC-SHA256 of the UTF-8 bytes of `text`: 32 bytes. */
  hmacSha256(key: Uint8Array, text: string): Uint8Array;
  /** SHA-256; text is hashed as UTF-8. 32 bytes. */
  sha256(data: Uint8Array | string): Uint8Array;
  /** Constant-time comparison; false when the lengths differ. */
  equal(a: Uint8Array, b: Uint8Array): boolean;
}
