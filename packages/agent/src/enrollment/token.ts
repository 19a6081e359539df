/** A one-time token as the hub printed it; sent whole. */
export interface EnrollmentToken {
  readonly text: string;
  /** SHA-256 of the hub's CA certificate (DER), lower-case hex; absent in tokens of v1 hubs. */
  readonly caDigest: string | undefined;
}

/** Reads `sp1.<secret>.<CA SHA-256>`, or any token of a v1 hub. */
export function readToken(text: string): EnrollmentToken {
  const match = /^sp1\.[^.\s]+\.([0-9a-f]{64})$/u.exec(text);
  return { text, caDigest: match?.[1] };
}
