import { itemOf } from './catalogue.js'
import { discountOf } from './discount.js'

/** An empty cart. Carts are values: each function returns a new one. */
export function emptyCart () {
  return { lines: new Map(), code: null }
}

/** The cart with `count` more of an item. */
export function addItem (cart, id, count = 1) {
  itemOf(id)
  if (!Number.isInteger(count) || count < 1) throw new RangeError('the count must be a whole number of at least 1')
  return { ...cart, lines: new Map(cart.lines).set(id, (cart.lines.get(id) ?? 0) + count) }
}

/** The cart without an item. */
export function removeItem (cart, id) {
  const lines = new Map(cart.lines)
  lines.delete(id)
  return { ...cart, lines }
}

/** The cart with a discount code, in place of any other. */
export function useCode (cart, code) {
  discountOf(code, 0)
  return { ...cart, code }
}

/** What is to be paid, in cents. */
export function totalCents (cart) {
  const sum = [...cart.lines].reduce((total, [id, count]) => total + itemOf(id).cents * count, 0)
  return cart.code === null ? sum : sum - discountOf(cart.code, sum)
}
