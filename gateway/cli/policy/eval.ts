import { Command } from 'commander'
import { GatewayError } from '../../core/errors.ts'
import type { PolicyInput } from '../../core/policy-input.ts'
import { explainRules } from '../../policy/explain/explain-rules.ts'
import { findOpa } from '../../policy/opa-binary.ts'
import type { Io } from '../io.ts'
import { explanationText, type Explanation } from './explanation-text.ts'
import { folderOf, readInput, withEngine } from './open-policy.ts'

const HELP = `
The decision is the one the gateway would make. Below it stands what else fired, and for every rule that did not fire the
first expression that did not hold, with the values it saw.

Examples:
  $ weir policy eval --input call.json --policy ./policies
  $ weir audit query --verdict deny --limit 1 --format json | weir policy eval --input -
`

interface EvalOptions { readonly input: string, readonly policy?: string, readonly json?: boolean }

export function evalCommand (io: Io): Command {
  return new Command('eval')
    .description('decide one input and say why; nothing is recorded')
    .requiredOption('--input <file>', 'the input, or an entry of the ledger, as JSON; - reads stdin')
    .option('--policy <dir>', 'policy folder (default: ./policies, else the one that comes with Weir)')
    .option('--json', 'print JSON: the decision, and rules with rule, set, fired and what blocked them')
    .addHelpText('after', HELP)
    .action(async (options: EvalOptions) => {
      const input = await readInput(io, options.input)
      const dir = await folderOf(io, options.policy)
      await withEngine(io, dir, async (engine) => {
        const decision = engine.current().evaluate(input)
        const explained = await explanationOf(io, dir, input)
        io.stdout(options.json === true ? `${JSON.stringify({ ...decision, ...explained })}\n` : explanationText(decision, explained))
      })
    })
}

// A decision stands whether or not it can be explained: rules that contradict each other are denied, and cannot be.
async function explanationOf (io: Io, dir: string, input: PolicyInput): Promise<Explanation> {
  try {
    return { rules: await explainRules({ dir, opa: await findOpa(io.env), input }) }
  } catch (error) {
    if (!(error instanceof GatewayError) || error.code !== 'WEIR_ERR_POLICY_BUILD') throw error
    return { rules: [], unexplained: error.message }
  }
}
