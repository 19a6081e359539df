import type { CoSigned, OperatorPolicy } from '@stormpulse/kernel';
import type { Logger } from '@stormpulse/plugin-api';
import { specDigest, verifyOperatorSignature } from '@stormpulse/protocol';
import type { OperatorCrypto, OperatorText, ProtocolCrypto } from '@stormpulse/protocol';

export interface OperatorPolicyOptions {
  /** This agent: a signature made for another one does not fit. */
  readonly agentId: string;
  readonly crypto: ProtocolCrypto & OperatorCrypto;
  readonly keys: readonly { readonly name: string; readonly publicKey: Uint8Array }[];
  /** `confirm`: commands that ask a person for a confirmation. */
  readonly require: 'all' | 'confirm' | 'none';
  /** Wire names and groups that need a signature besides, whatever `require` says. */
  readonly commands: readonly string[];
  readonly groups: readonly string[];
  readonly logger: Logger;
}

/**
 * SEC-072 as the host's `[operator]` table has it. A signature that is there is always checked, needed or not: a hub that
 * shows an approval which does not hold is not believed. A sequence needs one when one of its commands does.
 */
export function createOperatorPolicy(options: OperatorPolicyOptions): OperatorPolicy {
  const { agentId, crypto, keys, logger } = options;
  const digests = new WeakMap<object, string>();
  const digestOfSpec = (manifest: CoSigned['commands'][number]['manifest']): string => {
    const digest = digests.get(manifest) ?? specDigest(crypto, manifest);
    digests.set(manifest, digest);
    return digest;
  };
  return {
    offered(manifest) {
      const groups = new Set(Object.values(manifest).map(({ group }) => group));
      const unknown = [
        ...options.commands.filter((name) => !Object.hasOwn(manifest, name)),
        ...options.groups.filter((group) => !groups.has(group)),
      ];
      if (unknown.length > 0)
        logger.warn({ unknown }, '[operator] names commands or groups that this host does not offer; a typo?');
    },
    refusalFor({ type, commands, canonicalText, signature }) {
      if (signature === undefined)
        return commands.some((command) => isRequired(command, options)) ? 'operator_signature_missing' : undefined;
      const specs = commands.map(({ manifest }) => digestOfSpec(manifest));
      const text: OperatorText = { agentId, type, specs, canonicalText };
      const signer = (confirmation?: string): string | undefined =>
        keys.find(({ publicKey }) => verifyOperatorSignature(crypto, publicKey, { ...text, confirmation }, signature))?.name;
      const phrase = commands.some((command) => command.phrase);
      const name = signer(phrase ? agentId : undefined);
      if (name === undefined)
        return phrase && signer() !== undefined ? 'operator_confirmation_missing' : 'bad_operator_signature';
      logger.debug({ operator: name, commands: commands.map((command) => command.name) }, 'signed by an operator of this host');
      return undefined;
    },
  };
}

function isRequired({ name, manifest }: CoSigned['commands'][number], options: OperatorPolicyOptions): boolean {
  return (
    options.require === 'all' ||
    (options.require === 'confirm' && manifest.requires_confirmation) ||
    options.commands.includes(name) ||
    options.groups.includes(manifest.group)
  );
}
