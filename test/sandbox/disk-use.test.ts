import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { createDiskLook } from '../../sandbox/disk-use.ts'
import { DEFAULT_LIMITS } from '../../sandbox/limits.ts'
import { testFolder } from '../support/test-folder.ts'

await t.test('what a session writes counts in each of its folders: a workspace, and conversations beside it', async (t) => {
  const dir = testFolder(t, { upper: { a: 'a' }, conversations: {} })
  const look = createDiskLook([join(dir, 'upper'), join(dir, 'conversations')], DEFAULT_LIMITS)
  const before = await look(true)
  writeFileSync(join(dir, 'conversations', 'opencode.db'), Buffer.alloc(3_000_000, 1))
  const after = await look(true)
  t.ok((after?.diskBytes ?? 0) - (before?.diskBytes ?? 0) >= 3_000_000)
  t.equal((after?.files ?? 0) - (before?.files ?? 0), 1)
})
