import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SetupStage, TOKEN } from '../../../test-support/setup-stage.ts';
import { refusalText } from '../../../test-support/refusal.ts';
import { SystemAgent } from '../../../test-support/system-agent.ts';
import { checkConfigFile } from '../config-check.ts';

const DATA = 'share/stormpulse-data';
const UNIT = 'stormpulse.service';

let stage: SetupStage;
let system: SystemAgent;
beforeEach(async () => {
  stage = await SetupStage.create();
  system = new SystemAgent(stage);
});
afterEach(() => stage.close());

const migrate = (...more: Parameters<SetupStage['migrate']> extends [unknown, ...infer Rest] ? Rest : never): Promise<boolean> =>
  stage.migrate(system.places, ...more);

/** Whose agent runs, and would after a boot. */
function running(): object {
  return { system: system.state, user: stage.units.get(UNIT) ?? { active: false, enabled: false } };
}

const OFF = { active: false, enabled: false };
const ON = { active: true, enabled: true };
/** Without this program, which the stage writes with its first command, and the mark, which only saves a floor. */
function hostFiles(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(stage.files).filter(
      ([name]) => !/^(?:share|config)(?:\/stormpulse(?:\/agent(?:\/main\.js)?)?)?$|\.mark$/u.test(name),
    ),
  );
}

