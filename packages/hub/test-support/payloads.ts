/** A v1 `register` payload; an agent with features says so in `extra`. */
export function registerPayload(pulseToken: string, extra: Record<string, unknown> = {}): Record<string, unknown> {
  const command = (more: object): object => ({
    group: 'diagnostics',
    description: 'shows',
    template: ['show', '{what}'],
    timeout: 30,
    requires_confirmation: false,
    long_running: false,
    params: { what: { default: null, pattern: '[a-z]+', description: '' } },
    ...more,
  });
  return {
    version: '0.3.2',
    pulse_token: pulseToken,
    commands: {
      show: command({}),
      wipe: command({ requires_confirmation: true, params: {} }),
      move: command({ long_running: true, params: {} }),
    },
    integrations: { caddy: { status: 'disabled_choice', disabled_reason: null, state: null } },
    log_groups: ['app'],
    system_inventory: {
      os: { id: 'debian', version: '12', pretty: 'Debian GNU/Linux 12 (bookworm)' },
      kernel: '6.1',
      services: [],
    },
    signoff_sealed: true,
    unsealed_since: null,
    wire_contract: null,
    ...extra,
  };
}

/** A `metrics.push` payload. */
export function metricsPayload(extra: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    cpu_percent: 12.3,
    memory_percent: 45.1,
    memory_used_mb: 512.5,
    memory_total_mb: 1024,
    disk_percent: 33.3,
    disk_used_gb: 10,
    disk_total_gb: 30,
    load_avg_1m: 0.41,
    load_avg_5m: 0.3,
    uptime_seconds: 12345.6,
    containers: [{ name: 'web', status: 'running', image: 'web:1' }],
    integrations: null,
    jobs: { pending: 0, running: 0, quota_pending: 0, quota_running: 0, quota_rejected: 0 },
    ...extra,
  };
}

/** A `command.result` payload. */
export function resultPayload(requestId: string, command: string, extra: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    request_id: requestId,
    command,
    group: 'diagnostics',
    success: true,
    exit_code: 0,
    stdout: 'seen\n',
    stderr: '',
    duration_ms: 12,
    sequence_id: null,
    failure_reason: null,
    ...extra,
  };
}
