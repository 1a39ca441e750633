import { addItem, emptyCart, useCode } from './cart.js'
import { receipt } from './receipt.js'

const cart = useCode(addItem(addItem(emptyCart(), 'bread'), 'apple', 4), 'WELCOME')
process.stdout.write(`${receipt(cart)}\n`)
