import { NotEditable } from '../../config/edit-toml.ts';
import { Refused } from '../../errors.ts';

/** What is written in a form that the editor does not follow is its operator's to change. Throws `E_AGENT_REFUSED`. */
export function editing<T>(config: string, work: () => T, byHand = 'the keys of the config reference'): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof NotEditable)) throw error;
    throw Refused(
      { what: `${config} is written in a form that is not edited here (${error.message}); by hand: ${byHand}` },
      { cause: error },
    );
  }
}
