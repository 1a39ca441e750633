import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve, dirname } from 'node:path'
import t from 'tap'
import { ADAPTERS } from '../../gateway/adapters.ts'
import { weirProgram } from '../../gateway/cli/main.ts'
import { processIo } from '../../gateway/cli/io.ts'
import { referencePages } from '../../gateway/cli/reference.ts'
import { packageRoot } from '../../gateway/package-root.ts'
import { inputJsonSchema, inputSchemaFile } from '../../gateway/policy/opa-schema.ts'

const root = packageRoot()

/** Folder → the folders below gateway/, adapters/ and sandbox/ that it may not import. */
const FORBIDDEN: Readonly<Record<string, readonly string[]>> = {
  'gateway/core': ['gateway/', 'adapters/', 'sandbox/'],
  'gateway/decode': ['gateway/planes', 'gateway/http', 'gateway/cli', 'adapters/', 'sandbox/'],
  'gateway/classify': ['gateway/planes', 'gateway/http', 'gateway/cli', 'gateway/policy', 'gateway/ledger', 'adapters/', 'sandbox/'],
  'gateway/policy': ['gateway/planes', 'gateway/http', 'gateway/cli', 'gateway/ledger', 'adapters/', 'sandbox/'],
  'gateway/ledger': ['gateway/transparency', 'gateway/planes', 'gateway/http', 'gateway/cli', 'gateway/policy', 'gateway/store', 'adapters/', 'sandbox/'],
  'gateway/transparency': ['gateway/planes', 'gateway/http', 'gateway/cli', 'gateway/policy', 'gateway/store', 'adapters/', 'sandbox/'],
  'gateway/retention': ['gateway/transparency', 'gateway/planes', 'gateway/http', 'gateway/cli', 'gateway/policy', 'gateway/store', 'adapters/', 'sandbox/'],
  'gateway/store': ['gateway/planes', 'gateway/http', 'gateway/cli', 'gateway/policy', 'adapters/', 'sandbox/'],
  'gateway/telemetry': ['gateway/planes', 'gateway/http', 'gateway/cli', 'gateway/policy', 'gateway/ledger', 'gateway/store', 'adapters/', 'sandbox/'],
  'gateway/outgoing': ['gateway/planes', 'gateway/http', 'gateway/cli', 'gateway/policy', 'gateway/ledger', 'gateway/vault', 'adapters/', 'sandbox/'],
  'gateway/releases': ['gateway/planes', 'gateway/http', 'gateway/cli', 'gateway/policy', 'gateway/ledger', 'gateway/store', 'gateway/sessions', 'adapters/'],
  'gateway/acp': ['gateway/planes', 'gateway/http', 'gateway/cli', 'gateway/policy', 'gateway/ledger', 'gateway/store', 'sandbox/'],
  'gateway/console/web': ['gateway/planes', 'gateway/http', 'gateway/cli', 'gateway/policy', 'gateway/ledger', 'gateway/store', 'gateway/vault', 'adapters/', 'sandbox/'],
  'gateway/planes': ['gateway/cli', 'gateway/http/routes'],
  adapters: ['gateway/planes', 'gateway/http', 'gateway/cli', 'gateway/ledger', 'gateway/policy'],
  sandbox: ['gateway/planes', 'gateway/http', 'gateway/cli', 'gateway/ledger', 'gateway/policy', 'adapters/'],
}

await t.test('imports point inward', async (t) => {
  for (const [folder, forbidden] of Object.entries(FORBIDDEN)) {
    for (const file of sources(join(root, folder))) {
      for (const imported of relativeImports(file)) {
        const outside = !imported.startsWith(`${folder}/`)
        const found = forbidden.find((prefix) => outside && imported.startsWith(prefix))
        t.equal(found, undefined, `${relative(root, file)} imports ${imported}`)
      }
    }
  }
})

await t.test('schemas are written in the words of core/schema-type', async (t) => {
  // TypeBox's builders are some 450 modules beyond its compiler: a tenth of a second of each start and of each command.
  for (const file of ['gateway', 'adapters', 'sandbox'].flatMap((folder) => sources(join(root, folder)))) {
    t.notMatch(readFileSync(file, 'utf8'), /^import (?!type ).*'typebox(?!\/schema')/m, relative(root, file))
  }
})

await t.test('the pages made from the code say what the code says', async (t) => {
  for (const [name, text] of Object.entries(referencePages(await weirProgram(processIo())))) {
    t.equal(readFileSync(join(root, 'docs', name), 'utf8'), text, `docs/${name} is stale: npm run docs`)
  }
  t.equal(readFileSync(inputSchemaFile(), 'utf8'), inputJsonSchema(), 'policies/schemas/input.json is stale: npm run docs')
})

await t.test('every rule package is imported by name', async (t) => {
  const main = readFileSync(join(root, 'policies', 'weir', 'main', 'main.rego'), 'utf8')
  for (const rule of readdirSync(join(root, 'policies', 'weir', 'rules'))) t.match(main, `import data.weir.rules.${rule}\n`)
})

await t.test('the list of adapters has no inherited names', async (t) => {
  t.same(Object.keys(ADAPTERS), ['opencode', 'weir', 'acp', 'agent'])
  t.equal(ADAPTERS['constructor'], undefined)
  t.equal(ADAPTERS['hasOwnProperty'], undefined)
})

function sources (folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => /\.m?ts$/.test(name)).map((name) => join(folder, name))
}

function relativeImports (file: string): string[] {
  const text = readFileSync(file, 'utf8')
  return [...text.matchAll(/(?:from |import\()'(\.[^']+)'/g)].map(([, path]) => relative(root, resolve(dirname(file), path ?? '')))
}
