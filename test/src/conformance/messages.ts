import {
  canonicalJson,
  containerRecords,
  digestOf,
  displayTemplate,
  displayWord,
  jobEventContext,
  nonSecretParams,
  parsePayload,
  sortedManifest,
  unsealedDuration,
  versionIn,
} from '@stormpulse/protocol';
import type { CommandManifest, Dialect, JsonObject } from '@stormpulse/protocol';
import { nodeCrypto } from '@stormpulse/protocol/node';
import { resolveCommand } from '@stormpulse/plugin-custom-commands/language';
import { expectSame } from './cases.ts';
import type { Cases, Format } from './cases.ts';
import { checkEventBuffer } from './event-buffer-case.ts';
import { checkMessage } from './message-case.ts';
import { PUBLISHED_CONTRACT } from './published-contract.ts';
import { caseId, isVector, number, plain, section, text } from './vectors.ts';
import type { Vector, Vectors } from './vectors.ts';

type Texts = Readonly<Record<string, string>>;

/** `messages.json`: the reference's own messages, its event buffer, command expansion, digests and small tables. */
export const checkMessages: Format = async (vectors, dialect, cases) => {
  if (isVector(vectors['manifest'])) await checkManifest(vectors['manifest'], vectors, cases);
  for (const [name, check] of Object.entries(sectionChecks(dialect))) {
    for (const [index, vector] of section(vectors, name).entries()) {
      await cases.check(caseId(name, vector, index), () => check(vector, vectors));
    }
  }
};

function sectionChecks(dialect: Dialect): Readonly<Record<string, (vector: Vector, vectors: Vectors) => void>> {
  return {
    messages: (vector) => checkMessage(vector, dialect),
    event_buffer: (vector) => checkEventBuffer(vector, dialect),
    command_resolution: (vector) => checkResolution(vector, dialect),
    display_path: (vector) => expectSame('shown', displayWord(text(vector, 'arg')), vector['shown']),
    unsealed_duration: (vector) => {
      const seconds = vector['seconds'] === null ? null : number(vector, 'seconds');
      expectSame('text', unsealedDuration(seconds), vector['text']);
    },
    version_probe: (vector) => expectSame('version', versionIn(text(vector, 'output')), vector['version']),
    containers: (vector) => {
      expectSame('containers', containerRecords(text(vector, 'stdout'), number(vector, 'returncode')), vector['containers']);
    },
    digests: checkDigest,
    non_secret_params: (vector) => expectSame('kept', nonSecretParams(vector['params'] as Texts), vector['kept']),
    job_event_context: (vector) => expectSame('context', jobEventContext(vector['params'] as Texts | null), vector['context']),
  };
}

/** Every entry has the manifest's shape and shows its words as a manifest does; a message that says it carries this one does. */
async function checkManifest(manifest: Vector, vectors: Vectors, cases: Cases): Promise<void> {
  for (const [name, entry] of Object.entries(manifest)) {
    await cases.check(`manifest/${name}`, () => {
      const register = { version: '', pulse_token: '', commands: { [name]: plain(entry) } };
      parsePayload('register', register as JsonObject, 'hardened');
      const { template } = entry as { readonly template: string[] };
      expectSame('template', displayTemplate(template), template);
    });
  }
  await cases.check('manifest/order and carriers', () => {
    const sorted = sortedManifest(plain(manifest) as CommandManifest);
    expectSame('order of names', Object.keys(manifest), Object.keys(sorted));
    for (const message of section(vectors, 'messages')) {
      const inputs = message['inputs'];
      if (!isVector(inputs) || inputs['commands'] !== "the manifest of case 'manifest'") continue;
      const { payload } = message['envelope'] as { readonly payload: Vector };
      expectSame(`commands of ${text(message, 'id')}`, canonicalJson(payload['commands']), canonicalJson(manifest));
    }
  });
}

/** Expansion alone: the rules about what a value may be have vectors of their own. */
function checkResolution(vector: Vector, dialect: Dialect): void {
  const resolution = resolveCommand({
    template: vector['template'] as string[],
    params: plain(vector['params']) as Readonly<Record<string, { readonly default?: string | null }>>,
    project: plain(vector['project']) as Readonly<Record<string, string | null>>,
    runtimeParams: plain(vector['runtime_params']) as Vector,
    dialect,
    rules: 'expansion',
  });
  const expected = (dialect === 'hardened' ? vector['hardened'] : undefined) ?? vector['outcome'];
  expectSame('outcome', resolution.outcome, expected);
  if (resolution.outcome !== 'ok') return;
  expectSame('argv', resolution.argv, vector['argv']);
  expectSame('validated', resolution.validated, vector['validated']);
}

/** The file names the published contract instead of repeating it. */
const CONTRACT = "the 'integrations' block of the published contract file";

function checkDigest(vector: Vector): void {
  const value = vector['value'] === CONTRACT ? PUBLISHED_CONTRACT : vector['value'];
  expectSame('digest', digestOf(nodeCrypto, value), vector['digest']);
}
