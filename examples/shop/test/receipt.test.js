import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addItem, emptyCart } from '../src/cart.js'
import { receipt } from '../src/receipt.js'

test('a receipt lists every item and the total', () => {
  const cart = addItem(addItem(emptyCart(), 'coffee'), 'apple', 2)
  assert.equal(receipt(cart), '1 × Coffee  €8.99\n2 × Apple  €0.90\nTotal  €9.89')
})
