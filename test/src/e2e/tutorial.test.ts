import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Block } from './tutorial-page.ts';
import { blocksOf, missingLine } from './tutorial-page.ts';
import { TutorialReader } from './tutorial-reader.ts';

const PAGE = join(import.meta.dirname, '../../../docs/tutorial/first-plugin.md');

let reader: TutorialReader;
let output = '';
beforeAll(() => {
  reader = new TutorialReader();
});
afterAll(() => reader.close());

/** Does what a reader does with a block; throws where the page is wrong. */
async function follow({ language, title, text }: Block): Promise<void> {
  const kind = title === undefined || title.includes('.') ? language : `${language} ${title}`;
  if (kind === 'text') {
    const missing = missingLine(text, output);
    if (missing !== undefined) throw new Error(`the page shows "${missing}", and there was:\n${output}`);
  } else if (kind === 'sh second terminal') output = await reader.typeInSecond(text);
  else if (kind === 'sh') output = await reader.type(text);
  else if (title?.includes('.') === true) reader.write(title, text);
  else if (kind === 'json order') {
    const { command, params } = JSON.parse(text) as { command: string; params: Record<string, string> };
    output = JSON.stringify(await reader.order(command, params));
  } else if (kind === 'json answer') {
    const { stdout } = JSON.parse(output) as { stdout: string };
    expect(JSON.parse(stdout)).toEqual(JSON.parse(text));
  } else if (kind === 'json refused') expect(JSON.parse(output)).toMatchObject(JSON.parse(text) as object);
  else throw new Error(`this test knows no block "${kind}"`);
}

it('docs/tutorial/first-plugin.md does what it says, block by block', { timeout: 300_000 }, async () => {
  const blocks = blocksOf(PAGE);
  expect(blocks.length).toBeGreaterThan(15);
  for (const block of blocks)
    await follow(block).catch((error: unknown) => {
      throw new Error(`first-plugin.md:${block.line}: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    });
});
