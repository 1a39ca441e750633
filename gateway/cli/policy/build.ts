import { resolve } from 'node:path'
import { Command } from 'commander'
import type { Io } from '../io.ts'
import { withEngine } from './open-policy.ts'
import { writeBundleFile } from './bundle-file.ts'

interface BuildOptions { readonly output?: string, readonly json?: boolean }

const HELP = `
The same steps as at the gateway's start: what builds here, starts there. Nothing is kept; \`weir policy sign\` writes a bundle.

Example:
  $ weir policy build ./policies
`

export function buildCommand (io: Io): Command {
  return new Command('build')
    .description('compile a policy folder to WebAssembly and print its revision')
    .argument('[dir]', 'policy folder (default: ./policies, else the one that comes with Weir)')
    .option('-o, --output <file>', 'write the bundle here, to be signed and pushed; the same folder gives the same bytes')
    .option('--json', 'print JSON: revision and number of rules')
    .addHelpText('after', HELP)
    .action(async (dir: string | undefined, options: BuildOptions) => await withEngine(io, dir, async (engine) => {
      const revision = engine.current().revision
      if (options.output !== undefined) await writeBundleFile(resolve(io.cwd, options.output), engine.archive())
      io.stdout(options.json === true ? `${JSON.stringify({ revision, rules: engine.rules().length })}\n` : `revision ${revision}, ${engine.rules().length} rules\n`)
    }))
}
