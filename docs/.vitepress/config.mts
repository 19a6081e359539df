import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitepress';
import { spanOutsideLinks } from './outside-links.mts';

const DOCS = join(import.meta.dirname, '..');

/** The pages of a folder, by their own headings. */
function pagesOf(folder: string): { text: string; link: string }[] {
  return readdirSync(join(DOCS, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => {
      const heading = /^# (.+)$/mu.exec(readFileSync(join(DOCS, folder, name), 'utf8'))?.[1] ?? name;
      return { text: heading.replaceAll('`', ''), link: `/${folder}/${name.slice(0, -3)}` };
    });
}

// A dead link fails the build, which is VitePress's own rule.
export default defineConfig({
  title: 'Storm Pulse',
  description: 'An outbound-only agent for servers, its plugins, and a hub.',
  rewrites: { 'README.md': 'index.md' },
  cleanUrls: true,
  markdown: { config: (md) => spanOutsideLinks(md, DOCS) },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'First plugin', link: '/tutorial/first-plugin' },
      { text: 'Concepts', link: '/concepts/architecture' },
      { text: 'Configuration', link: '/reference/config' },
    ],
    sidebar: [
      { text: 'All pages', link: '/' },
      { text: 'Tutorial', items: pagesOf('tutorial') },
      { text: 'Concepts', items: pagesOf('concepts') },
      { text: 'How to', items: pagesOf('how-to') },
      { text: 'Guides for hosts', items: pagesOf('guides') },
      { text: 'Reference', items: [...pagesOf('reference'), ...pagesOf('specs')] },
      { text: 'Decisions', collapsed: true, items: pagesOf('adr') },
    ],
  },
});
