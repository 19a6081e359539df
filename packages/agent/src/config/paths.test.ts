import { homedir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { defaultPaths } from './paths.ts';

describe('defaultPaths', () => {
  it("are the system's for root, whatever the environment says", () => {
    expect(defaultPaths({ HOME: '/home/x', XDG_CONFIG_HOME: '/y' }, 0)).toEqual({
      mode: 'system',
      config: '/etc/stormpulse/stormpulse.toml',
      credentials: '/etc/stormpulse',
      database: '/opt/stormpulse/data/stormpulse.db',
    });
  });

  it.each([
    [{ HOME: '/home/x' }, '/home/x/.config/stormpulse'],
    [{ HOME: '/home/x', XDG_CONFIG_HOME: '/conf' }, '/conf/stormpulse'],
    [{ HOME: '/home/x', XDG_CONFIG_HOME: '' }, '/home/x/.config/stormpulse'],
    [{ HOME: '/home/x', XDG_CONFIG_HOME: 'relative' }, '/home/x/.config/stormpulse'],
    [{}, `${homedir()}/.config/stormpulse`],
    [{ HOME: '' }, `${homedir()}/.config/stormpulse`],
  ])('of a user with %j', (env, credentials) => {
    expect(defaultPaths(env, 1000)).toMatchObject({ mode: 'user', credentials, config: `${credentials}/stormpulse.toml` });
  });

  it("keep a user's database in the data folder", () => {
    expect(defaultPaths({ HOME: '/home/x', XDG_CONFIG_HOME: '/conf' }, 1000).database).toBe(
      '/home/x/.local/share/stormpulse/stormpulse.db',
    );
  });
});
