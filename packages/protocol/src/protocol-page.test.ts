import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { digestOf } from './canonical-json.ts';
import { FEATURES } from './features.ts';
import { FrameNumbers } from './frame-numbers.ts';
import type { LinkFault } from './frame-numbers.ts';
import { parseFrame } from './frame.ts';
import { HUB_JSON_LIMITS } from './limits.ts';
import { problemWithManifest } from './manifest-bounds.ts';
import { FEATURE_TYPES, MESSAGE_TYPES, isMessageType } from './message-types.ts';
import { createMessage, encodeMessage } from './message.ts';
import { nodeCrypto } from './node.ts';
import { specDigest } from './operator.ts';
import { parsePayload } from './payload.ts';
import type { CommandManifest } from './payloads/manifest.ts';
import { boundRequestId } from './request-id.ts';
import { verifySignature } from './signature.ts';
import { checkSignedPayload } from './signed-payload.ts';

const PAGE = readFileSync(join(import.meta.dirname, '../../../docs/specs/protocol.md'), 'utf8');
const KEY = new TextEncoder().encode('0123456789abcdef0123456789abcdef');
const FRAMES = [...PAGE.matchAll(/^```json\n(.*?)\n```$/gmsu)].map(([, text = '']) => text);

/** The part of the page above its features, and the part below. */
const V1_END = PAGE.indexOf('\n## Features\n');
const read = (text: string) =>
  parseFrame(text, {
    dialect: 'hardened',
    limits: HUB_JSON_LIMITS,
    features: new Set(PAGE.indexOf(text) < V1_END ? [] : FEATURES),
  });

describe('docs/specs/protocol.md', () => {
  test.each(FRAMES)('%.60s… is a message with the payload of its type, and nothing else', (text) => {
    const { type, payload } = read(text);
    const parsed = parsePayload(type, payload, 'hardened');
    for (const [key, value] of Object.entries(payload)) expect(parsed).toHaveProperty([key], value);
  });

  test('shows every type, and what a feature adds only there', () => {
    const shown = new Set(FRAMES.map((text) => read(text).type));
    expect([...shown].sort()).toEqual([...MESSAGE_TYPES, ...Object.keys(FEATURE_TYPES)].sort());
    const above = FRAMES.filter((text) => PAGE.indexOf(text) < V1_END).map((text) => read(text).type);
    expect(above.every(isMessageType)).toBe(true);
  });

  test('has a section for every feature', () => {
    for (const feature of FEATURES) expect(PAGE.slice(V1_END)).toContain(`\n### ${feature}\n`);
  });

  test('its signed examples verify under the key it names, and their ids belong to their nonces', () => {
    const signed = FRAMES.map(read).filter(({ type }) => type === 'command.request' || type === 'command.sequence');
    expect(signed.map(({ type }) => type)).toEqual(['command.request', 'command.sequence']);
    for (const message of signed) {
      const checked = checkSignedPayload(message, 'hardened');
      if (!checked.ok) throw new Error(checked.reason);
      expect(verifySignature(nodeCrypto, KEY, checked.canonicalText, checked.payload.hmac)).toBe(true);
      expect(message.id).toBe(boundRequestId(nodeCrypto, checked.payload.nonce));
      if (message.type === 'command.request') {
        expect(PAGE).toContain(`\`\`\`text\n${checked.canonicalText}\n\`\`\``);
        expect(PAGE).toContain(`and \`${checked.payload.hmac}\``);
      }
    }
  });
});

describe('plugin.manifest in docs/specs/protocol.md', () => {
  const section = PAGE.split('\n### plugin.manifest\n')[1]?.split('\n### ')[0] ?? '';

  test('its example is within the bounds, and bound to the entry of register beside it', () => {
    const frame = FRAMES.find((text) => read(text).type === 'plugin.manifest') ?? '';
    const told = parsePayload('plugin.manifest', read(frame).payload, 'hardened');
    expect(problemWithManifest(told)).toBeUndefined();
    const [, entry = ''] = /^```text\n(\{.*?)\n```$/msu.exec(section) ?? [];
    const entries = JSON.parse(entry) as CommandManifest;
    for (const { name, spec, params } of told.plugins.flatMap(({ commands }) => commands)) {
      const registered = entries[name];
      if (registered === undefined) throw new Error(`there is no entry of "${name}"`);
      expect(spec).toBe(specDigest(nodeCrypto, registered));
      expect(Object.keys(params)).toEqual(Object.keys(registered.params));
    }
    expect(told.digest).toBe(digestOf(nodeCrypto, told.plugins));
    expect(section).toContain(`"manifest":"${told.digest}"`);
  });
});

describe('link.seq in docs/specs/protocol.md', () => {
  const section = PAGE.split('\n### link.seq\n')[1]?.split('\n### ')[0] ?? '';
  const [exchange = '', findings = ''] = [...section.matchAll(/^```text\n(.*?)\n```$/gmsu)].map(([, text = '']) => text);

  /** A heartbeat: the numbers do not look at types. */
  const frame = (): string => encodeMessage(createMessage('heartbeat', 'node-7', {}, { id: 'x', ts: '2026-03-04T05:06:07Z' }));

  test('SEC-075: each frame of its exchange shows the number it says, and nobody finds anything', () => {
    const found: LinkFault[] = [];
    const side = (boot: string, named: boolean): FrameNumbers =>
      new FrameNumbers({ boot, named, found: (fault) => found.push(fault) });
    const sides = { agent: side('agent', true), hub: side('hub', false) };
    const onTheWay = { agent: [] as string[], hub: [] as string[] };
    const lines = exchange.split('\n').map((line) => /^(agent|hub) (sends|reads) (\S+)(?: (\d+))?$/u.exec(line) ?? []);
    expect(lines.length).toBeGreaterThan(9);
    for (const [line, who, does, type, number] of lines) {
      if (who !== 'agent' && who !== 'hub') throw new Error(`what is "${line}"?`);
      const sends = does === 'sends';
      const text = sends ? sides[who].mark(frame()) : (onTheWay[who].shift() ?? '');
      const message = read(text);
      const boot = sends === (who === 'agent') ? 'agent' : 'hub';
      expect([line, message.x]).toEqual([line, number === undefined ? undefined : `${boot}-${number}`]);
      if (sends) onTheWay[who === 'agent' ? 'hub' : 'agent'].push(text);
      else sides[who].came(message);
      if (!sends && (type === 'register' || type === 'register.ok')) sides[who].negotiated();
    }
    expect([onTheWay, found]).toEqual([{ agent: [], hub: [] }, []]);
  });

  test.each(findings.split('\n'))('SEC-075: finds what it says: %s', (line) => {
    const [, numbers = '', words = ''] = /^(.*?) {2,}(.*)$/u.exec(line) ?? [];
    const found: string[] = [];
    const hub = new FrameNumbers({
      boot: 'hub',
      named: true,
      found: ({ fault, seq, expected }) => found.push(`${fault}: ${seq === undefined ? '' : `${seq} came, `}${expected} was due`),
    });
    for (const number of ['-', '-', ...numbers.split(' ')]) {
      const message = read(frame());
      hub.came(number === '-' ? message : { ...message, x: `agent-${number}` });
    }
    expect(found.join('; ') || 'nothing').toBe(words);
  });
});
