const PERCENT = new Map([
  ['WELCOME', 10],
  ['STAFF', 25],
])

/** What a code takes off a sum, in cents, rounded in the customer's favour. Throws for an unknown code. */
export function discountOf (code, cents) {
  const percent = PERCENT.get(code)
  if (percent === undefined) throw new RangeError(`there is no discount code "${code}"`)
  return Math.ceil(cents * percent / 100)
}
