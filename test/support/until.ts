import { setTimeout as delay } from 'node:timers/promises'

const PAUSE_MS = 10

/**
 * Looks again and again until it holds, without taking the machine from what is waited for: looks without a pause kept a core,
 * and what they asked the gateway filled its ledger.
 */
export async function until (holds: () => Promise<boolean> | boolean): Promise<void> {
  while (!await holds()) await delay(PAUSE_MS)
}
