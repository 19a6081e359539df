import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expandTemplate, parseTemplate } from './index.ts';

const names = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/u);
const pieces = fc.array(
  fc.oneof(
    fc.string().map((text) => ({ text })),
    names.map((name) => ({ name })),
  ),
  { maxLength: 5 },
);

describe('SEC-102 the template grammar', () => {
  it('never throws, and names every bad word', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.stringMatching(/^[{}a!.0]{0,8}$/u))), (template) => {
        const result = parseTemplate(template);
        if (result.ok) expect(result.words).toHaveLength(template.length);
        else for (const { word } of result.problems) expect(template[word]).toMatch(/[{}]/u);
      }),
    );
  });

  it('reads back what escaping wrote, and places every value once', () => {
    fc.assert(
      fc.property(pieces, fc.string(), (parts, value) => {
        const written = parts
          .map((part) => ('name' in part ? `{${part.name}}` : part.text.replaceAll(/[{}]/gu, '$&$&')))
          .join('');
        const expected = parts.map((part) => ('name' in part ? value : part.text)).join('');
        const result = parseTemplate([written]);
        expect(result.ok).toBe(true);
        if (!result.ok) return;
        const values = new Map(parts.flatMap((part) => ('name' in part ? [[part.name, value] as const] : [])));
        expect(expandTemplate(result.words, values)).toEqual({ ok: true, argv: [expected] });
      }),
    );
  });

  it.each(['{', '}', '{}', '{0}', '{a', 'a}', '{a.b}', '{a[0]}', '{a!r}', '{a:>9}', '{a b}', '{{a}', '{é}', '{a-b}'])(
    'refuses %s',
    (word) => {
      expect(parseTemplate(['/bin/x', word])).toMatchObject({ ok: false, problems: [{ word: 1 }] });
    },
  );
});
