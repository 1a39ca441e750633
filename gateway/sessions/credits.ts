/** What a second costs, in thousandths of a credit: Weir's unit for what a session takes apart from tokens. Whole numbers. */
export interface CreditRates { readonly milliPerSessionSecond: number, readonly milliPerContainerSecond: number }

/** What a session's time costs: every started second counts whole. */
export interface Charge { readonly sessionSeconds: number, readonly containerSeconds: number, readonly milliCredits: number }

/** Both times are in ms. A session takes longer than its container: what the agent left behind is collected after it has ended. */
export function chargeFor ({ milliPerSessionSecond, milliPerContainerSecond }: CreditRates, sessionMs: number, containerMs: number): Charge {
  const [sessionSeconds, containerSeconds] = [secondsIn(sessionMs), secondsIn(containerMs)]
  return { sessionSeconds, containerSeconds, milliCredits: sessionSeconds * milliPerSessionSecond + containerSeconds * milliPerContainerSecond }
}

// Of a session that was killed only the wall clock is known, and that can step back; nobody is paid for that.
function secondsIn (ms: number): number {
  return Math.max(0, Math.ceil(ms / 1_000))
}
