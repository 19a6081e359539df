export { isWithin, readHours } from './hours.ts';
export type { AllowedHours } from './hours.ts';
export { createLocalPolicy } from './local-policy.ts';
export type { LocalPolicyOptions } from './local-policy.ts';
