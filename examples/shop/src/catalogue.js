/** What is for sale. Prices are in cents. */
const ITEMS = new Map([
  ['apple', { name: 'Apple', cents: 45 }],
  ['bread', { name: 'Bread', cents: 320 }],
  ['coffee', { name: 'Coffee', cents: 899 }],
])

/** The item with this id. Throws for an unknown one. */
export function itemOf (id) {
  const item = ITEMS.get(id)
  if (item === undefined) throw new RangeError(`there is no item "${id}"`)
  return item
}
