import fc from 'fast-check'
import t from 'tap'
import { scanWorkspace } from '../../../../gateway/planes/file/scan-workspace.ts'
import { openWorkspaceFs } from '../../../../sandbox/workspace-fs.ts'
import { open, type Fixture } from './workspace-fixture.ts'

const SEQUENCES = 25
const PLACES = ['a', 'b', 'd', 'd/a', 'd/b', 'd/e', 'd/e/a', 'd/e/f', 'd/e/f/a', 'n', 'n/a'] as const
const LIST = "find . -mindepth 1 -type f -printf '%P=' -exec cat {} \\; -printf '\\n'"

const place = fc.constantFrom(...PLACES)
const step = fc.oneof(
  fc.tuple(place, fc.nat(9)).map(([path, word]) => `printf w${word} > ${path}`),
  place.map((path) => `rm -r ${path}`),
  place.map((path) => `rm -r ${path}; mkdir ${path}`),
  place.map((path) => `mkdir -p ${path}`),
  fc.tuple(place, place).map(([from, to]) => `mv -T ${from} ${to}`),
  fc.tuple(place, place).map(([from, to]) => `cp -rT ${from} ${to}`)
)

async function contents ({ agent }: Fixture): Promise<ReadonlyMap<string, string>> {
  return new Map((await agent(LIST)).split('\n').filter((line) => line !== '').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]))
}

await t.test(`after any of ${SEQUENCES} random sequences of steps, the scan names every file that differs from the release, and none that is not so`, async (t) => {
  const fixture = await open(t, { files: { a: 'a', 'd/a': '1', 'd/b': '2', 'd/e/a': '3', 'd/e/f/a': '4', 'd/e/f/b': '5' } })
  const fs = openWorkspaceFs(fixture.mount)
  t.teardown(() => fs.close())
  const before = await contents(fixture)
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
    await fixture.agent(steps.map((one) => `{ ${one}; } 2>/dev/null || true`).join('; '))
    const now = await contents(fixture)
    const { changes } = await scanWorkspace(fs, { classOf: () => 'source', maxChanges: 1_000 })
    const named = (kind: string): string[] => changes.filter((change) => change.kind === kind).map(({ path }) => path)
    const [written, gone] = [new Set(named('file')), named('gone').filter((path) => !now.has(path))]
    const differs = [...now].filter(([path, text]) => before.get(path) !== text).map(([path]) => path)
    t.same([...written].filter((path) => !now.has(path)), [], 'each is there')
    t.same(differs.filter((path) => !written.has(path)), [], 'none is missing')
    t.same(gone.sort(), [...before.keys()].filter((path) => !now.has(path)).sort(), 'nor one that is gone')
  }), { numRuns: SEQUENCES })
})
