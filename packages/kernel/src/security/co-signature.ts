import { confirmOf } from '@stormpulse/plugin-api/internal';
import type { RefusalReason } from '@stormpulse/protocol';
import type { CommandTable } from '../plugins/registry.ts';
import type { OperatorPolicy } from '../policy-ports.ts';
import type { SignedMessage } from './verify.ts';

/** Asks the host's policy about what the hub signed. A name that is not listed is refused later, as that. */
export function coSignature(
  policy: OperatorPolicy,
  table: () => CommandTable,
): (signed: SignedMessage) => RefusalReason | undefined {
  return ({ type, payload, canonicalText }) => {
    const names = type === 'command.request' ? [payload.command] : payload.commands;
    const commands = names.flatMap((name) => table().get(name) ?? []);
    if (commands.length < names.length) return undefined;
    return policy.refusalFor({
      type,
      canonicalText,
      signature: payload.op_sig,
      commands: commands.map(({ wireName: name, manifest, definition }) => {
        return { name, manifest, phrase: confirmOf(definition) === 'phrase' };
      }),
    });
  };
}
