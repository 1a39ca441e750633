import fc from 'fast-check'
import t from 'tap'
import { isDisguised, readings, spellings } from '../../../../gateway/classify/paths/path-readings.ts'

await t.test('a name is read as every system would read it', async (t) => {
  for (const path of ['.env', '.\uff45nv', '\u2024env', '.\u0435nv', '.e\u200bnv', '.\u00e9nv', '.e\u0301nv', '.env.', '.env ', '.env::$DATA', '.en\u1d20', '\ufeff.env']) t.ok(spellings(path).includes('.env'), JSON.stringify(path))
  t.ok(spellings('a\\.env').includes('a/.env'))
  t.ok(spellings('secrets\u2215db').includes('secrets/db'))
  t.strictSame(spellings('src/cart.ts'), ['src/cart.ts'])
})

await t.test('marks that a shell takes away count only for names, not for patterns', async (t) => {
  for (const path of ['".env"', '(.env)', '.env;', '[.env]', '`.env`']) t.ok(readings(path).includes('.env'), path)
  t.notOk(spellings('.e*').includes('.e'))
})

await t.test('a name made to be taken for another is disguised', async (t) => {
  for (const path of ['src/\u202ets.exe', 'c\u0430rt.ts', 'a\u200b.ts', '%2eenv', '%APPDATA%\\x', '$' + '{HOME}/x', '$HOME/x', 'C:/x', '\\\\server\\x', '..\\x', 'src\\..\\x', 'GIT~1/config', 'a./b', 'a ', 'a::$DATA']) t.ok(isDisguised(path), JSON.stringify(path))
  for (const path of ['.', 'src/a.ts', 'app/(auth)/[...slug]/page.tsx', 'src/routes/users.$id.tsx', 'docs/r\u00e9sum\u00e9.md', 'src/\u65e5\u672c\u8a9e.ts', '\u0434\u043e\u043a\u0443\u043c\u0435\u043d\u0442.md', 'HEAD~1', 'a b.ts', 'c++/x', '100%.ts', './...', 'notes~']) t.notOk(isDisguised(path), path)
})

await t.test('every path is among its own readings, and none makes it throw', async (t) => {
  t.doesNotThrow(() => fc.assert(fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }), (path) => {
    const plain = path.replace(/^\/+/, '')
    return typeof isDisguised(path) === 'boolean' && (plain === '' || readings(path).includes(plain))
  }), { numRuns: 2_000 }))
})
