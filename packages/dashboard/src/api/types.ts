/** Shapes of the hub's JSON API (`/api/v1`), as hub page sections 2.2, 6 and 7 give them. Times: see `text/time.ts`. */

export interface LinkFact {
  readonly state: string;
  readonly since: number;
}

export interface AgentFact extends LinkFact {
  readonly skew_ms: number | null;
}

export interface Figures {
  readonly cpu_percent: number | null;
  readonly memory_percent: number | null;
  readonly memory_used_mb: number | null;
  readonly memory_total_mb: number | null;
  readonly disk_percent: number | null;
  readonly disk_used_gb: number | null;
  readonly disk_total_gb: number | null;
  readonly load_avg_1m: number | null;
  readonly load_avg_5m: number | null;
  readonly uptime_seconds: number | null;
  readonly containers: unknown;
  readonly at: number;
}

export interface AgentView {
  readonly id: string;
  readonly state: string;
  readonly version: string | null;
  readonly os: string | null;
  readonly liveness: { readonly link: LinkFact; readonly agent: AgentFact };
  readonly figures: Figures | null;
  readonly certificate: { readonly serial: string; readonly not_after: number } | null;
  readonly signoff: { readonly sealed: boolean | null; readonly unsealed_since: number | string | null } | null;
  readonly features: readonly string[];
  readonly revision: number;
}

/** How a plugin declares a parameter; texts of `default` and `choices` as they go on the wire. */
export interface FormField {
  readonly type: 'text' | 'integer' | 'number' | 'boolean' | 'choice';
  readonly required: boolean;
  readonly title?: string;
  readonly description?: string;
  readonly default?: string;
  readonly choices?: readonly { readonly value: string; readonly title?: string }[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly max_chars?: number;
  /** JavaScript's dialect, flag `u`, for the whole text. */
  readonly pattern?: string;
  /** The pattern in words. */
  readonly help?: string;
  readonly placeholder?: string;
  readonly order?: number;
  /** Keys in the rows of a collector's state; `collector` is `<plugin>.<id>`. */
  readonly options_from?: { readonly collector: string; readonly value: string; readonly label: string };
  readonly multiline?: boolean;
  readonly may_be_empty?: boolean;
  readonly secret?: boolean;
  /** A number is an amount of bytes or milliseconds; a text is a period or a path. */
  readonly widget?: 'bytes' | 'duration' | 'path';
}

export interface CommandForm {
  readonly plugin: string;
  readonly title: string;
  readonly effect: 'read' | 'write' | 'destructive';
  readonly params: Readonly<Record<string, FormField>>;
}

/** A parameter as protocol v1 tells it. */
export interface ParamSpec {
  readonly default: string | null;
  readonly pattern: string | null;
  readonly description: string;
}

export interface CommandView {
  readonly name: string;
  readonly group: string;
  readonly description: string;
  readonly template: readonly string[];
  readonly timeout: number;
  readonly requires_confirmation: boolean;
  readonly long_running: boolean;
  readonly params: Readonly<Record<string, ParamSpec>>;
  /** What its plugin declares besides; null where v1's fields are all that is known. */
  readonly form: CommandForm | null;
}

/** What a plugin told of itself (feature `plugin.manifest`). `package`: it is none of the agent's own. */
export interface DeclaredPlugin {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly package?: { readonly integrity: string; readonly isolation: string };
  readonly capabilities: {
    readonly exec?: readonly string[];
    readonly http?: readonly string[];
    readonly read?: readonly string[];
    readonly write?: readonly string[];
    readonly commands?: CommandForm['effect'];
    readonly gate?: true;
    readonly consume_logs?: true;
  };
  readonly commands: readonly { readonly name: string; readonly title: string; readonly effect: CommandForm['effect'] }[];
  readonly collectors: readonly {
    readonly id: string;
    readonly gauges: Readonly<Record<string, { readonly unit: string; readonly help: string }>>;
  }[];
  readonly log_sources: readonly { readonly id: string }[];
  readonly parsers: readonly string[];
  readonly enrichers: readonly string[];
  readonly listeners: readonly string[];
  readonly probes: readonly string[];
  readonly investigations: readonly { readonly id: string; readonly title: string }[];
}

export interface PluginView {
  readonly name: string;
  readonly status: string;
  readonly disabled_reason: string | null;
  readonly state: unknown;
  /** Null: it told nothing, as an agent of v1. */
  readonly declared: DeclaredPlugin | null;
}

export interface EventView {
  readonly id: string | number;
  readonly at: number | string;
  readonly kind: string;
  readonly source: string;
  readonly body: unknown;
}

export interface RunResult {
  readonly success: boolean;
  readonly exit_code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly duration_ms: number;
  readonly failure_reason: string | null;
}

/** What a command has written that has no result yet. */
export interface OutputSoFar {
  readonly stdout: string;
  readonly stderr: string;
}

/** A piece of it: `at` characters of the stream came before. */
export interface OutputPiece {
  readonly run: string;
  readonly stream: 'stdout' | 'stderr';
  readonly at: number;
  readonly text: string;
}

export interface RunTarget {
  readonly state: string;
  /** Why it was refused, expired or stays unknown, when the hub knows. */
  readonly reason?: string | null;
  readonly request_id: string | null;
  readonly sent_at: number | string | null;
  readonly result: RunResult | null;
  readonly output?: OutputSoFar | null;
}

export interface RunView {
  readonly id: string;
  readonly agent: string;
  readonly command: string;
  readonly params: Readonly<Record<string, string>>;
  readonly state: string;
  readonly created_at: number | string;
  readonly ended_at: number | string | null;
  readonly target: RunTarget | null;
}

export interface RunRequest {
  readonly agent: string;
  readonly command: string;
  readonly params: Readonly<Record<string, string>>;
  readonly confirm?: string;
}

export interface MetricSeries {
  readonly name: string;
  readonly unit: string;
  readonly values: readonly (number | null)[];
}

/** Columns: `t` in Unix seconds, one value per time in each series, null where nothing was measured. */
export interface Metrics {
  readonly t: readonly number[];
  readonly series: readonly MetricSeries[];
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

/** RFC 9457 problem document with the hub's stable code. */
export interface Problem {
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly status: number;
  readonly errors?: unknown;
}

export interface Me {
  readonly csrf?: string;
}
