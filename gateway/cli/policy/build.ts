import { Command } from 'commander'
import type { Io } from '../io.ts'
import { withEngine } from './open-policy.ts'

export function buildCommand (io: Io): Command {
  return new Command('build')
    .description('compile a policy folder to WebAssembly and print its revision')
    .argument('[dir]', 'policy folder (default: ./policies, else the one that comes with Weir)')
    .option('--json', 'print JSON')
    .action(async (dir: string | undefined, options: { readonly json?: boolean }) => await withEngine(io, dir, (engine) => {
      const revision = engine.current().revision
      io.stdout(options.json === true ? `${JSON.stringify({ revision, rules: engine.rules().length })}\n` : `revision ${revision}, ${engine.rules().length} rules\n`)
    }))
}
