import { once } from 'node:events'
import { closeSync, openSync, renameSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { GatewayError } from '../../../gateway/core/errors.ts'
import { lockWriter } from '../../../gateway/ledger/writer-lock.ts'

// Takes the lock again and again, and leaves it each time as a process that was killed would. Prints how often it was alone with it.
const dir = process.argv[2] ?? ''
const rounds = Number(process.argv[3])
const inside = join(dir, 'inside')
const dead = join(dir, `dead.${process.pid}`)

process.stdout.write('ready\n')
await once(process.stdin, 'data')
let alone = 0
for (let round = 0; round < rounds; round += 1) {
  try {
    await lockWriter(dir)
  } catch (error) {
    if (error instanceof GatewayError && error.code === 'WEIR_ERR_LEDGER_LOCKED') continue
    throw error
  }
  closeSync(openSync(inside, 'wx')) // throws when another process holds the lock too
  for (let turn = 0; turn < 3; turn += 1) await setImmediate()
  writeFileSync(dead, JSON.stringify({ pid: process.pid, startTime: 'long ago' }))
  unlinkSync(inside)
  renameSync(dead, join(dir, 'lock'))
  alone += 1
}
process.stdout.write(`${alone}\n`)
process.exit()