describe('stormpulse migrate-to-rootless', () => {
  it("makes the agent of the host the user's own: what it had is there, for nobody else, and that one is stopped", async () => {
    mkdirSync(stage.path('opt/plugins/weather/digest'), { recursive: true, mode: 0o755 });
    stage.write('opt/plugins/weather/grants.json', '{"records":[]}\n', 0o644);
    stage.write('opt/plugins/weather/digest/index.js', 'export {};\n', 0o644);
    mkdirSync(stage.path('etc/stormpulse/plugins/acme'), { recursive: true, mode: 0o750 });
    stage.write('etc/stormpulse/plugins/acme/token', 'a secret', 0o640);
    const before = readFileSync(system.places.config, 'utf8');
    expect(await migrate()).toBe(true);
    expect(running()).toEqual({ system: OFF, user: ON });
    const moved = before
      .replaceAll(system.places.configFolder, stage.path('config/stormpulse'))
      .replaceAll(system.places.data, stage.path(DATA));
    expect(stage.toml).toBe(moved);
    expect(await checkConfigFile(stage.config)).toMatchObject({ ok: true, fatal: [] });
    const arrived = Object.entries(stage.files).filter(([name]) => /^(?:config\/|share\/stormpulse-data(?:\/|$))/u.test(name));
    expect(Object.fromEntries(arrived.map(([name, said]) => [name, said.split(' ', 1)[0]]))).toEqual({
      'config/stormpulse': '700',
      'config/stormpulse/agent-key.pem': '600',
      'config/stormpulse/agent.pem': '644',
      'config/stormpulse/ca.pem': '644',
      'config/stormpulse/enroll.json': '600',
      'config/stormpulse/hmac.key': '600',
      'config/stormpulse/plugins': '700',
      'config/stormpulse/plugins/acme': '700',
      'config/stormpulse/plugins/acme/token': '600',
      'config/stormpulse/pulse-token': '600',
      'config/stormpulse/stormpulse.toml': '600',
      'config/systemd': '755',
      'config/systemd/user': '755',
      [`config/systemd/user/${UNIT}`]: '644',
      [DATA]: '700',
      [`${DATA}/audit`]: '700',
      [`${DATA}/audit/audit.jsonl`]: '600',
      [`${DATA}/plugins`]: '700',
      [`${DATA}/plugins/weather`]: '700',
      [`${DATA}/plugins/weather/digest`]: '700',
      [`${DATA}/plugins/weather/digest/index.js`]: '600',
      [`${DATA}/plugins/weather/grants.json`]: '600',
      [`${DATA}/signoff.sealed`]: '640',
      [`${DATA}/stormpulse.db`]: '600',
      [`${DATA}/stormpulse.db.jobs`]: '600',
    });
    expect(readFileSync(stage.path(`${DATA}/stormpulse.db`), 'utf8')).toBe('what was taken');
    expect(stage.printed.join('\n')).not.toContain(TOKEN);
    expect(stage.printed.join('\n')).toContain('as root: stormpulse uninstall');
    // Root reads, stops, and drops the mark; it writes nothing of the user's.
    expect(new Set(system.asRoot.map((path) => path.split('/').at(-1)))).toEqual(
      new Set(['cat', 'test', 'systemctl', 'rm', 'tar']),
    );
  });

  it('SEC-063: neither copy of the nonces has a mark that fits, so whichever agent starts refuses what is older', async () => {
    await migrate();
    for (const name of [`${DATA}/stormpulse.db.mark`, 'opt/data/stormpulse.db.mark'])
      expect(existsSync(stage.path(name))).toBe(false);
  });

  it('tells where the file still names a folder of the host, and that what is said beside its unit is not taken over', async () => {
    const { config, configFolder, dropIns } = system.places;
    const toml = readFileSync(config, 'utf8');
    const mine = `\n# ${configFolder} in words\n[commands.x]\ngroup = "demo"\ncommand = ["/usr/bin/env", "FILE=${configFolder}/x"]\ntimeout = 60\n`;
    stage.write('etc/stormpulse/stormpulse.toml', toml + mine, 0o640);
    mkdirSync(dropIns);
    expect(await migrate()).toBe(true);
    const line = (toml + mine).split('\n').findIndex((text) => text.startsWith('command = ')) + 1;
    expect(stage.printed.filter((text) => text.includes('look at'))).toEqual([
      `look at ${stage.config}:${line}: it still names a folder of the host's agent`,
      `what ${dropIns} says of the host's service does not hold for yours: look at it`,
    ]);
  });

  it.each([
    ['sealed', []],
    ['open', ['signoff.opening.json', 'signoff.unsealed_at']],
    ['open as v1 has it', []],
  ])('W11, SEC-151: a host whose hatch is %s arrives sealed', async (was, files) => {
    if (was !== 'sealed') rmSync(stage.path('opt/data/signoff.sealed'));
    for (const name of files) stage.write(`opt/data/${name}`, '{}', 0o644);
    expect(await migrate()).toBe(true);
    expect(readdirSync(stage.path(DATA)).filter((name) => name.startsWith('signoff'))).toEqual(['signoff.sealed']);
    expect(stage.mode(`${DATA}/signoff.sealed`)).toBe('640');
  });

  it('W12: what the user has already is in the way; with --force it is moved aside, and the agent moves', async () => {
    mkdirSync(stage.path('config/stormpulse'), { mode: 0o700 });
    stage.write('config/stormpulse/stormpulse.toml', '[agent]\npulse_token = "an-older-one"\n');
    mkdirSync(stage.path(DATA), { recursive: true, mode: 0o700 });
    for (const name of ['stormpulse.db', 'stormpulse.db-wal', 'signoff.opening.json']) stage.write(`${DATA}/${name}`, 'old');
    expect(await refusalText(migrate())).toMatch(
      /^E_AGENT_REFUSED: .*stormpulse\.toml.* in the way; with --force .* Nothing was changed$/u,
    );
    expect(running()).toEqual({ system: ON, user: OFF });
    expect(await migrate({ force: true })).toBe(true);
    expect(running()).toEqual({ system: OFF, user: ON });
    const aside = (folder: string): string =>
      `${folder}/${readdirSync(stage.path(folder)).find((name) => name.startsWith('before-'))}`;
    expect(readdirSync(stage.path(aside(DATA))).toSorted()).toEqual([
      'signoff.opening.json',
      'stormpulse.db',
      'stormpulse.db-wal',
    ]);
    expect(readFileSync(stage.path(`${aside('config/stormpulse')}/stormpulse.toml`), 'utf8')).toContain('an-older-one');
    expect(existsSync(stage.path(`${DATA}/stormpulse.db-wal`))).toBe(false);
    expect(stage.printed.join('\n')).not.toContain('an-older-one');
  });

  it.each<[string, () => void, string]>([
    ['the service of the system cannot be stopped', () => system.failing.add('stop'), 'Access denied'],
    ['that of the user does not start', () => (stage.isBroken = true), 'it does not start'],
    ['no agent would start with what arrived', () => stage.write('etc/stormpulse/hmac.key', 'short'), 'holds 5 usable bytes'],
    ['a certificate is not there', () => rmSync(stage.path('etc/stormpulse/ca.pem')), 'ca.pem is not there'],
  ])('when %s, everything is as it was, and the agent of the host runs', async (_, spoil, says) => {
    mkdirSync(stage.path('config/stormpulse'), { mode: 0o700 });
    stage.write('config/stormpulse/stormpulse.toml', '# theirs\n');
    spoil();
    const before = hostFiles();
    expect(await migrate({ force: true, yes: true })).toBe(false);
    expect(stage.printed.join('\n')).toContain(says);
    expect(stage.printed.at(-1)).toBe('the move to an agent of your own: everything that was begun was taken back');
    expect(hostFiles()).toEqual(before);
    expect(running()).toEqual({ system: ON, user: OFF });
  });

  it('an agent of the host that did not run is not started by what is taken back', async () => {
    system.state = { active: false, enabled: true };
    stage.isBroken = true;
    expect(await migrate()).toBe(false);
    expect(running()).toEqual({ system: { active: false, enabled: true }, user: OFF });
  });

  it.each<[string, () => void, RegExp]>([
    [
      'without an agent of the host',
      () => renameSync(stage.path('etc'), stage.path('gone')),
      /is not there, so this host has no agent to move; .*stormpulse init/u,
    ],
    [
      'by a user whom sudo lets do nothing',
      () => system.failing.add('sudo'),
      /could not be read through sudo \(op is not in the sudoers file\)/u,
    ],
    [
      'of a file that is no TOML',
      () => stage.write('etc/stormpulse/stormpulse.toml', 'a =\n'),
      /line 1 is no TOML; .*config check/u,
    ],
    [
      'of a state that lies elsewhere',
      () => stage.write('etc/stormpulse/stormpulse.toml', '[storage]\ndb_path = "/srv/x.db"\n'),
      /storage\.db_path is "\/srv\/x\.db", expected a file in/u,
    ],
    ['by root', () => (stage.runsAs = 'system'), /run stormpulse migrate-to-rootless as that user/u],
    ['without systemd', () => (stage.hasSystemd = false), /has no systemctl/u],
    [
      'where the service manager of the user does not answer',
      () => (stage.managerProblem = 'Failed to connect to bus'),
      /does not answer \(Failed to connect to bus\); .*loginctl enable-linger/u,
    ],
    [
      'while an agent of the user runs',
      () => stage.units.set(UNIT, ON),
      /runs already; stop it first: systemctl --user disable --now/u,
    ],
    [
      'where something else would be in the way',
      () => {
        mkdirSync(stage.path('config/stormpulse'), { mode: 0o700 });
        stage.write('config/stormpulse/agent.pem', 'of another enrollment');
      },
      /config\/stormpulse\/agent\.pem would be in the way/u,
    ],
  ])('is refused %s, and nothing is changed', async (_, spoil, says) => {
    spoil();
    const before = hostFiles();
    const told = await refusalText(migrate());
    expect(told).toMatch(says);
    if (!told.includes('stormpulse init')) expect(told).toContain('Nothing was changed');
    expect(hostFiles()).toEqual(before);
    expect(system.state).toEqual(ON);
  });

  it('a no, or --dry-run, changes nothing', async () => {
    const before = hostFiles();
    expect(await migrate({}, { 'Do this': false })).toBe(true);
    expect(await migrate({ dryRun: true })).toBe(true);
    expect(hostFiles()).toEqual(before);
    expect(running()).toEqual({ system: ON, user: OFF });
  });
});
