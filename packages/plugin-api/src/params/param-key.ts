const KEY = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/u;
const INHERITED: ReadonlySet<string> = new Set(Object.getOwnPropertyNames(Object.prototype));

/** True for a name a parameter may have: an identifier of at most 64 characters that no JavaScript object already has. */
export function isParamKey(key: string): boolean {
  return KEY.test(key) && !INHERITED.has(key);
}
