#!/usr/bin/env node
// Makes build/policies: Weir's rule library as it is installed, Acme's data merged into its data, and Acme's own rules beside it.
// Usage: node assemble.mjs [library folder] [output folder]
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const library = resolve(process.argv[2] ?? process.env.WEIR_LIBRARY ?? join(here, 'node_modules', 'weir', 'policies'))
const out = resolve(process.argv[3] ?? join(here, 'build', 'policies'))

if (!existsSync(join(library, 'weir', 'main', 'main.rego'))) {
  process.stderr.write(`There is no rule library in ${library}. Run npm ci, or name its folder.\n`)
  process.exit(1)
}
rmSync(out, { recursive: true, force: true })
cpSync(join(library, 'weir'), join(out, 'weir'), { recursive: true })
cpSync(join(here, 'acme'), join(out, 'acme'), { recursive: true })

for (const file of readdirSync(join(here, 'library-data')).filter((name) => name.endsWith('.json')).sort()) {
  const target = join(out, 'weir', 'data', basename(file, '.json'), 'data.json')
  const shipped = existsSync(target) ? JSON.parse(readFileSync(target, 'utf8')) : {}
  const merged = mergePatch(shipped, JSON.parse(readFileSync(join(here, 'library-data', file), 'utf8')))
  mkdirSync(dirname(target), { recursive: true })
  writeFileSync(target, `${JSON.stringify(merged, null, 2)}\n`)
  process.stdout.write(`merged  library-data/${file}\n`)
}
process.stdout.write(`made    ${out}\n`)

// JSON Merge Patch (RFC 7396): members are added or replaced, null removes one, a list is replaced as a whole.
function mergePatch (target, patch) {
  if (!isObject(patch)) return patch
  const merged = isObject(target) ? { ...target } : {}
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name]
    else merged[name] = mergePatch(merged[name], value)
  }
  return merged
}

function isObject (value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
