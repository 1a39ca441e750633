import { chmodSync, mkdirSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { EntryBody } from '../../../gateway/core/ledger-entry.ts'
import { sweepRecordings } from '../../../gateway/recordings/sweep-recordings.ts'
import { testFolder } from '../../support/test-folder.ts'

const NOW = 1_800_000_000_000
const DAY_MS = 86_400_000
const idOf = (letter: string): string => `rec_${letter.repeat(26)}`

/** A folder of recordings by the age of each, days. */
function folderOf (t: Test, ages: Readonly<Record<string, number>>): { dataDir: string, left: () => string[] } {
  const dataDir = testFolder(t, { recordings: {} })
  const dir = join(dataDir, 'recordings')
  for (const [name, days] of Object.entries(ages)) {
    writeFileSync(join(dir, name), 'x'.repeat(5))
    utimesSync(join(dir, name), (NOW - days * DAY_MS) / 1_000, (NOW - days * DAY_MS) / 1_000)
  }
  return { dataDir, left: () => readdirSync(dir).sort() }
}

await t.test('what is old is removed once the ledger has it; what is young, still written or no recording stays', async (t) => {
  const { dataDir, left } = folderOf(t, { [`${idOf('a')}.cast`]: 31, [`${idOf('b')}.cast`]: 29, [`${idOf('c')}.cast`]: 400, 'notes.cast': 400, [`${idOf('d')}.txt`]: 400 })
  mkdirSync(join(dataDir, 'recordings', `${idOf('e')}.cast`))
  symlinkSync('/etc/passwd', join(dataDir, 'recordings', `${idOf('f')}.cast`))
  const entries: EntryBody[] = []
  const removed = await sweepRecordings({
    dataDir,
    keepMs: 30 * DAY_MS,
    nowMs: () => NOW,
    isOpen: (id) => id === idOf('c'),
    ledger: {
      append: async (body) => {
        t.ok(left().includes(`${idOf('a')}.cast`), 'recorded first')
        return entries.push(body)
      }
    },
  })
  t.equal(removed, 1)
  t.strictSame(left(), ['notes.cast', `${idOf('b')}.cast`, `${idOf('c')}.cast`, `${idOf('d')}.txt`, `${idOf('e')}.cast`, `${idOf('f')}.cast`])
  t.strictSame(entries, [{ kind: 'event', name: 'recording-removed', actor: null, app: null, environment: null, session: null, detail: { recording: idOf('a'), bytes: 5, writtenAtMs: NOW - 31 * DAY_MS } }])
})

await t.test('what the ledger cannot record is not removed', async (t) => {
  const { dataDir, left } = folderOf(t, { [`${idOf('a')}.cast`]: 31 })
  const sweep = sweepRecordings({ dataDir, keepMs: DAY_MS, nowMs: () => NOW, isOpen: () => false, ledger: { append: async () => { throw new Error('the disk is full') } } })
  await t.rejects(sweep, { message: 'the disk is full' })
  t.equal(left().length, 1)
})

await t.test('one sweep is bounded, and no folder is nothing to sweep', async (t) => {
  const letters = 'abcdefghijklmnopqrstuvwxyz234567'
  const many = Object.fromEntries(Array.from({ length: 1_003 }, (_, at) => [`rec_${letters.charAt(at >> 5)}${letters.charAt(at & 31)}${'a'.repeat(24)}.cast`, 2]))
  const { dataDir, left } = folderOf(t, many)
  const options = { keepMs: DAY_MS, nowMs: () => NOW, isOpen: () => false, ledger: { append: async () => 1 } }
  t.equal(await sweepRecordings({ dataDir, ...options }), 1_000)
  t.equal(left().length, 3)
  t.equal(await sweepRecordings({ dataDir: join(dataDir, 'elsewhere'), ...options }), 0)
  if (process.getuid?.() === 0) return // root reads every folder
  chmodSync(join(dataDir, 'recordings'), 0)
  await t.rejects(sweepRecordings({ dataDir, ...options }))
  chmodSync(join(dataDir, 'recordings'), 0o700)
})
