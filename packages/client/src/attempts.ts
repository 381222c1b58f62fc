import type { AkiDbError, Random } from "@akidb/base";
import { type CallSignal, sleep } from "./callSignal.ts";
import { retryDelayMs } from "./retryDelay.ts";

export interface AttemptsOptions {
  /** Of all attempts together. */
  readonly call: CallSignal;
  /** Whether doing it twice does what doing it once does. */
  readonly repeatable: boolean;
  readonly random: Random;
}

type Outcome = { readonly ok: true } | { readonly ok: false; readonly error: AkiDbError };

/** The first answer that is none to try again, or the last; the same over every transport. */
export async function attempts<Answer extends Outcome>(
  attemptOnce: () => Promise<Answer>,
  { call, repeatable, random }: AttemptsOptions,
): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    const answer = await attemptOnce();
    if (answer.ok) return answer;
    const delayMs = retryDelayMs({ error: answer.error, attempt, repeatable, random });
    if (delayMs === undefined || call.signal.aborted) return answer;
    await sleep(delayMs, call.signal);
    const ended = call.error();
    if (ended !== undefined) throw ended;
  }
}
