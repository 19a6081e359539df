/** A pin in the form it is compared in, hex: the SHA-256 of a public key (SPKI, DER), written as hex or base64. Undefined: it is neither. */
export function readPin(text: string): string | undefined {
  if (/^[0-9a-fA-F]{64}$/u.test(text)) return text.toLowerCase();
  return /^[A-Za-z0-9+/]{43}=$/u.test(text) ? Buffer.from(text, 'base64').toString('hex') : undefined;
}
