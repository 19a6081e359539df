import { existsSync, readdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SetupStage } from '../../../test-support/setup-stage.ts';

const OTHER_TOKEN = '99999999-2222-4333-8444-555555555555';

let stage: SetupStage;
beforeEach(async () => {
  stage = await SetupStage.create();
});
afterEach(() => stage.close());

/** Closed until it is opened. */
function gate(): { readonly isOpen: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const isOpen = new Promise<void>((resolve) => (open = resolve));
  return { isOpen, open: () => open() };
}

describe('stormpulse uninstall', () => {
  it('removes what init made, and says what it leaves', async () => {
    const before = Object.keys(stage.files);
    await stage.init({ 'Folder of a deployment': stage.path('app') });
    stage.printed.length = 0;
    expect(await stage.uninstall({ 'Remove it': true })).toBe(true);
    const left = Object.keys(stage.files);
    expect(left.filter((name) => !before.includes(name)).toSorted()).toEqual(
      [
        'app',
        'app/docker-compose.yml',
        'share',
        'share/stormpulse',
        'share/stormpulse/agent',
        'share/stormpulse/agent/main.js',
      ].toSorted(),
    );
    expect(existsSync(stage.path('config/stormpulse'))).toBe(false);
    expect(stage.units.get('stormpulse.service')).toEqual({ enabled: false, active: false });
    expect(stage.printed.join('\n')).toContain(`the deployment, ${stage.path('app')}`);
  });

  it('waits for a set-up that began while it asked, and removes all of that one too', async () => {
    await stage.init();
    const [starting, mayStart] = [gate(), gate()];
    let again: Promise<boolean> | undefined;
    stage.beforeStart = async () => {
      starting.open();
      await mayStart.isOpen;
    };
    stage.beforeYesNo = async (message) => {
      if (!message.includes('Remove it')) return;
      again = stage.init({ pulse_token: OTHER_TOKEN, plugins: {} }, { force: true });
      await starting.isOpen;
    };
    const uninstalled = stage.uninstall({ 'Remove it': true });
    const waiting = (): string[] => readdirSync(stage.path('config/stormpulse/setup')).filter((name) => name.startsWith('lock.'));
    // The one whose service starts, and the one that waits for it.
    await vi.waitFor(() => expect(waiting()).toHaveLength(2));
    expect(stage.toml).toContain(OTHER_TOKEN);
    mayStart.open();
    expect([await again, await uninstalled]).toEqual([true, true]);
    expect(existsSync(stage.path('config/stormpulse'))).toBe(false);
    expect(stage.units.get('stormpulse.service')).toEqual({ enabled: false, active: false });
  });

  it('a no, or --dry-run, removes nothing', async () => {
    await stage.init();
    const before = stage.files;
    await stage.uninstall({ 'Remove it': false });
    await stage.uninstall({}, { dryRun: true });
    expect(stage.files).toEqual(before);
  });
});
