// `npm run wasm`: compiles the AssemblyScript of gateway/decode/wasm to the module that stands in the repository. A test fails when it is stale.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installPackages, root, run } from './set-up.mjs'

const folder = join(root, 'gateway', 'decode', 'wasm')

/** The generated module. Its bytes depend on the source and on the pinned compiler only. */
export function compiledScan () {
  const temporary = mkdtempSync(join(tmpdir(), 'weir-wasm-'))
  try {
    const out = join(temporary, 'json-scan.wasm')
    // 128 bytes of brackets, a piece of 64 KiB, and what a block of 64 bytes reads beyond its end: two pages.
    run(process.execPath, [
      join(root, 'node_modules', 'assemblyscript', 'bin', 'asc.js'), join(folder, 'json-scan.as.ts'), '--outFile', out, '-O3', '--runtime', 'stub',
      '--enable', 'simd', '--memoryBase', '66048', '--initialMemory', '2', '--maximumMemory', '2', '--use', 'abort=',
    ])
    return `// Made by \`npm run wasm\` from json-scan.as.ts.\nexport const JSON_SCAN_CODE = '${readFileSync(out).toString('base64')}'\n`
  } finally {
    rmSync(temporary, { recursive: true, force: true })
  }
}

if (process.argv[1] === import.meta.filename) {
  installPackages()
  writeFileSync(join(folder, 'json-scan-code.ts'), compiledScan())
}
