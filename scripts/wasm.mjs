// `npm run wasm`: compiles AssemblyScript to the modules that stand in the repository. A test fails when one is stale.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installPackages, root, run } from './set-up.mjs'

// Each with as many pages of 64 KiB as its own layout takes; what the compiler itself keeps comes behind it.
const MODULES = [
  { source: 'gateway/decode/wasm/json-scan.as.ts', name: 'JSON_SCAN_CODE', ownBytes: 66_048, pages: 2 },
  { source: 'gateway/ledger/wasm/entry-scan.as.ts', name: 'ENTRY_SCAN_CODE', ownBytes: 4_719_104, pages: 74 },
  { source: 'gateway/outgoing/wasm/piece-search.as.ts', name: 'PIECE_SEARCH_CODE', ownBytes: 328_192, pages: 6 },
  // Becomes part of a policy, which has the memory.
  { source: 'gateway/policy/wasm/runtime-parts.as.ts', name: 'RUNTIME_PARTS_CODE', ownBytes: 0, pages: 1 },
]

/** The generated files, path in the repository → text. They depend on the sources and on the pinned compiler only. */
export function compiledModules () {
  const temporary = mkdtempSync(join(tmpdir(), 'weir-wasm-'))
  try {
    return Object.fromEntries(MODULES.map(({ source, name, ownBytes, pages }) => {
      const out = join(temporary, `${name}.wasm`)
      run(process.execPath, [
        join(root, 'node_modules', 'assemblyscript', 'bin', 'asc.js'), join(root, source), '--outFile', out, '-O3', '--runtime', 'stub',
        '--enable', 'simd', '--memoryBase', String(ownBytes), '--initialMemory', String(pages), '--maximumMemory', String(pages), '--use', 'abort=',
      ])
      const text = `// Made by \`npm run wasm\` from ${source.split('/').at(-1)}.\nexport const ${name} = '${readFileSync(out).toString('base64')}'\n`
      return [source.replace('.as.ts', '-code.ts'), text]
    }))
  } finally {
    rmSync(temporary, { recursive: true, force: true })
  }
}

if (process.argv[1] === import.meta.filename) {
  installPackages()
  for (const [file, text] of Object.entries(compiledModules())) writeFileSync(join(root, file), text)
}
