import { randomUUID } from 'node:crypto'
import { writeSync } from 'node:fs'
import { join } from 'node:path'
import { openJournal } from '../../../gateway/ledger/journal.ts'
import { logDirOf, openLedgerKey } from '../../../gateway/transparency/log-place.ts'
import { openTransparencyLog } from '../../../gateway/transparency/transparency-log.ts'
import { ALICE, decided, governWith, plainEvent } from './bodies.ts'

// Decides, acts, settles and signs until it is killed. What it does is a line on standard output, `ENTRY MARK`, with the entry that allowed it.
const CALLERS = 8
const BULKY = 100_000 // characters: a write of many pages, which a kill may end in the middle

const dir = process.argv[2] ?? ''
const onWarning = (message: string): never => { throw new Error(message) }

writeSync(1, 'opening\n')
const journalDir = join(dir, 'journal')
const journal = await openJournal({ dir: journalDir, nowMs: Date.now, onWarning, segmentBytes: 60_000 })
const log = await openTransparencyLog({ dir: logDirOf(dir), journalDir, journal, privateKey: openLedgerKey(dir), checkpointMs: 3_600_000, onWarning })
await journal.append(plainEvent('signed'))
await log.sign()
writeSync(1, `${JSON.stringify(journal.recovery)}\n`)

const govern = governWith(journal, decided('allow'))

async function act (): Promise<never> {
  for (let count = 0; ; count += 1) {
    const mark = randomUUID()
    const { entry, permit } = await govern({ kind: 'session' }, { ...ALICE, session: { id: mark, client: 'test', agent: 'build' } })
    if (permit === null) throw new Error('the policy allows')
    writeSync(1, `${entry} ${mark}\n`)
    if (count % 2 === 0) journal.settle(permit, 'done', {})
    if (count % 4 === 3) journal.record(plainEvent('bulky', { text: 'x'.repeat(BULKY) }))
  }
}

async function sign (): Promise<never> {
  for (;;) {
    await log.sign()
    await journal.append(plainEvent('signed'))
  }
}

await Promise.all([sign(), ...Array.from({ length: CALLERS }, act)])
