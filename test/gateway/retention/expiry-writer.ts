import { createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { ledgerKeyFileOf } from '../../../gateway/transparency/log-place.ts'
import { expire } from './old-ledger.ts'

// Runs a retention, and ends as kill -9 ends it the nth time that it comes to a step.
const [dir = '', now = '', step = '', times = ''] = process.argv.slice(2)
let left = Number(times)

function die (at: string): void {
  if (at !== step) return
  left -= 1
  if (left <= 0) process.kill(process.pid, 'SIGKILL')
}

await expire(dir, createPrivateKey(readFileSync(ledgerKeyFileOf(dir))), {
  nowMs: Number(now),
  pace: async () => { die('pace') },
  effects: {
    haveAll: async () => { die('scanned'); return true },
    forget: async () => { die('replaced') },
    ...(step === 'recorded' ? { sign: async () => { die('recorded') } } : {}),
  },
})
