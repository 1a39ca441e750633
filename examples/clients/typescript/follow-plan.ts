// Asks the sandboxed agent for a plan, shows it, and does the steps that somebody chooses:
//   node follow-plan.ts "what is to be done"
// WEIR_URL and WEIR_TOKEN say which gateway, and who asks; without them it is the one of this machine.
import { createInterface } from 'node:readline/promises'
import { connectWeir, type Answer } from './weir.ts'

interface Node { readonly node: string, readonly call: { readonly tool: string }, readonly decision: { readonly verdict: string, readonly reason: string }, readonly targets: ReadonlyArray<{ readonly path: string }>, readonly command: string | null }
interface Plan extends Answer { readonly plan: string, readonly nodes: readonly Node[], readonly steps?: ReadonlyArray<{ readonly title: string, readonly nodes: readonly string[] }> }

const print = (text: string): void => { process.stdout.write(`${text}\n`) }

/** What happens, as lines of text. Whatever this client does not know it leaves alone. */
function show (answer: Answer): void {
  switch (answer.type) {
    case 'output': process.stdout.write(String(answer['text'])); break
    case 'decided': if (answer['verdict'] !== 'allow') print(`${String(answer['verdict'])}: ${String(answer['reason'])}`); break
    case 'diff': process.stdout.write(String(answer['diff'])); break
    case 'approval': print(`waits for a second person: weir approvals approve ${String(answer['approval'])}`); break
    case 'changes': print(`committed: ${(answer['committed'] as readonly string[]).join(', ')}`); break
    case 'text': print(String(answer['text'])); break
    case 'error': print((answer['error'] as { readonly message: string }).message); break
  }
}

const prompt = process.argv.slice(2).join(' ')
const command = process.env['WEIR_AGENT']?.split(' ') as [string, ...string[]] | undefined
const weir = connectWeir({ renders: ['diff', 'plan-tree', 'approval-prompt'], ...(command === undefined ? {} : { command }) })
let plan: Plan | null = null
await weir.ask({ verb: 'plan', prompt }, {
  onAnswer (answer) {
    if (answer.type === 'plan') plan = answer as Plan
    else show(answer)
  },
})
if (plan !== null) await follow(plan)
process.exitCode = await weir.close()

async function follow ({ plan, steps = [], nodes }: Plan): Promise<void> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  const answers = terminal[Symbol.asyncIterator]()
  for (const { title, nodes: names } of steps) {
    print(`\n${title}`)
    for (const { node, call, decision, targets, command } of nodes.filter(({ node }) => names.includes(node))) {
      print(`  ${node}. ${call.tool} ${command ?? targets.map(({ path }) => path).join(' ')}: ${decision.verdict}${decision.verdict === 'allow' ? '' : ` (${decision.reason})`}`)
    }
    if (names.length === 0) continue
    print('Do this step? [y/N]')
    const { value } = await answers.next()
    if (value === 'y') print(await weir.ask({ verb: 'apply', plan, nodes: names }, { onAnswer: show }))
  }
  terminal.close()
}
