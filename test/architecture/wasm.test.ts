import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { packageRoot } from '../../gateway/package-root.ts'

await t.test('the compiled WebAssembly is that of its sources', async (t) => {
  const { compiledModules } = await import(pathToFileURL(join(packageRoot(), 'scripts', 'wasm.mjs')).href) as { compiledModules (): Readonly<Record<string, string>> }
  const modules = Object.entries(compiledModules())
  t.ok(modules.length > 0)
  for (const [file, text] of modules) t.equal(readFileSync(join(packageRoot(), file), 'utf8'), text, file)
})
