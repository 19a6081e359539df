import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FEATURES } from './features.ts';
import { parseFrame } from './frame.ts';
import { HUB_JSON_LIMITS } from './limits.ts';
import { FEATURE_TYPES, MESSAGE_TYPES, isMessageType } from './message-types.ts';
import { nodeCrypto } from './node.ts';
import { parsePayload } from './payload.ts';
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
