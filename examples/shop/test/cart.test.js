import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addItem, emptyCart, removeItem, totalCents, useCode } from '../src/cart.js'

test('an empty cart costs nothing', () => {
  assert.equal(totalCents(emptyCart()), 0)
})

test('the same item added twice counts twice', () => {
  assert.equal(totalCents(addItem(addItem(emptyCart(), 'apple'), 'apple', 2)), 135)
})

test('a removed item costs nothing', () => {
  assert.equal(totalCents(removeItem(addItem(emptyCart(), 'bread', 3), 'bread')), 0)
})

test('a discount is rounded in the customer\'s favour', () => {
  assert.equal(totalCents(useCode(addItem(emptyCart(), 'apple'), 'WELCOME')), 40)
})

test('the last code counts', () => {
  assert.equal(totalCents(useCode(useCode(addItem(emptyCart(), 'bread'), 'WELCOME'), 'STAFF')), 240)
})

test('unknown items, unknown codes and odd counts are refused', () => {
  assert.throws(() => addItem(emptyCart(), 'anvil'), /no item/)
  assert.throws(() => useCode(emptyCart(), 'FREE'), /no discount code/)
  assert.throws(() => addItem(emptyCart(), 'apple', 0.5), /whole number/)
})
