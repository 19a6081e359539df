/**
 * A plugin answers a call now and then. Node 20 would optimize its code within the first thousand, beside the agent and on the same
 * processors, which makes those calls a third slower; with this it does so after some thousands, as later Nodes do by themselves.
 * They refuse the flag.
 */
export function compileFlags(nodeVersion: string): readonly string[] {
  return nodeVersion.startsWith('20.') ? ['--interrupt-budget=500000'] : [];
}
