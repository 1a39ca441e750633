import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { findOpa, type Opa } from '../../../../gateway/policy/opa-binary.ts'
import { parsedByOpa } from '../../../../gateway/policy/syntax/parse-cache.ts'
import { testFolder } from '../../../support/test-folder.ts'

const opa = await findOpa(process.env)
let runs = 0
const counted: Opa = {
  ...opa,
  async run (args, cwd) {
    runs++
    return await opa.run(args, cwd)
  },
}

await t.test('OPA is asked once for a file, and again for another text, another name, another OPA and what did not parse', async (t) => {
  const snapshot = testFolder(t)
  const asked = async (file: string, text: string, by = counted): Promise<[tree: string | null, runs: number]> => {
    const before = runs
    await writeFile(join(snapshot, file), text)
    return [await parsedByOpa(by, { snapshot, file, text }), runs - before]
  }

  const [first, firstRuns] = await asked('a.rego', 'package a\n')
  t.match(first, /"value": "a"/)
  t.equal(firstRuns, 1)
  t.same(await asked('a.rego', 'package a\n'), [first, 0])

  const [other, otherRuns] = await asked('a.rego', 'package b\n')
  t.match(other, /"value": "b"/)
  t.equal(otherRuns, 1)
  t.same(await asked('a.rego', 'package a\n'), [first, 0], 'the former text is still known')

  const [elsewhere, elsewhereRuns] = await asked('b.rego', 'package a\n')
  t.match(elsewhere, /"file": "\.?\/?b\.rego"/, 'places name the file they are in')
  t.equal(elsewhereRuns, 1)
  t.equal((await asked('a.rego', 'package a\n', { ...counted, identity: 'another' }))[1], 1)

  t.same(await asked('c.rego', 'package\n'), [null, 1])
  t.same(await asked('c.rego', 'package\n'), [null, 1])
})
