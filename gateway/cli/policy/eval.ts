import { resolve } from 'node:path'
import { Command } from 'commander'
import type { Io } from '../io.ts'
import { readInput, withEngine } from './open-policy.ts'

interface EvalOptions { readonly input: string, readonly policy?: string, readonly json?: boolean }

export function evalCommand (io: Io): Command {
  return new Command('eval')
    .description('decide one input and print the decision; nothing is recorded')
    .requiredOption('--input <file>', 'the input document as JSON, as the ledger records it')
    .option('--policy <dir>', 'policy folder')
    .option('--json', 'print JSON')
    .action(async (options: EvalOptions) => {
      const input = await readInput(resolve(io.cwd, options.input))
      await withEngine(io, options.policy, (engine) => {
        const decision = engine.current().evaluate(input)
        if (options.json === true) return io.stdout(`${JSON.stringify(decision)}\n`)
        io.stdout(`${decision.verdict}  ${decision.rule}\n${decision.reason}\n`)
        if (decision.also.length > 0) io.stdout(`also: ${decision.also.join(', ')}\n`)
      })
    })
}
