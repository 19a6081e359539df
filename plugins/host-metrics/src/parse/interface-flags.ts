const FLAGS = /^0x([0-9a-f]{1,8})\s*$/u;
const IFF_UP = 0x1;

/** Reads `/sys/class/net/NAME/flags`: true when an administrator has it up (not: has a carrier). */
export function parseInterfaceUp(text: string): boolean {
  const digits = FLAGS.exec(text)?.[1];
  return digits !== undefined && (Number.parseInt(digits, 16) & IFF_UP) !== 0;
}
