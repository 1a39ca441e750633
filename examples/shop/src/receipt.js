import { totalCents } from './cart.js'
import { itemOf } from './catalogue.js'

/** The cart as text, one line per item and one for the total. */
export function receipt (cart) {
  const lines = [...cart.lines].map(([id, count]) => `${count} × ${itemOf(id).name}  ${euros(itemOf(id).cents * count)}`)
  return [...lines, `Total  ${euros(totalCents(cart))}`].join('\n')
}

function euros (cents) {
  return `€${(cents / 100).toFixed(2)}`
}
