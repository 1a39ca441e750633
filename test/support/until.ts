import { setTimeout as delay } from 'node:timers/promises'

const PAUSE_MS = 10

/**
 * Looks again and again until it holds, without taking the machine from what is waited for: looks without a pause kept a core,
 * and what they asked the gateway filled its ledger.
 */
export async function until (holds: () => Promise<boolean> | boolean): Promise<void> {
  while (!await holds()) await delay(PAUSE_MS)
}

/**
 * Asks again and again until the answer is 401. A request that is on its way in the moment in which its token is revoked is cut
 * off without an answer: the one after it is told why.
 */
export function untilRefused (status: () => Promise<number>): Promise<void> {
  return until(async () => {
    try {
      return await status() === 401
    } catch {
      return false
    }
  })
}
