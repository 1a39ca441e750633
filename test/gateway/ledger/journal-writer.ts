import { randomUUID } from 'node:crypto'
import { writeSync } from 'node:fs'
import { openJournal } from '../../../gateway/ledger/journal.ts'
import { decisionBody, plainEvent } from './bodies.ts'

// Appends until it is killed; each mark is printed only after its append was acknowledged.
const dir = process.argv[2] ?? ''
const journal = await openJournal({ dir, nowMs: () => Date.now(), onWarning: () => undefined, segmentBytes: 50_000 })

async function appendForever (): Promise<never> {
  for (;;) {
    const mark = randomUUID()
    await Promise.all([journal.append(plainEvent('mark', { mark })), journal.append(decisionBody('allow'))])
    writeSync(1, `${mark}\n`)
  }
}

await Promise.all(Array.from({ length: 16 }, appendForever))
