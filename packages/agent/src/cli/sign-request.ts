import { readFileSync } from 'node:fs';
import { Type } from '@sinclair/typebox';
import type { Static } from '@sinclair/typebox';
import { Errors } from '@sinclair/typebox/errors';
import { Check } from '@sinclair/typebox/value';
import { Refused } from '../errors.ts';

/** The flags of `stormpulse sign`. */
export interface SignOptions {
  readonly key?: string;
  readonly operatorKey?: string;
  readonly agent?: string;
  readonly command?: string;
  readonly param: readonly string[];
  readonly sequence?: string;
  readonly step: readonly string[];
  readonly goOn: boolean;
  readonly spec: readonly string[];
  readonly confirm?: string;
  readonly newOperatorKey?: string;
  readonly name: string;
}

/** What is to be signed, wherever it was read from. What is undefined is made new. */
export interface SignRequest {
  readonly type: 'command.request' | 'command.sequence';
  readonly agentId: string;
  readonly id: string | undefined;
  readonly ts: string | undefined;
  readonly nonce: string | undefined;
  /** The payload but for the nonce; signatures it had stay. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Digests, or manifest entries to be digested. */
  readonly specs: readonly (string | Readonly<Record<string, unknown>>)[];
  readonly confirmation: string | undefined;
}

const text = Type.Optional(Type.String());
const exact = { additionalProperties: false } as const;
const FIELDS = {
  command: text,
  params: Type.Optional(Type.Record(Type.String(), Type.String())),
  sequence_id: text,
  commands: Type.Optional(Type.Array(Type.String())),
  stop_on_failure: Type.Optional(Type.Boolean()),
  nonce: text,
  hmac: text,
  op_sig: text,
};
const OURS = {
  spec: Type.Optional(Type.Array(Type.Union([Type.String(), Type.Record(Type.String(), Type.Unknown())]))),
  confirmation: text,
};
const Plain = Type.Object({ ...FIELDS, ...OURS, agent_id: text, id: text, ts: text }, exact);
const Whole = Type.Object(
  {
    v: Type.Literal(1),
    type: Type.String(),
    id: Type.String(),
    ts: Type.String(),
    agent_id: Type.String(),
    payload: Type.Object(FIELDS, exact),
    ...OURS,
  },
  exact,
);

/** Reads the request of the flags, else of standard input; the flags win. Throws `E_AGENT_REFUSED`. */
export function readSignRequest(options: SignOptions, readInput: () => string): SignRequest {
  const { command, sequence } = options;
  if (command !== undefined && sequence !== undefined) throw Refused({ what: 'give --command or --sequence, not both' });
  const fromFlags = command !== undefined || sequence !== undefined;
  if (!fromFlags && options.param.length + options.step.length > 0)
    throw Refused({ what: '--param goes with --command, --step with --sequence; a request from standard input has its own' });
  const input = fromFlags ? flagFields(options) : readJson(readInput());
  const { agent_id, id, ts, spec = [], confirmation, nonce, ...fields } = input;
  const agentId = options.agent ?? agent_id;
  if (agentId === undefined) throw Refused({ what: 'for which agent? give --agent ID, or "agent_id" in the JSON' });
  const isRequest = fields.command !== undefined;
  if (isRequest === (fields.sequence_id !== undefined))
    throw Refused({ what: 'expected "command" for a request or "sequence_id" for a sequence, and one of them' });
  return {
    type: isRequest ? 'command.request' : 'command.sequence',
    agentId,
    id,
    ts,
    nonce,
    fields: isRequest ? { params: {}, ...fields } : { commands: [], stop_on_failure: true, ...fields },
    specs: options.spec.length > 0 ? options.spec.map(readSpec) : spec,
    confirmation: options.confirm ?? confirmation,
  };
}

type Input = Static<typeof Plain>;

function flagFields({ command, param, sequence, step, goOn }: SignOptions): Input {
  if (command === undefined) {
    if (param.length > 0) throw Refused({ what: '--param goes with --command: the steps of a sequence have no parameters' });
    return { sequence_id: sequence ?? '', commands: [...step], stop_on_failure: !goOn };
  }
  if (step.length > 0 || goOn) throw Refused({ what: '--step and --go-on go with --sequence' });
  const params = new Map<string, string>();
  for (const pair of param) {
    const equals = pair.indexOf('=');
    if (equals < 1 || params.has(pair.slice(0, equals)))
      throw Refused({ what: `--param ${JSON.stringify(pair)}: expected name=value, each name once` });
    params.set(pair.slice(0, equals), pair.slice(equals + 1));
  }
  return { command, params: Object.fromEntries(params) };
}

function readJson(json: string): Input {
  const value = parsed(json, 'standard input');
  if (Check(Whole, value)) {
    const { payload, id, ts, agent_id, spec, confirmation } = value;
    return { ...payload, id, ts, agent_id, ...(spec && { spec }), ...(confirmation === undefined ? {} : { confirmation }) };
  }
  if (Check(Plain, value)) return value;
  const isWhole = typeof value === 'object' && value !== null && 'payload' in value;
  const first = Errors(isWhole ? Whole : Plain, value).First();
  throw Refused({
    what: `standard input: ${first?.path || 'the request'}: ${first?.message ?? 'unexpected value'}; see stormpulse sign --help`,
  });
}

/** A digest as it is, else a file with a manifest entry. */
function readSpec(spec: string): string | Readonly<Record<string, unknown>> {
  if (spec.startsWith('sha256:')) return spec;
  let json: string;
  try {
    json = readFileSync(spec, 'utf8');
  } catch (cause) {
    throw Refused({ what: `--spec ${spec}: expected sha256:… or a file that can be read` }, { cause });
  }
  const value = parsed(json, spec);
  if (!Check(Type.Record(Type.String(), Type.Unknown()), value))
    throw Refused({ what: `${spec}: expected a JSON object: the command's entry in the manifest` });
  return value;
}

function parsed(json: string, where: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw Refused({ what: `${where}: is not JSON; expected one object, see stormpulse sign --help` }, { cause });
  }
}
