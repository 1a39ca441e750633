// Bundles the web console into dist/console: one page, and files whose names change with their content.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { build } from 'esbuild'

/** @param {string} root the folder of the package */
export async function buildConsole (root) {
  const [source, outdir] = [join(root, 'gateway', 'console', 'web'), join(root, 'dist', 'console')]
  rmSync(outdir, { recursive: true, force: true })
  mkdirSync(outdir, { recursive: true })
  const { metafile } = await build({
    entryPoints: [join(source, 'main.tsx')],
    outdir,
    absWorkingDir: root,
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    metafile: true,
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    legalComments: 'linked', // licences of what is bundled stay with it
    logLevel: 'warning',
  })
  const outputs = Object.entries(metafile.outputs)
  const entry = outputs.find(([, { entryPoint }]) => entryPoint !== undefined)
  const names = { script: basename(entry[0]), style: basename(entry[1].cssBundle) }
  const page = readFileSync(join(source, 'index.html'), 'utf8')
  writeFileSync(join(outdir, 'index.html'), page.replace(/\{\{(script|style)\}\}/g, (_all, name) => `/weir/console/assets/${names[name]}`))
}
