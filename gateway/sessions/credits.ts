/** Price of container time in credits, Weir's unit for what a session costs apart from tokens. */
const CREDITS_PER_HOUR = 60

const MINUTE_MS = 60_000

/** What a session's running time costs: every started minute counts whole. */
export interface Charge { readonly seconds: number, readonly credits: number }

/** Both times are Unix milliseconds. */
export function chargeFor (startedAtMs: number, endedAtMs: number): Charge {
  const ms = Math.max(0, endedAtMs - startedAtMs) // the wall clock can step back
  return { seconds: Math.ceil(ms / 1_000), credits: Math.max(1, Math.ceil(ms / MINUTE_MS)) * CREDITS_PER_HOUR / 60 }
}
