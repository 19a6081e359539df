import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PATIENT } from '../e2e/patience.ts';

const CHROMIUM = '/usr/bin/chromium';
const QUICK_START = fileURLToPath(new URL('../../../examples/quick-start/dist/main.js', import.meta.url));
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

let state: string;
let stack: ChildProcess;
let said = '';
let browser: Browser;
let page: Page;
const complaints: string[] = [];

beforeAll(async () => {
  if (!existsSync(CHROMIUM)) throw new Error(`${CHROMIUM} is missing; bring it with: bash test/testbed/chromium.sh`);
  state = await mkdtemp(join(tmpdir(), 'live-page-'));
  stack = spawn(process.execPath, [QUICK_START, '--state', state, '--agents-port', '18443', '--people-port', '18080'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const link = await new Promise<string>((resolve, reject) => {
    stack.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const match = /http:\/\/localhost:\d+\/setup#\S+/u.exec(said);
      if (match !== null) resolve(match[0]);
    });
    stack.once('exit', (code) => reject(new Error(`the quick start ended with ${code}:\n${said}`)));
  });
  browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  page.on('console', (message) => {
    if (message.type() === 'error' || /content security policy|trusted ?type/iu.test(message.text()))
      complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(link);
});

afterAll(async () => {
  await browser?.close();
  const gone = new Promise((resolve) => stack.once('exit', resolve));
  stack.kill('SIGINT');
  expect(await gone).toBe(0);
  await rm(state, { recursive: true, force: true });
});

test('the one-time link signs in and shows this host with live figures', async () => {
  const row = page.getByTestId('agent-row').first();
  await row.waitFor();
  await row.click();
  const cpu = page.getByTestId('figure-cpu').first();
  await expect.poll(() => cpu.textContent(), PATIENT).toMatch(/\d/u);
  const seen = new Set<string | null>();
  await expect
    .poll(async () => seen.add(await page.getByTestId('figure-memory').first().textContent()).add(await cpu.textContent()).size, {
      ...PATIENT,
    })
    .toBeGreaterThan(2);
});

test('one click runs an allowed command and shows its output', async () => {
  await expect.poll(() => stack.exitCode, { timeout: 1_000 }).toBeNull();
  await page.getByTestId('command-button-uptime').click();
  await expect.poll(() => page.getByTestId('run-state').first().textContent(), PATIENT).toBe('succeeded');
  expect(await page.getByTestId('run-output').first().textContent()).toMatch(/load average|\d/u);
});

test('a parameter the pattern does not allow is refused by the agent, and the page says so', async () => {
  await page.getByTestId('command-button-say').click();
  await page.getByTestId('param-word').fill('--help');
  await page.getByTestId('run-submit').click();
  await expect.poll(() => page.getByTestId('run-state').first().textContent(), PATIENT).toMatch(/failed|refused/u);
  await expect.poll(() => page.getByTestId('run-output').first().textContent(), PATIENT).toContain('word');
});

test('what a command writes is there while it runs, and a click ends it', async () => {
  await page.getByTestId('command-button-follow').click();
  const output = page.getByTestId('run-output').first();
  await expect.poll(() => output.textContent(), PATIENT).toContain('Output so far');
  await expect.poll(() => output.textContent(), PATIENT).toContain('command finished');
  expect(await page.getByTestId('run-state').first().textContent()).toBe('running');
  await page.getByTestId('cancel-run').first().click();
  await expect.poll(() => page.getByTestId('run-state').first().textContent(), PATIENT).toBe('cancelled');
});

test("a command that asks for it runs only after the agent's name was typed", async () => {
  await page.getByTestId('command-button-mark').click();
  const submit = page.getByTestId('run-submit');
  if (await submit.isVisible()) await submit.click();
  const name = (await page.getByTestId('agent-row').first().getAttribute('data-agent')) ?? '';
  await page.getByTestId('confirm-phrase').fill(`${name}x`);
  expect(await page.getByTestId('confirm-run').isDisabled()).toBe(true);
  await page.getByTestId('confirm-phrase').fill(name);
  await page.getByTestId('confirm-run').click();
  await expect.poll(() => page.getByTestId('run-state').first().textContent(), PATIENT).toBe('succeeded');
});

test('each plugin says what it is and may do', async () => {
  const declared = page.getByTestId('declared-custom-commands');
  // One without a state is closed itself.
  await page.locator('details.plugin', { has: declared }).locator('> summary').click();
  await declared.locator('> summary').click();
  await expect.poll(() => declared.textContent(), PATIENT).toMatch(/part of the agent.*may run.*uptime/u);
});

test('SEC-338: the browser had nothing to complain about', () => {
  expect(complaints).toEqual([]);
});
