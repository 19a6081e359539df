import { afterEach, describe, expect, it, vi } from 'vitest';
import { refusalOf } from '../../test-support/refusal.ts';
import { guardProcess, guardStart } from './start-guards.ts';

const AS_USER = { allowRoot: true, allowUnsafeEnv: false };

describe('guardStart', () => {
  afterEach(() => void vi.restoreAllMocks());

  it('lets a plain environment pass', () => {
    guardStart(AS_USER, { PATH: '/usr/bin', NODE_ENV: 'production', NODE_OPTIONS: '' }, []);
  });

  it.each([
    'NODE_OPTIONS',
    'NODE_PATH',
    'NODE_V8_COVERAGE',
    'NODE_REDIRECT_WARNINGS',
    'OPENSSL_CONF',
    'LD_PRELOAD',
    'LD_LIBRARY_PATH',
  ])('SEC-167 refuses %s, and --allow-unsafe-env lifts it', (name) => {
    const { code, message } = refusalOf(() => guardStart(AS_USER, { [name]: '/x' }, []));
    expect(code).toBe('E_AGENT_REFUSED');
    expect(message).toContain(`${name} is set`);
    expect(message).toContain('--allow-unsafe-env');
    guardStart({ ...AS_USER, allowUnsafeEnv: true }, { [name]: '/x' }, []);
  });

  it('names all of them at once', () => {
    expect(refusalOf(() => guardStart(AS_USER, { LD_PRELOAD: 'x', NODE_PATH: 'y' }, [])).message).toMatch(
      /^NODE_PATH, LD_PRELOAD are set .*; unset them/u,
    );
  });

  it('SEC-165 refuses root unless allowed', () => {
    vi.spyOn(process, 'geteuid').mockReturnValue(0);
    expect(refusalOf(() => guardStart({ allowRoot: false, allowUnsafeEnv: false }, {}, [])).message).toContain('--allow-root');
    guardStart({ allowRoot: true, allowUnsafeEnv: false }, {}, []);
    vi.spyOn(process, 'geteuid').mockReturnValue(1000);
    guardStart({ allowRoot: false, allowUnsafeEnv: false }, {}, []);
  });

  it.each(['0', '1', ''])('SEC-022 refuses NODE_TLS_REJECT_UNAUTHORIZED=%j, whatever is allowed', (value) => {
    const env = { NODE_TLS_REJECT_UNAUTHORIZED: value };
    expect(refusalOf(() => guardStart({ allowRoot: true, allowUnsafeEnv: true }, env, [])).message).toContain('SEC-022');
    expect(refusalOf(() => guardProcess(env, [])).message).toContain('SEC-022');
  });

  it.each(['--inspect', '--inspect-brk=0', '--inspect=127.0.0.1:0'])('SEC-002 refuses %s, whatever is allowed', (flag) => {
    expect(refusalOf(() => guardStart({ allowRoot: true, allowUnsafeEnv: true }, {}, [flag])).message).toContain('SEC-002');
    expect(refusalOf(() => guardProcess({}, [flag])).message).toContain('SEC-002');
  });

  it.each([
    '--heapsnapshot-signal=SIGUSR2',
    '--heapsnapshot-near-heap-limit=1',
    '--heap-prof',
    '--cpu-prof',
    '--report-on-signal',
    '--report-on-fatalerror',
    '--report-uncaught-exception',
    '--abort-on-uncaught-exception',
  ])('SEC-168 refuses %s, whatever is allowed', (flag) => {
    expect(refusalOf(() => guardStart({ allowRoot: true, allowUnsafeEnv: true }, {}, [flag])).message).toContain(
      `${flag} would write`,
    );
    expect(refusalOf(() => guardProcess({}, ['--disable-proto=throw', flag])).message).toContain('SEC-168');
  });
});
