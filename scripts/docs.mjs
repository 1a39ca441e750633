// `npm run docs`: writes the pages that are made from the code. A test fails when they are stale.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build, installPackages, root } from './set-up.mjs'

installPackages()
await build()
const { weirProgram } = await import('../dist/gateway/cli/main.js')
const { referencePages } = await import('../dist/gateway/cli/reference.js')
const { configJsonSchema } = await import('../dist/gateway/config-file.js')
const { inputJsonSchema, inputSchemaFile } = await import('../dist/gateway/policy/opa-schema.js')
const { dataJsonSchema } = await import('../dist/gateway/policy/data/data-schema.js')
const { shippedRulesPage } = await import('../dist/gateway/cli/rules-page.js')
const { processIo } = await import('../dist/gateway/cli/io.js')

for (const [name, text] of Object.entries(referencePages(await weirProgram(processIo())))) writeFileSync(join(root, 'docs', name), text)
writeFileSync(join(root, 'weir.schema.json'), configJsonSchema())
writeFileSync(inputSchemaFile(), inputJsonSchema())
writeFileSync(join(root, 'policies', 'data.schema.json'), dataJsonSchema())
writeFileSync(join(root, 'docs', 'rules.md'), await shippedRulesPage(process.env))
