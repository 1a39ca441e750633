import { spawnSync } from 'node:child_process'
import { GatewayError } from '../../../gateway/core/errors.ts'
import { openJournal } from '../../../gateway/ledger/journal.ts'
import { readEntries } from '../../../gateway/ledger/read-entries.ts'
import { plainEvent } from './bodies.ts'

// Run with a small file size limit: appends until well past the first refusal, reads, has the limit lifted and appends again; then says what it saw.
const dir = process.argv[2] ?? ''
const warnings: string[] = []
const journal = await openJournal({ dir, nowMs: () => Date.now(), onWarning: (message) => { warnings.push(message) } })
const accepted: number[] = []
const codes = new Set<string>()
let refused = 0

for (let round = 0; round < 40; round += 1) {
  const results = await Promise.allSettled(Array.from({ length: 5 }, () => journal.append(plainEvent('filler', { text: 'x'.repeat(300) }))))
  for (const result of results) {
    if (result.status === 'fulfilled') accepted.push(result.value)
    else {
      refused += 1
      codes.add(result.reason instanceof GatewayError ? result.reason.code : 'other')
    }
  }
}
const isFailing = journal.isFailing()
let readable = 0
for await (const { index } of readEntries(dir)) readable = index + 1
const lifted = spawnSync('prlimit', ['--pid', String(process.pid), '--fsize=unlimited:'], { encoding: 'utf8' })
if (lifted.status !== 0) throw new Error(`prlimit: ${lifted.error?.message ?? lifted.stderr}`)
const again = await journal.append(plainEvent('room again'))
const stillFails = journal.isFailing()
await journal.close()
process.stdout.write(JSON.stringify({ accepted, refused, codes: [...codes], warnings, isFailing, readable, again, stillFails }))
