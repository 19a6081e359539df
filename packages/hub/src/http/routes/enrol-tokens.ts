import { createHash } from 'node:crypto';
import { Type } from '@sinclair/typebox';
import type { Static } from '@sinclair/typebox';
import type { EnrolToken } from '../../agents/tokens.ts';
import { sameHash } from '../../auth/secret-text.ts';
import { HubError } from '../../errors.ts';
import { AGENT_ID_PATTERN } from '../../storage/ids.ts';
import { API } from '../app.ts';
import type { PeopleApp } from '../app.ts';
import { IdempotencyHeaders, ProblemSchema } from '../schemas.ts';

const Answer = Type.Object({ token: Type.String(), line: Type.String(), expires_at: Type.Integer() });

interface TokenPorts {
  readonly createToken: (agentId: string, minutes: number | undefined) => EnrolToken;
  readonly lineFor: (agentId: string, token: string) => string;
}

const MAX_KEPT = 1_000;

/** Making enrolment tokens. Answers are kept in memory only: a token is stored nowhere. */
export function enrolTokenRoutes(app: PeopleApp, { createToken, lineFor }: TokenPorts): void {
  const answers = new Map<string, { readonly digest: Uint8Array; readonly answer: Static<typeof Answer> }>();

  app.post(
    `${API}/enrol-tokens`,
    {
      config: { access: 'login' },
      schema: {
        summary: 'Make a token for a new agent; it is shown once',
        headers: IdempotencyHeaders,
        body: Type.Object(
          {
            agent_id: Type.String({ pattern: AGENT_ID_PATTERN }),
            minutes: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_440 })),
          },
          { additionalProperties: false },
        ),
        response: { 200: Answer, default: ProblemSchema },
      },
    },
    async ({ body, headers }) => {
      const key = headers['idempotency-key'];
      const digest = createHash('sha256')
        .update(JSON.stringify([body.agent_id, body.minutes ?? null]))
        .digest();
      const known = answers.get(key);
      if (known !== undefined) {
        if (sameHash(known.digest, digest)) return known.answer;
        throw new HubError('E_IDEMPOTENCY', 422, 'this Idempotency-Key was used for another token; take a new key');
      }
      const { token, expiresAt } = createToken(body.agent_id, body.minutes);
      const answer = { token, line: lineFor(body.agent_id, token), expires_at: expiresAt };
      for (const oldest of answers.keys()) if (answers.size >= MAX_KEPT) answers.delete(oldest);
      answers.set(key, { digest, answer });
      return answer;
    },
  );
}
