import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import { HostText } from './host-text.tsx';

const HOSTILE = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '"><svg/onload=alert(1)>',
  "' onmouseover='alert(1)",
  'javascript:alert(1)',
  '</span></pre><iframe srcdoc=x>',
];

describe('SEC-322: what a host sent is text', () => {
  it.each(HOSTILE)('%s stays inside its text node', (text) => {
    const markup = renderToStaticMarkup(createElement(HostText, { text }));
    expect(markup.match(/<[a-z]+/g)).toEqual(['<span']);
    expect(markup).not.toMatch(/<[^>]* (on|src)/);
  });

  it('shows controls as marked escapes and says what it leaves out', () => {
    const markup = renderToStaticMarkup(createElement(HostText, { text: `a\u001b${'b'.repeat(200)}`, maxChars: 10 }));
    expect(markup).toContain('<span class="escape">\\x1b</span>');
    expect(markup).toContain('192 more characters not shown');
  });

  it('no source of the page writes markup or inline styles', () => {
    const root = join(import.meta.dirname, '..');
    const sources = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
      (file) => /\.tsx?$/.test(file) && !file.includes('.test.'),
    );
    expect(sources.length).toBeGreaterThan(30);
    for (const file of sources) {
      const text = readFileSync(join(root, file), 'utf8');
      expect([file, text.match(/dangerouslySetInnerHTML|innerHTML|insertAdjacentHTML|document\.write| style=|\beval\(/)]).toEqual(
        [file, null],
      );
    }
  });
});
