import type { Plugin } from '@stormpulse/plugin-api';
import { checkCancel } from './cancel.ts';
import { checkConfig } from './config.ts';
import { checkBounds, checkCapabilities, checkDeterminism, checkPatterns, checkSetup } from './declarations.ts';
import { checkDocuments, checkExample } from './documents.ts';
import { checkFailures, checkHanging } from './failures.ts';
import type { ConformanceFixture, Problems } from './fixture.ts';
import { checkIdentity } from './identity.ts';
import { checkInstances } from './instances.ts';
import { checkGrants, checkStop } from './lifecycle.ts';
import { checkResults } from './results.ts';
import { checkSecrets } from './secrets.ts';
import { checkWizard } from './wizard.ts';

export interface Check {
  readonly title: string;
  readonly run: (plugin: Plugin, fixture: ConformanceFixture) => Problems | Promise<Problems>;
}

/** The checks, by number; each says what is wrong in sentences. */
export const CHECKS: Readonly<Record<string, Check>> = {
  C01: { title: "the name is well formed and the version is the package's", run: checkIdentity },
  C02: { title: 'unknown config keys are refused and defaults are valid', run: checkConfig },
  C03: { title: 'setup is synchronous and waits for nothing', run: checkSetup },
  C04: { title: 'the same config gives the same contributions', run: checkDeterminism },
  C05: { title: 'commands stay within the capabilities', run: checkCapabilities },
  C06: { title: 'every string parameter is bounded', run: checkBounds },
  C07: { title: 'patterns are anchored and linear', run: checkPatterns },
  C08: { title: 'without grants it is refused with the TOML to add', run: checkGrants },
  C09: { title: 'it stops cleanly, twice', run: checkStop },
  C10: { title: 'a command that is cut off ends at once, and is told so', run: checkCancel },
  C11: { title: 'when every process fails, nothing is unhandled and it says so', run: checkFailures },
  C12: { title: 'a collector that hangs is given up and asked again', run: checkHanging },
  C13: { title: 'no secret is told', run: checkSecrets },
  C14: { title: 'results and states fit their schemas and sizes', run: checkResults },
  C15: { title: 'the example config is accepted and tells the true defaults', run: checkExample },
  C16: { title: 'README tables and manifest.json are what the code declares', run: checkDocuments },
  C17: { title: 'two instances in one process share nothing', run: checkInstances },
  C18: { title: 'wizards plan without effect, leave nothing to do and are taken back at any failure', run: checkWizard },
};
