import { defineError } from '@stormpulse/plugin-api';

/** A plan that may not be carried out; nothing was touched. */
export const PlanRefused = defineError<{ plugin: string; step: string; problem: string; expected: string }>(
  'E_WIZARD_PLAN',
  'failed_precondition',
  'plugin',
  (d) => `the wizard of "${d.plugin}", ${d.step}: ${d.problem}; expected ${d.expected}. Nothing was changed`,
);
/** Another set-up goes on. */
export const SetupBusy = defineError<{ file: string; holder: string }>(
  'E_WIZARD_BUSY',
  'unavailable',
  'operator',
  (d) => `another set-up goes on (process ${d.holder}, ${d.file}); wait for its end, or end it, and try again`,
);
/** While this one waited for its turn, somebody took the agent off the host. */
export const SetupGone = defineError<{ folder: string }>(
  'E_WIZARD_GONE',
  'failed_precondition',
  'operator',
  (d) => `${d.folder} was removed meanwhile, as an uninstall does, and nothing was changed here; enroll first: stormpulse enroll`,
);
/** What an earlier set-up began is not ended; nothing was touched. */
export const SetupPending = defineError<{ file: string; title: string }>(
  'E_WIZARD_PENDING',
  'failed_precondition',
  'operator',
  (d) => `an earlier set-up ("${d.title}") was cut off, and ${d.file} holds what takes it back; run: stormpulse doctor --recover`,
);
/** The journal cannot be read: nobody knows what was begun. */
export const JournalDamaged = defineError<{ file: string; problem: string }>(
  'E_WIZARD_JOURNAL',
  'failed_precondition',
  'operator',
  (d) =>
    `${d.file} ${d.problem}, so what an earlier set-up began is not known; look at the files it names (each has a copy NAME.….before while it is changed), then move the journal away`,
);
/** One step could not be carried out. */
export const StepFailed = defineError<{ step: string; problem: string }>(
  'E_WIZARD_STEP',
  'failed_precondition',
  'host',
  (d) => `${d.step}: ${d.problem}`,
);
