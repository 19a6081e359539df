const SECRET_NAME = /secret|password|token|passphrase/i;
const MAX_CONTEXT_CHARACTERS = 100;

/** Fields of a `job_result` event that a parameter may not overwrite (wire page, section 10.3). */
const RESERVED: ReadonlySet<string> = new Set(
  (
    'ts source kind trigger status failure_reason error duration_ms command command_ref concurrent ' +
    'bucket_id quota_pending quota_running quota_rejected'
  ).split(' '),
);

/** Whether a parameter's name says that its value is secret (wire page, section 8.1). */
export function looksSecret(name: string): boolean {
  return SECRET_NAME.test(name);
}

/** The parameters that may be told: those that are not secret. */
export function nonSecretParams(
  params: Readonly<Record<string, string>>,
  isSecret: (name: string) => boolean = looksSecret,
): Record<string, string> {
  return Object.fromEntries(Object.entries(params).filter(([name]) => !isSecret(name)));
}

/** What a `job_result` event says of the job's parameters: short values whose names are not taken. */
export function jobEventContext(params: Readonly<Record<string, string>> | null | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(params ?? {}).filter(
      ([name, value]) => !RESERVED.has(name) && Array.from(value).length <= MAX_CONTEXT_CHARACTERS,
    ),
  );
}
