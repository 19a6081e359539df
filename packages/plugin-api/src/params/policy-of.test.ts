import { describe, expect, it } from 'vitest';
import { checkText, param, PARAM_KINDS, policyOf, Type } from '../index.ts';

describe('policyOf', () => {
  it('SEC-111 caps a plain string at 256 characters, or at its maxLength', () => {
    const plain = policyOf(Type.String({ pattern: '^[a-z]+$' }));
    expect(checkText(plain, 'a'.repeat(256))).toBeUndefined();
    expect(checkText(plain, 'a'.repeat(257))).toBe('too_long');
    expect(checkText(policyOf(Type.String({ pattern: '^[a-z]+$', maxLength: 4 })), 'abcde')).toBe('too_long');
  });

  it('SEC-110 refuses a leading dash that the pattern would accept', () => {
    expect(checkText(policyOf(Type.String({ pattern: '^[a-z-]+$' })), '--follow')).toBe('option_smuggling');
  });

  it('matches the whole value even when the anchors bind to one branch only', () => {
    const policy = policyOf(Type.String({ pattern: '^on|off$' }));
    expect(checkText(policy, 'on')).toBeUndefined();
    expect(checkText(policy, 'on; reboot')).toBe('pattern_mismatch');
  });

  it.each(['[a-z]+', '^[a-z]+', '[a-z]+$', '^[a-z]+\\$'])('refuses the pattern %s, which is not anchored', (pattern) => {
    expect(() => policyOf(Type.String({ pattern }))).toThrow(/may match a part/u);
  });

  it('refuses a pattern that is no expression, and keywords it would have to ignore', () => {
    expect(() => policyOf(Type.String({ pattern: '^($' }))).toThrow(/no expression/u);
    expect(() => policyOf(Type.String({ minLength: 3 }))).toThrow(/minLength/u);
    expect(() => policyOf(Type.String({ format: 'email' }))).toThrow(/format/u);
  });

  it('SEC-112 takes one line of visible text without a pattern', () => {
    const policy = policyOf(Type.String());
    expect(checkText(policy, 'a — b')).toBeUndefined();
    expect(checkText(policy, 'a\nb')).toBe('control_char');
    expect(checkText(policy, '')).toBe('empty');
    expect(checkText(policyOf(Type.String({ minLength: 0 })), '')).toBeUndefined();
  });

  it('gives one policy object for one schema, so that its expression is compiled once', () => {
    const schema = Type.String();
    expect(policyOf(schema)).toBe(policyOf(schema));
  });
});

describe('param', () => {
  it('SEC-115 carries the kind into the schema', () => {
    expect(policyOf(param('git_branch'))).toBe(PARAM_KINDS.git_branch);
    expect(
      param('hostname', { default: 'a.example', title: 'Host', description: 'Where', secret: true, hints: { order: 1 } }),
    ).toMatchObject({
      type: 'string',
      default: 'a.example',
      title: 'Host',
      description: 'Where',
      'x-secret': true,
      'x-ui': { order: 1 },
    });
  });

  it('can allow the empty text', () => {
    expect(checkText(policyOf(param('free_text')), '')).toBe('empty');
    expect(checkText(policyOf(param('free_text', { allowEmpty: true })), '')).toBeUndefined();
  });
});

it('a kind that there is not, is refused by name: nothing is left unchecked for a typo', () => {
  expect(() => param('git_brnach' as 'git_branch')).toThrow(/"git_brnach".*git_branch/u);
});
