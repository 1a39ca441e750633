import { readdirSync } from 'node:fs'
import t from 'tap'
import { openHookFiles, type DeadLetter } from '../../../gateway/hooks/hook-files.ts'
import { testFolder } from '../../support/test-folder.ts'

const letter = (entry: number): DeadLetter => ({ id: `evt_${entry}`, entry, type: 'session.started', attempts: 1, problem: 'p', atMs: 1 })

await t.test('of writes that come together the last one stays, whole', async (t) => {
  const folder = testFolder(t)
  const files = openHookFiles(folder, 'chat')
  t.same([files.next, files.dead], [null, []])
  await Promise.all(Array.from({ length: 20 }, async (_, n) => await Promise.all([files.saveDead(Array.from({ length: 20 - n }, (_, entry) => letter(entry))), files.saveNext(n)])))
  const again = openHookFiles(folder, 'chat')
  t.same([again.next, again.dead], [19, [letter(0)]])
  t.same(readdirSync(folder).sort(), ['chat.dead.json', 'chat.next.json'], 'no draft is left')
})
