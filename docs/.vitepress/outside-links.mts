import { existsSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import type { MarkdownRenderer } from 'vitepress';

/**
 * What a page links in the repository that is no page of the site (code, a plugin's README, a folder) is named there instead of linked.
 * Throws when it is not there.
 */
export function spanOutsideLinks(md: MarkdownRenderer, docs: string): void {
  md.core.ruler.after('inline', 'outside-links', ({ tokens, env }) => {
    const page = (env as { readonly path?: string }).path ?? docs;
    for (const { children } of tokens) {
      let inside = false;
      for (const token of children ?? []) {
        const path = token.type === 'link_open' ? outside(token.attrGet('href') ?? '', page, docs) : undefined;
        if (path !== undefined) {
          Object.assign(token, { type: 'outside_open', tag: 'span', attrs: [['title', `in the repository: ${path}`]] });
          inside = true;
        } else if (inside && token.type === 'link_close') {
          Object.assign(token, { type: 'outside_close', tag: 'span' });
          inside = false;
        }
      }
    }
  });
}

/** The path in the repository of a link that leads to no page; undefined for one that does, and for addresses. */
function outside(href: string, page: string, docs: string): string | undefined {
  const [path = ''] = decodeURI(href).split('#');
  if (path === '' || /^(?:[a-z]+:|\/)/u.test(path)) return undefined;
  const target = resolve(dirname(page), path);
  if (target.startsWith(`${docs}/`) && target.endsWith('.md')) return undefined;
  if (!existsSync(target)) throw new Error(`${relative(docs, page)} links ${href}, which is not there`);
  return relative(dirname(docs), target);
}
