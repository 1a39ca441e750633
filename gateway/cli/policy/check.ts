import { Command } from 'commander'
import type { Io } from '../io.ts'
import { withEngine } from './open-policy.ts'

export function checkCommand (io: Io): Command {
  return new Command('check')
    .description('compile a policy folder and list its rules')
    .argument('[dir]', 'policy folder')
    .option('--json', 'print JSON')
    .action(async (dir: string | undefined, options: { readonly json?: boolean }) => await withEngine(io, dir, (engine) => {
      if (options.json === true) return io.stdout(`${JSON.stringify({ revision: engine.current().revision, rules: engine.rules() })}\n`)
      for (const rule of engine.rules()) io.stdout(`${rule.id.padEnd(36)} ${rule.title} (${rule.file}:${rule.row})\n`)
    }))
}
